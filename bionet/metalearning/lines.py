"""Files of lines that survive a kill and a full disk: append one, cut a broken end, replace all."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bionet.metalearning.errors import LogError

TEMPORARY_SUFFIX = ".new"


def open_for_appending(path: Path) -> int:
    """Open a file of lines, made if it is not there, and cut off an end without a newline.

    Such an end is a line whose writing was interrupted; left there, it would spoil the next one.

    Returns
    -------
    int
        A file descriptor.

    Raises
    ------
    LogError
        If the file cannot be opened.
    """
    path.with_name(path.name + TEMPORARY_SUFFIX).unlink(missing_ok=True)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise LogError(f"cannot open {path}: {error.strerror}") from error
    content = path.read_bytes()
    complete = content.rfind(b"\n") + 1
    if complete < len(content):
        os.ftruncate(descriptor, complete)
    return descriptor


def append_line(descriptor: int, path: Path, line: str) -> None:
    """Append a line and wait until it is on the disk, or leave the file as it was.

    Raises
    ------
    LogError
        If it cannot be written (the disk is full, say). What stood there before stays.
    """
    start = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        _write(descriptor, line)
    except OSError as error:
        with suppress(OSError):  # the next opening cuts it as well
            os.ftruncate(descriptor, start)
        raise _not_written(path, error) from error


def replace_lines(path: Path, lines: Sequence[str]) -> None:
    """Replace a whole file in one step: at any moment either the old or the new one is there.

    Raises
    ------
    LogError
        If the new file cannot be written; the old one stays.
    """
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            _write(descriptor, "\n".join(lines))
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _not_written(path, error) from error


def _write(descriptor: int, text: str) -> None:
    data = text.encode() + b"\n"
    while data:  # on a nearly full disk the first write can take a part of it
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_written(path: Path, error: OSError) -> LogError:
    return LogError(
        f"cannot write {path}: {error.strerror}; every evaluation that finished before is kept, "
        "and once the cause is mended the search can be resumed from there"
    )
