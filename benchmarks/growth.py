"""How time, set-up and memory of the plastic network grow with its size, at one in-degree.

Each neuron hears 160 excitatory and 40 inhibitory neurons, as at 10 000 neurons with connection
probability 0.02; 160 000 neurons have 20 million plastic synapses. Above 65 536 neurons of a
population, which 84 000 neurons have (67 200 excitatory), their indices need more than 16 bits.

The peer is the network itself at its other sizes: seconds per biological second and 10 000 neurons
are one number where time grows linearly. Set-up is the wall time of a program that simulates one
time step of the largest network. Memory is that of excitatory neurons only (and one inhibitory),
whose synapses are all plastic: the difference between two connection probabilities, over that
between their numbers of synapses; at its peak, and what is left at the end of the run.

    python benchmarks/growth.py
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from contenders import Durations, bionet_contender, interleaved
from one_run import run_bionet
from plastic_network import DT, Size, compile_bionet
from report import argument_parser, publish, row, spread

SIZES = (2500, 10_000, 40_000, 84_000, 160_000)
IN_DEGREE = 200
EXCITATORY = 0.8  # of all neurons
UNIT = 10_000  # neurons
PRECISIONS = ("double", "single")
SHORT = 0.1  # s, the short run
GOAL_LINEAR = 1.25
GOAL_SET_UP = 3.0  # s
GOAL_BYTES = 16.0
#: Of the memory's two networks: excitatory neurons, how much denser the second one is, and s.
MEMORY_NEURONS, DENSER, MEMORY_DURATION = 8000, 10, 0.01


def size_with(n: int) -> Size:
    """Return the size of a network of `n` neurons with the in-degree of all."""
    n_exc = round(EXCITATORY * n)
    return Size(n_exc, n - n_exc, min(1.0, IN_DEGREE / n))


def simulated(n: int, work: float) -> float:
    """Return how long `n` neurons are simulated, s: the smaller, the longer, within bounds.

    Parameters
    ----------
    n : int
    work : float
        Biological seconds of 10 000 neurons.
    """
    # a long set-up, which the two runs share, needs a longer difference between them
    return min(2 * work, max(work / 2, work * UNIT / n))


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argument_parser(__doc__, repeats=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of neurons")
    parser.add_argument(
        "--work", type=float, default=2.0, help="biological seconds of 10 000 neurons"
    )
    parser.add_argument("--probability", type=float, default=0.02, help="of the memory's networks")
    options = parser.parse_args(arguments)
    load, rows = os.getloadavg()[0], []
    with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
        for precision in PRECISIONS:
            folder = Path(name, precision)
            folder.mkdir()
            rows += _growth(folder, precision, options)
        rows += _memory(Path(name), options)
    publish("growth", options, load, rows)


def _growth(folder: Path, precision: str, options) -> list[dict]:
    contenders, largest = {}, max(options.sizes)
    for n in options.sizes:
        network = compile_bionet(size_with(n), precision)
        durations = Durations(SHORT, SHORT + simulated(n, options.work), n)
        contenders[n] = bionet_contender(folder, network, durations)
        if n == largest:
            network.save(folder / "largest.json")
    runs = interleaved(contenders, options.repeats)
    set_ups = [run_bionet(folder / "largest.json", DT) for _ in range(options.repeats)]
    rows, scaled = [], {n: [m.seconds * UNIT / n for m in runs[n]] for n in runs}
    for n in runs:
        what = f"{precision}, {n} neurons"
        rows += [
            row(f"{what}: a biological second of 10 000", spread(scaled[n]), "s"),
            row(f"{what}: mean rate", spread([m.rate for m in runs[n]]), "Hz"),
        ]
    medians = [statistics.median(times) for times in scaled.values()]
    linear = spread([max(medians) / min(medians)])
    walls = spread([run["program_wall"] for run in set_ups])
    peaks = spread([run["peak"] / 1e6 for run in set_ups])
    return [
        *rows,
        row(f"{precision}: slowest size over fastest", linear, "x", ("<=", GOAL_LINEAR)),
        row(f"{precision}, {largest} neurons: set-up", walls, "s", ("<=", GOAL_SET_UP)),
        row(f"{precision}, {largest} neurons: peak memory of it", peaks, "MB"),
    ]


def _memory(folder: Path, options) -> list[dict]:
    sparse, dense = options.probability, DENSER * options.probability
    synapses = MEMORY_NEURONS**2 * (dense - sparse)
    rows = []
    for precision in PRECISIONS:
        runs = []
        for probability in (sparse, dense):
            saved = folder / f"memory_{precision}_{probability:g}.json"
            compile_bionet(Size(MEMORY_NEURONS, 1, probability), precision).save(saved)
            runs.append([run_bionet(saved, MEMORY_DURATION) for _ in range(options.repeats)])
        for what, key in (("peak", "peak"), ("at the end", "resident")):
            before, after = ([run[key] for run in repeats] for repeats in runs)
            if None in (*before, *after):
                print("  memory at the end is left out: this system does not tell it")
                continue
            each = [(b - a) / synapses for a, b in zip(before, after, strict=True)]
            goal = ("<=", GOAL_BYTES) if precision == "single" else None
            rows.append(row(f"{precision}: a plastic synapse, {what}", spread(each), "bytes", goal))
    return rows


if __name__ == "__main__":
    main()
