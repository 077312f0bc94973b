"""Compile a generated C++ project once, through the build cache."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

from bionet.devices import cache
from bionet.devices.cpp.optimisations import Optimisations
from bionet.devices.cpp.precompiled import precompiled_headers
from bionet.devices.cpp_compiler import (
    CompilationError,
    command,
    flags_taken_on_trust,
    installed_command,
    known_flags,
    missing_program,
)
from bionet.devices.cpp_source import FLAGS, generate
from bionet.devices.signature import Signature
from bionet.devices.temporary import temporary_directory

__all__ = ["CompilationError", "build", "describe_cpu", "hash_of_compiler"]

RECORD_VERSION = 3
KEPT_LINES = 15
CPU_INFO = Path("/proc/cpuinfo")


def build(
    network: Callable,
    duration: float,
    inputs: Sequence[str],
    outputs: Sequence[str],
    precision: str,
    names: Mapping | None = None,
    optimisations: Optimisations = Optimisations(),  # noqa: B008
) -> tuple[Path, Signature]:
    """Return the cache entry of the compiled network, making it if need be, and its signature.

    Without a compiler, as on a node of a cluster, a build that another compiler made of the same
    sources on a CPU of this kind serves.

    Raises
    ------
    CompilationError
        If there is no compiler and no build, or the compiler refuses the code.
    CacheError
        If the cache cannot be written.
    """
    compiler = None if missing_program() else command()
    with (
        _full_disk_told(),
        temporary_directory("source") as source,
        flags_taken_on_trust() if compiler is None else nullcontext(),
    ):
        signature, files, loops = generate(
            network, duration, inputs, outputs, precision, source, names, optimisations
        )
        sources = _hash_of_sources(source, files)
        if compiler is None:
            made = cache.find(sources, {"cpu": _cpu()})
            if made is None:
                installed_command()  # says what is missing
            return made, signature

        def make(entry: Path) -> dict:
            shutil.copytree(source, entry, dirs_exist_ok=True)
            _make(entry, compiler, [*FLAGS, *known_flags(optimisations.flags())])
            _keep_binary(entry)
            return {
                "version": RECORD_VERSION,
                "cpu": _cpu(),
                "signature": signature.to_json(),
                "loops": loops,
            }

        return cache.publish(f"{sources}-{hash_of_compiler(compiler)}", make), signature


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """Say that it is the temporary folder that is full; the cache speaks for itself."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise cache.cannot_be_written(Path(tempfile.gettempdir()), error, "TMPDIR") from error


def _make(directory: Path, compiler: Sequence[str], flags: Sequence[str]) -> None:
    environment = os.environ | {"CXX": shlex.join(compiler), "LC_ALL": "C"}
    jobs = f"-j{os.cpu_count() or 1}"
    headers = precompiled_headers(compiler, hash_of_compiler(compiler), flags)
    result = subprocess.run(
        ["make", jobs, f"HEADERS={headers}"],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
    )
    if os.strerror(errno.ENOSPC) in result.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(_fullest(directory)))
    if result.returncode:
        last = "\n".join(result.stderr.strip().splitlines()[-KEPT_LINES:])
        raise CompilationError(f"compiling the network failed (make {jobs}):\n{last}")


def _fullest(directory: Path) -> Path:
    """Return which is full, the build's folder or the compiler's temporary one."""
    folders = (directory, Path(tempfile.gettempdir()))
    return min(folders, key=lambda folder: shutil.disk_usage(folder).free)


def _keep_binary(entry: Path) -> None:
    """Remove everything from a finished build that running it does not need."""
    for path in entry.iterdir():
        if path.is_dir() and path.name != "static_arrays":
            shutil.rmtree(path)
        elif path.is_file() and path.name != cache.BINARY:
            path.unlink()


def _hash_of_sources(source: Path, user_files: Iterable[Path]) -> str:
    """Hash the project (flags are in its makefile), the user's own files, and Brian2's version."""
    digest = hashlib.sha256(f"{RECORD_VERSION} {version('brian2')}".encode())
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(source)).encode())
        digest.update(path.read_bytes())
    for path in user_files:
        digest.update(f"{path}".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def hash_of_compiler(compiler: Sequence[str]) -> str:
    """Hash the compiler's version and what -march=native means to it."""
    digest = hashlib.sha256(_answer([*compiler, "--version"]))
    digest.update(repr(list(compiler[1:])).encode())
    target = _answer([*compiler, "-march=native", "-Q", "--help=target"])
    digest.update(target or describe_cpu())
    return digest.hexdigest()[:16]


def _cpu() -> str:
    return hashlib.sha256(describe_cpu()).hexdigest()[:16]


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
