"""Run directories with invented results, for tests of what is drawn: Poisson spikes, no simulator.

Run as a program it makes one to look at::

    python synthetic_run.py DIRECTORY
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bionet.metalearning import Stopping, metalearn
from bionet.runs.configuration import to_toml
from bionet.runs.meta_learning import parameters_of
from bionet.runs.meta_learning_configuration import (
    MeasurementTable,
    MetaLearning,
    NetworkTable,
    SearchTable,
    TrialsTable,
)
from bionet.runs.run_directory import RunDirectory

N_NEURONS = 400
N_RECORDED = (200, 50)
TRAINING, DURATION, STATIC_DURATION = 10.0, 60.0, 6.0
BIN_WIDTH, WEIGHT_INTERVAL = 0.01, 0.5
#: alpha, beta, kappa, gamma: stable in mean field, nu* = 10 Hz for both traces of 20 ms.
RULE = (3e-3, 1e-3, -8e-3, -12e-3)


def configuration(target_rate: float = 10.0, generations: int = 4) -> MetaLearning:
    """Return a small configuration with two initial weights."""
    return MetaLearning(
        target_rate=target_rate,
        network=NetworkTable(n_exc=N_NEURONS, n_inh=N_NEURONS // 4),
        search=SearchTable(population_size=6, generations=generations),
        trials=TrialsTable(initial_weights=(0.3, 0.7), training=TRAINING, scored=5.0),
        measurement=MeasurementTable(duration=DURATION),
    )


def toy_problem(values: dict[str, float], trial: int, seed: int) -> tuple[float, dict[str, float]]:
    """Distance of a rule from RULE, in units of its scales."""
    distance = sum(
        ((values[name] - best) / scale) ** 2
        for (name, best), scale in zip(
            zip(("alpha", "beta", "kappa", "gamma"), RULE, strict=True),
            (5e-3, 5e-3, 2e-2, 2e-2),
            strict=True,
        )
    )
    return 0.1 + distance + 0.01 * trial, {"rate": 10.0, "isi_cv": 0.9}


def write_run(path: Path, *, finished: bool = True, target_rate: float = 10.0) -> RunDirectory:
    """Make a run directory with a real log of a toy problem and, if finished, invented results."""
    asked = configuration(target_rate)
    path.mkdir(parents=True)
    directory = RunDirectory(path)
    directory.config_path.write_text(to_toml("meta_learning", asked))
    with ThreadPoolExecutor(1) as executor:
        metalearn(
            toy_problem,
            parameters_of(asked),
            log_path=directory.log_path,
            seed=1,
            population_size=asked.search.population_size,
            trials=2,
            stopping=Stopping(max_generations=asked.search.generations if finished else 2),
            executor=executor,
        )
    if finished:
        directory.save_results(**results(target_rate))
    return directory


def results(rate: float = 10.0, runs: int = 2, seed: int = 1) -> dict[str, np.ndarray]:
    """Return arrays as `bionet.runs.plasticity_measurement` writes them."""
    generator = np.random.default_rng(seed)
    duration = TRAINING + DURATION
    weights = np.linspace(0.3, 0.7, runs)
    edges = np.linspace(0, 1, 101)
    time = np.arange(0, duration, WEIGHT_INTERVAL)
    return {
        "rule": np.array(RULE) * [1, 1, 10 / rate, 10 / rate],
        "best_loss": np.array(0.1),
        "initial_weights": weights,
        "bin_width": np.array(BIN_WIDTH),
        "weight_interval": np.array(WEIGHT_INTERVAL),
        "training": np.array(TRAINING),
        "synapse_moments": np.tile((1.0, 1.0, 1.2), (runs, 1)),
        "mean_weight": 0.45 + (weights[:, None] - 0.45) * np.exp(-time / 4),
        "weight_edges": edges,
        "weight_counts": np.stack(
            [np.histogram(generator.beta(4, 5, 5000), edges)[0] for _ in weights]
        ),
        "weights_at_bounds": np.full(runs, 0.021),
        **_activity(generator, [rate] * runs, duration, TRAINING),
        **{
            f"static_{name}": array
            for name, array in _activity(
                generator, list(rate * weights / 0.45), STATIC_DURATION, 1.0
            ).items()
        },
        "static_voltage": -0.055 + 0.002 * generator.standard_normal((runs, 60_000)),
    }


def comparison() -> dict[str, np.ndarray]:
    """Return arrays for two rules, the first one's activity synchronous."""
    arrays = results()
    bursts = (np.arange(arrays["population_rate"].shape[1]) % 10 == 0).astype(float)
    arrays["population_rate"][0] = 100 * bursts
    kept = arrays["spikes_run"] == 0
    arrays["spikes_t"][kept] = np.round(arrays["spikes_t"][kept], 1)
    arrays["rule"] = np.array([RULE, RULE])
    arrays["tau_pre"] = arrays["tau_post"] = np.array(0.02)
    return arrays


def _activity(generator, rates, duration, warmup):
    n_bins = round(duration / BIN_WIDTH) - 1
    spread = generator.lognormal(-0.125, 0.5, (len(rates), N_NEURONS))
    population = generator.poisson(
        np.multiply.outer(rates, np.full(n_bins, BIN_WIDTH * N_NEURONS))
    ) / (BIN_WIDTH * N_NEURONS)
    return {
        "completed": np.ones(len(rates)),
        "rates": np.array(rates)[:, None] * spread,
        "isi_cvs": generator.normal(0.9, 0.1, spread.shape),
        "population_rate": population,
        **_spikes(generator, rates, duration, N_RECORDED[0], ""),
        **_spikes(generator, rates, duration, N_RECORDED[1], "inh_"),
    }


def _spikes(generator, rates, duration, n_neurons, prefix):
    times, neurons, runs = [], [], []
    for run, rate in enumerate(rates):
        for start in (0.0, duration - 1.0):
            number = generator.poisson(rate * n_neurons)
            times.append(start + np.sort(generator.random(number)))
            neurons.append(generator.integers(0, n_neurons, number))
            runs.append(np.full(number, run))
    return {
        f"{prefix}spikes_t": np.concatenate(times),
        f"{prefix}spikes_i": np.concatenate(neurons).astype(np.int32),
        f"{prefix}spikes_run": np.concatenate(runs).astype(np.int8),
    }


if __name__ == "__main__":
    write_run(Path(sys.argv[1]))
