"""What an ``ei_tuning`` run is asked for: task, neuron, sweep, training.

Every value of ``sweep.constraint`` is trained from every value of ``sweep.excitation`` with every
value of ``sweep.inhibition``, ``sweep.seeds`` times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from bionet.runs.configuration_checks import require_finite, require_positive, require_seeds
from bionet.runs.quantities import Unit

if TYPE_CHECKING:
    from bionet.stimuli import InputGroups

__all__ = ["EITuning", "NeuronTable", "SweepTable", "TaskTable", "TrainingTable"]

Hertz = Annotated[float, Unit("Hz")]
Milliseconds = Annotated[float, Unit("ms")]
Millivolts = Annotated[float, Unit("mV")]


@dataclass(frozen=True)
class TaskTable:
    """Table ``[task]``: which inputs there are, and what is to be told from the spike count.

    ``alone`` is how long the first group of the novelty task is active before the second starts; 0
    is the simple task. ``window`` is how long the group that is to be named is active.
    """

    groups: int = 5
    excitatory: int = 100
    inhibitory: int = 25
    active: Hertz = 50.0
    background: Hertz = 2.0
    alone: Milliseconds = 0.0
    window: Milliseconds = 0.1
    train: int = 2560
    test: int = 512

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("train", "test"))


@dataclass(frozen=True)
class NeuronTable:
    """Table ``[neuron]``: `bionet.models.CURRENT_LIF` at rest at its reset, and its surrogate.

    ``slope`` is that of the surrogate, in units of threshold minus rest.
    """

    tau_m: Milliseconds = 0.02
    tau_e: Milliseconds = 0.005
    tau_i: Milliseconds = 0.01
    refractory: Milliseconds = 0.005
    step: Milliseconds = 0.001
    surrogate: Literal["fast_sigmoid", "exponential", "arctan", "triangular"] = "fast_sigmoid"
    slope: float = 10.0

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("tau_m", "tau_e", "tau_i", "step", "slope"))
        if self.refractory < 0:
            raise ValueError(f"refractory must not be negative; found {self.refractory:g} s")
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
    inhibition: tuple[float, ...] = (1.0,)
    constraint: tuple[float, ...] = (0.0,)
    seeds: int = 10

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("seeds",))
        for name in ("excitation", "inhibition", "constraint"):
            values = getattr(self, name)
            if not values:
                raise ValueError(f"{name} must name at least one value")
            if len(set(values)) < len(values):
                raise ValueError(f"{name} names a value twice")
        for name in ("excitation", "inhibition"):
            if min(getattr(self, name)) <= 0:
                raise ValueError(f"every value of {name} must be positive")
        if min(self.constraint) < 0:
            raise ValueError("no value of constraint may be negative")


@dataclass(frozen=True)
class TrainingTable:
    """Table ``[training]``: Adam with learning rates that fall to a tenth along a cosine.

    ``learning_rate`` is that of the excitatory weights; ``inhibitory_learning_rate`` is that of the
    inhibitory ones in units of it, counted in charge: with 1 a step of Adam changes the inhibitory
    charge of a group as much as the excitatory. The constraint holds the mean rate of all samples
    of an update (``"mean"``) or the rate in each sample (``"each"``).
    """

    epochs: int = 100
    batch: int = 128
    learning_rate: Millivolts = 2e-5
    inhibitory_learning_rate: float = 1.0
    perceptron_learning_rate: float = 0.01
    units: int = 32
    rate: Hertz = 10.0
    constraint: Literal["mean", "each"] = "mean"
    seed: int = 1

    def __post_init__(self):
        require_finite(self)
        require_positive(
            self,
            (
                *("epochs", "batch", "units", "learning_rate"),
                *("inhibitory_learning_rate", "perceptron_learning_rate"),
            ),
        )
        require_seeds("seed", (self.seed,))
        if self.rate < 0:
            raise ValueError(f"rate must not be negative; found {self.rate:g} Hz")


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
                f"task.train = {self.task.train} samples do not fill a batch of "
                f"{self.training.batch}"
            )
        try:
            _ = self.inputs
        except ValueError as error:
            raise ValueError(f"task: {error}") from None

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
