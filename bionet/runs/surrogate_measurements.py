"""What is measured of the networks of a ``surrogate_training`` run, before and after training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.surrogate_configuration import SurrogateTraining
from bionet.runs.surrogate_networks import HIDDEN, READOUT, W_IN, W_OUT, SweptNetwork

if TYPE_CHECKING:
    from bionet.gradient import InputSpikes, Trainer

__all__ = ["WEIGHT_EDGES", "distances", "example", "weight_counts"]

#: Samples whose spikes are held at a time.
BLOCK = 1000
#: Edges of the histograms of absolute weights; the first bin holds those that are zero, too.
WEIGHT_EDGES = np.concatenate([[0.0], np.geomspace(1e-5, 10, 61)])


def distances(
    configuration: SurrogateTraining,
    trainer: Trainer,
    networks: list[SweptNetwork],
    weights: dict[str, np.ndarray],
    samples: InputSpikes,
) -> np.ndarray:
    """Return mean van Rossum distances of E-E, E-I and I-I pairs of hidden neurons.

    Kilgore et al. 2025, eq. 4-6, averaged over the first samples and all pairs of a kind.

    Parameters
    ----------
    configuration : SurrogateTraining
    trainer : Trainer
    networks : list of SweptNetwork
    weights : dict of str to array, (networks, ...)
    samples : InputSpikes
        Of the training set.

    Returns
    -------
    ndarray, (networks, 3)
        NaN where there are no such pairs, or no samples are asked for.
    """
    from bionet.statistics import mean_van_rossum_distances, pair_groups

    measurement, table = configuration.measurement, configuration.network
    found = np.full((len(networks), 3), np.nan)
    if not measurement.distance_samples:
        return found
    few = _some(samples, slice(measurement.distance_samples))
    for k, network in enumerate(networks):
        own = {name: value[k] for name, value in weights.items()}
        total = np.zeros((table.hidden, table.hidden))
        for first in range(0, few.batch, BLOCK):
            block = _some(few, slice(first, first + BLOCK))
            spikes = trainer.record(own, block, f"{HIDDEN}.spikes").astype(bool)
            mean = mean_van_rossum_distances(spikes, measurement.distance_tau, table.step)
            total += block.batch * mean
        mean = total / few.batch
        excitatory = np.arange(table.hidden) < network.n_excitatory(table.hidden)
        groups = pair_groups(mean, excitatory)
        found[k] = [groups[g].mean() if groups[g].size else np.nan for g in ("E-E", "E-I", "I-I")]
    return found


def weight_counts(
    configuration: SurrogateTraining,
    networks: list[SweptNetwork],
    weights: dict[str, np.ndarray],
) -> np.ndarray:
    """Return histograms of absolute weights, (networks, 4, bins).

    From inputs to E, from inputs to I, from E to the readout, from I to the readout; bins between
    `WEIGHT_EDGES`, weights beyond the last in the last bin.
    """
    hidden = configuration.network.hidden
    counts = np.zeros((len(networks), 4, WEIGHT_EDGES.size - 1), np.int32)
    for k, network in enumerate(networks):
        n = network.n_excitatory(hidden)
        w_in, w_out = np.asarray(weights[W_IN][k]), np.asarray(weights[W_OUT][k])
        for group, values in enumerate((w_in[:, :n], w_in[:, n:], w_out[:n], w_out[n:])):
            size = np.minimum(np.abs(values), WEIGHT_EDGES[-1])
            counts[k, group] = np.histogram(size, WEIGHT_EDGES)[0]
    return counts


def example(
    trainer: Trainer, weights: dict[str, np.ndarray], samples: InputSpikes, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what one network does with the first sample that it classifies correctly.

    Parameters
    ----------
    trainer : Trainer
    weights : dict of str to array
        Of one network.
    samples : InputSpikes
        Of the test set.
    labels : ndarray of int

    Returns
    -------
    dict of str to ndarray
        ``example_label``, ``example_step`` and ``example_unit`` (spikes,) of the input,
        ``example_spikes`` (steps, neurons) bool, ``example_readout`` (steps, classes).
    """
    few = _some(samples, slice(100))
    readout = trainer.record(weights, few, f"{READOUT}.v")
    right = np.flatnonzero(readout.max(axis=1).argmax(axis=1) == labels[: few.batch])
    k = int(right[0]) if right.size else 0
    step = np.asarray(few.step[k], int)
    unit = np.asarray(few.unit[0 if few.unit.shape[0] == 1 else k], int)
    there = (step >= 0) & (step < trainer.steps)
    return {
        "example_label": np.array(labels[k]),
        "example_step": step[there].astype(np.int32),
        "example_unit": unit[there].astype(np.int32),
        "example_spikes": trainer.record(weights, few, f"{HIDDEN}.spikes")[k].astype(bool),
        "example_readout": readout[k].astype(np.float32),
    }


def _some(samples: InputSpikes, chosen: slice) -> InputSpikes:
    from bionet.gradient import InputSpikes

    unit = samples.unit if samples.unit.shape[0] == 1 else samples.unit[chosen]
    return InputSpikes(samples.step[chosen], unit, samples.units)
