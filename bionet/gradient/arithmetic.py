"""Operations of equations on JAX arrays, whose derivatives are numbers wherever there are any.

A neuron that spikes is reset, and no error goes back to what it was before: the error is 0 there.
Where the upstroke of a spike is an equation, its derivative overflows long before the value
matters, and 0 times infinity is not 0. So a derivative that is no finite number passes nothing on:
of an exponential that overflows, of a square root at 0, of a product with what is infinite.

What is said of time is computed exactly as Brian2 does it: `exactly` keeps a compiler from rounding
a product and a sum only once, or a division as a product with the inverse, either of which moves
a condition such as ``t - k*period > 0`` by a time step.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

__all__ = ["OPERATIONS", "exactly", "finite", "guarded", "with_derivatives"]


def guarded(function: Callable) -> Callable:
    """Return an elementwise function with its derivatives, those left out that are not finite.

    Parameters
    ----------
    function : callable
        Of one or more arrays of real numbers.
    """

    def derivative(which: int, arguments):
        # by this argument alone: 0 times what the others have may be no number
        def of_one(x):
            return function(*arguments[:which], x, *arguments[which + 1 :])

        return jax.jvp(of_one, (arguments[which],), (jnp.ones_like(arguments[which]),))[1]

    return with_derivatives(function, derivative)


def with_derivatives(function: Callable, derivative: Callable) -> Callable:
    """Return the function, ``derivative(k, arguments)`` being that by its k-th argument."""
    guarded = jax.custom_jvp(function)

    def jvp(primals, tangents):
        value = function(*primals)
        terms = [
            finite(derivative(k, primals)) * tangent
            for k, tangent in enumerate(tangents)
            if not isinstance(tangent, SymbolicZero)
        ]
        return value, jnp.asarray(sum(terms, jnp.zeros_like(value)), value.dtype)

    guarded.defjvp(jvp, symbolic_zeros=True)
    return guarded


def finite(value):
    """Return 0 where a value is no finite number."""
    return jnp.where(jnp.isfinite(value), value, 0)


def exactly(value):
    """Return a value that is rounded before anything else is done with it."""
    return jax.lax.optimization_barrier(value) if isinstance(value, jax.Array) else value


def _product(a, b):
    if _real(a) and _real(b):
        return _of_arrays["*"](a, b)
    return a * b


def _quotient(a, b):
    if _real(b):
        return _of_arrays["/"](jnp.asarray(a, b.dtype) if _number(a) else a, b)
    return a / b


def _power(a, b):
    if _real(a) and isinstance(b, int | float):
        return guarded(lambda base: base**b)(a)
    if _real(b) and _number(a):
        return guarded(lambda exponent: a**exponent)(b)
    if _real(a) and _real(b):
        return _of_arrays["**"](a, b)
    return a**b


def _remainder(a, b):
    if _real(a) and _number(b):
        b = jnp.asarray(b, a.dtype)
    if _real(b) and _number(a):
        a = jnp.asarray(a, b.dtype)
    return _of_arrays["%"](a, b) if _real(a) and _real(b) else a % b


def _whole_quotient(a, b):
    return jax.lax.stop_gradient(a // b)


def _exact_quotient(a, b):
    # a constant divisor would become a factor
    divisor = jnp.asarray(b, a.dtype) if _real(a) and not isinstance(b, jax.Array) else b
    return _quotient(a, exactly(divisor))


def _exact_whole_quotient(a, b):
    divisor = jnp.asarray(b, a.dtype) if _real(a) and not isinstance(b, jax.Array) else b
    return _whole_quotient(a, exactly(divisor))


_of_arrays = {
    "*": with_derivatives(operator.mul, lambda which, ab: ab[1 - which]),
    "/": with_derivatives(
        operator.truediv,
        # -(a/b)/b, for b*b underflows in SI units
        lambda which, ab: -(ab[0] / ab[1]) / ab[1] if which else 1 / ab[1],
    ),
    "**": guarded(operator.pow),
    "%": guarded(operator.mod),
}

#: By the names that compiled expressions have for them.
OPERATIONS = {
    "_product": _product,
    "_quotient": _quotient,
    "_power": _power,
    "_remainder": _remainder,
    "_whole_quotient": _whole_quotient,
    "_exact_product": lambda a, b: exactly(_product(a, b)),
    "_exact_quotient": _exact_quotient,
    "_exact_whole_quotient": _exact_whole_quotient,
}


def _number(value) -> bool:
    return isinstance(value, int | float)


def _real(value) -> bool:
    return isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.floating)
