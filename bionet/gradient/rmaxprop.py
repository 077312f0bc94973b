"""RMaxProp: each parameter's step in proportion to its largest recent gradient.

::

    u <- max(gamma u, g^2),        step g/sqrt(u)

(Zenke & Ganguli 2018, SuperSpike, Neural Comput 30:1514, section 3.3.6.) With a mean in place of
the maximum it would be RMSProp. After a large gradient a parameter moves little until gamma has
forgotten it, so that rare large gradients, as spikes cause them, do not throw weights far away.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

__all__ = ["RMaxPropState", "scale_by_rmaxprop"]

#: The authors' number, by which a parameter that never had a gradient is divided by something.
EPSILON = 1e-32


class RMaxPropState(NamedTuple):
    """The root of u of each parameter: its square would underflow in single precision."""

    greatest: optax.Updates


def scale_by_rmaxprop(gamma: float) -> optax.GradientTransformation:
    """Return the transformation of gradients into steps of at most 1.

    Parameters
    ----------
    gamma : float
        What is left of u after an update; the authors have updates every 0.5 s and a time constant
        of 30 s.

    Raises
    ------
    ValueError
        If gamma is not between 0 and 1.
    """
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must lie in [0, 1]; found {gamma}")
    kept = math.sqrt(gamma)

    def init(parameters):
        return RMaxPropState(jax.tree.map(jnp.zeros_like, parameters))

    def update(gradients, state, parameters=None):
        greatest = jax.tree.map(
            lambda u, g: jnp.maximum(kept * u, jnp.abs(g)), state.greatest, gradients
        )
        steps = jax.tree.map(lambda g, u: g / (u + EPSILON), gradients, greatest)
        return steps, RMaxPropState(greatest)

    return optax.GradientTransformation(init, update)
