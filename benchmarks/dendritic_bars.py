"""Time of an image of the correlated-bars task: a layer that learns by dendritic balance.

Peers, in the same run, for dendritic balance (DB, analytic) and somatic balance (SB): (1) with
``--floor FILE`` a program written by hand for just this task; (2) the same task in plain Brian2 the
textbook way, all sums and rules in every step, C++ standalone with Brian2's own flags; (3) for DB
bionet's own network, but with ``W = -F D`` stored and recomputed in full. What is gained by work at
spikes only is the ratio to (2), what is gained by inhibition through the decoder that to (3).

The time is the CPU time of the simulation process (each has one thread). For bionet and the
hand-written program it is that of a long run less that of a short one, over the difference in
images to learn from: start and test cancel. For (2) and (3), whose work is the same in learning and
test, it is that of the short run over all its images; the start, some ms of seconds, is neglected.
Rates while learning and losses afterwards are printed to show that all do the same work.

    python benchmarks/dendritic_bars.py --floor FILE
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bars_network import (
    IMAGE_STEPS,
    N_CODING,
    N_INPUTS,
    PARTNERS,
    SCHEMES,
    bionet_inputs,
    compile_bionet,
    compile_full_product,
    seconds_of,
)
from hand_written import add_floor_option, compile_floor, printed_number, require_floor
from one_run import run_bionet, run_program, run_textbook
from report import argument_parser, publish, ratios, row, spread
from textbook_bars import build_textbook_bars

#: How long an image may take, in times the hand-written program.
GOALS_HAND_WRITTEN = {"DB": 0.7, "SB": 1.0}
MILLISECOND = 1e-3
FULL_PRODUCT = "W = -F D in full, DB"


@dataclass(frozen=True)
class Run:
    """One simulation: CPU time in s, rate while learning in Hz, loss in the test afterwards."""

    cpu: float
    rate: float
    loss: float


@dataclass(frozen=True)
class Measured:
    """One repeat: ms an image, and the runs, by the number of images learned from."""

    milliseconds: float
    runs: dict[int, Run]


#: Something that learns from so many images with a seed, and is tested afterwards.
Simulation = Callable[[int, int], Run]
#: Something that measures one repeat with a seed.
Contender = Callable[[int], Measured]


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argument_parser(__doc__, repeats=5)
    parser.add_argument("--images", type=int, default=20_000, help="to learn from, long run")
    parser.add_argument(
        "--textbook-images", type=int, default=3000, help="to learn from, short run"
    )
    parser.add_argument(
        "--test-images", type=int, default=2000, help="after learning; as the hand-written has"
    )
    add_floor_option(parser)
    options = parser.parse_args(arguments)
    if not 0 < options.textbook_images < options.images:
        parser.error("--textbook-images: must be at least 1 and fewer than --images")
    require_floor(options)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
        contenders = _contenders(Path(name), options)
        measured = {what: [] for what in contenders}
        for k in range(options.repeats):
            for what, measure in contenders.items():
                measured[what].append(measure(k + 1))
    publish("dendritic_bars", options, load, _rows(measured))


def _contenders(folder: Path, options) -> dict[str, Contender]:
    short, long, test = options.textbook_images, options.images, options.test_images
    contenders = {}
    floor = compile_floor(options.floor, folder / "floor") if options.floor else None
    for scheme in SCHEMES:
        network = bionet_simulation(folder, compile_bionet(scheme), scheme, test)
        contenders[f"bionet, {scheme}"] = partial(_by_difference, network, short, long)
        if floor:
            program = floor_simulation(floor, scheme)
            contenders[f"hand-written, {scheme}"] = partial(_by_difference, program, short, long)
        textbook = textbook_simulation(folder, scheme, short, test)
        contenders[f"textbook Brian2, {scheme}"] = partial(_by_whole, textbook, short, test)
    product = bionet_simulation(folder, compile_full_product(), "DB", test)
    contenders[FULL_PRODUCT] = partial(_by_whole, product, short, test)
    return contenders


def _by_difference(simulation: Simulation, short: int, long: int, seed: int) -> Measured:
    runs = {images: simulation(images, seed) for images in (short, long)}
    seconds = (runs[long].cpu - runs[short].cpu) / (long - short)
    return Measured(seconds / MILLISECOND, runs)


def _by_whole(simulation: Simulation, images: int, test_images: int, seed: int) -> Measured:
    run = simulation(images, seed)
    return Measured(run.cpu / (images + test_images) / MILLISECOND, {images: run})


def bionet_simulation(folder: Path, network, scheme: str, test_images: int) -> Simulation:
    """Return a network of bionet's, compiled."""
    saved = Path(tempfile.mkdtemp(dir=folder)) / "network.json"
    network.save(saved)

    def simulate(images: int, seed: int) -> Run:
        duration = seconds_of(images + test_images)
        measured = run_bionet(saved, duration, seed, bionet_inputs(scheme, images))
        totals = measured["totals"]
        spikes = totals["coding.spike_count"] - totals["coding.test_spike_count"]
        return _run(measured, spikes, totals["input.squared_error"], images, test_images)

    return simulate


def textbook_simulation(folder: Path, scheme: str, images: int, test_images: int) -> Simulation:
    """Return plain Brian2's network, into which the number of images and the seed are compiled."""
    directory = folder / f"textbook_{scheme}"
    build_textbook_bars(directory, scheme, images, test_images)
    arrays = {"spikes": ("coding_learning_spikes", "d"), "error": ("input_squared_error", "d")}

    def simulate(images: int, seed: int) -> Run:
        measured = run_textbook(directory, arrays)
        totals = measured["totals"]
        return _run(measured, totals["spikes"], totals["error"], images, test_images)

    return simulate


def floor_simulation(program: Path, scheme: str) -> Simulation:
    """Return the hand-written program, called as ``program IMAGES P db|sb SEED``.

    It prints ``rate R Hz`` (while learning) and ``loss L``, over a test of its own size.
    """

    def simulate(images: int, seed: int) -> Run:
        measured = run_program(program, images, PARTNERS, scheme.lower(), seed)
        rate = printed_number(measured["output"], before="rate ", after=" Hz")
        return Run(measured["cpu"], rate, printed_number(measured["output"], before="loss "))

    return simulate


def _run(measured: dict, spikes: float, error: float, images: int, test_images: int) -> Run:
    rate = spikes / (N_CODING * seconds_of(images))
    # Mikulasch et al.: L = |x - D z|^2/(2 N_x), mean over the steps of the test
    return Run(measured["cpu"], rate, error / (2 * N_INPUTS * test_images * IMAGE_STEPS))


def _rows(measured: dict[str, list[Measured]]) -> list[dict]:
    rows = []
    for what, repeats in measured.items():
        rows.append(row(f"{what}: an image", spread([m.milliseconds for m in repeats]), "ms"))
        for images in repeats[0].runs:
            runs = [m.runs[images] for m in repeats]
            rate, loss = spread([run.rate for run in runs]), spread([run.loss for run in runs])
            rows += [
                row(f"{what}: mean rate, {images} images", rate, "Hz"),
                row(f"{what}: loss after {images} images", loss, ""),
            ]
    times = {what: [m.milliseconds for m in repeats] for what, repeats in measured.items()}
    for scheme in SCHEMES:
        own, floor = times[f"bionet, {scheme}"], times.get(f"hand-written, {scheme}")
        if floor:
            goal = ("<=", GOALS_HAND_WRITTEN[scheme])
            slower = ratios(own, floor)
            rows.append(row(f"bionet, {scheme}: times slower than hand-written", slower, "x", goal))
        faster = ratios(times[f"textbook Brian2, {scheme}"], own)
        rows.append(row(f"bionet, {scheme}: times faster than textbook Brian2", faster, "x"))
    faster = ratios(times[FULL_PRODUCT], times["bionet, DB"])
    rows.append(row("bionet, DB: times faster than with W = -F D in full", faster, "x"))
    return rows


if __name__ == "__main__":
    main()
