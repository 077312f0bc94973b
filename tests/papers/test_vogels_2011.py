"""Vogels, Sprekeler et al. 2011: inhibitory plasticity leads to the target rate. Published claims.

The protocol's configurations: at reduced scale, 2000 + 500 neurons with as many synapses each as
in the paper's network (the connection probability is four times the paper's), and, slow, at full
scale; both with a larger learning rate for a shorter time.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bionet.runs import read_configuration
from bionet.runs.simulated_network import compiled_network, inputs_of
from bionet.runs.simulation_results import arrays_of, stacked

PROTOCOL = Path(__file__).parents[2] / "protocols/vogels_2011_inhibitory_plasticity"

TARGET = 3.0  # Hz
# The rule's fixed point is the target for uncorrelated spikes. An inhibitory spike makes the
# excitatory neuron fire less in the next milliseconds, so the pairs that strengthen a synapse are
# fewer and the rate settles above the target, never below. Measured: by 22 % in the quick network,
# by 31 % in the full one, and by as much with a quarter of the learning rate.
HIGHEST_EXCESS = 0.4
# With five times the synapses, each a fifth as strong, the excess was 6 %.
NEARLY_UNCORRELATED = 0.1
# The population rate's std over its mean in bins of 10 ms. Neurons of a small network share more of
# their inputs than those of the paper's, where the field's bound for "asynchronous" is 0.5.
ASYNCHRONOUS = {"quick.toml": 0.7, "full.toml": 0.5}


def results_of(name, seeds=None):
    _, configuration = read_configuration(PROTOCOL / name)
    if seeds is not None:
        table = replace(configuration.simulation, seeds=seeds)
        configuration = replace(configuration, simulation=table)
    network, inputs = compiled_network(configuration), inputs_of(configuration)
    parts = [
        arrays_of(network(inputs, seed), configuration) for seed in configuration.simulation.seeds
    ]
    return stacked(parts, configuration)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("quick.toml", marks=pytest.mark.compiles),
        pytest.param("full.toml", marks=pytest.mark.slow),
    ],
)
def results(request):
    return results_of(request.param, seeds=(1,)) | {"name": request.param}


def test_the_rate_reaches_the_target(results):
    """Mean rate over the scored time, from a network that starts far above the target."""
    first_tenth = results["population_rate"][0, :10].mean()
    assert first_tenth > 5 * TARGET
    assert TARGET < results["rates"].mean() < (1 + HIGHEST_EXCESS) * TARGET


def test_every_neuron_reaches_the_target(results):
    """The rule works neuron by neuron: rates differ little between neurons, unlike without it."""
    assert np.percentile(results["rates"], 5) > TARGET / 2
    assert np.percentile(results["rates"], 95) < 2 * TARGET


def test_the_weights_settle_inside_their_bounds(results):
    """They grow from 0, change little in the last fifth, and do not pile up at the upper bound."""
    weight = results["mean_weight"][0]
    assert weight[0] == 0
    late = weight[-weight.size // 5 :]
    assert late.max() - late.min() < 0.1 * late.mean()
    assert results["weight_counts"][0, -1] < 0.01 * results["weight_counts"][0].sum()


def test_asynchronous_irregular(results):
    """ISI CV near 1, and a population rate that varies little beside its mean."""
    assert 0.7 < np.nanmean(results["isi_cvs"]) < 1.3
    rate = results["population_rate"][0, -500:]
    assert rate.std() < ASYNCHRONOUS[results["name"]] * rate.mean()


def test_the_learning_rate_is_not_why_the_rate_lies_above_the_target():
    """Saved results: a quarter of the learning rate leaves at least nine tenths of the excess."""
    saved = {
        name: np.load(PROTOCOL / "results" / name / "results.npz")["rates"].mean()
        for name in ("quick", "quarter_rate")
    }
    assert saved["quick"] > 1.15 * TARGET
    assert saved["quarter_rate"] - TARGET > 0.9 * (saved["quick"] - TARGET)


@pytest.mark.compiles
def test_weaker_and_more_synapses_come_nearer_to_the_target():
    """Where one inhibitory spike matters little, the fixed point is the target within 10 %."""
    results = results_of("many_synapses.toml")
    assert results["rates"].mean() == pytest.approx(TARGET, rel=NEARLY_UNCORRELATED)
