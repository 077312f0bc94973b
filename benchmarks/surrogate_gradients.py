"""Time of a batch while a network learns by surrogate gradients; its sweep, memory, compilation.

A batch is 256 latency-coded pictures, 784-100-10 neurons, 100 steps: forward, backward, SGD update,
Dale's law, float32. Peers, in the same run, on the same batches and from the same weights: (1) with
``--torch PYTHON`` the same network in PyTorch, as its tutorials write it, and with one line of that
improved (steps by ``unbind``); (2) bionet's own network, but with spikes written out densely and
one product for a whole batch: what spikes given by their times gain. Losses are compared batch by
batch; where they differ, nothing is published.

Times are wall times of processes that take 1 core or 2 (bionet) or have 1 thread or 2 (PyTorch),
means over the batches of a pass, after one that warms up. Input weights have width 0.002, at which
the network learns (rows of accuracy); at 0.01 its loss jumps, and is that of guessing ever after.

    python benchmarks/surrogate_gradients.py --torch PYTHON --data FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from classifier_network import (
    BATCH_SIZE,
    N_EXCITATORY,
    N_HIDDEN,
    N_PICTURES,
    SIGMA_INIT,
    SIGMA_SWEEP,
    W_IN,
    W_OUT,
    initial_weights,
    pictures,
)
from one_training import build_event_library, train_all, train_batches
from report import argument_parser, publish, ratios, row, spread

from bionet.errors import BionetError
from bionet.metalearning.executors import available_processors

CORES = (1, 2)
GOAL_TUTORIAL = 4.0
GOAL_SWEEP = 6.0
GOAL_PEAK = 2000.0  # MB
MEGABYTE = 1e6
MILLISECOND = 1e-3
#: Of the first batch's losses, relative: single precision, in another order of sums.
FIRST_LOSS_TOLERANCE = 1e-4
#: Of later ones: weights that differ in their last bits let a few of 25 600 neurons spike a step
#: sooner or later, and each such spike changes the next update.
LATER_LOSS_TOLERANCE = 2e-2
SWEEP = f"bionet, {len(SIGMA_SWEEP)} networks, {max(CORES)} cores"
PYTORCH_STYLES = {"tutorial": (), "unbind": ("--unbind",)}


@dataclass(frozen=True)
class Measured:
    """One repeat: ms a batch, without input and with it; losses; s of the compiling call beyond."""

    milliseconds: float
    with_input: float
    losses: list[float]
    compilation: float | None = None


#: Something that trains once on all batches.
Contender = Callable[[], Measured]


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    options = _options(arguments)
    load, software = os.getloadavg()[0], _software(options)
    with tempfile.TemporaryDirectory(prefix="bionet_benchmark_") as name:
        task = Path(name) / "task.npz"
        _save_task(task, options)
        os.environ["BIONET_CACHE"] = f"{name}/cache"  # so that the library is compiled
        library = build_event_library()
        contenders = _contenders(task, options)
        measured = {what: [] for what in contenders}
        for _ in range(options.repeats):
            for what, measure in contenders.items():
                measured[what].append(measure())
                require_same_losses(measured, what)
        rows = [row("bionet: compiling for spikes, once a machine", spread([library]), "s")]
        rows += _rows(measured) + _rows_of_all(options)
    publish("surrogate_gradients", options, load, rows, software)


def require_same_losses(measured: dict[str, list[Measured]], what: str) -> None:
    """Exit if a contender's last losses are not those of the first one's first repeat."""
    reference_name = next(iter(measured))
    reference, found = measured[reference_name][0].losses, measured[what][-1].losses
    for batch, (wanted, loss) in enumerate(zip(reference, found, strict=True), start=1):
        tolerance = FIRST_LOSS_TOLERANCE if batch == 1 else LATER_LOSS_TOLERANCE
        if not abs(loss - wanted) <= tolerance * abs(wanted):
            sys.exit(
                f"{what}: the loss of batch {batch} is {loss:.6g}, that of {reference_name} "
                f"{wanted:.6g}: they do not train the same network"
            )


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argument_parser(__doc__, repeats=5)
    parser.add_argument("--batches", type=int, default=10, help=f"of {BATCH_SIZE}, in a pass")
    parser.add_argument("--images", type=int, default=N_PICTURES, help="of an epoch")
    parser.add_argument("--torch", type=Path, metavar="PYTHON", help="a Python that has torch")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="files of Fashion-MNIST")
    options = parser.parse_args(arguments)
    if options.batches < 1 or options.images < BATCH_SIZE:
        parser.error(f"there must be 1 batch and {BATCH_SIZE} images at least")
    if options.data and max(options.images, options.batches * BATCH_SIZE) > N_PICTURES:
        parser.error(f"Fashion-MNIST has {N_PICTURES} images to learn from")
    if not options.torch:
        print("  PyTorch is left out: no Python that has it was given (--torch PYTHON)")
    elif not options.torch.is_file():
        sys.exit(f"--torch: there is no file {options.torch}")
    if not options.data:
        print("  pictures are random: no folder with Fashion-MNIST was given (--data FOLDER)")
    if not hasattr(os, "sched_setaffinity"):
        print("  this system cannot limit a process to some cores: bionet uses all of them")
    if available_processors() < max(CORES):
        print("  there is one core only: what is said to use 2 does not")
    return options


def _save_task(file: Path, options: argparse.Namespace) -> None:
    try:
        latencies, labels = pictures(options.batches * BATCH_SIZE, options.data)
    except (BionetError, ValueError) as error:
        sys.exit(f"--data: {error}")
    weights = initial_weights()
    excitatory = np.arange(N_HIDDEN) < N_EXCITATORY
    np.savez(
        file,
        latencies=latencies, labels=labels,
        w1=weights[W_IN][0], w2=weights[W_OUT][0], excitatory=excitatory,
    )  # fmt: skip


def _contenders(task: Path, options: argparse.Namespace) -> dict[str, Contender]:
    bionet = partial(_bionet, task, options.batches)
    contenders = {}
    for cores in CORES:
        contenders[f"bionet, {_cores(cores)}"] = partial(bionet, cores=cores)
        for style in PYTORCH_STYLES if options.torch else ():
            pytorch = partial(_pytorch, options.torch, task, options.batches, cores, style)
            contenders[f"PyTorch, {style}, {_threads(cores)}"] = pytorch
        contenders[f"dense, {_cores(cores)}"] = partial(bionet, cores=cores, dense=True)
    contenders[SWEEP] = partial(bionet, cores=max(CORES), sigmas=SIGMA_SWEEP)
    return contenders


def _bionet(task: Path, batches: int, **training) -> Measured:
    measured = train_batches(task, **training)
    scale = 1 / (batches * MILLISECOND)
    return Measured(
        measured["wall"] * scale,
        measured["wall_with_input"] * scale,
        measured["losses"],
        measured["first"] - measured["wall"],
    )


def _pytorch(python: Path, task: Path, batches: int, threads: int, style: str) -> Measured:
    script = Path(__file__).with_name("pytorch_network.py")
    order = ["--latencies", task, "--batches", batches, "--repeats", 1, "--threads", threads]
    command = [python, script, *order, *PYTORCH_STYLES[style]]
    process = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"{script.name} failed:\n{process.stderr}")
    measured = json.loads(process.stdout)
    (per_batch,), (with_input,) = measured["ms_per_batch"], measured["ms_per_batch_with_input"]
    return Measured(per_batch, with_input, measured["losses"])


def _rows(measured: dict[str, list[Measured]]) -> list[dict]:
    rows = []
    for what, repeats in measured.items():
        batch = f"{what}: a batch" if what != SWEEP else f"{what}: a batch of each"
        rows.append(row(batch, spread([m.milliseconds for m in repeats]), "ms"))
        if what != SWEEP and not what.startswith("dense"):  # whose input is made in the call
            with_input = spread([m.with_input for m in repeats])
            rows.append(row(f"{batch}, input included", with_input, "ms"))
        if what.startswith("bionet"):
            compilation = spread([m.compilation for m in repeats])
            rows.append(row(f"{what}: compiling, in the first call", compilation, "s"))
    times = {what: [m.milliseconds for m in repeats] for what, repeats in measured.items()}
    inputs = {what: [m.with_input for m in repeats] for what, repeats in measured.items()}
    for cores in CORES:
        own = f"bionet, {_cores(cores)}"
        for style in PYTORCH_STYLES:
            peer = f"PyTorch, {style}, {_threads(cores)}"
            if peer in measured:
                what = f"{own}: times faster than {peer}"
                goal = (">=", GOAL_TUTORIAL) if style == "tutorial" else None
                rows += [
                    row(what, ratios(times[peer], times[own]), "x", goal),
                    row(f"{what}, input included", ratios(inputs[peer], inputs[own]), "x"),
                ]
        faster = ratios(times[f"dense, {_cores(cores)}"], times[own])
        rows.append(row(f"{own}: times faster than with dense spikes", faster, "x"))
    for cores in CORES:
        longer = ratios(times[SWEEP], times[f"bionet, {_cores(cores)}"])
        what = f"{SWEEP}: times the time of one, {_cores(cores)}"
        rows.append(row(what, longer, "x", ("<=", GOAL_SWEEP)))
    return rows


def _rows_of_all(options: argparse.Namespace) -> list[dict]:
    """Return what an epoch over all images takes, for one network and for the sweep."""
    rows = []
    for sigmas in ((SIGMA_INIT,), SIGMA_SWEEP):
        measured = train_all(options.images, options.data, cores=max(CORES), sigmas=sigmas)
        networks = f"{len(sigmas)} network{'s' * (len(sigmas) > 1)}"
        what = f"bionet, {networks}, {options.images} images"
        peak = spread([measured["peak"] / MEGABYTE])
        rows += [
            row(f"{what}: the first epoch", spread([measured["wall"]]), "s"),
            row(f"{what}: peak memory", peak, "MB", ("<=", GOAL_PEAK)),
        ]
        if options.data:
            accuracy = 100 * measured["accuracy"][sigmas.index(SIGMA_INIT)]
            rows.append(row(f"{what}: accuracy over it", spread([accuracy]), "%"))
    return rows


def _software(options: argparse.Namespace) -> dict[str, str]:
    from importlib.metadata import version

    software = {"JAX": version("jax")}
    if options.torch:
        asked = [options.torch, "-c", "import torch; print(torch.__version__)"]
        answer = subprocess.run(asked, capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"--torch: {options.torch} cannot import torch")
        software["PyTorch"] = answer.stdout.strip()
    return software


def _cores(number: int) -> str:
    return f"{number} core{'s' * (number > 1)}"


def _threads(number: int) -> str:
    return f"{number} thread{'s' * (number > 1)}"


if __name__ == "__main__":
    main()
