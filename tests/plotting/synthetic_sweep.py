"""Invented results of ``surrogate_training`` runs, as plausible as formulas make them; no training.

Run as a program it makes run directories to look at::

    python synthetic_sweep.py DIRECTORY
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from scipy.special import erf

from bionet.runs.run_directory import RunDirectory

RATIOS = (0.5, 0.8, 0.95, 1.0)
WIDTHS = (0.0005, 0.001, 0.003, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075)
NOISES = (0.0, 1e-5, 1e-4, 2e-4, 3e-4, 4e-4, 5e-4, 6e-4, 8e-4, 1e-3)
CLASSES = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
N_HIDDEN, STEPS, N_INPUTS, DURATION = 100, 100, 784, 0.1
#: Hidden spikes of a class in parts of the mean: pullover many, sandal few.
ACTIVITY = np.array([1.2, 0.8, 2.2, 0.9, 2.0, 0.2, 1.5, 0.3, 1.4, 0.7])
BEST, READOUT_WIDTH = 0.82, 0.0666
#: Initial rate above which learning fails, Hz, for 50:50 and for 100:0.
CRITICAL = (25.0, 130.0)


def results(
    *,
    ratios=RATIOS,
    widths=WIDTHS,
    noises=(0.0,),
    repeats=4,
    epochs=30,
    classes=CLASSES,
    logarithmic=True,
    example=0,
    silent=False,
    wrong=False,
):
    """Return arrays as `bionet.plotting.training_sweep` describes them; tuples are sweeps."""
    generator = np.random.default_rng(11)
    sweep = list(product(widths, ratios, noises, range(repeats)))
    width, ratio, noise, repeat = (np.array(values) for values in zip(*sweep, strict=True))
    number, k = len(sweep), len(classes)
    activity = np.resize(ACTIVITY, k) / np.resize(ACTIVITY, k).mean()
    silenced = (width == width.min()) & silent
    rate = ~silenced * 350 / (1 + (0.02 / width) ** 1.5) * generator.normal(1, 0.05, number)
    peak = _peak(rate, ratio, noise / width, 1 / k) + generator.normal(0, 0.008, number)
    learned = 1 - np.exp(-np.arange(epochs + 1) / 4)
    curve = 1 / k + (peak[:, None] - 1 / k) * learned
    curve += generator.normal(0, 0.005, curve.shape) * (learned > 0)
    of_class = generator.normal(0, 0.06, (number, 1, k)) - 0.05 * np.abs(np.log(activity))
    spikes = _spikes(rate, ratio, peak > 0.5, activity, learned, generator)
    edges = _edges(width.max(), logarithmic)
    return {
        "sigma_init": width,
        "ratio": ratio,
        "sigma_noise": noise,
        "repeat": repeat,
        "n_hidden": np.array(N_HIDDEN),
        "duration": np.array(DURATION),
        "step": np.array(DURATION / STEPS),
        "class_names": np.array(classes),
        "test_accuracy": np.clip(curve, 0, 1),
        "train_accuracy": np.clip(curve[:, 1:] + 0.01, 0, 1),
        "train_loss": np.log(k) * (1.05 - curve[:, 1:]) ** 1.5,
        "class_accuracy": np.clip(curve[..., None] + of_class * learned[:, None], 0, 1),
        "class_spikes": spikes,
        **_distances(ratio, peak > 0.5, generator),
        "weight_edges": edges,
        "weight_counts": _weight_counts(width, ratio, edges),
        **_example(spikes[example, -1, 2 % k], ratio[example], k, wrong, example, generator),
    }


def _peak(rate, ratio, noise, chance):
    critical = CRITICAL[0] + (CRITICAL[1] - CRITICAL[0]) * np.minimum(2 * (ratio - 0.5), 1)
    best = np.where(ratio <= 0.5, BEST - 0.12, BEST)
    stands = np.where(ratio <= 0.5, 0.22, 1.0 - 0.8 * np.abs(ratio - 0.85))
    tolerance = 1 / (1 + (noise / stands) ** np.where(ratio <= 0.5, 4, 2))
    return chance + (best - chance) * tolerance / (1 + (rate / critical) ** 6)


def _spikes(rate, ratio, succeeded, activity, learned, generator):
    first = rate[:, None] * N_HIDDEN * DURATION * activity
    last = np.where(succeeded[:, None], 70 * activity**0.5, 1.3 * first)
    total = first[:, None] + (last - first)[:, None] * learned[None, :, None]
    drift = generator.normal(0, 0.15, (rate.size, 1, activity.size)) * learned[:, None]
    part = ratio[:, None, None] * (1 - 0.4 * (ratio < 1)[:, None, None] * np.abs(drift + 0.1))
    return np.stack([total * part, total * (1 - part)], axis=-1)


def _distances(ratio, succeeded, generator):
    number = ratio.size
    before = generator.normal(1.285, 0.04, (number, 3))
    after = np.where(succeeded[:, None], (0.85, 1.02, 1.1), (1.5, 1.62, 1.52))
    after = after + generator.normal(0, 0.08, (number, 3))
    absent = (ratio == 1)[:, None] * np.array([False, True, True])
    return {
        "distance_before": np.where(absent, np.nan, before),
        "distance_after": np.where(absent, np.nan, after),
    }


def _edges(widest, logarithmic):
    highest = 6 * max(widest, READOUT_WIDTH)
    if logarithmic:
        return np.concatenate([[0.0], np.geomspace(1e-5, highest, 61)])
    return np.linspace(0, highest, 61)


def _weight_counts(width, ratio, edges):
    """Count half-normal weights; after training a third is 0 and the others are wider."""
    exc = np.round(N_HIDDEN * ratio)
    neurons = np.stack([exc, N_HIDDEN - exc], axis=1)
    synapses = np.concatenate([N_INPUTS * neurons, 10 * neurons], axis=1)
    scale = np.stack([width, width, *[np.full(width.size, READOUT_WIDTH)] * 2], axis=1)
    wider = np.stack([scale, np.hypot(1.2 * scale, 0.004)], axis=1)
    cumulative = erf(edges / (np.sqrt(2) * wider[..., None]))
    fraction = np.diff(cumulative, axis=-1)
    fraction[:, 1] *= 2 / 3
    fraction[:, 1, :, 0] += 1 / 3
    return np.round(fraction * synapses[:, None, :, None]).astype(int)


def _example(n_spikes, ratio, k, wrong, example, generator):
    label = 2 % k
    lit = np.flatnonzero(generator.random(N_INPUTS) < 0.5)
    latencies = np.minimum(4 + generator.gamma(1.5, 8, lit.size), STEPS - 1).astype(int)
    per_step = np.exp(-(((np.arange(STEPS) - 30) / 18) ** 2))
    cells = np.repeat(
        n_spikes / N_HIDDEN, np.round([N_HIDDEN * ratio, N_HIDDEN * (1 - ratio)]).astype(int)
    )
    chance = np.outer(per_step / per_step.sum(), np.maximum(cells, 0.3) * 2)
    time = np.arange(STEPS)[:, None]
    rise = np.clip(time - 15, 0, None) * np.exp(-np.clip(time - 15, 0, None) / 25) / 9.2
    strength = generator.normal(0, 0.5, k)
    strength[label] = 2.0
    strength[-1] = 2.2 if wrong else 0.3
    return {
        "example_network": np.array(example),
        "example_label": np.array(label),
        "example_step": latencies,
        "example_unit": lit,
        "example_spikes": generator.random((STEPS, N_HIDDEN)) < chance,
        "example_readout": rise * strength + 0.01 * generator.standard_normal((STEPS, k)),
    }


#: Arguments of `results` for runs that look unlike each other.
RUNS = {
    "rates": {},
    "noise": {
        "ratios": (0.5, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0),
        "widths": (0.001,),
        "noises": NOISES,
        "repeats": 6,
    },
    "many classes": {
        "classes": tuple(f"{digit} {language}" for language in ("de", "en") for digit in range(10)),
        "widths": (5e-5, 2e-4, 5e-4, 1e-3, 3e-2),
        "ratios": (0.5, 0.8, 0.9),
        "noises": (0.0, 1e-5),
        "epochs": 40,
        "logarithmic": False,
        "silent": True,
        "wrong": True,
        "example": 50,
    },
    "one network": {"ratios": (0.8,), "widths": (0.001,), "repeats": 1, "epochs": 5},
}


def write_run(path, arrays):
    """Make a run directory that holds results alone, which is what figures read."""
    path.mkdir(parents=True)
    directory = RunDirectory(path)
    directory.save_results(**arrays)
    return directory


if __name__ == "__main__":
    from bionet.runs.surrogate_training_figures import draw

    for name, sweeps in RUNS.items():
        run = write_run(Path(sys.argv[1]) / name.replace(" ", "_"), results(**sweeps))
        for figure in draw(run, None):
            print(figure)
