"""What a ``weight_transport`` run is asked for: data, network, feedback rules, mirror, training.

Every rule trains ``training.repeats`` networks; the k-th of each begins with the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Literal

from bionet.runs.configuration_checks import require_distinct
from bionet.runs.ranges import (
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
    folder: FilePath | None = None
    train: Number | None = None
    test: Number | None = None

    def __post_init__(self):
        require_allowed(self)

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
    hidden: tuple[Size, ...] = (500,)

    def __post_init__(self):
        require_allowed(self)
        if not self.hidden:
            raise ValueError("hidden must name at least one layer")


@dataclass(frozen=True)
class SpikingTable:
    """Table ``[spiking]``: of spiking networks alone, see `bionet.models.unit_lif`.

    A pixel of intensity x above ``threshold`` spikes once, ``tau ln(x/(x - threshold))`` after the
    start of its ``steps``. Weights begin as normal numbers of width
    ``gain (1 - exp(-step/tau_mem))/sqrt(sources)``.
    """

    steps: Annotated[int, Range(1, 10**7)] = 50
    tau: TimeConstant = 0.01
    threshold: Annotated[float, Range(0, 1, above=True, below=True)] = 0.2
    step: Step = 0.001
    tau_mem: TimeConstant = 0.01
    tau_syn: TimeConstant = 0.005
    gain: Factor = 7.0
    slope: Factor = 20.0

    def __post_init__(self):
        require_allowed(self)
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
    learning_rates: tuple[LearningRate, ...] = (0.2, 0.2, 0.2, 0.05, 0.3)
    decay: Annotated[float, Range(0, 1, below=True)] = 0.0

    def __post_init__(self):
        require_distinct(self, "names")
        if len(self.learning_rates) != len(self.names):
            raise ValueError(
                f"learning_rates must have one for each of {len(self.names)} names; found "
                f"{len(self.learning_rates)}"
            )


@dataclass(frozen=True)
class MirrorTable:
    """Table ``[mirror]``: of the weight mirror alone, see `bionet.gradient.mirror`.

    ``before`` batches of noise go through every layer before training. Then a rate network has one
    after each update, a spiking one ``between`` after each epoch. ``amplitude`` is the noise's:
    uniform between plus and minus it for rates, the standard deviation of the spikes a step for
    spiking neurons. ``decay`` is lambda_B, ``centred`` counts answers from their mean.
    """

    rate: LearningRate = 0.01
    amplitude: Factor = 0.05
    decay: Fraction = 0.0
    centred: bool = False
    before: Annotated[int, Range(0, 10**9)] = 468
    between: Annotated[int, Range(0, 10**9)] = 10

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class TransportTrainingTable:
    """Table ``[training]``: length, batches, optimiser.

    ``at_a_time`` networks of a rule are trained together between checkpoints, spread over the
    workers; left out, all of them.
    """

    epochs: Number = 400
    batch: Number = 128
    optimiser: Literal["sgd", "adam"] = "sgd"
    repeats: Repeats = 1
    at_a_time: Number | None = None
    seed: Seed = 1

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class AngleTable:
    """Table ``[measurement]``: angles are measured on the first ``samples`` training images."""

    samples: Number = 1000

    def __post_init__(self):
        require_allowed(self)


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

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        training, hidden = self.training, self.network.hidden
        sizes = [float(self.data.inputs), *hidden, self.data.classes]
        weights = sum(a * b for a, b in pairwise(sizes))
        steps = self.spiking.steps if self.network.model == "spiking" else 1
        together = min(training.at_a_time or training.repeats, training.repeats)
        networks = float(training.repeats) * len(self.rules.names)
        return {
            "network.hidden and training.at_a_time": 8 * weights * together,
            "training.epochs and training.repeats": 8 * networks * training.epochs,
            "training.batch, network.hidden and spiking.steps": (
                4.0 * training.batch * max(hidden) * steps
            ),
        }
