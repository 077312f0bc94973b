"""Instructions of a biological second of the plastic network, which no load of the machine changes.

Counted by ``valgrind --tool=callgrind`` in a long run less a short one, so that set-up cancels.
valgrind knows no AVX-512: all programs are compiled without it, with AVX2 where the processor has
it (``-march=native -mno-avx512f``). Peers, in the same run: bionet with all its optimisations
switched off, which leaves Brian2's own loops; with ``--floor FILE`` the hand-written program.

    python benchmarks/instructions.py --floor FILE
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from contenders import floor_program, floor_run, spikes_of
from hand_written import add_floor_option, require_floor
from one_run import run_bionet
from plastic_network import Size, add_size_options, compile_bionet, size_of
from report import argument_parser, publish, ratios, row, spread

VALGRIND = "valgrind"
COUNTED = re.compile(r"Collected : (\d+)")
MILLION = 1e6
NARROW = ("-mno-avx512f",) if platform.machine() in ("x86_64", "AMD64") else ()
LOG = "CALLGRIND_LOG"
OWN_LOOPS = "bionet, double, all optimisations off"
#: What is counted of bionet; `OWN_LOOPS` beside it.
VARIANTS = {
    "bionet, double": {"precision": "double"},
    "bionet, double, reordering": {"precision": "double", "reordering": "allowed"},
    "bionet, single": {"precision": "single"},
    "bionet, single, reordering": {"precision": "single", "reordering": "allowed"},
}

#: A program as a function of the duration: its instructions, and the spikes of all neurons.
Counter = Callable[[float], tuple[float, float]]


def callgrind(log: str) -> list[str]:
    """Return the command that counts the instructions of what follows it."""
    return [VALGRIND, "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={log}"]


def counted(log: Path) -> float:
    """Return how many instructions a log of callgrind names.

    Raises
    ------
    SystemExit
        If it names none: valgrind met an instruction that it does not know.
    """
    text = log.read_text() if log.is_file() else ""
    found = COUNTED.search(text)
    if not found:
        sys.exit(f"{VALGRIND} counted nothing: {text[-500:]!r}")
    return float(found[1])


def bionet_counter(folder: Path, network, name: str) -> Counter:
    """Return a network of bionet's; its build gets a twin whose program is started by valgrind."""
    from bionet.devices import cache

    def make(entry: Path) -> dict:
        shutil.copytree(network.directory, entry, dirs_exist_ok=True)
        program, log = shlex.quote(str(network.directory / cache.BINARY)), f"%q{{{LOG}}}"
        started = shlex.join(callgrind(log))
        (entry / cache.BINARY).write_text(f'#!/bin/sh\nexec {started} {program} "$@"\n')
        return cache.record(network.directory)

    twin = replace(network, directory=cache.publish(f"callgrind_{name}", make))
    saved, log = folder / f"{name}.json", folder / f"{name}.log"
    twin.save(saved)

    def count(duration: float) -> tuple[float, float]:
        with _environment(LOG, str(log)):
            run = run_bionet(saved, duration)
        return counted(log), spikes_of(run)

    return count


def floor_counter(folder: Path, source: Path, precision: str) -> Counter:
    """Return the hand-written program."""
    program, log = floor_program(folder, source, precision, NARROW), folder / f"{precision}.log"

    def count(duration: float) -> tuple[float, float]:
        run = floor_run([*callgrind(str(log)), program], Size().n, duration)
        return counted(log), spikes_of(run)

    return count


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable, of this process and its children, within the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def main(arguments: list[str] | None = None) -> None:
    """Count and print."""
    parser = argument_parser(__doc__, repeats=1)
    add_size_options(parser)
    parser.add_argument("--short", type=float, default=0.1, help="duration of the short run, s")
    parser.add_argument("--long", type=float, default=0.3, help="duration of the long run, s")
    add_floor_option(parser)
    options = parser.parse_args(arguments)
    if not shutil.which(VALGRIND):
        sys.exit(f"{VALGRIND} is not installed")
    if options.floor and size_of(options) != Size():
        sys.exit("--floor: the hand-written program has the default size only")
    require_floor(options)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
        counters = _counters(Path(name), options)
        rows = _rows(counters, options)
    version = subprocess.run([VALGRIND, "--version"], capture_output=True, text=True).stdout
    software = {"valgrind": version.strip().removeprefix(f"{VALGRIND}-"), "compiled with": "AVX2"}
    publish("instructions", options, load, rows, software)


def _counters(folder: Path, options) -> dict[str, Counter]:
    from bionet.devices import OPTIMISATIONS

    compiler = os.environ.get("CXX") or "g++"
    counters = {}
    # a cache of its own: twins must not be taken for builds
    with (
        _environment("CXX", " ".join([compiler, *NARROW])),
        _environment("BIONET_CACHE", str(folder / "cache")),
    ):
        own_loops = {OWN_LOOPS: {"without": list(OPTIMISATIONS)}}
        for k, (what, how) in enumerate((VARIANTS | own_loops).items()):
            network = compile_bionet(size_of(options), **how)
            counters[what] = bionet_counter(folder, network, f"network_{k}")
    for precision in ("double", "single") if options.floor else ():
        counters[f"hand-written, {precision}"] = floor_counter(folder, options.floor, precision)
    return counters


def _rows(counters: dict[str, Counter], options) -> list[dict]:
    rows, millions, between = [], {}, options.long - options.short
    for what, count in counters.items():
        repeats = [(count(options.short), count(options.long)) for _ in range(options.repeats)]
        millions[what] = [(b[0] - a[0]) / between / MILLION for a, b in repeats]
        rates = [(b[1] - a[1]) / between / size_of(options).n for a, b in repeats]
        rows += [
            row(f"{what}: instructions of a biological second", spread(millions[what]), "M"),
            row(f"{what}: mean rate", spread(rates), "Hz"),
        ]
    for what, how in VARIANTS.items():
        fewer = ratios(millions[OWN_LOOPS], millions[what])
        rows.append(row(f"{what}: times fewer than with Brian2's own loops", fewer, "x"))
        floor = millions.get(f"hand-written, {how['precision']}")
        if floor:
            more = ratios(millions[what], floor)
            rows.append(row(f"{what}: times as many as hand-written", more, "x"))
    return rows


if __name__ == "__main__":
    main()
