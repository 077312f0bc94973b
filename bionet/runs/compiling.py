"""Compile a network and say so, for it is half a minute in which nothing else is to be seen."""

import sys
import time
from collections.abc import Callable
from typing import Any

from bionet.wording import duration

__all__ = ["compiling"]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def compiling(compiled: Callable, *arguments: Any, say: Callable[[str], None] = _tell):
    """Return what `compiled` returns for the arguments, a compiled network.

    Parameters
    ----------
    compiled : callable
        Compiles, or finds what was compiled before in the cache.
    *arguments
        What it is called with.
    say : callable
        Prints a line; by default on standard error.
    """
    from bionet.devices.cache import BUILD_RECORD

    say("compiling (some seconds, once)")
    begun, start = time.time(), time.monotonic()
    network = compiled(*arguments)
    took = duration(time.monotonic() - start)
    record = network.directory / BUILD_RECORD
    before = record.is_file() and record.stat().st_mtime < begun
    say(f"found what was compiled before, in {took}" if before else f"compiled in {took}")
    return network
