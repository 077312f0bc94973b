"""What a ``surrogate_training`` run is asked for: data, network, sweep, training, measurements.

Every value of ``sweep.sigma_init`` is trained with every value of ``sweep.excitatory`` and of
``sweep.noise``, ``sweep.repeats`` times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import require_distinct
from bionet.runs.ranges import (
    Duration,
    Factor,
    FilePath,
    Fraction,
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
from bionet.wording import counted

__all__ = [
    "DataTable",
    "MeasurementTable",
    "NetworkTable",
    "SurrogateTraining",
    "SweepTable",
    "TrainingTable",
]

#: Up to what single precision holds.
Strength = Annotated[float, Range(0, 3.4e38)]


@dataclass(frozen=True)
class DataTable:
    """Table ``[data]``: what is classified, and how it becomes spikes.

    Without ``folder``, where the files are (as seen from the working directory, on resuming too),
    they are downloaded. Images are coded by latencies: a pixel of intensity x above ``threshold``
    spikes once, ``tau ln(x/(x - threshold))`` after the start; spoken digits are binned from 0 to
    ``duration``. ``train`` and ``test`` keep the first so many samples; all without.
    """

    name: Literal["fashion_mnist", "mnist", "spiking_heidelberg_digits"] = "fashion_mnist"
    folder: FilePath | None = None
    train: Number | None = None
    test: Number | None = None
    steps: Annotated[int, Range(1, 10**7)] = 100
    tau: TimeConstant = 0.02
    threshold: Annotated[float, Range(0, 1, above=True, below=True)] = 0.2
    duration: Duration = 1.4

    def __post_init__(self):
        require_allowed(self)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return 20 if self.name == "spiking_heidelberg_digits" else 10

    @property
    def inputs(self) -> int:
        """Number of input units."""
        return 700 if self.name == "spiking_heidelberg_digits" else 784


@dataclass(frozen=True)
class NetworkTable:
    """Table ``[network]``: hidden neurons and a leaky readout, see `bionet.models.unit_lif`.

    ``sigma_readout`` is the width of the initial readout weights, 7 (1 - exp(-step/tau_mem)) over
    the root of ``hidden`` where it is left out. ``delay`` is that of both connections, in steps:
    with 1 a spike changes v two steps later, as in the authors' code, with 0 one step later.
    """

    hidden: Size = 100
    step: Step = 0.001
    tau_mem: TimeConstant = 0.01
    tau_syn: TimeConstant = 0.005
    delay: Annotated[int, Range(0, 10**7)] = 1
    sigma_readout: Factor | None = None
    surrogate: Literal["fast_sigmoid", "exponential", "arctan", "triangular"] = "fast_sigmoid"
    slope: Factor = 100.0
    reset_gradient: bool = False

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class SweepTable:
    """Table ``[sweep]``: which networks are trained.

    ``sigma_init`` is the width of the initial input weights, absolute values of normal numbers.
    ``excitatory`` is the fraction of hidden neurons that are excitatory; the others are inhibitory.
    ``noise`` is the standard deviation of what is added to every weight after each update.
    """

    sigma_init: tuple[Factor, ...] = (0.001,)
    excitatory: tuple[Fraction, ...] = (0.8,)
    noise: tuple[Strength, ...] = (0.0,)
    repeats: Repeats = 1

    def __post_init__(self):
        require_distinct(self, "sigma_init", "excitatory", "noise")


@dataclass(frozen=True)
class TrainingTable:
    """Table ``[training]``: optimiser, length, loss.

    ``over_time``: ``"max"`` takes the maximum of the readout over time as logits (the authors'
    code), ``"each_step"`` averages the loss over all steps (their text); ``ties`` says which of
    several equal maxima has the gradient, see `bionet.gradient.Classification`. ``spike_count`` and
    ``unit_spike_count`` weight penalties on the spikes of the hidden layer. ``at_a_time`` networks
    are trained together between checkpoints; left out, as many as memory holds.
    """

    epochs: Number = 30
    batch: Number = 256
    optimiser: Literal["sgd", "adam", "adamax"] = "sgd"
    learning_rate: LearningRate = 0.01
    over_time: Literal["max", "each_step"] = "max"
    ties: Literal["first", "shared"] = "first"
    spike_count: Strength = 0.0
    unit_spike_count: Strength = 0.0
    at_a_time: Number | None = None
    seed: Seed = 1

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class MeasurementTable:
    """Table ``[measurement]``: van Rossum distances over so many training samples (0: none)."""

    distance_samples: Annotated[int, Range(0, 10**9)] = 1000
    distance_tau: TimeConstant = 0.001

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class SurrogateTraining:
    """Configuration of a sweep of networks that are trained with surrogate gradients."""

    data: DataTable = field(default_factory=DataTable)
    network: NetworkTable = field(default_factory=NetworkTable)
    sweep: SweepTable = field(default_factory=SweepTable)
    training: TrainingTable = field(default_factory=TrainingTable)
    measurement: MeasurementTable = field(default_factory=MeasurementTable)

    def __post_init__(self):
        kept = self.data.train
        if kept is not None and kept < self.training.batch:
            raise ValueError(
                f"data.train = {kept} does not fill a training.batch of {self.training.batch}"
            )
        if self.network.delay >= self.data.steps:
            raise ValueError(
                f"network.delay must be shorter than data.steps; found {self.network.delay} and "
                f"{counted(self.data.steps, 'step')}"
            )
        images = self.data.name != "spiking_heidelberg_digits"
        if images and self.data.tau < self.network.step:
            raise ValueError("data.tau must not be shorter than network.step")

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        data, sweep, hidden = self.data, self.sweep, float(self.network.hidden)
        networks = len(sweep.sigma_init) * len(sweep.excitatory) * len(sweep.noise) * sweep.repeats
        return {
            "sweep and network.hidden": 4 * networks * hidden * (data.inputs + data.classes),
            "training.epochs and sweep": 4.0 * self.training.epochs * networks,
            "training.batch, data.steps and network.hidden": (
                4 * self.training.batch * data.steps * hidden
            ),
        }
