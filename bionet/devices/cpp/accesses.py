"""What a code object reads and writes: what its statements say, or else all it can reach."""

from __future__ import annotations

from brian2.core.functions import DEFAULT_FUNCTIONS, Function
from brian2.core.variables import ArrayVariable

from bionet.devices.cpp.generator import LoopGenerator
from bionet.devices.network_objects import referent

__all__ = ["Accesses", "accesses"]

#: Templates that read and write what their statements say, and nothing else.
MONITORS = {"statemonitor", "spikemonitor", "ratemonitor"}
BY_STATEMENTS = {"stateupdate", "reset", "synapses", "group_variable_set_conditional"}


class Accesses:
    """The arrays that a code object reads and writes.

    Attributes
    ----------
    read, written : set of ArrayVariable
        Without those of clocks, which only the clocks write.
    """

    def __init__(self, read, written):
        self.read = {v for v in read if not _is_time(v)}
        self.written = {v for v in written if not _is_time(v)}

    def conflicts_with(self, other: Accesses) -> set[ArrayVariable]:
        """Return the arrays for which it matters which of the two comes first."""
        return (self.written & (other.read | other.written)) | (self.read & other.written)


def accesses(code_object, generator: LoopGenerator | None) -> Accesses:
    """Return what a code object reads and writes.

    Parameters
    ----------
    code_object : CodeObject
    generator : LoopGenerator or None
        That made it; None if another one did.
    """
    variables = code_object.variables
    reachable = {v for v in variables.values() if isinstance(v, ArrayVariable)}
    if generator is None or _calls_unknown(generator):
        return Accesses(reachable, reachable)
    events = {
        v
        for k, v in variables.items()
        if k.startswith("_") and k.endswith("space") and v in reachable
    }
    read, written = set(), set()
    for block in (*generator.scalar_statements.values(), *generator.vector_statements.values()):
        block_read, block_written, indices, _ = generator.arrays_helper(block)
        read |= block_read | indices
        written |= block_written
    read = {variables[name] for name in read if name in variables}
    written = {variables[name] for name in written if name in variables}
    if code_object.template_name == "threshold":
        names = ("not_refractory", "lastspike") if "_spikespace" in variables else ()
        refractory = {variables[name] for name in names if name in variables}
        return Accesses(read, written | events | refractory)
    if code_object.template_name in BY_STATEMENTS:
        return Accesses(read | events, written)
    if code_object.template_name in MONITORS:
        own = {v for v in reachable if v.owner.name == code_object.owner.name}
        return Accesses(reachable, written | own)
    if code_object.template_name == "synapses_push_spikes":
        return Accesses(reachable, set())
    return Accesses(reachable, reachable)


def _calls_unknown(generator: LoopGenerator) -> bool:
    """Whether it calls a function that is not Brian2's own, and may do anything."""
    functions = [v for v in generator.variables.values() if isinstance(v, Function)]
    known = list(DEFAULT_FUNCTIONS.values())
    return any(all(f is not k for k in known) for f in functions)


def _is_time(variable: ArrayVariable) -> bool:
    from brian2.core.clocks import BaseClock

    return isinstance(referent(variable.owner), BaseClock)
