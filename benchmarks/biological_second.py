"""Time and memory of a biological second of the plastic network.

Peers, in the same run: (1) the same network in plain Brian2 the textbook way, event-driven traces
in each synapse, C++ standalone with Brian2's own flags; (2) with ``--floor FILE`` a hand-written
program for just this network (at the default size), in both precisions.

Rates are printed to show that all do the same work; for what is measured see `contenders`.

    python benchmarks/biological_second.py --floor FILE
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from contenders import (
    Contender,
    Durations,
    Measured,
    bionet_contender,
    floor_contender,
    interleaved,
    textbook_contender,
)
from hand_written import add_floor_option, require_floor
from plastic_network import Size, add_size_options, compile_bionet, size_of
from report import argument_parser, publish, ratios, row, spread
from textbook_network import build_textbook

MEGABYTE = 1e6
GOAL_TEXTBOOK = 5.0
GOAL_PEAK = 150.0  # MB
#: Of bionet's variants: how each is compiled, and how long it may take, in times the hand-written.
VARIANTS = {
    "bionet, double": ({"precision": "double"}, 1.0),
    "bionet, double, reordering": ({"precision": "double", "reordering": "allowed"}, 0.85),
    "bionet, single": ({"precision": "single"}, 1.0),
    "bionet, single, reordering": ({"precision": "single", "reordering": "allowed"}, 0.85),
}


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
        measured = interleaved(_contenders(Path(name), options), options.repeats)
    publish("biological_second", options, load, _rows(measured))


def _contenders(folder: Path, options) -> dict[str, Contender]:
    size = size_of(options)
    durations = Durations(options.short, options.long, size.n)
    contenders = {
        what: bionet_contender(folder, compile_bionet(size, **how), durations)
        for what, (how, _) in VARIANTS.items()
    }

    def build(directory: Path, duration: float) -> None:
        build_textbook(directory, size, duration)

    contenders["textbook Brian2"] = textbook_contender(folder, build, durations)
    for precision in ("double", "single") if options.floor else ():
        contenders[f"hand-written, {precision}"] = floor_contender(
            folder, options.floor, precision, durations
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
    for what, (how, goal) in VARIANTS.items():
        floor = seconds.get(f"hand-written, {how['precision']}")
        faster = ratios(seconds["textbook Brian2"], seconds[what])
        rows.append(
            row(f"{what}: times faster than textbook Brian2", faster, "x", (">=", GOAL_TEXTBOOK))
        )
        if floor:
            slower = ratios(seconds[what], floor)
            rows.append(row(f"{what}: times slower than hand-written", slower, "x", ("<=", goal)))
    return rows


if __name__ == "__main__":
    main()
