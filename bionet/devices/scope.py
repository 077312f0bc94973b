"""Where a function that builds a network finds the constants of its equations, and what it uses.

Brian2 looks up the constants of an equation where ``run`` is called. A function that builds a
network does not call it, so the names are taken from where the network was made.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable

__all__ = ["call_with_scope", "named_objects"]


def call_with_scope(build: Callable):
    """Call `build()` and return its result with the names that its equations may refer to.

    These are the globals and locals, as they stand when it returns, of every function that returned
    the network: ``lambda: make(tau)`` has the names of ``make``, and those of the lambda's own
    scope that ``make`` has not. A profiling function reads them, at a cost: Python code takes two
    to three times as long within `build` (0.5 s instead of 0.2 s for a balanced network).

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
    for network, globals_, locals_ in reversed(scopes):  # the innermost comes last, and stands
        if network is result:
            names |= {**globals_, **locals_}
    return result, names


def named_objects(build: Callable) -> list:
    """Return the clocks and functions of Brian2 that `build` can see from outside its own scope.

    A ``TimedArray`` or a ``Clock`` of the module has a name that nothing made by the function may
    have again: in C++ the two would be one array.
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
        if isinstance(value, Nameable) and isinstance(value, BaseClock | Function)
    ]


def _seen_by(function) -> list:
    """Return the values behind the names that a function uses, its defaults included."""
    from brian2.core.names import Nameable

    if (function.__module__ or "").startswith("brian2."):
        return []
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    own = function.__globals__
    used = [own[name] for name in _names_of(function.__code__) if name in own]
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    # equations name what no code of the function mentions
    named = [value for value in own.values() if isinstance(value, Nameable)]
    return [*cells, *used, *defaults, *named, getattr(function, "__wrapped__", None)]


def _names_of(code) -> set[str]:
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
