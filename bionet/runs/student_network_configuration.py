"""What a ``student_network`` run is asked for: networks, teachers, rules, training, evaluation.

Every rule trains every student with every learning rate, on the same inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import require_distinct, require_steps
from bionet.runs.quantities import Unit
from bionet.runs.ranges import (
    Factor,
    LearningRate,
    Number,
    Range,
    Repeats,
    Seed,
    Size,
    Step,
    TimeConstant,
    require_allowed,
)

__all__ = [
    "EvaluationTable",
    "NetworkTable",
    "RuleTable",
    "StudentNetwork",
    "TeacherTable",
    "TrainingTable",
]

Hertz = Annotated[float, Unit("Hz"), Range(0, 1e6, above=True)]
Seconds = Annotated[float, Unit("s"), Range(1e-6, 1e6)]
Rule = Literal["direct", "superspike", "backpropagation", "backpropagation_parameters"]
Optimiser = Literal["adam", "rmaxprop"]


@dataclass(frozen=True)
class NetworkTable:
    """Table ``[network]``: Poisson inputs, hidden neurons, one output neuron, all of one model.

    Rates are those that inputs have: Braun & Vogels 2021 write 10 and 40 Hz, but their generator
    gives half of that.
    """

    model: Literal["double_exponential_lif", "resonate_and_fire"] = "double_exponential_lif"
    hidden: Size = 2
    excitatory: Size = 80
    inhibitory: Size = 20
    excitatory_rate: Hertz = 5.0
    inhibitory_rate: Hertz = 20.0
    step: Step = 0.001

    def __post_init__(self):
        require_allowed(self)
        for name in ("excitatory_rate", "inhibitory_rate"):
            spikes = getattr(self, name) * self.step
            if not 2**-12 <= spikes < 1:  # drawn with 16 bits
                raise ValueError(
                    f"{name} must lie between 2**-12 and one spike a step; found {spikes:g}"
                )

    @property
    def inputs(self) -> int:
        """Number of input units."""
        return self.excitatory + self.inhibitory


@dataclass(frozen=True)
class TeacherTable:
    """Table ``[teacher]``: what a teacher must do to be taken, ranges of rates and weights.

    The gain of a hidden neuron's excitatory weights gives it a rate drawn from ``hidden_rate``.
    An output weight of 1 is that of a hidden neuron whose lone spike brings the output neuron to
    its threshold. A teacher whose output neuron fires outside ``output_rate`` is drawn anew.
    """

    hidden_rate: tuple[Hertz, ...] = (2.0, 10.0)
    output_rate: tuple[Hertz, ...] = (1.0, 20.0)
    output_weight: tuple[Factor, ...] = (1.1, 1.6)
    duration: Seconds = 20.0

    def __post_init__(self):
        require_allowed(self)
        for name in ("hidden_rate", "output_rate", "output_weight"):
            values = getattr(self, name)
            if len(values) != 2 or not 0 < values[0] < values[1]:
                raise ValueError(f"{name} must be two numbers, 0 < low < high; found {values}")


@dataclass(frozen=True)
class RuleTable:
    """Table ``[rule]``: which rules, and what they share: the surrogate's slope, and alpha.

    ``direct`` passes the error through the output weights, without surrogate and filters;
    ``superspike`` has symmetric feedback; ``backpropagation`` is the full surrogate gradient of
    the van Rossum distance, ``backpropagation_parameters`` that of the neurons' parameters, too,
    which its student does not know. ``reset_gradient``: whether these two also follow what a reset
    owes to the spike.
    """

    names: tuple[Rule, ...] = ("direct", "superspike", "backpropagation")
    slope: Factor = 10.0
    rise: TimeConstant = 0.005
    decay: TimeConstant = 0.01
    reset_gradient: bool = True

    def __post_init__(self):
        require_distinct(self, "names")
        if self.rise >= self.decay:
            raise ValueError("rise must be shorter than decay")


@dataclass(frozen=True)
class TrainingTable:
    """Table ``[training]``: Adam or RMaxProp, with learning rates that fall exponentially.

    A learning rate of 0.01 is one in which an update moves a weight by up to a hundredth of the
    typical weight of its layer. In the last update it is ``final_rate`` of that in the first.
    ``interval`` updates lie between two records of weights, which are checkpoints.

    ``rmaxprop`` is what SuperSpike was published with (Zenke & Ganguli 2018, section 3.3.6): an
    update's gradient is over its largest recent one, which ``tau_rms`` of simulated time forgets.
    ``largest_weight`` bounds weights on both sides; 1 is that of an input whose lone spike brings
    a neuron to its threshold. Without it they are not bounded. The published bound (section
    3.3.5), 0.1 V on neurons whose threshold is 10 mV above rest, is 2.5: a quarter of a spike's
    current is its potential's peak.
    """

    seeds: Repeats = 24
    updates: Number = 2000
    interval: Number = 50
    batch: Number = 4
    duration: Seconds = 0.5
    learning_rates: tuple[LearningRate, ...] = (0.003, 0.01, 0.03)
    final_rate: Factor = 0.1
    optimiser: Optimiser = "adam"
    tau_rms: Seconds = 30.0
    largest_weight: Factor | None = None
    seed: Seed = 1

    def __post_init__(self):
        require_distinct(self, "learning_rates")
        if self.updates % self.interval:
            raise ValueError(
                f"updates must be a multiple of interval; found {self.updates} and {self.interval}"
            )


@dataclass(frozen=True)
class EvaluationTable:
    """Table ``[evaluation]``: trials of fresh input, and which error counts as recovered.

    ``success`` is a distance of hidden weights from the teacher's, relative to the initial one.
    """

    trials: Number = 20
    duration: Seconds = 1.0
    success: Factor = 0.25
    shown: Number = 4

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class StudentNetwork:
    """Configuration of students of two layers that learn what a teacher does."""

    network: NetworkTable = field(default_factory=NetworkTable)
    teacher: TeacherTable = field(default_factory=TeacherTable)
    rule: RuleTable = field(default_factory=RuleTable)
    training: TrainingTable = field(default_factory=TrainingTable)
    evaluation: EvaluationTable = field(default_factory=EvaluationTable)

    def __post_init__(self):
        for name in ("teacher", "training", "evaluation"):
            duration = getattr(self, name).duration
            require_steps(f"{name}.duration", duration, self.network)
            if duration < self.network.step:
                raise ValueError(f"{name}.duration must not be shorter than network.step")
        bound, teachers = self.training.largest_weight, self.teacher.output_weight[1]
        if bound is not None and not bound >= teachers:
            raise ValueError(
                f"training.largest_weight must not be below {teachers:g}, the largest of "
                f"teacher.output_weight, which a student could not reach; found {bound:g}"
            )

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        network, training, trials = self.network, self.training, self.evaluation.trials
        students = float(training.seeds) * len(training.learning_rates)
        weights = students * network.hidden * (network.inputs + 1)
        each_step = 4 * network.inputs / network.step
        return {
            "training.seeds, training.updates over training.interval, network.hidden": (
                4 * weights * (training.updates // training.interval + 1)
            ),
            "training.batch and training.duration": each_step * training.batch * training.duration,
            "evaluation.trials and evaluation.duration": (
                each_step * trials * self.evaluation.duration
            ),
            "teacher.duration": each_step * self.teacher.duration,
        }
