"""What bionet's C++ device does beyond Brian2's, by name, and which of it a network gets.

Each can be switched off: ``compile_network(..., without=["fusion"])``. With all of them off a
network consists of Brian2's own loops.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Iterable

__all__ = ["OPTIMISATIONS", "REORDERING", "Optimisations"]

#: Name to what it is, in one sentence.
OPTIMISATIONS = {
    "rows": "spikes are lists of neurons, and each walks its row of synapses",
    "compact": "rows hold neurons as 16-bit numbers where they fit",
    "dense": "a row without gaps is walked without indices",
    "delays": "different delays: a row is sorted by delay, and its parts are queued",
    "release": "a refractory neuron knows its last step, in place of the time of its spike",
    "fusion": "the threshold is tested in chunks, in the loop that updates the state",
    "resets": "where all neurons have an event, their reset is one loop without a list",
    "flat": "the objects of a step are called directly, one after the other",
    "records": "a monitor's record costs the same however many there are",
    "generator": "random numbers are made a block at a time, the same numbers",
    "random": "random numbers of a threshold are drawn first, and compared in vectors",
    "unread": "arrays that nothing reads in the run are freed before it",
    "pages": "large arrays lie in huge pages",
    "wide": "vectors as wide as the processor has",
    "vector_math": "exp, log, sin, cos and pow of whole vectors, to 4 units in the last place",
    "denormals": "numbers too small for all their digits are zero",
    "float": "in single precision constants are single, too; time stays double",
    "scaled": "exponential decay is a factor for all neurons (only with reordering)",
}
#: What changes the rounding of results; never with ``strict``.
ROUNDS_DIFFERENTLY = {"denormals", "float", "scaled", "vector_math", "wide"}
#: As IEEE 754 and the source say. Brian2's -ffast-math regroups sums by where operands were loaded,
#: so that two loops with the same statements may differ in the last bit.
STRICT = ("-fno-fast-math", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off")
#: Side by side in one unit gcc knows which registers a function leaves alone, and calls it with the
#: upper halves of vectors in use: the C library's exp then takes up to ten times as long.
ONE_UNIT = ("-fno-ipa-ra",)
REORDERING = ("none", "allowed")


@dataclasses.dataclass(frozen=True)
class Optimisations:
    """Which of the `OPTIMISATIONS` a network gets.

    Attributes
    ----------
    strict : bool
        Whether each operation rounds as it is written, so that results have the bits of Brian2's
        own loops, compiled the same way, whatever else is chosen.
    reordering : {"none", "allowed"}
        Whether sums and products may be regrouped beyond what the compiler does.
    without : frozenset of str
        Those that are switched off.

    Raises
    ------
    ValueError
        If a name is unknown, or strict results are asked for together with reordering.
    """

    strict: bool = False
    reordering: str = "none"
    without: frozenset[str] = frozenset()

    def __post_init__(self):
        if not isinstance(self.strict, bool):
            raise ValueError(f"strict must be True or False, got {self.strict!r}")
        if self.reordering not in REORDERING:
            raise ValueError(
                f"reordering must be one of {', '.join(REORDERING)}; got {self.reordering!r}"
            )
        if isinstance(self.without, str) or not isinstance(self.without, Iterable):
            raise ValueError(f"without must be a sequence of names, got {self.without!r}")
        object.__setattr__(self, "without", frozenset(self.without))
        for name in sorted(self.without, key=str):
            if name not in OPTIMISATIONS:
                raise ValueError(
                    f"without names {name!r}; there are {', '.join(sorted(OPTIMISATIONS))}"
                )
        if self.strict and self.reordering == "allowed":
            raise ValueError(
                "strict=True rounds each operation as it is written, reordering='allowed' does not"
            )

    def allow(self, name: str) -> bool:
        """Return whether an optimisation may be used."""
        if name == "scaled" and self.reordering != "allowed":
            return False
        return name not in self.without and not (self.strict and name in ROUNDS_DIFFERENTLY)

    def flags(self) -> list[str]:
        """Return the compiler's flags for these loops, beyond those of every network."""
        flags = [*ONE_UNIT, *(STRICT if self.strict else ())]
        if self.allow("wide") and platform.machine().lower() in ("x86_64", "amd64"):
            flags.append("-mprefer-vector-width=512")
        if self.allow("vector_math"):
            flags.append("-DBIONET_VECTOR_MATH")
        if self.allow("pages"):
            flags.append("-DBIONET_HUGE_PAGES")
        return flags
