"""A loss is a sum of terms, with a graded penalty in their stead for a simulation that failed.

Finite for every activity, whatever the network did, and ordered so that a search is never misled: a
simulation that ran to its end beats every one that was stopped, and one that was stopped late beats
one that was stopped early.
"""

import abc
import dataclasses
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, final

import numpy as np

from bionet.si import fields_in_si, takes_si
from bionet.statistics.requirements import require_fraction, require_positive

# Loss of a simulation that failed at its very end, divided by 1 + 1/e; the scale used by the
# Vogels lab for the same purpose (Confavreux et al., PLoS Comput Biol 2025).
PENALTY = 160.0

# What a simulation that ran to its end can cost at most, in penalties. Any number between 1 and
# 1 + exp(-1) = 1.37, the least that a failure costs, keeps success below failure.
_CEILING = 1.25

# Failing costs up to two penalties, and every loss is finite.
_MAX_PENALTY = sys.float_info.max / 2


class AbstractTerm(abc.ABC):
    """One criterion of a loss: a name, an unweighted error and a weight.

    A term is a frozen dataclass with a field `weight` and a class attribute `name`, its key in the
    parts of a loss, that fulfils `error`. Fields that stand for rates or times are named in
    `units`, so that they may be quantities. All its fields are positive numbers (or None, where
    that is their default). Two terms, or a term and a loss, add up to a loss.

    Raises
    ------
    ValueError
        If a field is not a positive finite number; the message names term and field.
    """

    name: ClassVar[str]
    #: Units of fields that may be quantities, as for `bionet.si.takes_si`.
    units: ClassVar[Mapping[str, str]] = MappingProxyType({})
    weight: float

    @final
    def __post_init__(self):
        fields_in_si(self, **self.units)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            number = require_positive(f"{type(self).__name__} {field.name}", value)
            object.__setattr__(self, field.name, number)

    @abc.abstractmethod
    def error(self, activity):
        """Unweighted error of an activity that ran to its end: a float, not negative."""

    @final
    def __call__(self, activity):
        """Weighted error of an activity that ran to its end."""
        return float(self.weight * self.error(activity))

    @final
    def __add__(self, other):
        """Make a loss of this term and another term or the terms of a loss."""
        return Loss((self,)) + other


@final
@dataclass(frozen=True)
class Loss:
    """A sum of terms, with a penalty in their stead for a simulation that was stopped.

    Parameters
    ----------
    terms : tuple of AbstractTerm
        At least one, with different names.
    penalty : float
        Scale of what a stopped simulation costs, positive: see `penalty_of_failure`.

    Raises
    ------
    ValueError
        If there is no term, two terms have the same name, or the penalty is not positive or so
        large that what failing costs is not finite.
    TypeError
        If something among `terms` is not a term.
    """

    terms: tuple[AbstractTerm, ...]
    penalty: float = PENALTY

    def __post_init__(self):
        fields_in_si(self)
        terms = tuple(self.terms)
        for term in terms:
            if not isinstance(term, AbstractTerm):
                raise TypeError(f"terms must be loss terms such as RateError, got {term!r}")
        names = [term.name for term in terms]
        if len(set(names)) != len(names) or not names:
            raise ValueError(f"terms must be at least one, each of another kind, got {names}")
        object.__setattr__(self, "terms", terms)
        object.__setattr__(self, "penalty", _require_penalty(self.penalty))

    def __call__(self, activity):
        """Loss of an activity.

        The sum of the terms if the simulation ran to its end. A sum above the penalty P is
        compressed to P (1.25 - 0.25 P / sum): it keeps its rank and stays below what failing costs,
        1.37 P at least.

        Parameters
        ----------
        activity : bionet.statistics.Activity

        Returns
        -------
        float
            Finite, and not negative.
        """
        total = sum(self.parts(activity).values())
        if activity.completed < 1 or total <= self.penalty:
            return total
        return self.penalty * (_CEILING - (_CEILING - 1) * self.penalty / total)

    def parts(self, activity):
        """Weighted terms of an activity, one by one.

        Parameters
        ----------
        activity : bionet.statistics.Activity

        Returns
        -------
        dict of str to float
            Each term's name and weighted, uncompressed value; `{"failure": ...}` for a simulation
            that was stopped. A term that overflows, or is NaN, counts as infinite.
        """
        if activity.completed < 1:
            return {"failure": penalty_of_failure(activity.completed, self.penalty)}
        with np.errstate(over="ignore", invalid="ignore"):
            values = {term.name: term(activity) for term in self.terms}
        return {name: math.inf if math.isnan(value) else value for name, value in values.items()}

    def __add__(self, other):
        """Add a term, or the terms of a loss with the same penalty.

        Raises
        ------
        ValueError
            If two losses have different penalties, or the sum holds two terms of one name.
        """
        if isinstance(other, AbstractTerm):
            return Loss((*self.terms, other), self.penalty)
        if not isinstance(other, Loss):
            return NotImplemented
        if other.penalty != self.penalty:
            raise ValueError(
                "losses add only if their penalties are equal, "
                f"got {self.penalty:g} and {other.penalty:g}"
            )
        return Loss(self.terms + other.terms, self.penalty)


@takes_si()
def penalty_of_failure(completed, penalty=PENALTY):
    """Loss of a simulation that was stopped: finite, and the smaller the later it failed.

    penalty * (exp(-completed) + 1), as in Confavreux et al., PLoS Comput Biol 2025.

    Parameters
    ----------
    completed : float
        Part of the planned duration that was simulated, in [0, 1].
    penalty : float
        Positive scale.

    Returns
    -------
    float
        Between 1.37 and 2 penalties.

    Raises
    ------
    ValueError
        If `completed` lies outside [0, 1], or `penalty` is not positive or too large for the
        result to be finite.
    """
    completed = require_fraction("completed", completed)
    return _require_penalty(penalty) * (math.exp(-completed) + 1)


def _require_penalty(penalty):
    penalty = require_positive("penalty", penalty)
    if penalty > _MAX_PENALTY:
        raise ValueError(f"penalty must be at most {_MAX_PENALTY:g}, got {penalty:g}")
    return penalty
