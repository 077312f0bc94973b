"""Files that are there whole or not at all, whatever moment the process is killed."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

_PARTIAL = ".partial"


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends without an error.

    Yields
    ------
    file : binary file
        On the same file system as `path`. An error in the block leaves `path` as it was.

    Raises
    ------
    OSError
        If the disk is full; its ``filename`` is `path`.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_PARTIAL}")
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(partial)):
            error.filename = str(path)
        raise
    sync_directory(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8) as `replacing` does."""
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file as `replacing` does; NaN is refused, for JSON has none."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def sync_directory(path: Path) -> None:
    """Make a directory's entries, such as a rename in it, survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_partial_files(directory: Path) -> None:
    """Remove what a killed process left of unfinished files; only while no other one writes."""
    for partial in directory.glob(f".*{_PARTIAL}"):
        partial.unlink(missing_ok=True)
