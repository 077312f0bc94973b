"""Which C++ compiler builds a network: ``$CXX``, or g++."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from bionet.errors import BionetError

__all__ = [
    "CompilationError",
    "command",
    "flags_taken_on_trust",
    "installed_command",
    "known_flags",
    "missing_program",
]

DEFAULT = "g++"


class CompilationError(BionetError):
    """The C++ compiler is missing or refused the generated code."""


def command() -> list[str]:
    """Return the compiler's command, installed or not.

    Returns
    -------
    list of str
        The program and its options: those of ``$CXX``, or g++ where that is unset or blank.

    Raises
    ------
    CompilationError
        If ``$CXX`` cannot be split into words (a quotation mark without its partner).
    """
    given = os.environ.get("CXX", "")
    try:
        return shlex.split(given) or [DEFAULT]
    except ValueError as error:
        raise CompilationError(
            f"the environment variable CXX is no command, {given!r}: {error}; name a C++ "
            f"compiler in it, or unset it for {DEFAULT}"
        ) from error


def missing_program() -> str | None:
    """Return the first program that a build needs and that is not installed; None if all are.

    Raises
    ------
    CompilationError
        As for `command`.
    """
    needed = (command()[0], "make")
    return next((program for program in needed if shutil.which(program) is None), None)


def installed_command() -> list[str]:
    """Return the compiler's command, for a build that starts now.

    Raises
    ------
    CompilationError
        If the compiler or make is not installed, or `command` is none.
    """
    missing = missing_program()
    if missing is not None:
        raise CompilationError(
            f"{missing!r} was not found: the C++ device needs a compiler and make; install "
            "them (Debian, Ubuntu: apt install g++ make; conda: cxx-compiler make; macOS: "
            "xcode-select --install) or name a compiler in the environment variable CXX"
        )
    return command()


def known_flags(flags: Sequence[str]) -> list[str]:
    """Return those flags that the compiler takes; all of them where there is no compiler.

    Parameters
    ----------
    flags : sequence of str

    Returns
    -------
    list of str
    """
    if missing_program() is not None:
        return list(flags)
    compiler = tuple(command())
    if _takes(compiler, *flags):  # one call in place of one for each
        return list(flags)
    return [flag for flag in flags if _takes(compiler, flag)]


@cache
def _takes(compiler: tuple[str, ...], *flags: str) -> bool:
    check = [*compiler, "-Werror", *flags, "-x", "c++", "-fsyntax-only", "-"]
    return subprocess.run(check, capture_output=True, input=b"").returncode == 0


@contextmanager
def flags_taken_on_trust() -> Iterator[None]:
    """Let Brian2 write all flags into the makefile, where no compiler says which it knows.

    Brian2 compiles a file to try a flag, drops one that fails, and remembers that for the process.
    """
    from brian2.codegen import cpp_prefs

    def known(compiler, flag):
        return True

    before = cpp_prefs.has_flag
    cpp_prefs.has_flag = known
    try:
        yield
    finally:
        cpp_prefs.has_flag = before
