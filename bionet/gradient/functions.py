"""Brian2's functions on JAX arrays, and on Python numbers, which stay numbers.

On arrays their derivatives are finite, see `bionet.gradient.arithmetic`: at the edge of what a
function is defined on, and where it overflows, it passes nothing on.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from bionet.gradient.arithmetic import guarded, with_derivatives

__all__ = ["FUNCTIONS", "timestep"]

#: Below, the derivative of exprel is its series, for what it would be the difference of is equal.
_SMALL = 0.1


def _function(on_arrays, on_numbers, guard=guarded):
    """Return a function that gives a Python number (in double precision) for Python numbers."""
    on_reals = guard(on_arrays)

    def function(*arguments):
        if all(isinstance(a, int | float) for a in arguments):
            return float(on_numbers(*arguments))
        kind = jnp.result_type(*arguments)
        if not jnp.issubdtype(kind, jnp.floating):
            return on_arrays(*arguments)
        return on_reals(*(jnp.asarray(a, kind) for a in arguments))

    return function


def timestep(time, dt):
    """Return the number of the time step, rounded as Brian2 does it."""
    if isinstance(time, int | float):
        return int((time + 1e-3 * dt) / dt)
    return _whole(jnp.floor((time + 1e-3 * dt) / dt))


def _to_integer(value):
    if isinstance(value, bool | int | float):
        return int(value)
    return _whole(value)


def _whole(value):
    return value.astype(jnp.result_type(int))


def _exprel(x):
    zero = x == 0
    safe = jnp.where(zero, 1.0, x)
    return jnp.where(zero, 1.0, jnp.expm1(safe) / safe)


def _exprel_derivative(_, arguments):
    (x,) = arguments
    small = jnp.abs(x) < _SMALL
    safe = jnp.where(small, 1.0, x)
    series = sum(x**k * (k + 1) / math.factorial(k + 2) for k in range(9))
    return jnp.where(small, series, (jnp.exp(x) - _exprel(x)) / safe)


FUNCTIONS = {
    **{
        name: _function(getattr(jnp, name), getattr(np, name))
        for name in (
            *("cos", "sin", "tan", "cosh", "sinh", "tanh", "exp", "log", "log10", "expm1"),
            *("log1p", "sqrt", "ceil", "floor", "arccos", "arcsin", "arctan", "abs", "sign"),
        )
    },
    "clip": _function(jnp.clip, np.clip),
    "exprel": _function(
        _exprel,
        lambda x: math.expm1(x) / x if x else 1.0,
        lambda function: with_derivatives(function, _exprel_derivative),
    ),
    "int": _to_integer,
    "timestep": timestep,
    "logical_not": jnp.logical_not,
}
