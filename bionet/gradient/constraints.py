"""What happens to weights after an update: noise, and Dale's law."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

__all__ = ["dales_law", "noisy"]


def dales_law(parameters: Mapping, signs: Mapping) -> dict:
    """Clamp weights to their sign: one that crossed zero becomes zero.

    Parameters
    ----------
    parameters : mapping of str to array
    signs : mapping of str to array
        For some of the weights, broadcast to them: positive, negative, or 0 where any sign may be.
        Of ``"hidden_readout.w"`` a column (neurons, 1), 1 for excitatory and -1 for inhibitory
        neurons, is Dale's law.
    """
    clamped = {}
    for name, value in parameters.items():
        sign = signs.get(name)
        if sign is not None:
            value = jnp.where(
                sign > 0,
                jnp.maximum(value, 0),
                jnp.where(sign < 0, jnp.minimum(value, 0), value),
            )
        clamped[name] = value
    return clamped


def noisy(parameters: Mapping, key, sd) -> dict:
    """Add independent normal numbers of standard deviation `sd` to every parameter.

    Kilgore et al. 2025, section 4.2.

    Parameters
    ----------
    parameters : mapping of str to array
    key : jax.random key
    sd : float or scalar array
    """
    return {
        name: value + sd * jax.random.normal(jax.random.fold_in(key, k), value.shape, value.dtype)
        for k, (name, value) in enumerate(sorted(parameters.items()))
    }
