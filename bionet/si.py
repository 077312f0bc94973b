"""Brian2 quantities where plain numbers in SI units are computed with: converted, or refused.

A plain number is taken to be in SI units. One with a unit is turned into such a number if the unit
is that of what it stands for, and refused if it is another. Knows Brian2's quantities, lists of
them and variables of its groups (``synapses.w``) without importing it. Quantities of other packages
are refused: NumPy would strip their unit without converting it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping

import numpy as np

__all__ = ["fields_in_si", "in_si", "takes_si"]

#: A unit of whatever dimension, the same for all arguments of a call that may have it.
ANY = "any"

#: What Brian2 calls the exponents of a dimension.
_BASE = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
#: The units of arguments, as exponents of time; the empty one is that of plain numbers.
_TIME_EXPONENTS = {"": 0, "s": 1, "s^2": 2, "Hz": -1}


def takes_si(**units: str) -> Callable:
    """Decorate a function of plain numbers so that it takes quantities, too.

    Parameters
    ----------
    **units : {"s", "s^2", "Hz", "any"}
        Unit of an argument; one that is not named here has none.
    """

    def decorate(function):
        names = list(inspect.signature(function).parameters)
        if unknown := set(units) - set(names):
            raise TypeError(f"{function.__name__} has no argument {', '.join(sorted(unknown))}")

        @functools.wraps(function)
        def of_quantities(*given, **named):
            seen = {}
            positional = [
                _number(name, value, units.get(name, ""), seen)
                for name, value in zip(names, given, strict=False)
            ]
            named = {
                name: _number(name, value, units.get(name, ""), seen)
                for name, value in named.items()
            }
            return function(*positional, *given[len(names) :], **named)

        return of_quantities

    return decorate


def fields_in_si(record, **units: str) -> None:
    """Turn the fields of a (frozen) dataclass into plain numbers; units as for `takes_si`."""
    seen = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        number = _number(field.name, value, units.get(field.name, ""), seen)
        if number is not value:
            object.__setattr__(record, field.name, number)


def in_si(name: str, value, unit: str):
    """Return a value without its unit, in SI; what has none comes back as it is.

    Parameters
    ----------
    name : str
        What the value is called where the user wrote it.
    value : object
        Numbers, quantities, or lists and mappings of them; anything else is left alone.
    unit : {"s", "s^2", "Hz", "any", ""}
        What it must be in.

    Raises
    ------
    ValueError
        If it has another unit, or one of another package.
    """
    return _number(name, value, unit, {})


def _number(name, value, unit, seen):
    if isinstance(value, (list, tuple)) and any(_may_have_unit(item) for item in value):
        return [_number(name, item, unit, seen) for item in value]
    if isinstance(value, Mapping):
        return {key: _number(name, item, unit, seen) for key, item in value.items()}
    if hasattr(type(value), "dimensionality") or (
        isinstance(value, np.ndarray) and hasattr(value, "unit")
    ):
        raise ValueError(f"{name} must be plain numbers or a quantity of Brian2, got {value!r}")
    dimension = getattr(value, "dim", None)
    if not hasattr(dimension, "get_dimension"):
        return value
    _check_unit(name, value, unit, dimension, seen)
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array


def _may_have_unit(item) -> bool:
    return not isinstance(item, (int, float, str, np.generic)) and (
        hasattr(item, "dim") or hasattr(item, "dimensionality") or hasattr(item, "unit")
    )


def _check_unit(name, value, unit, dimension, seen) -> None:
    exponents = tuple(dimension.get_dimension(base) for base in _BASE)
    if unit == ANY:
        other, expected = seen.setdefault(ANY, (name, exponents))
        if exponents != expected:
            raise ValueError(f"{name} must have the unit of {other}, got {value!r}")
        return
    expected = tuple(_TIME_EXPONENTS[unit] if base == "time" else 0 for base in _BASE)
    if exponents != expected:
        wanted = f"in {unit}" if unit else "without a unit"
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
