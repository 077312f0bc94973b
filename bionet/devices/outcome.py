"""What one call of a compiled network gives back: how it ended, and the arrays asked for."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

__all__ = ["Outcome", "Status"]


class Status(enum.Enum):
    """How a simulation ended."""

    COMPLETED = "the simulation ran to its end"
    STOPPED = "the network stopped itself before the end"
    FAILED = "the simulation broke off"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Result of one simulation. A network that blows up is an outcome, not an exception.

    Attributes
    ----------
    status : Status
        How it ended.
    values : mapping of str to ndarray
        The requested outputs, SI units, read-only; empty if it failed.
    stopped_at : float
        Simulated time that was reached, s.
    duration : float
        Simulated time that was asked for, s.
    wall_time : float
        Seconds that the call took.
    reason : str
        Why it stopped or failed, if it did.
    """

    status: Status
    values: Mapping[str, np.ndarray]
    stopped_at: float
    duration: float
    wall_time: float
    reason: str = ""

    def __post_init__(self):
        for array in self.values.values():
            array.flags.writeable = False
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __reduce__(self):
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return _rebuild, (fields | {"values": dict(self.values)},)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return one output.

        Raises
        ------
        KeyError
            If the simulation failed, or the output was not asked for.
        """
        if name not in self.values:
            known = ", ".join(self.values) or "none"
            raise KeyError(f"no output {name!r}; this simulation gave: {known} ({self.message})")
        return self.values[name]

    @property
    def completed(self) -> float:
        """Fraction of the duration that was simulated, 1.0 for a run to the end."""
        return 1.0 if self.status is Status.COMPLETED else min(self.stopped_at / self.duration, 1.0)

    @property
    def message(self) -> str:
        """One sentence on how it ended."""
        if self.status is Status.COMPLETED:
            return f"COMPLETED: {self.status.value}"
        reason = self.reason or self.status.value
        return f"{self.status.name}: {reason} at {self.stopped_at:.4g} s"


def _rebuild(fields):
    return Outcome(**fields)
