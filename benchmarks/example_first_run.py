"""Brian2's own example scripts up to their first run: the network that they made, and its names.

A script is executed as it is. The first ``run`` of a positive time is not run but taken; what
follows it is never reached. Left out: a device that the script sets (bionet's is tried), windows of
matplotlib, and processes of ``multiprocessing``, whose work is done here, one after the other.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np

__all__ = ["FirstRun", "NoRunError", "execute"]


class NoRunError(Exception):
    """A script ended without a run of a positive time."""


@dataclasses.dataclass(frozen=True)
class FirstRun:
    """What a script is about to run.

    Attributes
    ----------
    network : brian2.Network
        With the same objects as Brian2's magic network, where the script relies on that.
    duration : float
        s.
    names : dict
        The names around the call of ``run``.
    run : callable
        Runs the script's own network for a time in seconds, in plain Brian2.
    """

    network: object
    duration: float
    names: dict
    run: Callable[[float], None]

    def call(self, function: Callable, *arguments, **options):
        """Call a function as the script itself would, where its names are in sight."""
        scope = dict(self.names, _called=lambda: None)
        scope |= {"_function": function, "_arguments": arguments, "_options": options}
        return eval("_function(*_arguments, **_options)", scope)

    @property
    def dt(self) -> float:
        """Shortest time step of the network, s."""
        return min(float(obj.clock.dt_) for obj in self.network.sorted_objects)


class _EndedError(BaseException):
    """Ends a script; no ``except Exception`` of the script catches it."""


class _SerialPool:
    """``multiprocessing.Pool`` without processes."""

    def __init__(self, *arguments, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def map(self, function, values, chunksize=None):
        return [function(value) for value in values]

    def starmap(self, function, values, chunksize=None):
        return [function(*value) for value in values]

    imap = imap_unordered = map


def execute(script: Path, take: Callable[[FirstRun], None]) -> None:
    """Execute a script and call `take` at its first run, in the place of that run.

    Raises
    ------
    NoRunError
        If it runs nothing.
    Exception
        Whatever the script raises.
    """
    scope = {"__name__": "__main__", "__file__": str(script)}
    sys.argv = [str(script)]
    sys.path.insert(0, str(script.parent))
    code = compile(script.read_text(), str(script), "exec")
    try:
        with _intercepted(script.parent, take):
            exec(code, scope)
    except _EndedError:
        return
    raise NoRunError("it ended without a run")


@contextmanager
def _intercepted(folder: Path, take: Callable[[FirstRun], None]):
    import multiprocessing

    import brian2
    from brian2.core.magic import MagicNetwork
    from brian2.core.network import Network

    own, magic, set_device = Network.run, MagicNetwork.run, brian2.set_device

    def restore():
        Network.run, MagicNetwork.run = own, magic

    def intercept(network, duration, report=None, report_period=None, namespace=None, **rest):
        if float(duration) <= 0:
            return None
        restore()
        frame = sys._getframe(1)
        while not frame.f_code.co_filename.startswith(str(folder)):
            frame = frame.f_back
        names = namespace if namespace is not None else {**frame.f_globals, **frame.f_locals}
        take(_first_run(network, float(duration), dict(names)))
        raise _EndedError

    def keep_device(*arguments, **options):
        if not sys._getframe(1).f_code.co_filename.startswith(str(folder)):
            set_device(*arguments, **options)

    Network.run = MagicNetwork.run = intercept
    brian2.set_device = keep_device
    multiprocessing.Pool = _SerialPool
    try:
        yield
    finally:
        restore()


def _first_run(network, duration: float, names: dict) -> FirstRun:
    import brian2
    from brian2.core.magic import MagicNetwork

    def seconds(time):
        # a whole number of steps, which the product with a unit could miss by a rounding
        return np.float64(time) * brian2.second

    if not isinstance(network, MagicNetwork):
        return FirstRun(
            network, duration, names, lambda t: network.run(seconds(t), namespace=names)
        )
    objects = eval("_collect()", names | {"_collect": brian2.collect})
    contained = [inner for obj in objects for inner in obj.contained_objects]
    for obj in [*objects, *contained]:
        obj._network = None  # a script that calls store() before it runs has bound them already
    return FirstRun(
        brian2.Network(*sorted(objects, key=lambda obj: obj.name)),
        duration,
        names,
        lambda t: eval("_run(_time)", names | {"_run": brian2.run, "_time": seconds(t)}),
    )
