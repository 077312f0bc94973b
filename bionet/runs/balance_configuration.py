"""What a ``dendritic_balance`` run is asked for: stimulus, layer, learning schemes, length, seeds.

Lists stand for sweeps: every scheme is trained with every value of ``bars.p``, ``layer.n_coding``,
``layer.step``, ``neurons.Du_end`` and every seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import require_distinct
from bionet.runs.quantities import Unit
from bionet.runs.ranges import (
    FilePath,
    Fraction,
    Range,
    Seed,
    Seeds,
    Size,
    Weight,
    require_allowed,
)

__all__ = [
    "BarsTable",
    "DendriticBalance",
    "DigitsTable",
    "LayerTable",
    "NeuronsTable",
    "PhaseTable",
    "ScenesTable",
    "SchemeTable",
    "TrainingTable",
]

#: 1/s, however small: of learning, adaptation and annealing.
PerMs = Annotated[float, Unit("1/ms"), Range(0, 1e6)]
Images = Annotated[int, Range(1, 10**9)]

#: Coefficients that a scheme learns with, beside eta_F and eta_D.
NEEDED = {
    "somatic": ("eta_W",),
    "analytic": (),
    "simultaneous": ("eta_W",),
    "slow": ("eta_W", "eta_Fbar"),
    "decay": ("eta_W", "decay"),
}


@dataclass(frozen=True)
class BarsTable:
    """Table ``[bars]``: two bars an image, see `bionet.stimuli.correlated_bars`."""

    side: Annotated[int, Range(2, 1000)] = 8
    p: tuple[Fraction, ...] = (0.5,)

    def __post_init__(self):
        require_distinct(self, "p")


@dataclass(frozen=True)
class DigitsTable:
    """Table ``[digits]``: images of some classes of MNIST (or Fashion-MNIST), made smaller.

    Without ``folder``, where the four files are (as seen from the working directory, on resuming
    too), they are downloaded. Images are resized to ``size`` x ``size`` pixels.
    """

    data: Literal["mnist", "fashion_mnist"] = "mnist"
    labels: tuple[Annotated[int, Range(0, 9)], ...] = (0, 1, 2)
    size: Annotated[int, Range(2, 28)] = 16
    folder: FilePath | None = None

    def __post_init__(self):
        require_distinct(self, "labels")


@dataclass(frozen=True)
class ScenesTable:
    """Table ``[scenes]``: patches of whitened scenes, split into ON and OFF inputs.

    Without ``file``, with images that are whitened already (its path as seen from the working
    directory, on resuming too), ``n_scenes`` dead-leaves images of ``size`` x ``size`` pixels are
    made from ``seed``, with leaves of radius ``smallest_leaf`` pixels and more, and whitened. All
    are halved. The last two scenes are for testing only. ``patch``: side of a patch, pixels.
    """

    patch: Annotated[int, Range(1, 1000)] = 8
    file: FilePath | None = None
    n_scenes: Annotated[int, Range(3, 10**4)] = 10
    size: Annotated[int, Range(20, 10**5)] = 512
    smallest_leaf: Annotated[float, Range(0.1, 1e5)] = 2.0
    seed: Seed = 0

    def __post_init__(self):
        require_allowed(self)
        if self.size < 16 + 4 * self.patch:
            raise ValueError(
                f"size must be at least 16 + 4 patch = {16 + 4 * self.patch}; found {self.size}"
            )
        if self.smallest_leaf > self.size / 2:
            raise ValueError(
                f"smallest_leaf, a radius, must not exceed half of size; found "
                f"{self.smallest_leaf:g} and {self.size}"
            )


@dataclass(frozen=True)
class LayerTable:
    """Table ``[layer]``: the coding neurons. ``step`` is the transmission delay, too."""

    n_coding: tuple[Size, ...] = (16,)
    # up to a tenth of an image
    step: tuple[Annotated[float, Unit("ms"), Range(1e-6, 0.01)], ...] = (0.001,)
    bias: Literal["scaled", "unscaled"] = "scaled"

    def __post_init__(self):
        require_distinct(self, "n_coding", "step")


Target = Annotated[float, Unit("Hz"), Range(1e-9, 1e6)]
# Exponentials of a potential divided by it must not leave double precision.
Stochasticity = Annotated[float, Range(1e-3, 1e3)]


@dataclass(frozen=True)
class NeuronsTable:
    """Table ``[neurons]``: target rate, threshold adaptation, stochasticity and its annealing.

    ``rho`` is the target rate of each neuron; ``population_rate`` instead is that of all together.
    ``eta_b`` is the rate of threshold adaptation and ``eta_s`` that of annealing, both 1/ms in the
    paper; ``Du`` has no unit. See `bionet.models.escape_noise_lif`.
    """

    rho: Target | None = None
    population_rate: Annotated[float | None, Unit("Hz"), Range(1e-9, 1e9)] = None
    eta_b: PerMs = 10.0
    Du_start: Stochasticity = 1.0
    Du_end: tuple[Stochasticity, ...] = (0.1,)
    eta_s: PerMs = 0.0

    def __post_init__(self):
        require_distinct(self, "Du_end")
        if (self.rho is None) == (self.population_rate is None):
            raise ValueError("either rho or population_rate must be given, and not both")


@dataclass(frozen=True)
class SchemeTable:
    """A table ``[[schemes]]``: a learning scheme and its rates, see `bionet.models`.

    All ``eta`` are in 1/ms in the paper, ``decay`` (of the weights) has no unit. ``initial_F`` is
    where feed-forward weights start. With ``random_F`` each starts at
    ``exp(max(0, 0.3 n - 0.2)) - 1`` above that, n a standard normal number, and each neuron
    inhibits itself from the start as its own weights ask for (where inhibition has weights). Until
    ``F_frozen_until`` images were shown, a multiple of ``test_every``, feed-forward weights stay
    as they are. ``rho`` and ``eta_b`` take the place of those in ``[neurons]``.
    """

    name: Literal["somatic", "analytic", "simultaneous", "slow", "decay"]
    eta_F: PerMs
    eta_D: PerMs
    eta_W: PerMs | None = None
    eta_Fbar: PerMs | None = None
    decay: Weight | None = None
    initial_F: Annotated[float, Range(-1e6, 1e6)] = 0.0
    random_F: bool = False
    F_frozen_until: Annotated[int, Range(0, 10**9)] = 0
    rho: Target | None = None
    eta_b: PerMs | None = None

    def __post_init__(self):
        require_allowed(self)
        for name in ("eta_W", "eta_Fbar", "decay"):
            if (getattr(self, name) is not None) != (name in NEEDED[self.name]):
                verb = "needs" if name in NEEDED[self.name] else "does not take"
                raise ValueError(f"a scheme whose name is {self.name} {verb} {name}")
        if self.name in ("slow", "decay") and self.initial_F == 0:
            raise ValueError(f"scheme {self.name} divides by F: initial_F must not be 0")


@dataclass(frozen=True)
class PhaseTable:
    """A table ``[[phases]]``: from which image on which learning rates are multiplied by what."""

    first_image: Annotated[int, Range(0, 10**9)]
    eta_F: Weight = 1.0
    eta_D: Weight = 1.0
    eta_W: Weight = 1.0
    eta_b: Weight = 1.0

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class TrainingTable:
    """Table ``[training]``: number of images, how often and on how many it is tested, seeds.

    At the end ``shown_images`` test images are shown to the networks of the first seed, and their
    spikes recorded for the figures; that needs another build of each, none where it is 0.
    """

    images: Images = 300_000
    test_every: Images = 50_000
    test_images: Images = 500
    shown_images: Annotated[int, Range(0, 10**6)] = 12
    seeds: Seeds = (1, 2, 3)

    def __post_init__(self):
        require_distinct(self, "seeds")
        if self.images % self.test_every:
            raise ValueError(
                f"images must be a multiple of test_every; found {self.images} and "
                f"{self.test_every}"
            )


@dataclass(frozen=True)
class DendriticBalance:
    """Configuration of a training of coding layers; one of bars, digits and scenes is there."""

    schemes: tuple[SchemeTable, ...]
    neurons: NeuronsTable
    bars: BarsTable | None = None
    digits: DigitsTable | None = None
    scenes: ScenesTable | None = None
    layer: LayerTable = field(default_factory=LayerTable)
    training: TrainingTable = field(default_factory=TrainingTable)
    phases: tuple[PhaseTable, ...] = ()

    def __post_init__(self):
        given = [name for name in ("bars", "digits", "scenes") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "exactly one of the tables [bars], [digits] and [scenes] says what is shown; "
                f"found {' and '.join(given) or 'none'}"
            )
        names = [scheme.name for scheme in self.schemes]
        if not names or len(set(names)) < len(names):
            raise ValueError("schemes must name at least one learning scheme, and none twice")
        for scheme in self.schemes:
            if scheme.F_frozen_until < 0 or scheme.F_frozen_until % self.training.test_every:
                raise ValueError(
                    f"F_frozen_until of scheme {scheme.name} must be a multiple of "
                    f"training.test_every; found {scheme.F_frozen_until}"
                )
        starts = [phase.first_image for phase in self.phases]
        if starts != sorted(set(starts)) or any(s % self.training.test_every for s in starts):
            raise ValueError(
                "phases must begin one after the other, first_image of each a multiple of "
                f"training.test_every; found {starts} and {self.training.test_every}"
            )
        sizes, steps = self.layer.n_coding, self.layer.step
        highest = max(self.rho(scheme, n) for scheme in self.schemes for n in sizes)
        if highest * max(steps) >= 1:
            raise ValueError(
                f"rho (or population_rate over layer.n_coding) of {highest:g} Hz is a spike or "
                f"more in every layer.step of {max(steps):g} s"
            )

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        if self.bars is not None:
            table, inputs, images = "bars.side", self.bars.side**2, 0
        elif self.digits is not None:
            table, inputs, images = "digits.size", self.digits.size**2, 0
        else:
            table, inputs = "scenes.patch", 2 * self.scenes.patch**2
            made = self.scenes.file is None
            images = 16.0 * self.scenes.n_scenes * self.scenes.size**2 if made else 0
        n = float(max(self.layer.n_coding))
        inhibition = [scheme.name for scheme in self.schemes if "eta_W" in NEEDED[scheme.name]]
        weights = 3 * inputs * n
        if inhibition:
            weights += n**2 * (1 if inhibition == ["somatic"] else inputs)
        shown = self.training.shown_images * 0.1 / min(self.layer.step)
        return {
            f"layer.n_coding and {table}": 8 * weights,
            "scenes.n_scenes and scenes.size": images,
            "training.shown_images and layer.step": 16 * inputs * shown,
        }

    def rho(self, scheme: SchemeTable, n_coding: int) -> float:
        """Return the target rate of each of `n_coding` neurons that learn by `scheme`, Hz."""
        if scheme.rho is not None:
            return scheme.rho
        if self.neurons.rho is not None:
            return self.neurons.rho
        return self.neurons.population_rate / n_coding
