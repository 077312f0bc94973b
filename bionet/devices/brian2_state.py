"""Borrow Brian2's global state (device, preferences, default clock) and give it back unchanged.

Brian2 has one active device, one set of preferences and one default clock a process. bionet needs
them only while it builds, under one lock.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

__all__ = ["active_device", "call_with_scope", "numpy_random_state", "preferences"]

_LOCK = threading.RLock()


@contextmanager
def active_device(device) -> Iterator[None]:
    """Make `device` the active one inside the block; only one thread at a time gets in.

    Brian2 numbers an object whose name is taken by any object of the process that still exists.
    Inside the block names start afresh, so that the same network gets the same names, hence the
    same generated code, however often it is built.
    """
    import brian2
    from brian2.devices.device import reset_device

    with _LOCK, _no_name_taken():
        dt = brian2.defaultclock.dt
        brian2.set_device(device, build_on_run=False)
        try:
            yield
        finally:
            reset_device()
            brian2.defaultclock.dt = dt


@contextmanager
def _no_name_taken() -> Iterator[None]:
    from brian2.core.tracking import InstanceFollower

    known = InstanceFollower.instance_sets
    InstanceFollower.instance_sets = type(known)(known.default_factory)
    try:
        yield
    finally:
        InstanceFollower.instance_sets = known


@contextmanager
def numpy_random_state(seed: int) -> Iterator[None]:
    """Seed numpy's global generator inside the block, and give it back as it was."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


@contextmanager
def preferences(values: Mapping[str, object]) -> Iterator[None]:
    """Set Brian2 preferences inside the block."""
    import brian2

    with _LOCK:
        before = {name: brian2.prefs[name] for name in values}
        for name, value in values.items():
            brian2.prefs[name] = value
        try:
            yield
        finally:
            for name, value in before.items():
                brian2.prefs[name] = value


def call_with_scope(build: Callable):
    """Call `build()` and return its result with the names that its equations may refer to.

    Brian2 looks up the constants of an equation where ``run`` is called. A function that builds a
    network does not call it, so the names of the function's own scope and of its module are taken
    as they stand when it returns. A profiling function reads them, at a cost: Python code takes two
    to three times as long within `build` (0.5 s instead of 0.2 s for a balanced network).

    Returns
    -------
    result : object
        What `build` returned.
    names : dict
        Globals and locals of the function or method; empty for any other callable.
    """
    function = build
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if inspect.ismethod(function):
        function = function.__func__
    if not inspect.isfunction(function):
        return build(), {}
    local_names: dict = {}
    before = sys.getprofile()

    def remember_locals(frame, event, argument):
        if event == "return" and frame.f_code is function.__code__:
            local_names.update(frame.f_locals)

    sys.setprofile(remember_locals)
    try:
        result = build()
    finally:
        sys.setprofile(before)
    closure = inspect.getclosurevars(function).nonlocals
    return result, {**function.__globals__, **closure, **local_names}
