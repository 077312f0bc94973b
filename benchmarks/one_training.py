"""Training of the classifying network in a process of its own: wall times, losses, peak memory.

Started by `surrogate_gradients` as ``python one_training.py JSON``. Its own process, because how
many cores and devices JAX has is settled when it starts.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from classifier_network import SIGMA_INIT, initial_weights, pictures, signs, trainer
from one_run import KIB

__all__ = ["SEED", "batch_order", "build_event_library", "train_all", "train_batches"]

#: Of the epoch whose batches are measured.
SEED, EPOCH = 1, 1
#: Measured calls, after the one that compiles.
CALLS = 3


def batch_order(n: int) -> np.ndarray:
    """Return the order in which `Trainer.epoch` takes samples."""
    return np.random.default_rng([SEED, EPOCH]).permutation(n)


def train_batches(
    task: Path, *, cores: int, dense: bool = False, sigmas: tuple[float, ...] = (SIGMA_INIT,)
) -> dict:
    """Train on a file's batches in one call, `CALLS` times from the same weights.

    Parameters
    ----------
    task : Path
        npz with latencies and labels, in the order in which they are to be learned from.
    cores : int
        That the process may use, where the system can say so.
    dense : bool
        See `classifier_network.trainer`.
    sigmas : tuple of float
        Widths of input weights. Several networks are spread over the cores.

    Returns
    -------
    dict
        ``first``, ``wall`` and ``wall_with_input`` of the first call and the mean of the others, s;
        ``losses`` of the batches, of the network of width `SIGMA_INIT`; ``peak``, bytes.
    """
    order = {"task": str(task), "cores": cores, "dense": dense, "sigmas": list(sigmas)}
    return _started("train_batches", order)


def train_all(images: int, data: Path | None, *, cores: int, sigmas: tuple[float, ...]) -> dict:
    """Train for one epoch, from reading the files on.

    Returns
    -------
    dict
        ``wall`` of the epoch, compiling included, s; ``accuracy`` of each network over the epoch;
        ``peak``, bytes.
    """
    folder = str(data) if data else None
    order = {"images": images, "data": folder, "cores": cores, "sigmas": list(sigmas)}
    return _started("train_all", order)


def build_event_library() -> float:
    """Return how long it takes to have the compiled product of spikes and weights, s."""
    return _started("build_event_library", {})["wall"]


def _started(what: str, order: dict) -> dict:
    process = subprocess.run(
        [sys.executable, __file__, json.dumps({"what": what} | order)],
        capture_output=True,
        text=True,
    )
    if process.returncode:
        sys.exit(f"{what} {order} failed:\n{process.stderr}")
    return json.loads(process.stdout)


def _train_batches(task: str, cores: int, dense: bool, sigmas: list[float]) -> dict:
    from bionet.gradient import latency_spikes

    _limit(cores, devices=min(cores, len(sigmas)))
    with np.load(task) as arrays:
        latencies, labels = arrays["latencies"], arrays["labels"]
    shuffled = {"latencies": np.empty_like(latencies), "labels": np.empty_like(labels)}
    order = batch_order(len(labels))
    shuffled["latencies"][order], shuffled["labels"][order] = latencies, labels
    training = trainer(dense=dense)
    state, sign = training.begun(initial_weights(tuple(sigmas))), signs(len(sigmas))
    walls, walls_with_input = [], []
    for _ in range(1 + CALLS):
        begin = time.perf_counter()
        spikes = latency_spikes(shuffled["latencies"])
        ready = time.perf_counter()
        _, metrics = training.epoch(
            state, spikes, shuffled["labels"], seed=SEED, number=EPOCH, signs=sign
        )
        walls.append(time.perf_counter() - ready)
        walls_with_input.append(time.perf_counter() - begin)
    return {
        "first": walls[0],
        "wall": sum(walls[1:]) / CALLS,
        "wall_with_input": sum(walls_with_input[1:]) / CALLS,
        "losses": metrics.loss[sigmas.index(SIGMA_INIT)].tolist(),
    }


def _train_all(images: int, data: str | None, cores: int, sigmas: list[float]) -> dict:
    from bionet.gradient import latency_spikes

    _limit(cores, devices=min(cores, len(sigmas)))
    latencies, labels = pictures(images, Path(data) if data else None)
    training = trainer()
    state, sign = training.begun(initial_weights(tuple(sigmas))), signs(len(sigmas))
    begin = time.perf_counter()
    _, metrics = training.epoch(
        state, latency_spikes(latencies), labels, seed=SEED, number=EPOCH, signs=sign
    )
    return {"wall": time.perf_counter() - begin, "accuracy": metrics.accuracy.tolist()}


def _build_event_library() -> dict:
    from bionet.gradient.event_library import event_library_loaded

    begin = time.perf_counter()
    event_library_loaded()
    return {"wall": time.perf_counter() - begin}


def _limit(cores: int, devices: int) -> None:
    """Take so many cores, which is how many threads JAX starts, and devices."""
    import jax

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_num_cpu_devices", devices)
    jax.config.update("jax_enable_compilation_cache", False)  # compiling is measured, too


def _main() -> None:
    order = json.loads(sys.argv[1])
    runs = {
        "train_batches": _train_batches,
        "train_all": _train_all,
        "build_event_library": _build_event_library,
    }
    measured = runs[order.pop("what")](**order)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    measured["peak"] = used * (1 if sys.platform == "darwin" else KIB)
    print(json.dumps(measured))


if __name__ == "__main__":
    _main()
