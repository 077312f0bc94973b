"""Cost of a second call, new coefficients and a new seed, beyond the simulation itself.

A call of one time step is all cost and no simulation: input and process start, connectivity and
initial values from the new seed, outputs. The same program with ten neurons has no connectivity
worth the name, so the difference between the two is what drawing 2 million synapses takes.

The peer is what a script in plain Brian2 does for new coefficients: generate and compile the
textbook network anew (also for one time step, run included).

    python benchmarks/second_call.py
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from plastic_network import COEFFICIENTS, DT, Size, add_size_options, compile_bionet, size_of
from report import argument_parser, publish, row, spread
from textbook_network import build_textbook

GOAL = 0.3  # s
TEN_NEURONS = Size(8, 2, 0.5)


def cost(network, k: int) -> tuple[float, float]:
    """Return the wall time of call `k`, and the part of it outside the simulation's process, s."""
    inputs = {f"ee.{name}": (1 + k) * value for name, value in COEFFICIENTS.items()}
    start = time.perf_counter()
    outcome = network(inputs, seed=k)
    wall = time.perf_counter() - start
    if outcome.completed < 1:
        raise SystemExit(outcome.message)
    return wall, wall - outcome.wall_time


def rebuild(folder: Path, size: Size, k: int) -> float:
    """Return the wall time of building and starting the textbook network anew, s."""
    coefficients = {name: (1 + k) * value for name, value in COEFFICIENTS.items()}
    start = time.perf_counter()
    directory = folder / f"textbook_{k}"
    build_textbook(directory, size, DT, coefficients, seed=k + 1)
    subprocess.run(["./main"], cwd=directory, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argument_parser(__doc__, repeats=10)
    add_size_options(parser)
    parser.add_argument("--rebuilds", type=int, default=2, help="repeats of the peer")
    options = parser.parse_args(arguments)
    load, size = os.getloadavg()[0], size_of(options)
    with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
        os.environ["BIONET_CACHE"] = f"{name}/cache"  # so that the first call compiles
        start = time.perf_counter()
        network = compile_bionet(size).lasting(DT)
        compilation = time.perf_counter() - start
        small = compile_bionet(TEN_NEURONS).lasting(DT)
        cost(network, 0)
        cost(small, 0)
        calls = [(cost(network, k), cost(small, k)) for k in range(1, options.repeats + 1)]
        rebuilds = [rebuild(Path(name), size, k) for k in range(options.rebuilds)]
    publish("second_call", options, load, _rows(compilation, calls, rebuilds))


def _rows(compilation: float, calls: list, rebuilds: list[float]) -> list[dict]:
    walls = spread([large[0] for large, _ in calls])
    rows = [
        row("compiling, before the first call", spread([compilation]), "s"),
        row("a call beyond the simulation itself", walls, "s", ("<=", GOAL)),
        row("  connectivity and state", spread([a[0] - b[0] for a, b in calls]), "s"),
        row("  process start and end", spread([b[0] - b[1] for _, b in calls]), "s"),
        row("  inputs and outputs in Python", spread([b[1] for _, b in calls]), "s"),
    ]
    if rebuilds:
        times = [seconds / walls["median"] for seconds in rebuilds]
        rows += [
            row("textbook Brian2: the same by building anew", spread(rebuilds), "s"),
            row("bionet: times faster than building anew", spread(times), "x"),
        ]
    return rows


if __name__ == "__main__":
    main()
