"""Time of a biological second of static networks: Auryn's benchmark, and one of various delays.

Peer, in the same run: plain Brian2, C++ standalone with Brian2's own flags. Both simulate the same
script (`static_scripts`), so the ratio is what bionet's device gains alone; in double precision, as
Brian2 does by default, and in single. For what is measured see `contenders`.

    python benchmarks/static_networks.py
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from contenders import Contender, Durations, bionet_contender, interleaved, textbook_contender
from plastic_network import Size, add_size_options, size_of
from report import argument_parser, publish, ratios, row, spread
from static_scripts import DEFAULT_SIZE, SCRIPTS, compile_script
from textbook_network import build_standalone

PLAIN = "plain Brian2"
BIONET = {f"bionet, {precision}": precision for precision in ("double", "single")}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argument_parser(__doc__, repeats=5)
    add_size_options(parser)
    parser.set_defaults(n_exc=DEFAULT_SIZE.n_exc, n_inh=DEFAULT_SIZE.n_inh)
    parser.add_argument("--short", type=float, default=0.1, help="duration of the short run, s")
    parser.add_argument("--long", type=float, default=4.1, help="duration of the long run, s")
    options = parser.parse_args(arguments)
    load, size = os.getloadavg()[0], size_of(options)
    durations = Durations(options.short, options.long, size.n)
    rows = []
    for name, script in SCRIPTS.items():
        with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as folder:
            contenders = _contenders(Path(folder), script, size, durations)
            rows += _rows(name, interleaved(contenders, options.repeats))
    publish("static_networks", options, load, rows)


def _contenders(
    folder: Path, script: Callable, size: Size, durations: Durations
) -> dict[str, Contender]:
    def build(directory: Path, duration: float) -> None:
        build_standalone(directory, partial(script, size), duration)

    return {
        **{
            what: bionet_contender(folder, compile_script(script, size, precision), durations)
            for what, precision in BIONET.items()
        },
        PLAIN: textbook_contender(folder, build, durations),
    }


def _rows(name: str, measured: dict) -> list[dict]:
    rows = []
    for what, runs in measured.items():
        rows += [
            row(f"{name}, {what}: a biological second", spread([m.seconds for m in runs]), "s"),
            row(f"{name}, {what}: set-up", spread([m.set_up for m in runs]), "s"),
            row(f"{name}, {what}: mean rate", spread([m.rate for m in runs]), "Hz"),
        ]
    plain = [m.seconds for m in measured[PLAIN]]
    for what in BIONET:
        faster = ratios(plain, [m.seconds for m in measured[what]])
        rows.append(row(f"{name}, {what}: times faster than {PLAIN}", faster, "x"))
    return rows


if __name__ == "__main__":
    main()
