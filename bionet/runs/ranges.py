"""What a setting may be: ranges of numbers, declared where a configuration declares its keys.

``n_exc: Size = 8000`` or ``tau: Annotated[float, Unit("ms"), Range(1e-6, 1e4)] = 0.02``; a
dataclass checks its own by `require_allowed` in ``__post_init__``. A range is as wide as what
can be computed rightly, so that no absurd number gets as far as a simulation.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_type_hints

from bionet.runs.configuration import shown
from bionet.runs.quantities import Unit, format_quantity

__all__ = [
    "DT",
    "Conductance",
    "Delay",
    "Duration",
    "Factor",
    "FilePath",
    "Fraction",
    "HighestWeight",
    "LearningRate",
    "Number",
    "Potential",
    "Probability",
    "Range",
    "Rate",
    "Repeats",
    "Seed",
    "Seeds",
    "Size",
    "Step",
    "TimeConstant",
    "TraceTimeConstant",
    "Weight",
    "require_allowed",
]


@dataclass(frozen=True)
class Range:
    """The numbers from `lowest` to `highest`, SI; without `lowest` itself if it says `above`."""

    lowest: float
    highest: float
    above: bool = False
    below: bool = False

    def refusal(self, value: float, unit: Unit | None) -> str | None:
        """Return what a number must be if it lies outside, in its unit; NaN does."""
        if isinstance(value, float) and not math.isfinite(value):
            return f"must be finite; found {value}"
        too_low = value <= self.lowest if self.above else value < self.lowest
        too_high = value >= self.highest if self.below else value > self.highest
        if not (too_low or too_high):
            return None
        low, high, found = (
            shown(number) if unit is None else format_quantity(number, unit)
            for number in (self.lowest, self.highest, value)
        )
        if too_low and self.lowest == 0:
            return f"must {'be positive' if self.above else 'not be negative'}; found {found}"
        opening, closing = "(" if self.above else "[", ")" if self.below else "]"
        return f"must lie in {opening}{low}, {high}{closing}; found {found}"


class _Path:
    """Text that can name a file or a folder; the working directory is ``"."``."""

    def refusal(self, value: str, unit: None) -> str | None:
        """Return what a path must be if the text is none."""
        if value.strip() and value.isprintable():
            return None
        return f"must be a path, or be left out; found {value!r}"


# Brian2 and JAX count neurons and steps of a call in 32 bits; memory ends far before.
Size = Annotated[int, Range(1, 10**7)]
Number = Annotated[int, Range(1, 10**9)]
# Trials, teachers, networks: whoever wants more runs them under another seed.
Repeats = Annotated[int, Range(1, 10**5)]
Seed = Annotated[int, Range(0, 2**32 - 1)]
Seeds = tuple[Seed, ...]

#: Time step of networks that do not declare one, s: Brian2's.
DT = 1e-4

# With steps of a microsecond and more, the steps of four months are far below 2**53, up to which
# a double counts them one by one.
Duration = Annotated[float, Unit("s"), Range(0, 1e7, above=True)]
Step = Annotated[float, Unit("ms"), Range(1e-6, 0.1)]
# Of what is solved exactly, whatever the step.
TimeConstant = Annotated[float, Unit("ms"), Range(1e-6, 1e4)]
# Of what forward Euler decays in steps of DT: a shorter one makes it negative, or grow.
TraceTimeConstant = Annotated[float, Unit("ms"), Range(DT, 1e4)]
Delay = Annotated[float, Unit("ms"), Range(0, 10)]
# Below a spike in every step of Brian2's 0.1 ms.
Rate = Annotated[float, Unit("Hz"), Range(0, 1e4, above=True, below=True)]
Potential = Annotated[float, Unit("mV"), Range(-10, 10)]

# Brian2 jumps from synapse to synapse by about 1/p, counted in 32 bits.
Probability = Annotated[float, Range(1e-6, 1)]
Fraction = Annotated[float, Range(0, 1)]
Weight = Annotated[float, Range(0, 1e9)]
# Of conductance-based neurons, in units of g_leak. With a larger one a single spike makes forward
# Euler's step overshoot: dt (1 + w)/tau_m exceeds 1, tau_m being 20 ms.
_LARGEST_CONDUCTANCE = 0.02 / DT - 1
Conductance = Annotated[float, Range(0, _LARGEST_CONDUCTANCE)]
# What such weights are clipped at.
HighestWeight = Annotated[float, Range(1e-12, _LARGEST_CONDUCTANCE)]
# Slopes, widths, scales; numbers that a loss or a learning rate is multiplied by.
Factor = Annotated[float, Range(1e-12, 1e12)]
# Any that single precision holds: too large a one shows in the first loss.
LearningRate = Annotated[float, Range(0, 3e38, above=True)]

FilePath = Annotated[str, _Path()]


def require_allowed(table: Any) -> None:
    """Refuse what lies outside the ranges that the fields of a dataclass declare.

    Parameters
    ----------
    table : dataclass
        A field that is ``None`` is not looked at; of a tuple each item is.

    Raises
    ------
    ValueError
        Names the field, and of a tuple the item.
    """
    for name, allowed, unit in _declared(type(table)):
        for place, value in _values(name, getattr(table, name)):
            if (refusal := allowed.refusal(value, unit)) is not None:
                raise ValueError(f"{place} {refusal}")


@cache
def _declared(cls: type) -> tuple[tuple[str, Any, Unit | None], ...]:
    """Fields that have a range or another constraint, which each has a ``refusal``."""
    hints = get_type_hints(cls, include_extras=True)
    found = ((name, list(_extras(hint))) for name, hint in hints.items())
    return tuple(
        (name, allowed, next((each for each in extras if isinstance(each, Unit)), None))
        for name, extras in found
        for allowed in extras
        if hasattr(allowed, "refusal")
    )


def _extras(hint: Any) -> Iterator[Any]:
    """Yield all that a type is annotated with, inside tuples and optional types, too."""
    for argument in get_args(hint):
        yield from _extras(argument)
    yield from getattr(hint, "__metadata__", ())


def _values(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple):
        for number, item in enumerate(value):
            yield f"{name}[{number}]", item
    elif value is not None:
        yield name, value
