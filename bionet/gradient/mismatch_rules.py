"""How much a neuron learns from a spike too many or one that is missing.

A student that should spike when its teacher does learns in the steps in which they differ::

    theta <- theta - rate lambda e dx/dtheta,    e = S - S_teacher (1: too many, -1: missing)

x is how far its potential is above the threshold. The rules differ in lambda (Braun & Vogels 2021;
the surrogate is that of SuperSpike, Zenke & Ganguli 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Protocol

import jax.numpy as jnp

__all__ = ["BraunVogels", "MismatchRule", "SurrogateMismatch", "Vanilla"]


class MismatchRule(Protocol):
    """A rule: a name, and its factor lambda."""

    @property
    def name(self) -> str:
        """What it is called in results."""

    def factor(self, distance, missing, since):
        """Return lambda, (..., neurons).

        Parameters
        ----------
        distance : array, (..., neurons)
            x, in units of the potential.
        missing : array of bool, (..., neurons)
            Whether the mismatch is a missing spike.
        since : array, (..., neurons)
            Time since the neuron's last mismatch, s.
        """


@dataclass(frozen=True)
class Vanilla:
    """lambda = 1."""

    @property
    def name(self) -> str:
        """``vanilla``."""
        return "vanilla"

    def factor(self, distance, missing, since):
        """Return ones."""
        return jnp.ones_like(distance)


@dataclass(frozen=True)
class SurrogateMismatch:
    """lambda = 1/(1 + slope |x|)^2 for missing spikes, 1 for those that are too many.

    Attributes
    ----------
    slope : float
        Per unit of the potential.
    """

    slope: float

    def __post_init__(self):
        if not 0 <= self.slope < float("inf"):
            raise ValueError(f"the slope of a surrogate must not be negative; found {self.slope}")

    @property
    def name(self) -> str:
        """``surrogate`` and the slope."""
        return f"surrogate {self.slope:g}"

    def factor(self, distance, missing, since):
        """Return lambda."""
        return jnp.where(missing, 1 / (1 + self.slope * jnp.abs(distance)) ** 2, 1.0)


@dataclass(frozen=True)
class BraunVogels:
    """lambda = scale (1 - exp(ln 0.5 (u/half)^4)), u the time since the last mismatch, at most cap.

    A mismatch soon after another is probably its consequence, and counts for little.

    Attributes
    ----------
    scale : float
    half, cap : float
        Seconds.
    """

    scale: float = 1000.0
    half: float = 0.5
    cap: float = 0.075

    def __post_init__(self):
        for name in ("scale", "half", "cap"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be positive; found {getattr(self, name)}")

    @property
    def name(self) -> str:
        """``braun_vogels``."""
        return "braun_vogels"

    def factor(self, distance, missing, since):
        """Return lambda."""
        u = jnp.minimum(since, self.cap) / self.half
        return -self.scale * jnp.expm1(log(0.5) * u**4)
