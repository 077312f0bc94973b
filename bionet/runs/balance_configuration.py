"""What a ``dendritic_balance`` run is asked for: stimulus, layer, learning schemes, length, seeds.

Lists stand for sweeps: every scheme is trained with every value of ``bars.p``, ``layer.n_coding``,
``layer.step``, ``neurons.Du_end`` and every seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import require_finite, require_positive, require_seeds
from bionet.runs.quantities import Unit

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

PerMs = Annotated[float, Unit("1/ms")]

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

    side: int = 8
    p: tuple[float, ...] = (0.5,)

    def __post_init__(self):
        if self.side < 2:
            raise ValueError(f"side must be at least 2; found {self.side}")
        _require_distinct("p", self.p)
        for p in self.p:
            if not 0 <= p <= 1:
                raise ValueError(f"p must lie in [0, 1]; found {p:g}")


@dataclass(frozen=True)
class DigitsTable:
    """Table ``[digits]``: images of some classes of MNIST (or Fashion-MNIST), made smaller.

    Without ``folder``, where the four files are (as seen from the working directory, on resuming
    too), they are downloaded. Images are resized to ``size`` x ``size`` pixels.
    """

    data: Literal["mnist", "fashion_mnist"] = "mnist"
    labels: tuple[int, ...] = (0, 1, 2)
    size: int = 16
    folder: str | None = None

    def __post_init__(self):
        if not 2 <= self.size <= 28:
            raise ValueError(f"size must lie in [2, 28]; found {self.size}")
        if not self.labels or not all(0 <= label <= 9 for label in self.labels):
            raise ValueError("labels must name at least one class, each in [0, 9]")


@dataclass(frozen=True)
class ScenesTable:
    """Table ``[scenes]``: patches of whitened scenes, split into ON and OFF inputs.

    Without ``file``, with images that are whitened already (its path as seen from the working
    directory, on resuming too), ``n_scenes`` dead-leaves images of ``size`` x ``size`` pixels are
    made from ``seed``, with leaves of radius ``smallest_leaf`` pixels and more, and whitened. All
    are halved. The last two scenes are for testing only. ``patch``: side of a patch, pixels.
    """

    patch: int = 8
    file: str | None = None
    n_scenes: int = 10
    size: int = 512
    smallest_leaf: float = 2.0
    seed: int = 0

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("patch", "smallest_leaf"))
        if self.n_scenes < 3:
            raise ValueError(f"n_scenes must be at least 3, two are for testing; {self.n_scenes}")
        if self.size < 16 + 4 * self.patch:
            raise ValueError(f"size must be at least {16 + 4 * self.patch} for such patches")


@dataclass(frozen=True)
class LayerTable:
    """Table ``[layer]``: the coding neurons. ``step`` is the transmission delay, too."""

    n_coding: tuple[int, ...] = (16,)
    step: Annotated[tuple[float, ...], Unit("ms")] = (0.001,)
    bias: Literal["scaled", "unscaled"] = "scaled"

    def __post_init__(self):
        require_finite(self)
        _require_distinct("n_coding", self.n_coding)
        _require_distinct("step", self.step)
        if min(self.n_coding) < 1:
            raise ValueError("n_coding must name positive numbers of neurons")
        if min(self.step) <= 0 or max(self.step) > 0.01:
            raise ValueError("step must lie above 0 and not above 10 ms, a tenth of an image")


@dataclass(frozen=True)
class NeuronsTable:
    """Table ``[neurons]``: target rate, threshold adaptation, stochasticity and its annealing.

    ``rho`` is the target rate of each neuron; ``population_rate`` instead is that of all together.
    ``eta_b`` is the rate of threshold adaptation and ``eta_s`` that of annealing, both 1/ms in the
    paper; ``Du`` has no unit. See `bionet.models.escape_noise_lif`.
    """

    rho: Annotated[float | None, Unit("Hz")] = None
    population_rate: Annotated[float | None, Unit("Hz")] = None
    eta_b: PerMs = 10.0
    Du_start: float = 1.0
    Du_end: tuple[float, ...] = (0.1,)
    eta_s: PerMs = 0.0

    def __post_init__(self):
        require_finite(self)
        if (self.rho is None) == (self.population_rate is None):
            raise ValueError("either rho or population_rate must be given, and not both")
        rate = self.population_rate if self.rho is None else self.rho
        if min(rate, self.Du_start, *self.Du_end) <= 0:
            raise ValueError("the rate, Du_start and every Du_end must be positive")
        _require_not_negative(self, ("eta_b", "eta_s"))
        _require_distinct("Du_end", self.Du_end)


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
    decay: float | None = None
    initial_F: float = 0.0
    random_F: bool = False
    F_frozen_until: int = 0
    rho: Annotated[float | None, Unit("Hz")] = None
    eta_b: PerMs | None = None

    def __post_init__(self):
        require_finite(self)
        for name in ("eta_W", "eta_Fbar", "decay"):
            if (getattr(self, name) is not None) != (name in NEEDED[self.name]):
                verb = "needs" if name in NEEDED[self.name] else "does not take"
                raise ValueError(f"scheme {self.name} {verb} {name}")
        _require_not_negative(self, ("eta_F", "eta_D", "eta_W", "eta_Fbar", "decay", "eta_b"))
        if self.rho is not None and self.rho <= 0:
            raise ValueError(f"rho must be positive; found {self.rho:g}")
        if self.name in ("slow", "decay") and self.initial_F == 0:
            raise ValueError(f"scheme {self.name} divides by F: initial_F must not be 0")


@dataclass(frozen=True)
class PhaseTable:
    """A table ``[[phases]]``: from which image on which learning rates are multiplied by what."""

    first_image: int
    eta_F: float = 1.0
    eta_D: float = 1.0
    eta_W: float = 1.0
    eta_b: float = 1.0

    def __post_init__(self):
        require_finite(self)
        _require_not_negative(self, ("first_image", "eta_F", "eta_D", "eta_W", "eta_b"))


@dataclass(frozen=True)
class TrainingTable:
    """Table ``[training]``: number of images, how often and on how many it is tested, seeds.

    At the end ``shown_images`` test images are shown to the networks of the first seed, and their
    spikes recorded for the figures; that needs another build of each, none where it is 0.
    """

    images: int = 300_000
    test_every: int = 50_000
    test_images: int = 500
    shown_images: int = 12
    seeds: tuple[int, ...] = (1, 2, 3)

    def __post_init__(self):
        require_positive(self, ("images", "test_every", "test_images"))
        if self.shown_images < 0:
            raise ValueError(f"shown_images must not be negative; found {self.shown_images}")
        if self.images % self.test_every:
            raise ValueError("images must be a multiple of test_every")
        require_seeds("seeds", self.seeds)
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds must name at least one seed, and none twice")


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
                "phases must begin one after the other, each at a multiple of training.test_every"
            )
        sizes, steps = self.layer.n_coding, self.layer.step
        highest = max(self.rho(scheme, n) for scheme in self.schemes for n in sizes)
        if highest * max(steps) >= 1:
            raise ValueError(
                f"a rate of {highest:g} Hz is a spike or more in every step of {max(steps):g} s"
            )

    def rho(self, scheme: SchemeTable, n_coding: int) -> float:
        """Return the target rate of each of `n_coding` neurons that learn by `scheme`, Hz."""
        if scheme.rho is not None:
            return scheme.rho
        if self.neurons.rho is not None:
            return self.neurons.rho
        return self.neurons.population_rate / n_coding


def _require_not_negative(table: object, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(table, name)
        if value is not None and value < 0:
            raise ValueError(f"{name} must not be negative; found {value:g}")


def _require_distinct(name: str, values: tuple[float, ...]) -> None:
    """Refuse a sweep over nothing, or over values that would share a checkpoint's name."""
    if not values:
        raise ValueError(f"{name} must name at least one value")
    if len({f"{value:g}" for value in values}) < len(values):
        raise ValueError(f"{name} names a value twice (values must differ in their first 6 digits)")
