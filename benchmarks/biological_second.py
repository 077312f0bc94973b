"""Time and memory of a biological second of the plastic network.

Peers, in the same run: (1) the same network in plain Brian2 the textbook way, event-driven traces
in each synapse, C++ standalone with Brian2's own flags; (2) with ``--floor FILE`` a hand-written
program for just this network (at the default size), in both precisions.

The time is the CPU time of the simulation process (each has one thread, so on an idle machine it is
the wall time) for a long run less that for a short one, over the difference of the durations:
connectivity, start and end cancel. Rates are printed to show that all do the same work.

    python benchmarks/biological_second.py --floor FILE
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hand_written import add_floor_option, compile_floor, printed_number, require_floor
from one_run import run_bionet, run_program, run_textbook
from plastic_network import Size, add_size_options, compile_bionet, size_of
from report import argument_parser, publish, ratios, row, spread
from textbook_network import build_textbook

MEGABYTE = 1e6
GOAL_TEXTBOOK = 2.0
GOAL_PEAK = 150.0  # MB
WIDE_VECTORS = "-mprefer-vector-width=512"
#: What counts spikes: the first two in bionet, the last in its peers.
SPIKES = ("exc.spike_count", "inh.spike_count", "spikes")


@dataclass(frozen=True)
class Measured:
    """One repeat: s per biological second, peak memory in bytes, mean rate in Hz."""

    seconds: float
    peak: float
    rate: float


#: Something that simulates the network once for each call.
Contender = Callable[[], Measured]


def bionet_contender(folder: Path, size, precision: str, short: float, long: float) -> Contender:
    """Return bionet's network at one precision, compiled."""
    saved = folder / f"bionet_{precision}.json"
    compile_bionet(size, precision).save(saved)
    return lambda: _difference(lambda t: run_bionet(saved, t), short, long, size.n)


def textbook_contender(folder: Path, size, short: float, long: float) -> Contender:
    """Return plain Brian2's network, built once for each duration."""
    directories = {short: folder / "textbook_short", long: folder / "textbook_long"}
    build_textbook(directories[short], size, short)
    # what does not name the duration need not be compiled again
    shutil.copytree(directories[short], directories[long])
    build_textbook(directories[long], size, long)
    totals = {"spikes": ("*_spikes_N", "i")}
    return lambda: _difference(lambda t: run_textbook(directories[t], totals), short, long, size.n)


def floor_contender(
    folder: Path, source: Path, precision: str, short: float, long: float
) -> Contender:
    """Return the hand-written program, whose network has one size.

    It takes the duration in seconds and prints ``rate R Hz``; ``-DREAL=double`` makes it double.
    """
    real = ["-DREAL=double"] if precision == "double" else []
    program = compile_floor(source, folder / f"floor_{precision}", [WIDE_VECTORS, *real])
    return lambda: _difference(lambda t: _with_spikes(run_program(program, t), t), short, long)


def _with_spikes(measured: dict, duration: float) -> dict:
    rate = printed_number(measured["output"], before="rate ", after=" Hz")
    return measured | {"totals": {"spikes": rate * Size().n * duration}}


def _difference(
    run: Callable[[float], dict], short: float, long: float, n: int = Size().n
) -> Measured:
    first, second = run(short), run(long)
    seconds = (second["cpu"] - first["cpu"]) / (long - short)
    spikes = sum(second["totals"][name] for name in SPIKES if name in second["totals"])
    return Measured(seconds, second["peak"], spikes / (n * long))


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argument_parser(__doc__, repeats=5)
    add_size_options(parser)
    parser.add_argument("--short", type=float, default=0.1, help="duration of the short run, s")
    parser.add_argument("--long", type=float, default=4.1, help="duration of the long run, s")
    add_floor_option(parser)
    options = parser.parse_args(arguments)
    if options.floor and size_of(options) != Size():
        sys.exit("--floor: the hand-written program has the default size only")
    require_floor(options)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
        contenders = _contenders(Path(name), options)
        measured = {what: [] for what in contenders}
        for _ in range(options.repeats):
            for what, run in contenders.items():
                measured[what].append(run())
    publish("biological_second", options, load, _rows(measured))


def _contenders(folder: Path, options) -> dict[str, Contender]:
    size, times = size_of(options), (options.short, options.long)
    contenders = {
        "bionet, double": bionet_contender(folder, size, "double", *times),
        "bionet, single": bionet_contender(folder, size, "single", *times),
        "textbook Brian2": textbook_contender(folder, size, *times),
    }
    for precision in ("double", "single") if options.floor else ():
        contenders[f"hand-written, {precision}"] = floor_contender(
            folder, options.floor, precision, *times
        )
    return contenders


def _rows(measured: dict[str, list[Measured]]) -> list[dict]:
    rows = []
    for what, runs in measured.items():
        goal = ("<=", GOAL_PEAK) if "bionet" in what else None
        rows += [
            row(f"{what}: a biological second", spread([m.seconds for m in runs]), "s"),
            row(f"{what}: mean rate", spread([m.rate for m in runs]), "Hz"),
            row(f"{what}: peak memory", spread([m.peak / MEGABYTE for m in runs]), "MB", goal),
        ]
    seconds = {what: [m.seconds for m in runs] for what, runs in measured.items()}
    for precision in ("double", "single"):
        own, floor = seconds[f"bionet, {precision}"], seconds.get(f"hand-written, {precision}")
        faster = ratios(seconds["textbook Brian2"], own)
        goal = (">=", GOAL_TEXTBOOK)
        rows.append(
            row(f"bionet, {precision}: times faster than textbook Brian2", faster, "x", goal)
        )
        if floor:
            slower = ratios(own, floor)
            rows.append(row(f"bionet, {precision}: times slower than hand-written", slower, "x"))
    return rows


if __name__ == "__main__":
    main()
