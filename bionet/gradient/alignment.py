"""How far feedback is from the transposed weights: the angle between two arrays as vectors.

0 degrees is backpropagation's own direction, 90 is none. Below 90 an error that comes back still
lowers the loss to first order (Lillicrap et al. 2016).
"""

from __future__ import annotations

import jax.numpy as jnp

__all__ = ["angle"]


def angle(first, second):
    """Return the angle between two arrays of one shape, flattened, in degrees.

    Parameters
    ----------
    first, second : array

    Returns
    -------
    array, ()
        From 0 to 180; NaN where one of them is zero.

    Notes
    -----
    2 atan2(abs(u - v), abs(u + v)) of the unit vectors u and v, which near 0 keeps the digits that
    the arc cosine of their product loses.
    """
    first, second = jnp.ravel(first), jnp.ravel(second)
    u, v = first / jnp.linalg.norm(first), second / jnp.linalg.norm(second)
    return jnp.degrees(2 * jnp.arctan2(jnp.linalg.norm(u - v), jnp.linalg.norm(u + v)))
