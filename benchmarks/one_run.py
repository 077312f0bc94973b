"""One simulation in a process of its own: its CPU time, wall time, peak memory and totals.

Started by the benchmarks as ``python one_run.py JSON``. Its own process, because the operating
system keeps one peak memory for all the children that a process ever had, compilers included.
"""

from __future__ import annotations

import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from resident_memory import watched_child

__all__ = ["run_bionet", "run_program", "run_textbook"]

KIB = 1024


def run_bionet(
    saved: Path, duration: float, seed: int = 1, inputs: Mapping[str, float] | None = None
) -> dict:
    """Call a saved bionet network.

    Returns
    -------
    dict
        ``cpu``, ``wall`` (s), ``peak`` (bytes), ``resident`` (bytes at the end of the run, None
        where the system does not say) and ``totals``, the sum of each output's elements; of bionet
        also ``program_wall``, without what Python does before and after.
    """
    order = {"saved": str(saved), "duration": duration, "seed": seed, "inputs": dict(inputs or {})}
    return _started(order)


def run_textbook(directory: Path, totals: Mapping[str, tuple[str, str]]) -> dict:
    """Run a Brian2 standalone project; return the same as `run_bionet`.

    Parameters
    ----------
    directory : Path
    totals : mapping
        Name of a total to the arrays that go into it, a pattern of ``owner_variable``, and the type
        of their elements as `struct` writes it.
    """
    return _started({"textbook": str(directory), "totals": dict(totals)})


def run_program(program: Path, *arguments) -> dict:
    """Run any program; return ``output`` instead of ``totals``."""
    return _started({"program": [str(program), *(str(a) for a in arguments)]})


def _started(order: dict) -> dict:
    command = [sys.executable, __file__, json.dumps(order)]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"{order} failed:\n{process.stderr}")
    return json.loads(process.stdout)


def _bionet(order: dict) -> dict:
    from bionet.devices import CppNetwork, Status

    network = CppNetwork.load(order["saved"]).lasting(order["duration"])
    start = time.perf_counter()
    outcome = network(order["inputs"], seed=order["seed"])
    wall = time.perf_counter() - start
    if outcome.status is not Status.COMPLETED:
        sys.exit(outcome.message)
    totals = {name: float(values.sum()) for name, values in outcome.values.items()}
    return {"wall": wall, "program_wall": outcome.wall_time, "totals": totals}


def _textbook(order: dict) -> dict:
    directory = Path(order["textbook"])
    with tempfile.TemporaryDirectory() as results:
        start = time.perf_counter()
        subprocess.run(
            [directory / "main", "--results_dir", f"{results}/"],
            cwd=directory,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wall = time.perf_counter() - start
        totals = {
            name: sum(_total(file, code) for file in Path(results).glob(f"_array_{pattern}_*"))
            for name, (pattern, code) in order["totals"].items()
        }
    return {"wall": wall, "totals": totals}


def _total(file: Path, code: str) -> float:
    return sum(value for (value,) in struct.iter_unpack(f"={code}", file.read_bytes()))


def _program(order: dict) -> dict:
    start = time.perf_counter()
    output = subprocess.run(order["program"], check=True, capture_output=True, text=True).stdout
    return {"wall": time.perf_counter() - start, "output": output}


def _main() -> None:
    order = json.loads(sys.argv[1])
    for name, run in (("saved", _bionet), ("textbook", _textbook), ("program", _program)):
        if name in order:
            with watched_child() as resident:
                measured = run(order)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    measured["cpu"] = used.ru_utime + used.ru_stime
    measured["peak"] = used.ru_maxrss * (1 if sys.platform == "darwin" else KIB)
    measured["resident"] = resident.last
    print(json.dumps(measured))


if __name__ == "__main__":
    _main()
