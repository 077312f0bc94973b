"""What a ``weight_transport`` run is asked for: data, network, feedback rules, mirror, training.

Every rule trains ``training.repeats`` networks; the k-th of each begins with the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import require_finite, require_positive, require_seeds
from bionet.runs.quantities import Unit

__all__ = [
    "AngleTable",
    "ImageTable",
    "MirrorTable",
    "RulesTable",
    "SpikingTable",
    "TransportNetworkTable",
    "TransportTrainingTable",
    "WeightTransport",
]

Milliseconds = Annotated[float, Unit("ms")]
RuleName = Literal[
    "backpropagation", "sign_symmetry", "feedback_alignment", "weight_mirror", "kolen_pollack"
]


@dataclass(frozen=True)
class ImageTable:
    """Table ``[data]``: the images that are classified, intensities in [0, 1].

    Without ``folder``, where the files are (as seen from the working directory, on resuming too),
    they are downloaded. ``train`` and ``test`` keep the first so many; all without.
    """

    name: Literal["mnist", "fashion_mnist"] = "mnist"
    folder: str | None = None
    train: int | None = None
    test: int | None = None

    def __post_init__(self):
        for name in ("train", "test"):
            if getattr(self, name) is not None:
                require_positive(self, (name,))

    @property
    def classes(self) -> int:
        """Number of classes."""
        return 10

    @property
    def inputs(self) -> int:
        """Number of pixels."""
        return 784


@dataclass(frozen=True)
class TransportNetworkTable:
    """Table ``[network]``: sigmoid units (``"rate"``) or spiking neurons, and the hidden layers."""

    model: Literal["rate", "spiking"] = "rate"
    hidden: tuple[int, ...] = (500,)

    def __post_init__(self):
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(
                f"hidden must name at least one layer, each of a neuron or more; found "
                f"{list(self.hidden)}"
            )


@dataclass(frozen=True)
class SpikingTable:
    """Table ``[spiking]``: of spiking networks alone, see `bionet.models.unit_lif`.

    A pixel of intensity x above ``threshold`` spikes once, ``tau ln(x/(x - threshold))`` after the
    start of its ``steps``. Weights begin as normal numbers of width
    ``gain (1 - exp(-step/tau_mem))/sqrt(sources)``.
    """

    steps: int = 50
    tau: Milliseconds = 0.01
    threshold: float = 0.2
    step: Milliseconds = 0.001
    tau_mem: Milliseconds = 0.01
    tau_syn: Milliseconds = 0.005
    gain: float = 7.0
    slope: float = 20.0

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("steps", "tau", "step", "tau_mem", "tau_syn", "gain", "slope"))
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold must lie in (0, 1); found {self.threshold:g}")
        if self.tau < self.step:
            raise ValueError("tau must not be shorter than step")


@dataclass(frozen=True)
class RulesTable:
    """Table ``[rules]``: how errors get back, and how fast each learns.

    ``learning_rates`` has one a name. ``decay`` is lambda of Kolen & Pollack's rule: the part that
    its forward and feedback weights lose in each update.
    """

    names: tuple[RuleName, ...] = (
        "backpropagation",
        "sign_symmetry",
        "feedback_alignment",
        "weight_mirror",
        "kolen_pollack",
    )
    learning_rates: tuple[float, ...] = (0.2, 0.2, 0.2, 0.05, 0.3)
    decay: float = 0.0

    def __post_init__(self):
        require_finite(self)
        if not self.names:
            raise ValueError("names must have at least one")
        if len(set(self.names)) < len(self.names):
            raise ValueError("names has a rule twice")
        if len(self.learning_rates) != len(self.names):
            raise ValueError(
                f"learning_rates must have one for each of {len(self.names)} names; found "
                f"{len(self.learning_rates)}"
            )
        if min(self.learning_rates) <= 0:
            raise ValueError("every learning rate must be positive")
        if not 0 <= self.decay < 1:
            raise ValueError(f"decay must lie in [0, 1); found {self.decay:g}")


@dataclass(frozen=True)
class MirrorTable:
    """Table ``[mirror]``: of the weight mirror alone, see `bionet.gradient.mirror`.

    ``before`` batches of noise go through every layer before training. Then a rate network has one
    after each update, a spiking one ``between`` after each epoch. ``amplitude`` is the noise's:
    uniform between plus and minus it for rates, the standard deviation of the spikes a step for
    spiking neurons. ``decay`` is lambda_B, ``centred`` counts answers from their mean.
    """

    rate: float = 0.01
    amplitude: float = 0.05
    decay: float = 0.0
    centred: bool = False
    before: int = 468
    between: int = 10

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("rate", "amplitude"))
        if not 0 <= self.decay <= 1:
            raise ValueError(f"decay must lie in [0, 1]; found {self.decay:g}")
        for name in ("before", "between"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative; found {getattr(self, name)}")


@dataclass(frozen=True)
class TransportTrainingTable:
    """Table ``[training]``: length, batches, optimiser.

    ``at_a_time`` networks of a rule are trained together between checkpoints, spread over the
    workers; left out, all of them.
    """

    epochs: int = 400
    batch: int = 128
    optimiser: Literal["sgd", "adam"] = "sgd"
    repeats: int = 1
    at_a_time: int | None = None
    seed: int = 1

    def __post_init__(self):
        require_positive(self, ("epochs", "batch", "repeats"))
        require_seeds("seed", (self.seed,))
        if self.at_a_time is not None:
            require_positive(self, ("at_a_time",))


@dataclass(frozen=True)
class AngleTable:
    """Table ``[measurement]``: angles are measured on the first ``samples`` training images."""

    samples: int = 1000

    def __post_init__(self):
        require_positive(self, ("samples",))


@dataclass(frozen=True)
class WeightTransport:
    """Configuration of networks that learn without weight transport, and of one that has it."""

    data: ImageTable = field(default_factory=ImageTable)
    network: TransportNetworkTable = field(default_factory=TransportNetworkTable)
    spiking: SpikingTable = field(default_factory=SpikingTable)
    rules: RulesTable = field(default_factory=RulesTable)
    mirror: MirrorTable = field(default_factory=MirrorTable)
    training: TransportTrainingTable = field(default_factory=TransportTrainingTable)
    measurement: AngleTable = field(default_factory=AngleTable)

    def __post_init__(self):
        kept = self.data.train
        for key, least in (
            ("training.batch", self.training.batch),
            ("measurement.samples", self.measurement.samples),
        ):
            if kept is not None and kept < least:
                raise ValueError(f"{key} = {least} is more than data.train = {kept} samples")
