"""Borrow Brian2's global state (device, preferences, default clock) and give it back unchanged.

Brian2 has one active device, one set of preferences and one default clock a process. bionet needs
them only while it builds, under one lock.
"""

from __future__ import annotations

import copy
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from bionet.devices.refusals import NetworkError

__all__ = [
    "PRECISIONS",
    "active_device",
    "check_nothing_chosen",
    "float_type",
    "made_inside",
    "numpy_random_state",
]

PRECISIONS = {"double": "float64", "single": "float32"}

BY_ARGUMENT = {"core.default_float_dtype": " (by its argument precision)"}

_LOCK = threading.RLock()
_made_inside: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


def float_type(precision: str) -> dict:
    """Return the preferences of a precision, for every device."""
    return {
        "core.default_float_dtype": np.dtype(PRECISIONS[precision]).type,
        # Ctrl-C must not look like a network that stopped itself
        "core.stop_on_keyboard_interrupt": False,
    }


@contextmanager
def active_device(
    device, settings: Mapping[str, object], *, known: Iterable = (), dt: float | None = None
) -> Iterator[None]:
    """Make `device` the active one inside the block; only one thread at a time gets in.

    Brian2 numbers an object whose name is taken by any object of the process that still exists.
    Inside the block names start afresh, so that the same network gets the same names, hence the
    same generated code, however often it is built.

    Whatever the block sets (another device, preferences, the default time step) is taken back.

    Parameters
    ----------
    device : brian2.devices.Device
    settings : mapping of str to object
        Preferences inside the block.
    known : iterable of Nameable
        Objects from outside the block whose names are taken inside it, too.
    dt : float, optional
        Default time step inside the block, s; that of the active device by default.
    """
    import brian2

    # the package's own name `device` is a proxy of the active device, which answers anything
    devices = sys.modules["brian2.devices.device"]

    with _LOCK, _names_afresh(known), _own_preferences(settings):
        before = devices.active_device
        options = {k: v for k, v in vars(before).items() if k in ("build_on_run", "build_options")}
        earlier = list(devices.previous_devices)
        own_dt, clock = float(brian2.defaultclock.dt), vars(before.defaultclock)
        own_clock = dict(clock)
        brian2.set_device(device, build_on_run=False)
        if dt is not None:
            brian2.defaultclock.dt = dt * brian2.second
        try:
            yield
        finally:
            # not by reset_device, which writes a line into the program of a C++ device
            devices.active_device = before
            devices.previous_devices[:] = earlier
            vars(before).update(options)
            if float(brian2.defaultclock.dt) != own_dt:
                brian2.defaultclock.dt = own_dt * brian2.second
            clock.update(own_clock)  # which remembers the step before the last


def check_nothing_chosen(device, settings: Mapping[str, object]) -> None:
    """Raise an error if a function that built a network chose what compilation chooses.

    Raises
    ------
    NetworkError
        If `device` is no longer the active one, or one of the `settings` has another value.
    """
    import brian2

    if brian2.get_device() is not device:
        raise NetworkError(
            "the function that builds the network calls set_device; leave that out: "
            "compile_network(..., device=...) says where the network runs"
        )
    for name, value in settings.items():
        if brian2.prefs[name] != value:
            raise NetworkError(
                f"the function that builds the network sets the preference {name!r}, which "
                f"compile_network chooses itself{BY_ARGUMENT.get(name, '')}; leave that out"
            )


@contextmanager
def _own_preferences(settings: Mapping[str, object]) -> Iterator[None]:
    import brian2

    before = dict(brian2.prefs.items())
    contents = {name: copy.copy(v) for name, v in before.items() if isinstance(v, list | dict)}
    try:
        for name, value in settings.items():
            brian2.prefs[name] = value
        yield
    finally:
        for name, value in before.items():
            if brian2.prefs[name] is not value:
                brian2.prefs[name] = value
        for name, content in contents.items():
            before[name].clear()  # such as codegen.cpp.headers += [...]
            (before[name].extend if isinstance(content, list) else before[name].update)(content)


@contextmanager
def _names_afresh(known: Iterable) -> Iterator[None]:
    from brian2.core.names import Nameable
    from brian2.core.tracking import InstanceFollower

    before = InstanceFollower.instance_sets
    InstanceFollower.instance_sets = type(before)(before.default_factory)
    for obj in known:
        InstanceFollower().add(obj)
    try:
        yield
    finally:
        outside = {id(obj) for obj in known}
        for instance in list(Nameable.__instances__()):
            if (obj := instance()) is not None and id(obj) not in outside:
                _made_inside[id(obj)] = obj
        InstanceFollower.instance_sets = before


def made_inside(obj) -> bool:
    """Return whether an object that has a name was made in a block of `active_device`."""
    return _made_inside.get(id(obj)) is obj


@contextmanager
def numpy_random_state(seed: int) -> Iterator[None]:
    """Seed numpy's global generator inside the block, and give it back as it was."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
