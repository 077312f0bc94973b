"""A line of a log: a JSON object that ends with a checksum of its own text.

    {"generation": 0, ..., "loss": 12.5, "checksum": "8d3f1a02"}

A digit that changed on the disk leaves good JSON, so the text itself is vouched for. The checksum
is the CRC-32 of all that stands before it: no damage within four neighbouring bytes passes, and of
any other one in four thousand million. Lines from before there were checksums have none.
"""

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

_ENDING = re.compile(rb', "checksum": "([0-9a-f]{8})"}\Z')


def checked_line(entry: Mapping[str, Any], allow_nan: bool = True) -> str:
    """Return the line of a log, without its newline.

    Parameters
    ----------
    entry : mapping
        What JSON can hold; not empty.
    allow_nan : bool
        Whether numbers may be NaN or infinite, which other programs may not read.
    """
    text = json.dumps(dict(entry), allow_nan=allow_nan)[:-1]
    return f'{text}, "checksum": "{zlib.crc32(text.encode()):08x}"}}'


def has_checksum(line: bytes) -> bool:
    """Return whether a line ends as those do that have a checksum, right or wrong."""
    return _ENDING.search(line) is not None


def entry_of(line: str | bytes) -> dict[str, Any]:
    """Return what a line holds, without its checksum, which must be right if there is one.

    Raises
    ------
    ValueError
        If the line is no JSON object, or not the one that was written.
    """
    line = line.encode() if isinstance(line, str) else line
    ending = _ENDING.search(line)
    if ending is not None:
        line = line[: ending.start()]
        if zlib.crc32(line) != int(ending[1], 16):
            raise ValueError("the line is not what its checksum says")
        line += b"}"
    entry = json.loads(line)
    if not isinstance(entry, dict) or "checksum" in entry:
        raise ValueError("the line is no entry of a log")
    return entry
