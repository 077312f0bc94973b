"""Which names of a model are times, or made of them.

Conditions on time hold or fail by a single rounding: at a time step of 0.1 ms, ``t > 20*ms`` is
false in step 200 and ``t > 0.3*ms`` is true in step 3. What is made of time is therefore computed
as Brian2 does it, rounding by rounding (`bionet.gradient.arithmetic.exactly`); everything else may
be rounded in other places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["TIMES", "names_of_time"]

#: What a time step knows of time itself.
TIMES = frozenset({"t", "t_in_timesteps", "lastspike"})


def names_of_time(
    defined: Mapping[str, frozenset[str]], conditions: Iterable[frozenset[str]]
) -> frozenset[str]:
    """Return the names that are made of time, and those that such names are compared with.

    Parameters
    ----------
    defined : mapping of str to set of str
        For each subexpression, temporary name, or variable that only a reset writes: the names in
        its definitions.
    conditions : iterable of set of str
        The names in whatever else a model computes.
    """
    made = set(TIMES)
    while grown := {name for name, names in defined.items() if names & made} - made:
        made |= grown
    beside = set()
    for names in (*defined.values(), *conditions):
        if names & made:
            beside |= names & defined.keys()
    while grown := {n for name in beside for n in defined[name] & defined.keys()} - beside:
        beside |= grown
    return frozenset(made | beside)
