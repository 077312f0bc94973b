"""Parameters within bounds: what is trained is a free number, what the neuron has is its image.

::

    Bounded(low, high)   low + (high - low) sigmoid(free)      time constants, frequencies, damping
    Positive(scale)      scale log(1 + exp(free))              weights of one sign, rates
    Scaled(scale)        scale free                            what has a unit, such as a reset

Every step of an optimiser stays in the bounds, and one learning rate serves parameters whose SI
numbers differ by orders of magnitude. An optimiser sees the free numbers only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp

__all__ = ["AbstractTransform", "Bounded", "Positive", "Scaled", "free_of", "values_of"]


class AbstractTransform(ABC):
    """A smooth, increasing or decreasing function of a free number, and its inverse."""

    @abstractmethod
    def to_value(self, free):
        """Return the parameter that belongs to a free number, elementwise."""

    @abstractmethod
    def to_free(self, value):
        """Return the free number that belongs to a parameter, elementwise.

        Raises
        ------
        ValueError
            If a parameter lies outside its bounds.
        """


@dataclass(frozen=True)
class Bounded(AbstractTransform):
    """Between `low` and `high`, both of them out of reach, in the parameter's SI unit."""

    low: float
    high: float

    def __post_init__(self):
        if not -float("inf") < self.low < self.high < float("inf"):
            raise ValueError(f"bounds must be finite, low below high; found {self}")

    def to_value(self, free):
        """Return low + (high - low) sigmoid(free)."""
        return self.low + (self.high - self.low) * jax.nn.sigmoid(free)

    def to_free(self, value):
        """Return the logit of the place between the bounds."""
        _require((value > self.low) & (value < self.high), value, f"between {self.low:g} and "
                 f"{self.high:g}")  # fmt: skip
        return jnp.log(value - self.low) - jnp.log(self.high - value)


@dataclass(frozen=True)
class Positive(AbstractTransform):
    """Above 0; `scale` (SI) is where it turns from an exponential into a line, negative for below.

    Dale's law without clamping: the weights of excitatory units have a positive scale, those of
    inhibitory units a negative one.
    """

    scale: float = 1.0

    def __post_init__(self):
        if not 0 < abs(self.scale) < float("inf"):
            raise ValueError(f"the scale must be finite and not 0; found {self}")

    def to_value(self, free):
        """Return scale log(1 + exp(free))."""
        return self.scale * jax.nn.softplus(free)

    def to_free(self, value):
        """Return log(exp(value/scale) - 1)."""
        ratio = value / self.scale
        _require(ratio > 0, value, "above 0" if self.scale > 0 else "below 0")
        return ratio + jnp.log(-jnp.expm1(-ratio))


@dataclass(frozen=True)
class Scaled(AbstractTransform):
    """Without bounds, in units of `scale` (SI)."""

    scale: float

    def __post_init__(self):
        if not 0 < abs(self.scale) < float("inf"):
            raise ValueError(f"the scale must be finite and not 0; found {self}")

    def to_value(self, free):
        """Return scale free."""
        return self.scale * free

    def to_free(self, value):
        """Return value/scale."""
        return value / self.scale


def values_of(free: Mapping, transforms: Mapping) -> dict:
    """Return the parameters that belong to free numbers.

    Parameters
    ----------
    free : mapping of str to array
    transforms : mapping of str to AbstractTransform
        Of some of them; the others are themselves.
    """
    return {
        name: transforms[name].to_value(value) if name in transforms else value
        for name, value in free.items()
    }


def free_of(values: Mapping, transforms: Mapping) -> dict:
    """Return the free numbers that belong to parameters.

    Parameters
    ----------
    values : mapping of str to array
    transforms : mapping of str to AbstractTransform
        Of some of them.

    Raises
    ------
    ValueError
        If a transform is of a parameter that is not there, or a parameter lies outside its bounds;
        names it.
    """
    unknown = sorted(set(transforms) - set(values))
    if unknown:
        raise ValueError(
            f"transform of unknown parameter {unknown[0]!r}; there are {', '.join(sorted(values))}"
        )
    free = {}
    for name, value in values.items():
        try:
            value = jnp.asarray(value)
            free[name] = transforms[name].to_free(value) if name in transforms else value
        except ValueError as error:
            raise ValueError(f"{name!r}: {error}") from None
    return free


def _require(inside, value, bounds: str) -> None:
    if not bool(jnp.all(inside)):
        outside = float(jnp.ravel(value)[jnp.argmin(jnp.ravel(inside))])
        raise ValueError(f"must lie {bounds}; found {outside:g}")
