"""Memory that a program still has once it runs, as its parent sees it: not the peak of its set-up.

Linux only: read from ``/proc`` at intervals while the program, a child of this process, is there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Resident", "watched_child"]

INTERVAL = 0.01  # s
KIB = 1024
PROCESS = Path("/proc/self")
RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB", re.M)


@dataclass
class Resident:
    """What was last read, in bytes; None where nothing could be."""

    last: int | None = None


@contextmanager
def watched_child() -> Iterator[Resident]:
    """Watch the children that this process has while the block lasts.

    Yields
    ------
    Resident
        After the block, the memory of the last child shortly before its end.
    """
    resident, over = Resident(), threading.Event()

    def watch() -> None:
        while not over.wait(INTERVAL):
            resident.last = _of_children() or resident.last

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield resident
    finally:
        over.set()
        thread.join()


def _of_children() -> int | None:
    try:
        threads = [path.read_text() for path in PROCESS.glob("task/*/children")]
        texts = [Path(f"/proc/{child}/status").read_text() for child in " ".join(threads).split()]
    except OSError:  # it has just ended
        return None
    found = [RESIDENT.search(text) for text in texts]
    return sum(KIB * int(match[1]) for match in found if match) or None
