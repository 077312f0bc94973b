"""Where a function that builds a network finds the constants of its equations, and what it uses.

Brian2 looks up the constants of an equation where ``run`` is called. A function that builds a
network does not call it, so the names are taken from where the network was made.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable

from bionet.devices.brian2_state import made_inside

__all__ = ["call_with_scope", "named_objects"]


def call_with_scope(build: Callable):
    """Call `build()` and return its result with the names that its equations may refer to.

    These are, as they stand when it returns, the locals of `build`, and for names that it lacks the
    locals of the functions that made the network for it (``lambda: make(tau)`` has the names of
    ``make``), then the globals of all of these, again of `build` first. A profiling function reads
    them, at a cost: Python code takes two to three times as long within `build` (0.5 s instead of
    0.2 s for a balanced network).

    Returns
    -------
    result : object
        What `build` returned.
    names : dict
    """
    from brian2 import Network

    scopes = []
    before = sys.getprofile()

    def remember(frame, event, argument):
        if event == "return" and isinstance(argument, Network):
            scopes.append((argument, frame.f_globals, dict(frame.f_locals)))

    sys.setprofile(remember)
    try:
        result = build()
    finally:
        sys.setprofile(before)
    names: dict = {}
    made = [scope for scope in scopes if scope[0] is result]  # the innermost first, `build` last
    for _, globals_, _ in made:
        names |= globals_
    for _, _, locals_ in made:
        names |= locals_
    return result, names


def named_objects(build: Callable) -> list:
    """Return the clocks and functions of Brian2 that `build` can see from outside its own scope.

    A ``TimedArray`` or a ``Clock`` of the module has a name that nothing made by the function may
    have again: in C++ the two would be one array. What an earlier call of the function left behind
    is not among them: names would change from call to call.
    """
    from brian2.core.clocks import BaseClock
    from brian2.core.functions import Function
    from brian2.core.names import Nameable

    found: dict[int, object] = {}
    waiting = [build]
    while waiting:
        value = waiting.pop()
        if id(value) in found:
            continue
        found[id(value)] = value
        if isinstance(value, functools.partial):
            waiting += [value.func, *value.args, *value.keywords.values()]
        elif inspect.ismethod(value):
            waiting += [value.__func__, *_attributes(value.__self__)]
        elif inspect.isfunction(value):
            waiting += _seen_by(value)
        elif value is build:
            waiting += [*_attributes(value), vars(type(value)).get("__call__")]
        elif isinstance(value, list | tuple):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
    return [
        value
        for value in found.values()
        if isinstance(value, Nameable)
        and isinstance(value, BaseClock | Function)
        and not made_inside(value)
    ]


def _seen_by(function) -> list:
    """Return the values behind the names that a function uses, its defaults included."""
    from brian2.core.names import Nameable

    if (function.__module__ or "").startswith("brian2."):
        return []
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    own = function.__globals__
    names = _names_of(function.__code__)
    used = [own[name] for name in names if name in own]
    # what it names of a module, a class or a namespace: inputs.stimulus
    used += [vars(v)[name] for v in used if hasattr(v, "__dict__") for name in names & set(vars(v))]
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    # equations name what no code of the function mentions
    named = [value for value in own.values() if isinstance(value, Nameable)]
    return [*cells, *used, *defaults, *named, getattr(function, "__wrapped__", None)]


def _names_of(code) -> set[str]:
    """Return the names of globals and attributes in a function's code and in functions within."""
    nested = [_names_of(constant) for constant in code.co_consts if inspect.iscode(constant)]
    return set(code.co_names).union(*nested)


def _attributes(obj) -> list:
    return list(getattr(obj, "__dict__", {}).values())


def _is_filled(cell) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell raises
    except ValueError:
        return False
    return True
