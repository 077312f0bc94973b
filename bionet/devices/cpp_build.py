"""Compile a generated C++ project once, through the build cache."""

from __future__ import annotations

import errno
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bionet.devices import cache
from bionet.devices.cpp_source import generate
from bionet.devices.signature import Signature
from bionet.errors import BionetError

__all__ = ["CompilationError", "build", "compiler"]

RECORD_VERSION = 1
KEPT_LINES = 15


class CompilationError(BionetError):
    """The C++ compiler is missing or refused the generated code."""


def compiler() -> list[str]:
    """Return the compiler's command: ``$CXX`` or g++, as make would take it.

    Raises
    ------
    CompilationError
        If it, or make, is not installed.
    """
    command = shlex.split(os.environ.get("CXX", "g++"))
    for program in (command[0], "make"):
        if shutil.which(program) is None:
            raise CompilationError(
                f"{program!r} was not found: the C++ device needs a compiler and make; install "
                "them (Debian, Ubuntu: apt install g++ make; conda: cxx-compiler make; macOS: "
                "xcode-select --install) or name a compiler in the environment variable CXX"
            )
    return command


def build(
    network: Callable,
    duration: float,
    inputs: Sequence[str],
    outputs: Sequence[str],
    precision: str,
) -> tuple[Path, Signature]:
    """Return the cache entry of the compiled network, making it if need be, and its signature.

    Raises
    ------
    CompilationError
        If there is no compiler, or it refuses the code.
    CacheError
        If the cache cannot be written.
    """
    command = compiler()
    with tempfile.TemporaryDirectory(prefix="bionet_source_") as folder:
        source = Path(folder)
        signature = generate(network, duration, inputs, outputs, precision, source)
        key = _key(source, command)

        def make(entry: Path) -> dict:
            shutil.copytree(source, entry, dirs_exist_ok=True)
            (entry / "make.deps").touch()  # spares make a second pass over all sources
            _make(entry)
            _keep_binary(entry)
            return {"version": RECORD_VERSION, "signature": signature.to_json()}

        return cache.publish(key, make), signature


def _make(directory: Path) -> None:
    environment = os.environ | {"CXX": shlex.join(compiler()), "LC_ALL": "C"}
    jobs = f"-j{os.cpu_count() or 1}"
    result = subprocess.run(
        ["make", jobs], cwd=directory, env=environment, capture_output=True, text=True
    )
    if os.strerror(errno.ENOSPC) in result.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if result.returncode:
        last = "\n".join(result.stderr.strip().splitlines()[-KEPT_LINES:])
        raise CompilationError(f"compiling the network failed (make {jobs}):\n{last}")


def _keep_binary(entry: Path) -> None:
    """Remove everything from a finished build that running it does not need."""
    for path in entry.iterdir():
        if path.is_dir() and path.name != "static_arrays":
            shutil.rmtree(path)
        elif path.is_file() and path.name != cache.BINARY:
            path.unlink()


def _key(source: Path, command: Sequence[str]) -> str:
    """Hash everything that decides the binary: sources, flags (in the makefile), compiler, CPU."""
    digest = hashlib.sha256(f"{RECORD_VERSION}".encode())
    digest.update(_answer([*command, "--version"]))
    # what -march=native means on this machine
    digest.update(_answer([*command, "-march=native", "-Q", "--help=target"]))
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(source)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _answer(command: Sequence[str]) -> bytes:
    return subprocess.run(command, capture_output=True).stdout
