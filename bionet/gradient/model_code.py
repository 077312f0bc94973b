"""What a `NeuronModel` does in a time step, as statements.

Brian2's own state updater (``euler``, ``exact``, ``exponential_euler``, ``rk4``, ...) turns the
equations into abstract code; threshold, reset and refractoriness are strings already. Here they
become a list of assignments whose right-hand sides are Python expressions in Brian2's order of
operations, so that evaluating them in double precision gives Brian2's own numbers up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import CodeType

import numpy as np

__all__ = ["Assignment", "Comparison", "ModelCode"]


@dataclass(frozen=True)
class Assignment:
    """One statement ``target = expression``; the code is compiled Python."""

    target: str
    code: CodeType
    names: frozenset[str]


@dataclass(frozen=True)
class Comparison:
    """One condition of a threshold, such as ``v > 1``, and how far it is from being turned over.

    Attributes
    ----------
    distance : code
        The greater side minus the less, on which surrogates depend.
    condition : code
        What Brian2 compares: a difference may be rounded to the other side of 0.
    names : set of str
    """

    distance: CodeType
    condition: CodeType
    names: frozenset[str]


@dataclass(frozen=True)
class ModelCode:
    """A model's time step.

    Attributes
    ----------
    update : tuple of Assignment
        From the old state to the new.
    threshold : tuple of Comparison
        A neuron spikes where all hold and it is not refractory; empty for one that never does.
    reset : tuple of Assignment
    refractory : Assignment or None
        Of ``not_refractory``: a length of time in seconds, or a condition that keeps it refractory.
    refractory_is_time : bool
    state : dict of str to dtype
        Variables that a step changes, or that synapses may: all of the equations but parameters.
    parameters : dict of str to float
        Declared parameters that no statement writes, and the constants, SI units.
    whole : dict of str to dtype
        Of those parameters, the ones that are integers or booleans.
    shared : frozenset of str
        Variables that all neurons have in common.
    held : frozenset of str
        Variables that stay as they are while the neuron is refractory.
    knows_last_spike : bool
        Whether a statement or condition asks when a neuron spiked last.
    knows_time : bool
        Whether one asks for the time.
    subexpressions : dict of str to Assignment
    initial : dict of str to Assignment
        Initial values that are expressions or numbers.
    dt : float
        Time step, s.
    """

    update: tuple[Assignment, ...]
    threshold: tuple[Comparison, ...]
    reset: tuple[Assignment, ...]
    refractory: Assignment | None
    refractory_is_time: bool
    state: dict[str, np.dtype]
    parameters: dict[str, float]
    whole: dict[str, np.dtype]
    shared: frozenset[str]
    held: frozenset[str]
    knows_last_spike: bool
    knows_time: bool
    subexpressions: dict[str, Assignment]
    initial: dict[str, Assignment]
    dt: float

    def depends_on(self, names: frozenset[str], wanted: str) -> bool:
        """Return whether names lead to `wanted`, through subexpressions and earlier assignments."""
        defined = {a.target: a.names for a in self.update} | {
            name: a.names for name, a in self.subexpressions.items()
        }
        seen, waiting = set(), set(names)
        while waiting:
            name = waiting.pop()
            if name == wanted:
                return True
            if name not in seen:
                seen.add(name)
                waiting |= defined.get(name, frozenset())
        return False
