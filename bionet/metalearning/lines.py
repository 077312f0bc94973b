"""Logs of checked lines that survive a kill, a full disk and a changed byte.

Lines are appended and flushed one by one, or all replaced in one step. An end of a file that is no
whole line was cut short by a kill and is dropped; a damaged line is named by its number, also the
last one: a line that ends in a checksum was written to its end, so a wrong checksum is damage.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bionet.metalearning.checksums import checked_line, entry_of, has_checksum
from bionet.metalearning.errors import LogError

TEMPORARY_SUFFIX = ".new"


def latest_entries(path: Path, key: str, remedy: str) -> dict[Any, dict[str, Any]]:
    """Return the last entry for each value of a key, none if there is no log; it is only read.

    Parameters
    ----------
    path : Path
        The log.
    key : str
        What every entry has.
    remedy : str
        What to do about a damaged line, for the message.

    Raises
    ------
    LogError
        If the file cannot be read, or a whole line is damaged.
    """
    if not path.exists():
        return {}
    latest = {}
    for number, _, entry in whole_lines(path, content_of(path), remedy):
        if key not in entry:
            raise damaged(path, number, remedy)
        latest[entry[key]] = entry
    return latest


def content_of(path: Path) -> bytes:
    """Return the bytes of a log; LogError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise LogError(f"cannot read {path}: {error.strerror}") from error


def whole_lines(
    path: Path, content: bytes, remedy: str
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield number (from 1), end in bytes and entry of each whole line of a log's content.

    Raises
    ------
    LogError
        As `latest_entries`. From the first line with a checksum on, every line needs one.
    """
    lines = content.split(b"\n")[:-1]  # what follows the last newline is half a line
    end, checked = 0, False
    for number, line in enumerate(lines, 1):
        checked |= has_checksum(line)
        try:
            entry = _entry(line, checked)
        except ValueError as error:
            if number == len(lines) and not has_checksum(line):
                return  # its writing was cut short
            raise damaged(path, number, remedy) from error
        end += len(line) + 1
        yield number, end, entry


def _entry(line: bytes, checked: bool) -> dict[str, Any]:
    if checked and not has_checksum(line):
        raise ValueError("the line has no checksum")
    return entry_of(line)


def damaged(path: Path, number: int, remedy: str, what: str = "is damaged") -> LogError:
    """Return the error that names a line of a log and says what to do about it."""
    return LogError(f"{path}: line {number} {what}. {remedy}")


def append(path: Path, added: Iterable[Mapping[str, Any]]) -> None:
    """Append lines to a log, made if it is not there.

    Raises
    ------
    LogError
        If they cannot be written; those before stay.
    """
    descriptor = open_for_appending(path)
    try:
        for entry in added:
            append_line(descriptor, path, checked_line(entry))
    finally:
        os.close(descriptor)


def open_for_appending(path: Path) -> int:
    """Open a log, made if it is not there, and cut off an end that is no whole line.

    Left there, it would spoil the next line, or be found in the middle later. A damaged line stays,
    to be named by whoever reads the log.

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
    *lines, half = path.read_bytes().split(b"\n")
    excess = len(half)
    if lines and not has_checksum(lines[-1]):
        try:
            _entry(lines[-1], any(map(has_checksum, lines)))
        except ValueError:
            excess += len(lines[-1]) + 1
    if excess:
        os.ftruncate(descriptor, os.lseek(descriptor, 0, os.SEEK_END) - excess)
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
    not_written = LogError(f"cannot write {path}: {error.strerror}")
    not_written.add_note("What was finished before is kept; it goes on from there.")
    return not_written
