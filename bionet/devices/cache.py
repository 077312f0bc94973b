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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bionet.errors import BionetError

__all__ = [
    "CacheError",
    "cache_directory",
    "cannot_be_written",
    "entry_is_whole",
    "entry_of",
    "find",
    "publish",
    "record",
    "size",
]

BUILD_RECORD = "build.json"
BINARY = "main"


class CacheError(BionetError):
    """A cached build is missing or damaged, or the cache cannot be written."""


def cache_directory() -> Path:
    """Return where builds are kept: ``$BIONET_CACHE``, or ``bionet`` in the user's cache folder.

    Raises
    ------
    CacheError
        If ``$BIONET_CACHE`` begins with the home of a user that does not exist.
    """
    given = os.environ.get("BIONET_CACHE")
    if given:
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError as error:
            raise CacheError(
                f"the environment variable BIONET_CACHE is {given!r}: {error}"
            ) from error
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
        can_run = os.access(entry / BINARY, os.X_OK)
        return can_run and _checksum(entry) == record(entry)["checksum"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def find(prefix: str, values: Mapping[str, object]) -> Path | None:
    """Return a whole build whose name starts with `prefix` and that recorded these values.

    Returns
    -------
    Path or None
        None if there is none.
    """
    for entry in sorted(cache_directory().glob(f"{prefix}-*/")):
        if entry_is_whole(entry) and values.items() <= record(entry).items():
            return entry
    return None


def record(entry: Path) -> dict:
    """Return what was recorded of a build."""
    return json.loads((entry / BUILD_RECORD).read_text())


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
    if entry_is_whole(entry):
        return entry  # one that may only be read serves, too
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with _locked(entry):
            if not entry_is_whole(entry):
                _make(entry, make)
    except OSError as error:
        folder = Path(error.filename or entry)
        if folder.is_relative_to(entry.parent) or entry.parent.is_relative_to(folder):
            raise cannot_be_written(entry.parent, error, "BIONET_CACHE") from error
        raise cannot_be_written(folder, error, "TMPDIR") from error
    return entry


def cannot_be_written(folder: Path, error: OSError, variable: str) -> CacheError:
    """Return the error that names a folder and the environment variable that names another."""
    what = "build cache" if variable == "BIONET_CACHE" else "temporary folder"
    return CacheError(
        f"the {what} {folder} cannot be written: {error.strerror or error}; free space there, or "
        f"name another directory in the environment variable {variable}"
    )


def _make(entry: Path, make: Callable[[Path], dict]) -> None:
    """Make a build in a directory beside `entry`, and rename it when it is whole."""
    # what is damaged, and what a process that was killed in the middle of this left behind
    for leftover in (entry, *entry.parent.glob(f"{entry.name}.*/")):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{entry.name}.", dir=entry.parent))
    try:
        made = make(unfinished)
        made["checksum"] = _checksum(unfinished)
        (unfinished / BUILD_RECORD).write_text(json.dumps(made, indent=1))
        unfinished.chmod(0o755)  # a temporary directory is closed to other users
        os.replace(unfinished, entry)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


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

    with FileLock(f"{entry}.lock", mode=0o666):  # several users may share a cache
        yield
