"""Compile a generated C++ project once, through the build cache."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from bionet.devices import cache
from bionet.devices.cpp_compiler import CompilationError, installed_command
from bionet.devices.cpp_source import generate
from bionet.devices.signature import Signature
from bionet.devices.temporary import temporary_directory

__all__ = ["CompilationError", "build", "describe_cpu"]

RECORD_VERSION = 1
KEPT_LINES = 15
CPU_INFO = Path("/proc/cpuinfo")


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
    command = installed_command()
    with temporary_directory("source") as source:
        signature = generate(network, duration, inputs, outputs, precision, source)
        key = _key(source, command)

        def make(entry: Path) -> dict:
            shutil.copytree(source, entry, dirs_exist_ok=True)
            (entry / "make.deps").touch()  # spares make a second pass over all sources
            _make(entry, command)
            _keep_binary(entry)
            return {"version": RECORD_VERSION, "signature": signature.to_json()}

        return cache.publish(key, make), signature


def _make(directory: Path, command: Sequence[str]) -> None:
    environment = os.environ | {"CXX": shlex.join(command), "LC_ALL": "C"}
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
    digest.update(_answer([*command, "-march=native", "-Q", "--help=target"]) or describe_cpu())
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(source)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _answer(command: Sequence[str]) -> bytes:
    """Return what a command prints, nothing if it fails."""
    result = subprocess.run(command, capture_output=True)
    return b"" if result.returncode else result.stdout


def describe_cpu() -> bytes:
    """Describe the CPU for compilers that, unlike g++, do not say what -march=native means."""
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.is_file() else []
    # x86 and ARM spell them differently; the other lines change from moment to moment
    kept = {line for line in lines if line.startswith(("flags", "Features", "model name", "CPU "))}
    return repr((platform.machine(), platform.processor(), sorted(kept))).encode()
