"""The tools outside Python that a device needs: C++ compiler, make, CUDA compiler, GPU."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bionet.devices.cpp_compiler import command as cpp_command

# Compiling and running twenty lines takes a second; a network file system may take its time.
_PATIENCE = 60.0  # s

_CPP17_PROGRAM = """
#include <optional>
#include <random>
#include <cstdio>
template <typename T> constexpr int size_of(T) {
    if constexpr (sizeof(T) == 8) return 8; else return 0;
}
int main() {
    std::mt19937 generator(5489u);
    std::optional<unsigned> drawn = generator();
    std::printf("%u %d", *drawn, size_of(1.0));
}
"""
# First number of the Mersenne Twister with its default seed, and the bytes of a double.
_CPP17_OUTPUT = "3499211612 8"


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler.

    Attributes
    ----------
    command : tuple of str
        As `bionet.devices.cpp_compiler.command` has it: the variable ``CXX``, or ``g++``.
    path : str
        Where its executable is.
    version : str
        First line of what ``--version`` prints.
    """

    command: tuple[str, ...]
    path: str
    version: str


def find_cpp_compiler() -> Compiler | None:
    """Return the C++ compiler that builds networks, or ``None`` if it is not on the path.

    Raises
    ------
    CompilationError
        If the variable ``CXX`` is no command.
    """
    command = tuple(cpp_command())
    path = shutil.which(command[0])
    if path is None:
        return None
    return Compiler(command, path, first_line([*command, "--version"]) or "unknown version")


def cpp17_fault(compiler: Compiler) -> str | None:
    """Compile and run a small C++17 program; ``None`` if it works, else what went wrong."""
    with tempfile.TemporaryDirectory(prefix="bionet-doctor-") as directory:
        source, program = Path(directory, "try.cpp"), Path(directory, "try")
        source.write_text(_CPP17_PROGRAM)
        build = [*compiler.command, "-std=c++17", str(source), "-o", str(program)]
        try:
            built = subprocess.run(build, capture_output=True, text=True, timeout=_PATIENCE)
            if built.returncode != 0:
                lines = built.stderr.strip().splitlines() or [f"exit status {built.returncode}"]
                return f"it cannot compile a C++17 program: {lines[0]}"
            ran = subprocess.run([str(program)], capture_output=True, text=True, timeout=_PATIENCE)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"a C++17 program cannot be built or run: {error}"
    if ran.stdout != _CPP17_OUTPUT:
        return f"a compiled program printed {ran.stdout!r} where {_CPP17_OUTPUT!r} is right"
    return None


def find_nvcc() -> str | None:
    """Path of the CUDA compiler, from ``CUDA_PATH``, ``CUDA_HOME`` or the path; or ``None``."""
    roots = [os.environ[name] for name in ("CUDA_PATH", "CUDA_HOME") if os.environ.get(name)]
    found = (shutil.which("nvcc", path=str(Path(root, "bin"))) for root in roots)
    return next((path for path in found if path), None) or shutil.which("nvcc")


def gpus() -> list[str]:
    """Names and memory of the NVIDIA GPUs that the driver shows."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    lines = [line.strip() for line in (output(query) or "").splitlines()]
    return [line for line in lines if "," in line]  # "No devices were found" is none


def output(command: list[str]) -> str | None:
    """Return what a command prints, or ``None`` if it is missing or fails."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout if ran.returncode == 0 else None


def first_line(command: list[str]) -> str | None:
    """First line of what a command prints, or ``None``."""
    lines = (output(command) or "").strip().splitlines()
    return lines[0] if lines else None
