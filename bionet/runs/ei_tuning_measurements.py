"""Measurements and arrays of an ``ei_tuning`` run: M neurons, G groups, E epochs.

==============================  ================================================================
``excitation, inhibition``      (M,) mean initial excitatory weight, V; initial charge ratio
``constraint, seed``            (M,) weight of the rate constraint; number of the seed
``tau_i, step``                 s
``from_step``                   first step that is read; 0 in the simple task
``inputs_a_group``              (2,) excitatory, inhibitory
``target_rate``                 of the constraint, Hz
``train_loss``                  (M, E)
``test_loss, test_accuracy``    (M, E + 1) index 0 is before training
``test_rate``                   (M, E + 1) mean rate in the whole sample, Hz
``NAME_before, NAME_after``     of each measured NAME below
``accuracy``                    (M,) of test samples
``rate``                        (M,) in the window that is read, Hz
``counts``                      (M, G, 64) test samples of a class with 0, 1, ..., 63 or more spikes
``profile``                     (M, G, 2) summed excitatory and inhibitory weight of a group, V
``co_tuning``                   (M,) `bionet.statistics.co_tuning_index` of the profile
``charge_ratio``                (M,) inhibitory over excitatory charge in the window
``current_correlation``         (M,) of both currents in the window, mean over samples
``example_neuron``              (index) the most accurate neuron under the weakest constraint
``example_labels``              (G,) classes of the samples shown, one each of those there are
``example_g_e, example_g_i``    (G, steps) its currents, V
``example_v``                   (G, steps) V
``example_spikes``              (G, steps)
``example_step, example_unit``  (spikes,) input spikes of the first sample shown
==============================  ================================================================
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.ei_tuning_configuration import EITuning
from bionet.runs.ei_tuning_neurons import NEURON, W_EXC, W_INH, samples_of, trainer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bionet.gradient import InputSpikes, Trainer

__all__ = ["MOST_SPIKES", "example", "measured"]

#: Counts of at least so many spikes share the last bin.
MOST_SPIKES = 63


def measured(
    configuration: EITuning,
    trainer: Trainer,
    values: Mapping[str, np.ndarray],
    samples: InputSpikes,
    labels: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return what neurons do with samples, see the table above.

    Parameters
    ----------
    configuration : EITuning
    trainer : Trainer
    values : mapping of str to array, (M, ...)
    samples : InputSpikes
        A batch of n.
    labels : array of int, (n,)
    """
    neurons = len(values[W_EXC])
    each = [
        _measured(configuration, trainer, {n: v[k] for n, v in values.items()}, samples, labels)
        for k in range(neurons)
    ]
    return {name: np.stack([one[name] for one in each]) for name in each[0]}


def _measured(configuration, trainer, values, samples, labels) -> dict[str, np.ndarray]:
    from bionet.statistics import charge_ratio, co_tuning_index, current_correlation

    groups, first = configuration.task.groups, configuration.inputs.from_step
    spikes, g_e, g_i = (
        trainer.record(values, samples, f"{NEURON}.{name}") for name in ("spikes", "g_e", "g_i")
    )
    guesses = trainer.objective.predictions({f"{NEURON}.spikes": np.swapaxes(spikes, 0, 1)}, values)
    counts = spikes[:, first:, 0].sum(axis=1).astype(int)
    histogram = np.zeros((groups, MOST_SPIKES + 1), np.int32)
    np.add.at(histogram, (labels, np.minimum(counts, MOST_SPIKES)), 1)
    profile = np.stack(
        [np.abs(values[name]).reshape(groups, -1).sum(axis=1) for name in (W_EXC, W_INH)], axis=1
    )
    currents = g_e[:, first:, 0], -g_i[:, first:, 0]
    correlation = current_correlation(*currents)
    return {
        "accuracy": np.mean(np.asarray(guesses) == labels),
        "rate": counts.mean() / ((trainer.steps - first) * configuration.neuron.step),
        "counts": histogram,
        "profile": profile,
        "co_tuning": co_tuning_index(*profile.T),
        "charge_ratio": charge_ratio(*currents, axis=(0, 1)),
        "current_correlation": correlation[np.isfinite(correlation)].mean(),
    }


def example(
    configuration: EITuning, results: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return what the most accurate neuron under the weakest constraint does with a few samples.

    Parameters
    ----------
    configuration : EITuning
    results : mapping of str to array
        With ``constraint``, ``seed`` and ``accuracy_after``.
    values : mapping of str to array, (M, ...)
        All trained parameters, under their names behind ``"values."``.
    """
    weakest = results["constraint"] == results["constraint"].min()
    best = int(np.argmax(np.where(weakest, results["accuracy_after"], -1)))
    own = {name.removeprefix("values."): value[best] for name, value in values.items()}
    spikes, labels = samples_of(configuration, int(results["seed"][best]))["test"]
    there = np.unique(labels)  # a test of few samples may lack a class
    shown = np.array([np.flatnonzero(labels == group)[0] for group in there])
    samples = replace(spikes, step=spikes.step[shown], unit=spikes.unit[shown])
    trainer = trainer_of(configuration, float(results["constraint"][best]))
    traces = {
        f"example_{name}": trainer.record(own, samples, f"{NEURON}.{name}")[..., 0]
        for name in ("g_e", "g_i", "v", "spikes")
    }
    step, unit = np.asarray(samples.step[0]), np.asarray(samples.unit[0])
    real = step < trainer.steps
    return {
        "example_neuron": np.array(best),
        "example_labels": labels[shown],
        **{name: trace.astype(np.float32) for name, trace in traces.items()},
        "example_step": step[real],
        "example_unit": unit[real],
    }
