"""The coefficients that a search varies: names, where it starts, how far a step of one goes.

CMA-ES works best when every coordinate has about the same scale, so the search vector x has no
units. A coefficient's physical value is

    initial + scale * x          or, where its name is listed in `logarithmic`,
    initial * exp(scale * x)

and with step size 1 a scale is the standard deviation of the first generation. Bounds are kept by
pycma's boundary transformation (a smooth, monotone map onto the box), not by clipping: clipped
coordinates would make the loss flat outside the box and let the search wander off.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bionet.wording import counted

MAX_LOGARITHMIC_STEP = 500.0
"""A diverging search ends by its stop criterion, not by an overflow of exp."""


@dataclass(frozen=True)
class Parameters:
    """The searched coefficients, n of them.

    Parameters
    ----------
    names : sequence of str
        The n names, such as ``"ee.alpha"``; the keys of the values a problem is called with.
    initial : sequence of float, shape (n,)
        Physical value at which the search starts, each in its coefficient's own SI unit.
    scales : sequence of float, shape (n,)
        Physical change for a unit step of the search vector, in the same units. For a logarithmic
        coefficient the change of its natural logarithm, without unit.
    lower, upper : sequence of float or None, shape (n,), optional
        Bounds in the same units, None (or an infinite value) where there is none.
    logarithmic : sequence of str
        Names whose logarithm is searched: time constants, for one.

    Raises
    ------
    ValueError
        If lengths differ, a name is empty or stands twice, a value is not finite, a scale is not
        positive, bounds do not enclose the initial value, or a logarithmic coefficient is not
        positive. The message names the coefficient.
    """

    names: Sequence[str]
    initial: Sequence[float]
    scales: Sequence[float]
    lower: Sequence[float | None] | None = None
    upper: Sequence[float | None] | None = None
    logarithmic: Sequence[str] = ()

    def __post_init__(self):
        if isinstance(self.names, str) or isinstance(self.logarithmic, str):
            raise ValueError("names and logarithmic are sequences of names, not one string")
        names = tuple(self.names)
        _check_names(names, tuple(self.logarithmic))
        columns = {
            "names": names,
            "initial": _column("initial", self.initial, names),
            "scales": _column("scales", self.scales, names),
            "lower": _column("lower", self.lower, names, unbounded=-math.inf),
            "upper": _column("upper", self.upper, names, unbounded=math.inf),
            "logarithmic": tuple(self.logarithmic),
        }
        for field, value in columns.items():
            object.__setattr__(self, field, value)
        for name, initial, scale, lower, upper in zip(
            names, self.initial, self.scales, self.lower, self.upper, strict=True
        ):
            _check_coefficient(name, initial, scale, lower, upper, name in self.logarithmic)

    def to_physical(self, x: Sequence[float]) -> dict[str, float]:
        """Physical values of a search vector.

        Parameters
        ----------
        x : array of float, shape (n,)
            A search vector, without unit.

        Returns
        -------
        dict of str to float
            One Python float a name, never outside the bounds.
        """
        values = {}
        for name, initial, scale, lower, upper, coordinate in zip(
            self.names, self.initial, self.scales, self.lower, self.upper, x, strict=True
        ):
            step = scale * float(coordinate)
            value = initial + step
            if name in self.logarithmic:
                value = initial * math.exp(min(step, MAX_LOGARITHMIC_STEP))
            # A coordinate on its bound may leave it by a rounding error on the way back.
            values[name] = min(max(value, lower), upper)
        return values

    def to_search(self, values: Mapping[str, float]) -> np.ndarray:
        """Search vector (n,), without unit, of physical values; the inverse of `to_physical`."""
        return np.array(
            [
                self._coordinate(name, initial, scale, values[name])
                for name, initial, scale in zip(self.names, self.initial, self.scales, strict=True)
            ]
        )

    def physical_spread(self, values: Mapping[str, float], spread: Sequence[float]) -> np.ndarray:
        """Search spread in physical units, to first order about `values`.

        Parameters
        ----------
        values : mapping of str to float
            Physical values about which the spread is taken; matters for logarithmic ones only.
        spread : array of float, shape (n,)
            Standard deviations in search units.

        Returns
        -------
        array of float, shape (n,)
            Standard deviations, each in its coefficient's unit.
        """
        slopes = [
            scale * values[name] if name in self.logarithmic else scale
            for name, scale in zip(self.names, self.scales, strict=True)
        ]
        return np.array(slopes) * np.asarray(spread)

    def search_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of the search vector, each (n,), infinite where there is none."""
        lower, upper = (
            np.array(
                [
                    self._coordinate(name, initial, scale, bound)
                    for name, initial, scale, bound in zip(
                        self.names, self.initial, self.scales, bounds, strict=True
                    )
                ]
            )
            for bounds in (self.lower, self.upper)
        )
        return lower, upper

    def _coordinate(self, name: str, initial: float, scale: float, value: float) -> float:
        if math.isinf(value):
            return value
        if name not in self.logarithmic:
            return (value - initial) / scale
        # The logarithm of zero: a lower bound of 0 binds no logarithmic coefficient.
        return math.log(value / initial) / scale if value > 0 else -math.inf


def _check_names(names: tuple[str, ...], logarithmic: tuple[str, ...]) -> None:
    if not names:
        raise ValueError("names is empty: a search needs at least one coefficient")
    for name in names:
        if not isinstance(name, str) or not name:
            raise ValueError(f"names: {name!r} is no name, each must be a non-empty string")
        if names.count(name) > 1:
            raise ValueError(f"names: {name!r} stands more than once")
    for name in logarithmic:
        if name not in names:
            raise ValueError(f"logarithmic: {name!r} is not among the names {', '.join(names)}")


def _column(
    field: str,
    column: Sequence[float | None] | None,
    names: tuple[str, ...],
    unbounded: float | None = None,
) -> tuple[float, ...]:
    if column is None and unbounded is not None:
        return (unbounded,) * len(names)
    entries = tuple(column)
    if len(entries) != len(names):
        raise ValueError(
            f"{field} has {counted(len(entries), 'entry')} for {counted(len(names), 'name')} "
            f"({', '.join(names)})"
        )
    return tuple(
        unbounded if entry is None and unbounded is not None else float(entry) for entry in entries
    )


def _check_coefficient(
    name: str, initial: float, scale: float, lower: float, upper: float, logarithmic: bool
) -> None:
    if not math.isfinite(initial):
        raise ValueError(f"initial of {name!r} is {initial}, it must be finite")
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"scale of {name!r} is {scale}, it must be positive and finite")
    if not lower < upper:
        raise ValueError(f"lower bound of {name!r}, {lower}, is not below its upper bound {upper}")
    if not lower <= initial <= upper:
        raise ValueError(f"initial of {name!r} is {initial}, outside [{lower}, {upper}]")
    if logarithmic and not initial > 0:
        raise ValueError(f"initial of {name!r} is {initial}, a logarithmic one must be positive")
