"""What a ``surrogate_training`` run is asked for: data, network, sweep, training, measurements.

Every value of ``sweep.sigma_init`` is trained with every value of ``sweep.excitatory`` and of
``sweep.noise``, ``sweep.repeats`` times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import require_finite, require_positive, require_seeds
from bionet.runs.quantities import Unit

__all__ = [
    "DataTable",
    "MeasurementTable",
    "NetworkTable",
    "SurrogateTraining",
    "SweepTable",
    "TrainingTable",
]

Milliseconds = Annotated[float, Unit("ms")]


@dataclass(frozen=True)
class DataTable:
    """Table ``[data]``: what is classified, and how it becomes spikes.

    Without ``folder``, where the files are (as seen from the working directory, on resuming too),
    they are downloaded. Images are coded by latencies: a pixel of intensity x above ``threshold``
    spikes once, ``tau ln(x/(x - threshold))`` after the start; spoken digits are binned from 0 to
    ``duration``. ``train`` and ``test`` keep the first so many samples; all without.
    """

    name: Literal["fashion_mnist", "mnist", "spiking_heidelberg_digits"] = "fashion_mnist"
    folder: str | None = None
    train: int | None = None
    test: int | None = None
    steps: int = 100
    tau: Milliseconds = 0.02
    threshold: float = 0.2
    duration: Annotated[float, Unit("s")] = 1.4

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("steps", "tau", "duration"))
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold must lie in (0, 1); found {self.threshold:g}")
        for name in ("train", "test"):
            if getattr(self, name) is not None:
                require_positive(self, (name,))

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

    hidden: int = 100
    step: Milliseconds = 0.001
    tau_mem: Milliseconds = 0.01
    tau_syn: Milliseconds = 0.005
    delay: int = 1
    sigma_readout: float | None = None
    surrogate: Literal["fast_sigmoid", "exponential", "arctan", "triangular"] = "fast_sigmoid"
    slope: float = 100.0
    reset_gradient: bool = False

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("hidden", "step", "tau_mem", "tau_syn", "slope"))
        if self.delay < 0:
            raise ValueError(f"delay must not be negative; found {self.delay}")
        if self.sigma_readout is not None:
            require_positive(self, ("sigma_readout",))


@dataclass(frozen=True)
class SweepTable:
    """Table ``[sweep]``: which networks are trained.

    ``sigma_init`` is the width of the initial input weights, absolute values of normal numbers.
    ``excitatory`` is the fraction of hidden neurons that are excitatory; the others are inhibitory.
    ``noise`` is the standard deviation of what is added to every weight after each update.
    """

    sigma_init: tuple[float, ...] = (0.001,)
    excitatory: tuple[float, ...] = (0.8,)
    noise: tuple[float, ...] = (0.0,)
    repeats: int = 1

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("repeats",))
        for name in ("sigma_init", "excitatory", "noise"):
            values = getattr(self, name)
            if not values:
                raise ValueError(f"{name} must name at least one value")
            if len(set(values)) < len(values):
                raise ValueError(f"{name} names a value twice")
        if min(self.sigma_init) <= 0:
            raise ValueError("every sigma_init must be positive")
        if min(self.excitatory) < 0 or max(self.excitatory) > 1:
            raise ValueError("every value of excitatory must lie in [0, 1]")
        if min(self.noise) < 0:
            raise ValueError("noise must not be negative")


@dataclass(frozen=True)
class TrainingTable:
    """Table ``[training]``: optimiser, length, loss.

    ``over_time``: ``"max"`` takes the maximum of the readout over time as logits (the authors'
    code), ``"each_step"`` averages the loss over all steps (their text); ``ties`` says which of
    several equal maxima has the gradient, see `bionet.gradient.Classification`. ``spike_count`` and
    ``unit_spike_count`` weight penalties on the spikes of the hidden layer. ``at_a_time`` networks
    are trained together between checkpoints; left out, as many as memory holds.
    """

    epochs: int = 30
    batch: int = 256
    optimiser: Literal["sgd", "adam", "adamax"] = "sgd"
    learning_rate: float = 0.01
    over_time: Literal["max", "each_step"] = "max"
    ties: Literal["first", "shared"] = "first"
    spike_count: float = 0.0
    unit_spike_count: float = 0.0
    at_a_time: int | None = None
    seed: int = 1

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("epochs", "batch", "learning_rate"))
        require_seeds("seed", (self.seed,))
        for name in ("spike_count", "unit_spike_count"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative")
        if self.at_a_time is not None:
            require_positive(self, ("at_a_time",))


@dataclass(frozen=True)
class MeasurementTable:
    """Table ``[measurement]``: van Rossum distances over so many training samples (0: none)."""

    distance_samples: int = 1000
    distance_tau: Milliseconds = 0.001

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("distance_tau",))
        if self.distance_samples < 0:
            raise ValueError("distance_samples must not be negative")


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
                f"data.train = {kept} samples do not fill a batch of {self.training.batch}"
            )
        images = self.data.name != "spiking_heidelberg_digits"
        if images and self.data.tau < self.network.step:
            raise ValueError("data.tau must not be shorter than network.step")
