"""What teachers and students of a ``student_neuron`` run are drawn from (Braun & Vogels 2021).

Weights are lognormal with mean 1/20 and standard deviation 1/25, drawn again above 0.3, times their
sign and what makes the response to one spike peak at 1 (here its *scale*). For both models::

    lif                 tau_m 10 to 60 ms, tau_s = tau_m/4, v_reset -1.5 to 0.9, 1 to 50 Hz
    resonate_and_fire   b -120 to -20 1/s, omega 2 pi (2 to 25) 1/s, x_reset, y_reset -0.8 to 0.8,
                        1 to 20 Hz; drawn again where the scale exceeds 4

all uniform. Learning rates are those of their code, whose times are in ms: a step of a time
constant is so many ms, a step of b or omega so many 1/ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bionet.models import NeuronModel

__all__ = ["NEURONS", "LearnedNeuron", "draw_weights"]

#: Mean and standard deviation of weights before scaling, and the largest.
WEIGHT_MEAN, WEIGHT_SD, WEIGHT_LARGEST = 1 / 20, 1 / 25, 0.3
_MS, _PER_MS = 1e-3, 1e3


@dataclass(frozen=True)
class LearnedNeuron:
    """A model, its priors, and how each of its parameters is learned and judged.

    Attributes
    ----------
    model : callable
        Returns the `NeuronModel`.
    driven : str
        Variable that inputs increment.
    draw : callable
        ``draw(rng)`` returns parameters in SI units.
    scale : callable
        ``scale(parameters)``: 1 over the peak of the response to a spike of weight 1.
    largest_scale : float
        Parameters with a larger one are drawn again.
    rates : (float, float)
        Between which a teacher's rate is drawn, Hz.
    unit : mapping of str to float
        Of each parameter in learning rates and errors, SI.
    gain, tolerance : mapping of str to float
        Learning rate over that of the run, and the error below which a parameter is recovered; of
        the weights, too (``w``).
    bounds : mapping of str to (float, float)
        Between which it is kept, SI.
    """

    model: Callable[[], NeuronModel]
    driven: str
    draw: Callable[[np.random.Generator], dict]
    scale: Callable[[Mapping], float]
    largest_scale: float
    rates: tuple[float, float]
    unit: Mapping[str, float]
    gain: Mapping[str, float]
    tolerance: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("unit", "gain", "tolerance", "bounds"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the learnable parameters besides the weights."""
        return tuple(self.unit)

    def drawn(self, rng: np.random.Generator) -> dict[str, float]:
        """Return parameters whose scale is not too large."""
        while self.scale(parameters := self.draw(rng)) > self.largest_scale:
            pass
        return parameters


def draw_weights(rng: np.random.Generator, signs, scale: float) -> np.ndarray:
    """Return weights of an input each.

    Parameters
    ----------
    rng : numpy.random.Generator
    signs : array, (inputs,)
        1 or -1.
    scale : float
    """
    variance = np.log1p((WEIGHT_SD / WEIGHT_MEAN) ** 2)
    mean = np.log(WEIGHT_MEAN) - variance / 2
    sizes = np.full(np.shape(signs), np.inf)
    while (large := sizes > WEIGHT_LARGEST).any():
        sizes[large] = rng.lognormal(mean, np.sqrt(variance), large.sum())
    return scale * sizes * signs


def _lif_model() -> NeuronModel:
    from bionet.models import DOUBLE_EXPONENTIAL_LIF

    return DOUBLE_EXPONENTIAL_LIF


def _draw_lif(rng) -> dict[str, float]:
    tau_m = rng.uniform(10e-3, 60e-3)
    return {"tau_m": tau_m, "tau_s": tau_m / 4, "v_reset": rng.uniform(-1.5, 0.9)}


def _lif_scale(parameters) -> float:
    """Return 1 over the peak of exp(-t/tau_m) - exp(-t/tau_s)."""
    slow, fast = parameters["tau_m"], parameters["tau_s"]
    at = np.log(slow / fast) * slow * fast / (slow - fast)
    return 1 / (np.exp(-at / slow) - np.exp(-at / fast))


def _resonate_model() -> NeuronModel:
    from bionet.models import RESONATE_AND_FIRE

    return RESONATE_AND_FIRE


def _draw_resonate(rng) -> dict[str, float]:
    return {
        "b": rng.uniform(-120, -20),
        "omega": 2 * np.pi * rng.uniform(2, 25),
        "x_reset": rng.uniform(-0.8, 0.8),
        "y_reset": rng.uniform(-0.8, 0.8),
    }


def _resonate_scale(parameters) -> float:
    """Return 1 over the first peak of exp(b t) sin(omega t)."""
    b, omega = parameters["b"], parameters["omega"]
    at = np.arctan2(omega, -b) / omega
    return 1 / (np.exp(b * at) * np.sin(omega * at))


NEURONS = {
    "lif": LearnedNeuron(
        model=_lif_model,
        driven="s",
        draw=_draw_lif,
        scale=_lif_scale,
        largest_scale=np.inf,
        rates=(1.0, 50.0),
        unit={"tau_m": _MS, "tau_s": _MS, "v_reset": 1.0},
        gain={"w": 0.35, "tau_m": 28.0, "tau_s": 7.0, "v_reset": 0.7},
        tolerance={"w": 0.1, "tau_m": 0.025, "tau_s": 0.025, "v_reset": 0.1},
        bounds={"tau_m": (1e-3, 1.0), "tau_s": (0.2e-3, 1.0), "v_reset": (-10.0, 0.98)},
    ),
    "resonate_and_fire": LearnedNeuron(
        model=_resonate_model,
        driven="x",
        draw=_draw_resonate,
        scale=_resonate_scale,
        largest_scale=4.0,
        rates=(1.0, 20.0),
        unit={"b": _PER_MS, "omega": _PER_MS, "x_reset": 1.0, "y_reset": 1.0},
        gain={"w": 0.8, "b": 0.15, "omega": 0.033, "x_reset": 0.8, "y_reset": 0.8},
        tolerance={"w": 0.05, "b": 0.025, "omega": 0.025, "x_reset": 0.1, "y_reset": 0.1},
        bounds={"b": (-1e3, -1.0), "omega": (1.0, 3e3), "y_reset": (-10.0, 0.98)},
    ),
}
