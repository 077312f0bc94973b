"""The peer of least time: a program written by hand for just this network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

__all__ = ["compile_floor", "floor_rate"]

FLAGS = ("-Ofast", "-march=native", "-mprefer-vector-width=512")


def compile_floor(source: Path, directory: Path, precision: str) -> Path:
    """Compile the hand-written simulation of this network and return the program.

    Parameters
    ----------
    source : Path
        C++ file whose program takes the duration in seconds, is compiled with ``-DREAL=double``
        for double precision, and prints ``rate R Hz``.
    directory : Path
    precision : {"double", "single"}
    """
    program = directory / f"floor_{precision}"
    real = ["-DREAL=double"] if precision == "double" else []
    subprocess.run(["g++", *FLAGS, *real, "-o", program, source], check=True)
    return program


def floor_rate(text: str) -> float:
    """Return the mean rate in Hz from what the hand-written program printed.

    Raises
    ------
    SystemExit
        If it printed none.
    """
    rate = re.search(r"rate ([0-9.]+) Hz", text)
    if not rate:
        sys.exit(f"the program given by --floor printed no 'rate R Hz': {text!r}")
    return float(rate[1])
