"""The standard headers, compiled once for all networks of a machine.

They lie in the build cache beside the builds, by compiler and flags. Whatever goes wrong here costs
time only: a header that is not precompiled is parsed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bionet.devices.cache import cache_directory

__all__ = ["STANDARD_HEADERS", "precompiled_headers"]

STANDARD_HEADERS = Path(__file__).with_name("standard_headers.h")


def precompiled_headers(compiler: Sequence[str], known_as: str, flags: Sequence[str]) -> Path:
    """Return a header with its precompiled form beside it, making that if need be.

    Parameters
    ----------
    compiler : sequence of str
    known_as : str
        Hash of the compiler and its version.
    flags : sequence of str
        With which the networks are compiled.

    Returns
    -------
    Path
        The plain header where it cannot be precompiled.
    """
    text = STANDARD_HEADERS.read_bytes()
    key = hashlib.sha256(repr((known_as, list(compiler), list(flags))).encode() + text).hexdigest()
    folder = cache_directory() / f"headers-{key[:32]}"
    header = folder / STANDARD_HEADERS.name
    compiled = folder / f"{header.name}.gch"
    if compiled.is_file():
        return header
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="unfinished") as made:
            own = Path(made, header.name)
            own.write_bytes(text)
            result = Path(made, compiled.name)
            order = [*compiler, *flags, "-x", "c++-header", str(own), "-o", str(result)]
            # a compiler that takes its time, or writes nothing, is as good as none
            subprocess.run(order, check=True, capture_output=True, stdin=subprocess.DEVNULL)
            os.replace(own, header)  # the same text, whoever was first
            os.replace(result, compiled)
    except (OSError, subprocess.SubprocessError):
        return STANDARD_HEADERS
    return header
