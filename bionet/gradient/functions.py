"""Brian2's functions on JAX arrays, and on Python numbers, which stay numbers."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

__all__ = ["FUNCTIONS", "timestep"]


def _function(on_arrays, on_numbers=None):
    """Return a function that gives a Python number (in double precision) for Python numbers."""

    def function(*arguments):
        if all(isinstance(a, int | float) for a in arguments):
            return float((on_numbers or on_arrays)(*arguments))
        return on_arrays(*arguments)

    return function


def timestep(time, dt):
    """Return the number of the time step, rounded as Brian2 does it."""
    if isinstance(time, int | float):
        return int((time + 1e-3 * dt) / dt)
    return jnp.floor((time + 1e-3 * dt) / dt).astype(jnp.int32)


def _to_integer(value):
    if isinstance(value, bool | int | float):
        return int(value)
    return value.astype(jnp.int32)


def _exprel(x):
    small = jnp.abs(x) < 1e-5
    safe = jnp.where(small, 1.0, x)
    return jnp.where(small, 1 + x / 2, jnp.expm1(safe) / safe)


FUNCTIONS = {
    **{
        name: _function(getattr(jnp, name), getattr(np, name))
        for name in (
            *("cos", "sin", "tan", "cosh", "sinh", "tanh", "exp", "log", "log10", "expm1"),
            *("log1p", "sqrt", "ceil", "floor", "arccos", "arcsin", "arctan", "abs", "sign"),
        )
    },
    "clip": _function(jnp.clip, np.clip),
    "exprel": _function(_exprel, lambda x: math.expm1(x) / x if x else 1.0),
    "int": _to_integer,
    "timestep": timestep,
    "logical_not": jnp.logical_not,
}
