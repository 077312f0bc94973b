"""Time of a generation of ten candidates, two biological seconds each.

bionet compiles once (timed apart) and calls the program with each candidate's coefficients, from
worker processes as a search does. The peer builds the textbook network anew for each candidate in
plain Brian2 and runs it, one after the other: its compiler uses all cores already. The peer is
measured for ``--candidates-rebuilt`` candidates and extrapolated to the generation; ``--full``
rebuilds every one.

    python benchmarks/generation.py [--full]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import Executor
from pathlib import Path

from plastic_network import COEFFICIENTS, add_size_options, compile_bionet, size_of
from report import argument_parser, publish, ratios, row, spread
from textbook_network import build_textbook

from bionet.metalearning.executors import worker_processes

GOAL_REBUILDING = 10.0
GOAL_WORKERS = 1.8


def candidates(number: int) -> list[dict[str, float]]:
    """Return the coefficients of a generation, each different, none of them far from the next."""
    return [
        {name: value * (1 + k / number) for name, value in COEFFICIENTS.items()}
        for k in range(number)
    ]


def simulate(network, coefficients: dict[str, float], seed: int) -> float:
    """Simulate one candidate and return the fraction completed; runs in a worker."""
    return network({f"ee.{k}": value for k, value in coefficients.items()}, seed=seed).completed


def generation(pool: Executor, network, number: int, seed: int) -> float:
    """Return the wall time of one generation, s."""
    start = time.perf_counter()
    pending = [pool.submit(simulate, network, c, seed) for c in candidates(number)]
    if min(future.result() for future in pending) < 1:
        raise SystemExit("a candidate did not reach its end: the times would mean nothing")
    return time.perf_counter() - start


def rebuild(directory: Path, size, duration: float, coefficients: dict[str, float]) -> float:
    """Return the wall time of one candidate built and run in plain Brian2, s."""
    start = time.perf_counter()
    build_textbook(directory, size, duration, coefficients)
    subprocess.run(["./main"], cwd=directory, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argument_parser(__doc__, repeats=3)
    add_size_options(parser)
    parser.add_argument("--candidates", type=int, default=10)
    parser.add_argument("--candidates-rebuilt", type=int, default=2)
    parser.add_argument("--duration", type=float, default=2.0, help="of a candidate, s")
    parser.add_argument("--full", action="store_true", help="rebuild every candidate")
    options = parser.parse_args(arguments)
    load, size, number = os.getloadavg()[0], size_of(options), options.candidates
    rebuilt = number if options.full else min(options.candidates_rebuilt, number)
    with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
        os.environ["BIONET_CACHE"] = f"{name}/cache"  # so that the compilation is a real one
        start = time.perf_counter()
        network = compile_bionet(size).lasting(options.duration)
        compilation = time.perf_counter() - start
        one, two = [], []
        with worker_processes(1) as single, worker_processes(2) as double:
            generation(single, network, 1, 0)  # the workers start
            generation(double, network, 2, 0)
            for k in range(options.repeats):
                one.append(generation(single, network, number, k))
                two.append(generation(double, network, number, k))
        peer = [
            rebuild(Path(name) / f"textbook_{k}", size, options.duration, c)
            for k, c in enumerate(candidates(number)[:rebuilt])
        ]
    publish("generation", options, load, _rows(compilation, one, two, peer, number))


def _rows(compilation: float, one: list, two: list, peer: list, number: int) -> list[dict]:
    rebuilding = statistics.mean(peer) * number
    how = "measured" if len(peer) == number else f"extrapolated from {len(peer)}"
    faster = [rebuilding / seconds for seconds in two]
    first = [rebuilding / (compilation + seconds) for seconds in two]
    return [
        row("bionet: compiling once", spread([compilation]), "s"),
        row("bionet: a generation, one worker", spread(one), "s"),
        row("bionet: a generation, two workers", spread(two), "s"),
        row("textbook Brian2: one candidate built and run", spread(peer), "s"),
        row(f"textbook Brian2: a generation ({how})", spread([rebuilding]), "s"),
        row(
            "bionet, two workers: times faster than rebuilding each",
            spread(faster),
            "x",
            (">=", GOAL_REBUILDING),
        ),
        row("  the very first generation, compiling included", spread(first), "x"),
        row("two workers: times faster than one", ratios(one, two), "x", (">=", GOAL_WORKERS)),
    ]


if __name__ == "__main__":
    main()
