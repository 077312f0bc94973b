"""Provenance: with which software, hardware, compiler, seeds and command a run was made."""

import hashlib
import os
import platform
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import bionet
from bionet.devices import CppNetwork, cpp_compiler
from bionet.devices.cpp_source import FLAGS
from bionet.metalearning.executors import available_processors
from bionet.runs.configuration import to_table, to_toml
from bionet.runs.run_directory import RunDirectory
from bionet.runs.toolchain import find_cpp_compiler, first_line, output

PACKAGES = (
    *("bionet", "brian2", "numpy", "scipy", "cma", "sympy"),
    *("jax", "jaxlib", "optax", "brian2cuda"),
)

# Variables that change what the compiler makes or how many threads a simulation takes.
_BUILD_VARIABLES = ("CXX", "CC", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "OMP_NUM_THREADS")


def session(arguments: Sequence[str], kind: str, configuration: Any) -> dict[str, Any]:
    """One entry of ``environment.json``: the circumstances of one ``run`` or ``resume``.

    How the network was built is known once it is, so a kind of protocol adds that: `record_build`.
    Neither the host's nor the user's name is recorded.

    Parameters
    ----------
    arguments : sequence of str
        The command line after ``bionet``.
    kind : str
        The kind's name.
    configuration : dataclass
        The resolved configuration.

    Returns
    -------
    dict
        What JSON can hold: ``started`` (UTC, ISO 8601), ``command``, ``process``, ``versions``,
        ``commit``, ``system``, ``processor``, ``compiler``, ``variables``, ``seeds`` and
        ``configuration_sha256``.
    """
    text = to_toml(kind, configuration)
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": without_home(shlex.join(["bionet", *arguments])),
        "process": os.getpid(),
        "versions": versions(),
        "commit": source_commit(),
        "system": platform.platform(),
        "processor": {"name": processor_name(), "usable": available_processors()},
        "compiler": _compiler(),
        "variables": {
            name: without_home(os.environ[name]) for name in _BUILD_VARIABLES if name in os.environ
        },
        "seeds": dict(_seeds(configuration)),
        "configuration_sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that decide results."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def changes(earlier: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return what differs between two sessions that may change results, one phrase each."""
    before, after = earlier.get("versions", {}), now.get("versions", {})
    different = [
        f"{package} {before.get(package, 'absent')} is now {after.get(package, 'absent')}"
        for package in sorted(before.keys() | after.keys())
        if before.get(package) != after.get(package)
    ]
    pairs = [("bionet's source", "commit"), ("the compiler", "compiler")]
    return different + [
        f"{name} changed" for name, key in pairs if earlier.get(key) != now.get(key)
    ]


def source_commit() -> dict[str, Any] | None:
    """Git commit of bionet's own checkout, and whether it has changes; ``None`` if installed.

    A package installed inside some other project's repository is not that project's commit.
    """
    root = Path(bionet.__file__).resolve().parents[1]
    top_level = first_line(["git", "-C", str(root), "rev-parse", "--show-toplevel"])
    if top_level is None or Path(top_level).resolve() != root:
        return None
    commit = first_line(["git", "-C", str(root), "rev-parse", "--verify", "HEAD"])
    changed = output(["git", "-C", str(root), "status", "--porcelain"])
    return {"hash": commit, "dirty": bool(changed)}


def processor_name() -> str:
    """Model name of the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return first_line(["sysctl", "-n", "machdep.cpu.brand_string"]) or platform.machine()


def record_build(directory: RunDirectory, network: CppNetwork, precision: str) -> None:
    """Add how the run's network was compiled to the session that is running.

    Under ``build``: ``command`` and ``flags`` of the compiler, ``precision`` of the state
    variables, and ``key``, the build's name in the cache.

    Parameters
    ----------
    directory : RunDirectory
        Its lock is held.
    network : CppNetwork
    precision : {"double", "single"}
    """
    directory.record(
        build={
            "command": [without_home(word) for word in cpp_compiler.command()],
            "flags": list(FLAGS),
            "precision": precision,
            "key": network.directory.name,
        }
    )


def without_home(text: str) -> str:
    """Return the text with the user's home directory written as ``~``."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _compiler() -> dict[str, str] | None:
    compiler = find_cpp_compiler()
    if compiler is None:
        return None
    return {"path": without_home(compiler.path), "version": compiler.version}


def _seeds(configuration: Any) -> Iterator[tuple[str, Any]]:
    """Every setting whose name is or ends with ``seed``, under its dotted name."""
    tables = [("", to_table(configuration))]
    while tables:
        prefix, table = tables.pop()
        for name, value in table.items():
            if isinstance(value, dict):
                tables.append((f"{prefix}{name}.", value))
            elif name == "seed" or name.endswith(("_seed", "seeds")):
                yield prefix + name, value
