"""The doctor: which devices work on this machine, and what to install for those that do not."""

import os
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from bionet.devices.cpp_compiler import CompilationError, command
from bionet.metalearning.executors import available_processors
from bionet.runs.provenance import processor_name, versions, without_home
from bionet.runs.toolchain import cpp17_fault, find_cpp_compiler, find_nvcc, gpus
from bionet.wording import counted


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes
    ----------
    subject : str
        Such as ``"C++ device"``.
    works : bool or None
        ``None`` where there is nothing that could fail.
    text : str
        A sentence: with what it works, or what to do.
    """

    subject: str
    works: bool | None
    text: str

    def __str__(self):
        verdict = {True: "works", False: "no", None: ""}[self.works]
        return f"{self.subject:<16}{verdict:<7}{self.text}"


def examine() -> list[Finding]:
    """All findings, the C++ device's first."""
    return [
        cpp_device(),
        runtime_device(),
        cuda_device(),
        gradient(),
        Finding("versions", None, ", ".join(f"{k} {v}" for k, v in versions().items())),
        Finding("processor", None, f"{processor_name()}, {available_processors()} usable"),
        build_cache(),
        Finding("disk here", None, f"{_bytes(shutil.disk_usage(os.curdir).free)} free"),
    ]


def cpp_device() -> Finding:
    """Whether ``make`` and a C++ compiler are there, and programs made by the compiler work."""
    subject = "C++ device"
    try:
        compiler = find_cpp_compiler()
    except CompilationError as error:
        return Finding(subject, False, str(error))
    if compiler is None:
        return Finding(
            subject,
            False,
            f"no C++ compiler: {command()[0]!r} is not on the path; install one (Debian, "
            "Ubuntu: apt install g++ make; macOS: xcode-select --install; conda: conda install "
            "cxx-compiler make), or name yours in the variable CXX",
        )
    if shutil.which("make") is None:
        return Finding(
            subject, False, "no 'make' on the path; install it (Debian, Ubuntu: apt install make)"
        )
    fault = cpp17_fault(compiler)
    if fault is not None:
        return Finding(subject, False, f"{compiler.path}: {fault}")
    return Finding(subject, True, f"{compiler.path}: {compiler.version}")


def runtime_device() -> Finding:
    """Whether Brian2 can be imported."""
    try:
        import brian2
    except Exception as error:  # whatever keeps Brian2 from loading is what the user must see
        return Finding("runtime device", False, f"Brian2 cannot be imported: {_one_line(error)}")
    cython = _version("Cython")
    code = f"Cython {cython}" if cython else "numpy code only, for Cython is not installed"
    return Finding("runtime device", True, f"Brian2 {brian2.__version__}, {code}")


def cuda_device() -> Finding:
    """Say that bionet simulates on no GPU yet, and what a machine has for one."""
    nvcc, brian2cuda = find_nvcc(), _version("brian2cuda")
    found = gpus()
    found += [] if nvcc is None else [nvcc]
    found += [] if brian2cuda is None else [f"brian2cuda {brian2cuda}"]
    text = "bionet has none yet: networks are simulated on processors (cpp, runtime)"
    return Finding("CUDA device", False, "; ".join([text, *found]))


def gradient() -> Finding:
    """Whether the packages of the extra ``gradient`` are installed (JAX is not loaded)."""
    found = {package: _version(package) for package in ("jax", "optax")}
    missing = [package for package, installed in found.items() if installed is None]
    if missing:
        text = f"{' and '.join(missing)} not installed: pip install 'bionet[gradient]'"
        return Finding("JAX gradients", False, text)
    return Finding("JAX gradients", True, ", ".join(f"{k} {v}" for k, v in found.items()))


def build_cache() -> Finding:
    """How large the cache of compiled networks is, and where."""
    try:
        from bionet.devices.cache import cache_directory, size
    except ImportError as error:  # Brian2 or the devices cannot be loaded: said above already
        return Finding("build cache", None, f"cannot be found: {_one_line(error)}")
    builds, size_on_disk = size()
    place = without_home(str(cache_directory()))
    return Finding(
        "build cache", None, f"{counted(builds, 'build')}, {_bytes(size_on_disk)}, in {place}"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
