"""The peer of least time: a program written by hand for just one network."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["add_floor_option", "compile_floor", "printed_number", "require_floor"]

FLAGS = ("-Ofast", "-march=native")


def add_floor_option(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark the option ``--floor FILE``."""
    parser.add_argument("--floor", type=Path, help="C++ source of the hand-written program")


def require_floor(options: argparse.Namespace) -> None:
    """Exit if the file given is not there; say so if none was given."""
    if not options.floor:
        print("  the hand-written program is left out: its source was not given (--floor FILE)")
    elif not options.floor.is_file():
        sys.exit(f"--floor: there is no file {options.floor}")


def compile_floor(source: Path, program: Path, flags: Sequence[str] = ()) -> Path:
    """Compile a hand-written simulation and return the program.

    Parameters
    ----------
    source : Path
        Its one C++ file.
    program : Path
        Where the program goes.
    flags : sequence of str
        Beside ``-Ofast -march=native``.
    """
    subprocess.run(["g++", *FLAGS, *flags, "-o", program, source], check=True)
    return program


def printed_number(text: str, before: str, after: str = "") -> float:
    """Return the number between two words of what a hand-written program printed.

    Raises
    ------
    SystemExit
        If there is none.
    """
    found = re.search(f"{re.escape(before)}([0-9.]+){re.escape(after)}", text)
    if not found:
        sys.exit(f"the program given by --floor printed no '{before}R{after}': {text!r}")
    return float(found[1])
