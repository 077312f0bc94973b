"""Sagtekin, Giannakakis & Levina: E/I tuning of one neuron. The poster's claims.

The simple task trained anew, small; the saved results of the protocol, over ten seeds; and, slow,
the novelty task.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax", reason="the extra bionet[gradient] is not installed")

from bionet.plotting.tuned_neurons import TunedNeurons
from bionet.runs import RunDirectory, read_configuration
from bionet.runs.creation import create_run_directory
from bionet.runs.ei_tuning import start

PROTOCOL = Path(__file__).parents[2] / "protocols/sagtekin_2022_ei_tuning"

SUCCESS, CHANCE = 0.95, 0.2


def run(tmp_path, name, *, sweep, training, task=None):
    """Run a configuration of the protocol with some values changed; return its results."""
    _, configuration = read_configuration(PROTOCOL / f"{name}.toml")
    configuration = replace(
        configuration,
        task=replace(configuration.task, **(task or {})),
        sweep=replace(configuration.sweep, **sweep),
        training=replace(configuration.training, **training),
    )
    directory = create_run_directory(tmp_path / "run", "ei_tuning", configuration, {})
    with directory.locked():
        start(configuration, directory, workers=2)
    return TunedNeurons.from_results(directory.load_results(), name)


def saved(name):
    directory = RunDirectory.open(PROTOCOL / "results" / name)
    return TunedNeurons.from_results(directory.load_results(), name)


def test_the_simple_task_is_solved_by_anti_tuning(tmp_path):
    """From silence and from 30 Hz: above 90 % after 80 epochs, with an index below 0."""
    neurons = run(
        tmp_path,
        "simple",
        sweep={"excitation": (2e-4, 1e-3), "inhibition": (0.5,), "seeds": 1},
        training={"epochs": 80},
    )
    before = neurons["accuracy_before"]
    assert (np.abs(before - CHANCE) < 0.1).all()
    assert neurons["rate_before"].min() < 1 and neurons["rate_before"].max() > 20
    assert (neurons["accuracy_after"] > 0.9).all()
    assert (neurons["co_tuning_after"] < 0).all()
    # five counts that can be told apart
    mean = (neurons["counts_after"] * np.arange(64)).sum(-1) / neurons["counts_after"].sum(-1)
    assert np.diff(np.sort(mean, axis=1), axis=1).min() > 1


@pytest.mark.parametrize("name", ["simple"])
def test_wide_range_of_initial_weights(name):
    """Ten seeds: nine of ten neurons succeed, from silence and from 20 times smaller weights."""
    neurons = saved(name)
    assert np.unique(neurons["seed"]).size >= 10
    excitation = neurons["excitation"]
    assert excitation.max() / excitation.min() >= 20
    succeeded = neurons["accuracy_after"] > SUCCESS
    assert succeeded.mean() > 0.9
    assert np.median(neurons["accuracy_after"]) > SUCCESS
    assert (neurons["co_tuning_after"][succeeded] < 0).all()


def test_the_constraint_balances_and_costs():
    """A constraint takes the I/E charge toward 1 (and past it), and accuracy falls; ten seeds."""
    neurons = saved("constraint")
    assert np.unique(neurons["seed"]).size >= 10
    ratio, accuracy, rate = (
        np.array(
            [
                np.median(neurons.of_seeds(name, neurons["constraint"] == constraint))
                for constraint in neurons.constraints
            ]
        )
        for name in ("charge_ratio_after", "accuracy_after", "rate_after")
    )
    # every constraint is nearer to balance than none (strong ones overshoot), one is quite near
    distance = np.abs(1 - ratio)
    assert (distance[1:] < distance[0]).all()
    assert distance.min() < 0.25 * distance[0]
    assert accuracy[0] > SUCCESS and accuracy[-1] < accuracy[0] - 0.2
    assert abs(rate[-1] - neurons["target_rate"]) < abs(rate[0] - neurons["target_rate"])


def test_novelty_is_harder_and_co_tuned():
    """Fewer neurons reach 90 % than with the same inputs in the simple task; those are co-tuned."""
    novelty, simple = saved("novelty"), saved("simple_slow")
    part = {n: (each["accuracy_after"] >= 0.9).mean() for n, each in
            (("novelty", novelty), ("simple", simple))}  # fmt: skip
    assert part["novelty"] < part["simple"]
    succeeded = novelty["accuracy_after"] >= 0.9
    assert succeeded.any()
    assert (novelty["co_tuning_after"][succeeded] > 0).all()
    assert novelty.constraints.tolist() == [0]


@pytest.mark.slow
def test_novelty_trained_anew(tmp_path):
    """Three seeds at the protocol's length: all are co-tuned, and two of three near 90 %."""
    sweep = {"excitation": (5e-4,), "inhibition": (1.0,), "seeds": 3}
    neurons = run(tmp_path, "novelty", sweep=sweep, training={})
    assert (neurons["co_tuning_after"] > 0.5).all()
    assert np.median(neurons["accuracy_after"]) > 0.85
