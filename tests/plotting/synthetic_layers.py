"""Invented results of ``dendritic_balance`` runs: fields, losses and spikes, no simulator.

Run as a program it makes four run directories to look at::

    python synthetic_layers.py DIRECTORY
"""

import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from bionet.runs.run_directory import RunDirectory
from bionet.stimuli import bar_fields

N_SHOWN, IMAGE_DURATION = 12, 0.1
IMAGES = np.arange(1, 7) * 10_000
RHO = 15.0
#: Loss at the end, and by how much somatic balance is worse.
LOSS, EXCESS = 0.03, 0.4


@dataclass(frozen=True)
class Kind:
    """What is shown, and how fields of each scheme look.

    Attributes
    ----------
    shape : tuple of int
    channels : int
    n_coding : int
    fields : function
        Of (n_coding, collapsed, generator); returns (n_coding, height, width).
    """

    shape: tuple
    channels: int
    n_coding: int
    fields: object


def bars(n_coding, collapsed, generator):
    """Return single bars, or with collapse crosses."""
    side = n_coding // 2
    found = bar_fields(side)
    found = np.maximum(found, np.roll(found, side, axis=0)) if collapsed else found
    return found[generator.permutation(n_coding)]


def digits(n_coding, collapsed, generator):
    """Return rings and strokes of several widths, or with collapse hardly any difference."""
    y, x = np.mgrid[-1:1:16j, -1:1:16j]
    spread = 0.1 if collapsed else 1.0
    shapes = []
    for k in range(n_coding):
        radius = 0.55 + 0.1 * spread * generator.standard_normal()
        slant = 0.3 * spread * generator.standard_normal()
        round_one = k % 2 == 0 or collapsed
        distance = np.hypot((x + slant * y) / 0.8, y) - radius if round_one else x + slant * y
        shapes.append(np.exp(-((distance / 0.2) ** 2)) * (np.abs(y) < 0.8))
    return np.array(shapes)


def scenes(n_coding, collapsed, generator):
    """Return Gabor fields, or with collapse all the same."""
    y, x = np.mgrid[-1:1:8j, -1:1:8j]
    fields = []
    for _ in range(n_coding):
        angle, phase = generator.uniform(0, np.pi), generator.uniform(0, 2 * np.pi)
        centre = generator.uniform(-0.4, 0.4, 2)
        if collapsed:
            angle, phase, centre = 0.7, 0.0, (0.0, 0.0)
        u = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
        v = (y - centre[1]) * np.cos(angle) - (x - centre[0]) * np.sin(angle)
        fields.append(np.exp(-((u / 0.35) ** 2) - (v / 0.6) ** 2) * np.cos(5 * u + phase))
    return np.array(fields)


BARS = Kind((4, 4), 1, 8, bars)
DIGITS = Kind((16, 16), 1, 9, digits)
SCENES = Kind((8, 8), 2, 20, scenes)


def results(
    kind,
    *,
    schemes=("analytic", "somatic"),
    p=(np.nan,),
    n_coding=None,
    step=(1e-3,),
    Du_end=(0.1,),
    seeds=(1, 2, 3),
):
    """Return arrays as `bionet.runs.balance_results` describes them; lists are sweeps."""
    generator = np.random.default_rng(5)
    sweep = list(product(seeds, n_coding or (kind.n_coding,), step, Du_end, p, schemes))
    seed, n, dt, end, correlation, scheme = (
        np.array(values) for values in zip(*sweep, strict=True)
    )
    somatic = scheme == "somatic"
    # worse with correlation, fewer neurons and longer delays, more so in somatic balance
    hard = 0.4 * np.nan_to_num(correlation) + 0.2 * np.log(dt / 1e-4) / np.log(10)
    hard = hard + np.log(n.max() / n) + 0.2 * end
    last = LOSS * np.exp((1 + EXCESS * somatic) * hard) * (1 + EXCESS * somatic)
    decay = 1 + np.exp(-IMAGES / 1.5e4)
    noise = generator.normal(1, 0.03, (len(sweep), IMAGES.size))
    arrays = {
        "scheme": scheme,
        "p": correlation,
        "n_coding": n,
        "step": dt,
        "Du_end": end,
        "seed": seed,
        "rho": np.full(len(sweep), RHO),
        "shape": np.array(kind.shape),
        "channels": np.array(kind.channels),
        "images": IMAGES,
        "loss": last[:, None] * decay * noise,
        "training_rate": RHO + generator.normal(0, 0.2, noise.shape),
    }
    for k in range(len(sweep)):
        collapsed = somatic[k] and (kind is not BARS or correlation[k] > 0.3)
        arrays |= _layer(kind, k, int(n[k]), collapsed, generator, shown=seed[k] == seeds[0])
    return arrays


def _layer(kind, k, n_coding, collapsed, generator, *, shown):
    fields = kind.fields(n_coding, collapsed, generator)
    fields = fields + 0.05 * generator.standard_normal(fields.shape)
    weights = _inputs(fields, kind)
    arrays = {f"F_{k}": weights, f"D_{k}": weights}
    arrays[f"rates_{k}"] = generator.normal(RHO, 1, n_coding)
    if not shown:
        return arrays
    duration = N_SHOWN * IMAGE_DURATION
    number = generator.poisson(RHO * n_coding * duration)
    images = kind.fields(n_coding, False, generator)[np.arange(N_SHOWN) % n_coding]
    read_out = images + 0.2 * generator.standard_normal(images.shape)
    return arrays | {
        f"shown_{k}_x": _inputs(images, kind),
        f"shown_{k}_reconstruction": _inputs(read_out, kind),
        f"shown_{k}_spikes_t": np.sort(generator.uniform(0, duration, number)),
        f"shown_{k}_spikes_i": generator.integers(0, n_coding, number),
    }


def _inputs(images, kind):
    flat = images.reshape(len(images), -1)
    if kind.channels == 1:
        return flat
    return np.hstack([np.maximum(flat, 0), np.maximum(-flat, 0)])


#: Results of each of the paper's figures.
RUNS = {
    "bars": (BARS, {"p": (0.0, 0.35, 0.7, 1.0)}),
    "digits": (DIGITS, {"schemes": ("somatic", "slow", "decay", "simultaneous", "analytic")}),
    "scenes": (SCENES, {"n_coding": (20, 40, 60), "seeds": (1,)}),
    "delays": (SCENES, {"step": (1e-4, 1e-3, 3e-3, 7e-3), "Du_end": (0.1, 0.3), "seeds": (1,)}),
}


def write_run(path, arrays):
    """Make a run directory that holds results alone, which is what figures read."""
    path.mkdir(parents=True)
    directory = RunDirectory(path)
    directory.save_results(**arrays)
    return directory


if __name__ == "__main__":
    from bionet.runs.dendritic_balance_figures import draw

    for name, (kind, sweeps) in RUNS.items():
        for figure in draw(write_run(Path(sys.argv[1]) / name, results(kind, **sweeps)), None):
            print(figure)
