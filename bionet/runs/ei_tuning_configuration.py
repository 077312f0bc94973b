"""What an ``ei_tuning`` run is asked for: task, neuron, sweep, training.

Every value of ``sweep.constraint`` is trained from every value of ``sweep.excitation`` with every
value of ``sweep.inhibition``, ``sweep.seeds`` times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

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
    Weight,
    require_allowed,
)

if TYPE_CHECKING:
    from bionet.stimuli import InputGroups

__all__ = ["EITuning", "NeuronTable", "SweepTable", "TaskTable", "TrainingTable"]

Hertz = Annotated[float, Unit("Hz"), Range(0, 1e6)]
Milliseconds = Annotated[float, Unit("ms"), Range(0, 1e4)]
Millivolts = Annotated[float, Unit("mV"), Range(1e-12, 10)]


@dataclass(frozen=True)
class TaskTable:
    """Table ``[task]``: which inputs there are, and what is to be told from the spike count.

    ``alone`` is how long the first group of the novelty task is active before the second starts; 0
    is the simple task. ``window`` is how long the group that is to be named is active.
    """

    groups: Annotated[int, Range(2, 1000)] = 5
    excitatory: Size = 100
    inhibitory: Size = 25
    active: Hertz = 50.0
    background: Hertz = 2.0
    alone: Milliseconds = 0.0
    window: Milliseconds = 0.1
    train: Number = 2560
    test: Number = 512

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class NeuronTable:
    """Table ``[neuron]``: `bionet.models.CURRENT_LIF` at rest at its reset, and its surrogate.

    ``slope`` is that of the surrogate, in units of threshold minus rest.
    """

    tau_m: TimeConstant = 0.02
    tau_e: TimeConstant = 0.005
    tau_i: TimeConstant = 0.01
    refractory: Milliseconds = 0.005
    step: Step = 0.001
    surrogate: Literal["fast_sigmoid", "exponential", "arctan", "triangular"] = "fast_sigmoid"
    slope: Factor = 10.0

    def __post_init__(self):
        require_allowed(self)
        if self.tau_e >= self.tau_i:
            raise ValueError(
                f"tau_e must be shorter than tau_i (excitation is faster); found {self.tau_e:g} s "
                f"and {self.tau_i:g} s"
            )
        taus = (self.tau_m, self.tau_e, self.tau_i)
        if len(set(taus)) < 3:
            raise ValueError(
                "tau_m must differ from tau_e and tau_i: the exact solution needs that"
            )


@dataclass(frozen=True)
class SweepTable:
    """Table ``[sweep]``: which neurons are trained.

    ``excitation`` is the mean of the initial excitatory weights, which are gamma-distributed of
    shape 4. ``inhibition`` is the initial inhibitory over the excitatory charge of all inputs at
    equal rates. ``constraint`` is the weight of the squared distance (in Hz) of the rate to
    ``training.rate``.
    """

    excitation: tuple[Millivolts, ...] = (0.001,)
    inhibition: tuple[Factor, ...] = (1.0,)
    constraint: tuple[Weight, ...] = (0.0,)
    seeds: Repeats = 10

    def __post_init__(self):
        require_distinct(self, "excitation", "inhibition", "constraint")


@dataclass(frozen=True)
class TrainingTable:
    """Table ``[training]``: Adam with learning rates that fall to a tenth along a cosine.

    ``learning_rate`` is that of the excitatory weights; ``inhibitory_learning_rate`` is that of the
    inhibitory ones in units of it, counted in charge: with 1 a step of Adam changes the inhibitory
    charge of a group as much as the excitatory. The constraint holds the mean rate of all samples
    of an update (``"mean"``) or the rate in each sample (``"each"``).
    """

    epochs: Number = 100
    batch: Number = 128
    learning_rate: Annotated[LearningRate, Unit("mV")] = 2e-5
    inhibitory_learning_rate: LearningRate = 1.0
    perceptron_learning_rate: LearningRate = 0.01
    units: Size = 32
    rate: Hertz = 10.0
    constraint: Literal["mean", "each"] = "mean"
    seed: Seed = 1

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class EITuning:
    """Configuration of neurons whose input weights are trained to tell groups of inputs apart."""

    task: TaskTable = field(default_factory=TaskTable)
    neuron: NeuronTable = field(default_factory=NeuronTable)
    sweep: SweepTable = field(default_factory=SweepTable)
    training: TrainingTable = field(default_factory=TrainingTable)

    def __post_init__(self):
        if self.task.train < self.training.batch:
            raise ValueError(
                f"task.train = {self.task.train} does not fill a batch of {self.training.batch}"
            )
        require_steps("task.alone and task.window", self.task.alone + self.task.window, self.neuron)
        try:
            _ = self.inputs
        except ValueError as error:
            step = f"neuron.step is {self.neuron.step:g} s"
            raise ValueError(f"task: {error} ({step})") from None

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        task, sweep = self.task, self.sweep
        inputs = float(task.groups * (task.excitatory + task.inhibitory))
        lasting = task.alone + task.window
        rate = task.background + (task.active - task.background) / task.groups
        neurons = sweep.seeds * len(sweep.excitation) * len(sweep.inhibition)
        return {
            # the step and the unit of each spike
            "task.train, task.test and the numbers and rates of inputs": (
                8 * (task.train + task.test) * inputs * max(rate, 0) * lasting
            ),
            "sweep.seeds and the numbers of inputs": 4 * inputs * neurons * len(sweep.constraint),
            "training.batch, task.alone and task.window": (
                4 * self.training.batch * lasting / self.neuron.step
            ),
            "training.epochs and sweep.seeds": 4.0 * self.training.epochs * neurons,
        }

    @property
    def charge(self) -> float:
        """Excitatory over inhibitory charge of a group of equal weights at equal rates."""
        task, neuron = self.task, self.neuron
        return task.excitatory * neuron.tau_e / (task.inhibitory * neuron.tau_i)

    @property
    def inputs(self) -> InputGroups:
        """The groups of inputs."""
        from bionet.stimuli import InputGroups

        task = self.task
        return InputGroups(
            *(task.groups, task.excitatory, task.inhibitory, task.active, task.background),
            *(task.alone, task.window, self.neuron.step),
        )
