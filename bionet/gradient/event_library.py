"""The compiled product of spike times with weights: built once into the cache, known to XLA.

Without a C++ compiler, or on another platform than a CPU, `event_product` multiplies densely.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import subprocess
import warnings
from pathlib import Path

import jax

from bionet.devices import cache
from bionet.devices.cpp_build import describe_cpu
from bionet.devices.cpp_compiler import CompilationError, installed_command

__all__ = ["event_library_loaded"]

_SOURCE = Path(__file__).with_name("event_product.cc")
_LIBRARY = "event_product.so"
_FLAGS = ("-std=c++17", "-O3", "-march=native", "-fPIC", "-shared", "-w")
_HANDLERS = ("receive_float32", "receive_float64", "credit_float32", "credit_float64")
KEPT_LINES = 15


@functools.cache
def event_library_loaded() -> bool:
    """Return whether the library is there, building and registering it on the first call.

    Warns
    -----
    UserWarning
        If it cannot be built; says why. The dense product then takes its place.
    """
    try:
        library = ctypes.cdll.LoadLibrary(str(_built() / _LIBRARY))
    except (CompilationError, cache.CacheError, OSError) as error:
        warnings.warn(
            f"products of spikes with weights will be dense, about ten times slower: {error}",
            stacklevel=2,
        )
        return False
    for name in _HANDLERS:
        capsule = jax.ffi.pycapsule(getattr(library, name))
        jax.ffi.register_ffi_target(f"bionet_{name}", capsule, platform="cpu")
    return True


def _built() -> Path:
    command = installed_command()
    include = jax.ffi.include_dir()
    version = subprocess.run([*command, "--version"], capture_output=True).stdout
    target = subprocess.run(
        [*command, "-march=native", "-Q", "--help=target"], capture_output=True
    ).stdout
    target = target or describe_cpu()
    decisive = (jax.__version__, jax.lib.__version__, _FLAGS, command, version, target)
    key = hashlib.sha256(repr(decisive).encode() + _SOURCE.read_bytes()).hexdigest()[:32]

    def make(entry: Path) -> dict:
        arguments = [*command, *_FLAGS, f"-I{include}", str(_SOURCE), "-o", str(entry / _LIBRARY)]
        result = subprocess.run(arguments, capture_output=True, text=True)
        if result.returncode:
            last = "\n".join(result.stderr.strip().splitlines()[-KEPT_LINES:])
            raise CompilationError(f"compiling {_SOURCE.name} failed:\n{last}")
        return {"source": _SOURCE.name}

    return cache.publish(key, make)
