"""Surrogate derivatives of a spike: the step stays a step, its derivative becomes a bump.

A neuron spikes where the distance x of its threshold condition (``v > v_threshold``: v minus
v_threshold) is positive. Going forward that is the Heaviside step; going backward its derivative is
replaced by one of the functions here, each 1 at the threshold::

    fast_sigmoid   1/(1 + slope |x|)^2          Zenke & Ganguli 2018 (SuperSpike)
    exponential    exp(-slope |x|)              Shrestha & Orchard 2018 (SLAYER)
    arctan         1/(1 + (slope x)^2)          Fang et al. 2021
    triangular     max(0, 1 - slope |x|)        Esser et al. 2016; Bellec et al. 2018

Each is the true derivative of a smooth step (its integral, 1/2 at the threshold), by which the
gradients of a network can be checked against finite differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

__all__ = [
    "SURROGATES",
    "Surrogate",
    "arctan",
    "exponential",
    "fast_sigmoid",
    "spike",
    "triangular",
]


@dataclass(frozen=True)
class Surrogate:
    """A surrogate derivative.

    Attributes
    ----------
    name : str
    slope : float
        How fast it falls off from the threshold, per unit of x.
    derivative : callable
        ``derivative(slope*x)``, 1 at 0.
    integral : callable
        ``integral(slope*x)``, its integral from 0.
    scale : float
        The distance that counts as 1, in SI units: threshold minus rest for a neuron in volts,
        so that slopes mean what they mean for a neuron without units.
    """

    name: str
    slope: float
    derivative: Callable
    integral: Callable
    scale: float = 1.0

    def __post_init__(self):
        for name in ("slope", "scale"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                raise ValueError(f"the {name} of a surrogate must be positive; found {value}")

    def smooth_step(self, x):
        """Return the smooth step whose derivative by x is the surrogate, 1/2 at x = 0."""
        return 0.5 + self.integral(self.slope / self.scale * x) / self.slope

    def slope_at(self, x):
        """Return the surrogate derivative by x."""
        return self.derivative(self.slope / self.scale * x) / self.scale


def fast_sigmoid(slope: float = 100.0, *, scale: float = 1.0) -> Surrogate:
    """Return the derivative of the fast sigmoid, 1/(1 + slope |x|)^2 (Zenke & Ganguli 2018)."""
    return Surrogate(
        "fast_sigmoid",
        slope,
        lambda u: 1 / (1 + jnp.abs(u)) ** 2,
        lambda u: jnp.where(jnp.isinf(u), jnp.sign(u), u / (1 + jnp.abs(u))),
        scale,
    )


def exponential(slope: float = 10.0, *, scale: float = 1.0) -> Surrogate:
    """Return exp(-slope |x|) (Shrestha & Orchard 2018)."""
    return Surrogate(
        "exponential",
        slope,
        lambda u: jnp.exp(-jnp.abs(u)),
        lambda u: -jnp.sign(u) * jnp.expm1(-jnp.abs(u)),
        scale,
    )


def arctan(slope: float = 10.0, *, scale: float = 1.0) -> Surrogate:
    """Return 1/(1 + (slope x)^2), the derivative of an arctangent (Fang et al. 2021)."""
    return Surrogate("arctan", slope, lambda u: 1 / (1 + u * u), jnp.arctan, scale)


def triangular(slope: float = 1.0, *, scale: float = 1.0) -> Surrogate:
    """Return max(0, 1 - slope |x|) (Esser et al. 2016)."""

    def integral(u):
        inside = jnp.clip(u, -1, 1)
        return inside - jnp.sign(inside) * inside**2 / 2

    return Surrogate("triangular", slope, lambda u: jnp.maximum(0, 1 - jnp.abs(u)), integral, scale)


#: Surrogates by their names, as a configuration has them.
SURROGATES = {
    "fast_sigmoid": fast_sigmoid,
    "exponential": exponential,
    "arctan": arctan,
    "triangular": triangular,
}


def spike(x, surrogate: Surrogate, *, at_threshold: bool = False, fires=None, smooth: bool = False):
    """Return 1 where x is positive, else 0, with the surrogate's derivative.

    Parameters
    ----------
    x : array
        Distance from the threshold.
    surrogate : Surrogate
    at_threshold : bool
        Whether x = 0 is a spike (a condition with ``>=``).
    fires : array of bool, optional
        Where there is a spike, if that is known better than by the sign of x.
    smooth : bool
        Return the smooth step instead, with the same derivative.

    Returns
    -------
    array
        Of the shape and dtype of `x`.
    """
    x = jnp.asarray(x)
    if fires is None:
        fires = (x >= 0) if at_threshold else (x > 0)

    @jax.custom_jvp
    def step(x, fires):
        return surrogate.smooth_step(x) if smooth else fires.astype(x.dtype)

    @step.defjvp
    def _step_jvp(primals, tangents):
        return step(*primals), surrogate.slope_at(primals[0]) * tangents[0]

    return step(x, jnp.broadcast_to(fires, x.shape))
