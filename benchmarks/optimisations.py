"""What each optimisation of the C++ device is worth: a network without it against one with all.

Each is switched off alone, where it matters most: in the plastic network in double precision if
nothing else is named in `PLACES`. Last, all are switched off, which leaves Brian2's own loops.
Times, set-up and memory are ratios within one repeat; a share below the spread is none. What
several gain together is more than the product of these: one that is off hides another's gain.
A monitor's records show in no network here: the plastic one has a hundred a second.

    python benchmarks/optimisations.py
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bars_network import IMAGE_STEPS, N_CODING, STEP, bionet_inputs
from bars_network import compile_bionet as compile_bars
from contenders import Contender, Durations, Measured, bionet_contender, interleaved
from plastic_network import add_size_options, compile_bionet, size_of
from report import argument_parser, publish, ratios, row, spread
from static_scripts import compile_script, various_delays

ALL = "with all"
NONE = "without any"
PLASTIC = "plastic network, double"
SINGLE = "plastic network, single"
REORDERING = "plastic network, double, reordering"
DELAYS = "various delays"
BARS = "bars, DB"
#: Where an optimisation is measured, if not in the plastic network in double precision.
PLACES = {
    "release": SINGLE,  # in double precision it is noise
    "float": SINGLE,
    "scaled": REORDERING,
    "delays": DELAYS,
    "dense": BARS,
    "flat": BARS,  # a small network has many steps for its spikes
    "resets": BARS,
    "random": BARS,
    "vector_math": BARS,
}


@dataclass(frozen=True)
class Place:
    """A network in which optimisations are switched off.

    Attributes
    ----------
    compiled : callable
        Compiles it, with ``without=``.
    durations : Durations
    inputs : mapping of str to float, optional
    """

    compiled: Callable
    durations: Durations
    inputs: Mapping[str, float] | None = None


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    from bionet.devices import OPTIMISATIONS

    parser = argument_parser(__doc__, repeats=3)
    add_size_options(parser)
    parser.add_argument("--short", type=float, default=0.1, help="duration of the short run, s")
    parser.add_argument("--long", type=float, default=2.1, help="duration of the long run, s")
    parser.add_argument("--images", type=int, default=10_000, help="of the bars, long run")
    parser.add_argument(
        "--only", nargs="+", choices=OPTIMISATIONS, default=list(OPTIMISATIONS), metavar="NAME"
    )
    options = parser.parse_args(arguments)
    load, rows = os.getloadavg()[0], []
    for name, place in _places(options).items():
        here = [n for n in OPTIMISATIONS if n in options.only and PLACES.get(n, PLASTIC) == name]
        if not here:
            continue
        with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as folder:
            contenders = _contenders(Path(folder), place, here)
            rows += _rows(name, interleaved(contenders, options.repeats))
    publish("optimisations", options, load, rows)


def _places(options) -> dict[str, Place]:
    size = size_of(options)
    durations = Durations(options.short, options.long, size.n)
    image = IMAGE_STEPS * STEP
    images = Durations(options.images / 10 * image, options.images * image, N_CODING)
    return {
        PLASTIC: Place(partial(compile_bionet, size), durations),
        SINGLE: Place(partial(compile_bionet, size, "single"), durations),
        REORDERING: Place(partial(compile_bionet, size, reordering="allowed"), durations),
        DELAYS: Place(partial(compile_script, various_delays, size), durations),
        BARS: Place(partial(compile_bars, "DB"), images, bionet_inputs("DB", options.images)),
    }


def _contenders(folder: Path, place: Place, names: Sequence[str]) -> dict[str, Contender]:
    from bionet.devices import OPTIMISATIONS

    off = {ALL: [], **{f"without {name}": [name] for name in names}, NONE: list(OPTIMISATIONS)}
    return {
        what: bionet_contender(
            folder, place.compiled(without=without), place.durations, place.inputs
        )
        for what, without in off.items()
    }


def _rows(name: str, measured: dict[str, list[Measured]]) -> list[dict]:
    rows = [
        row(f"{name}, {ALL}: a biological second", spread([m.seconds for m in measured[ALL]]), "s"),
        row(f"{name}, {ALL}: set-up", spread([m.set_up for m in measured[ALL]]), "s"),
        row(f"{name}, {ALL}: memory", spread([_memory(m) / 1e6 for m in measured[ALL]]), "MB"),
    ]
    for what in (w for w in measured if w != ALL):
        for compared, value in (
            ("times slower", lambda m: m.seconds),
            ("times the set-up", lambda m: m.set_up),
            ("times the memory", _memory),
        ):
            less, all_on = ([value(m) for m in measured[w]] for w in (what, ALL))
            rows.append(row(f"{name}, {what}: {compared}", ratios(less, all_on), "x"))
    return rows


def _memory(measured: Measured) -> float:
    """Return the memory at the end, or at its peak where nothing else is known."""
    return measured.resident or measured.peak


if __name__ == "__main__":
    main()
