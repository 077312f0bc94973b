"""The build cache: one directory a compiled network, named by all that decides the binary.

An entry holds ``main``, ``static_arrays/`` and ``build.json`` (which carries the checksum of the
others). It is made under a lock in a directory beside, and renamed into place when complete: an
entry that exists is whole, and two processes that want the same one make it once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bionet.errors import BionetError

__all__ = ["CacheError", "cache_directory", "entry_is_whole", "entry_of", "publish", "size"]

BUILD_RECORD = "build.json"
BINARY = "main"


class CacheError(BionetError):
    """A cached build is missing or damaged, or the cache cannot be written."""


def cache_directory() -> Path:
    """Return where builds are kept: ``$BIONET_CACHE``, or ``bionet`` in the user's cache folder."""
    given = os.environ.get("BIONET_CACHE")
    if given:
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("bionet")


def size() -> tuple[int, int]:
    """Return the number of builds in the cache and their size in bytes."""
    folder = cache_directory()
    if not folder.is_dir():
        return 0, 0
    files = [f for f in folder.rglob("*") if f.is_file()]
    return sum(f.name == BUILD_RECORD for f in files), sum(f.stat().st_size for f in files)


def entry_of(key: str) -> Path:
    """Return the directory of the build named `key`, whether it exists or not."""
    return cache_directory() / key


def entry_is_whole(entry: Path) -> bool:
    """Return whether the build is there and its files are those that were made."""
    try:
        record = json.loads((entry / BUILD_RECORD).read_text())
        return _checksum(entry) == record["checksum"]
    except (OSError, ValueError, KeyError):
        return False


def publish(key: str, make: Callable[[Path], dict]) -> Path:
    """Return the build named `key`, making it first if no other process has.

    Parameters
    ----------
    key : str
        Hash of everything that decides the binary.
    make : callable
        Fills the empty directory that it is given with a build and returns what to record of it.

    Raises
    ------
    CacheError
        If the cache cannot be written.
    """
    entry = entry_of(key)
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with _locked(entry):
            if entry_is_whole(entry):
                return entry
            # what a process that was killed in the middle of this left behind, too
            for leftover in (entry, *entry.parent.glob(f"{key}.*/")):
                shutil.rmtree(leftover, ignore_errors=True)
            unfinished = Path(tempfile.mkdtemp(prefix=f"{key}.", dir=entry.parent))
            try:
                record = make(unfinished)
                record["checksum"] = _checksum(unfinished)
                (unfinished / BUILD_RECORD).write_text(json.dumps(record, indent=1))
                os.replace(unfinished, entry)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise CacheError(
            f"the build cache {entry.parent} cannot be written: {error.strerror or error}; free "
            "space there, or name another directory in the environment variable BIONET_CACHE"
        ) from error
    return entry


def _checksum(entry: Path) -> str:
    """Return the SHA-256 of all files of a build but its record, and of their names."""
    digest = hashlib.sha256()
    for path in sorted(p for p in entry.rglob("*") if p.is_file() and p.name != BUILD_RECORD):
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.relative_to(entry)}\n{content}\n".encode())
    return digest.hexdigest()


@contextmanager
def _locked(entry: Path) -> Iterator[None]:
    from filelock import FileLock

    with FileLock(f"{entry}.lock"):
        yield
