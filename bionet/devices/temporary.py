"""Directories of one call or one build in the system's temporary folder, gone when it is over.

A process that is killed leaves its own behind. Each process, before it makes its first, removes
those that were left: the name of a directory says which process made it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

__all__ = ["temporary_directory"]

NAME = re.compile(r"bionet_(?:call|source)_(\d+)_\w{8}")
# Processes of another container may share the folder, but not the numbering: what they work in is
# younger than that.
ABANDONED_AFTER = 24 * 3600.0  # s


@contextmanager
def temporary_directory(purpose: str) -> Iterator[Path]:
    """Give a directory of its own to the block, and remove it with what is in it.

    Parameters
    ----------
    purpose : {"call", "source"}

    Yields
    ------
    Path
    """
    _remove_abandoned(tempfile.gettempdir())
    prefix = f"bionet_{purpose}_{os.getpid()}_"
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder)


@cache
def _remove_abandoned(folder: str) -> None:
    """Remove, once a process, the directories whose process is gone and that are a day old."""
    if os.name != "posix":
        return  # elsewhere os.kill ends the process that it asks for
    for path in Path(folder).glob("bionet_*_*_*"):
        made_by = NAME.fullmatch(path.name)
        if made_by and _age(path) > ABANDONED_AFTER and not _is_running(int(made_by[1])):
            shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0  # another process has just removed it


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
