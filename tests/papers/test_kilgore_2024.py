"""Kilgore, Kopsick, Ascoli & Adam: E:I ratios for robust training. Published claims, real images.

The protocol's configurations, run as the command runs them, with fewer images and epochs; the slow
ones with all 60 000 images. What is not run here stands in the protocol's results.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax", reason="the extra bionet[gradient] is not installed")

from bionet.runs import read_configuration
from bionet.runs.creation import create_run_directory
from bionet.runs.surrogate_training import start

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "protocols/kilgore_2024_ei_ratio"
IMAGES = ROOT.parent / "shared/data/fashion_mnist"

pytestmark = pytest.mark.skipif(
    not IMAGES.is_dir(), reason="the images of Fashion-MNIST are not beside the checkout"
)

CHANCE = 0.1
# A network that learned nothing may be off chance by the spread of which class it always answers.
NEAR_CHANCE = 0.15
# After so few images; 0.54 to 0.60 were measured.
LEARNED = 0.4
# The paper's claim for a low initial rate, and what the noise experiment calls collapsed.
GOAL, COLLAPSED = 0.8, 0.5


def run(tmp_path, name, *, sweep, training, data=None, distances=0):
    """Run a configuration of the protocol with some values changed; return its results."""
    _, configuration = read_configuration(PROTOCOL / f"{name}.toml")
    configuration = replace(
        configuration,
        data=replace(configuration.data, folder=str(IMAGES), **(data or {})),
        sweep=replace(configuration.sweep, **sweep),
        training=replace(configuration.training, **training),
        measurement=replace(configuration.measurement, distance_samples=distances),
    )
    directory = create_run_directory(tmp_path / "run", "surrogate_training", configuration, {})
    with directory.locked():
        start(configuration, directory, workers=2)
    return directory.load_results()


def initial_rate(results):
    """Return the mean rate of hidden neurons before training, (networks,), Hz."""
    spikes = results["class_spikes"][:, 0].sum(axis=-1).mean(axis=-1)
    return spikes / results["n_hidden"] / results["duration"]


def test_a_low_initial_rate_learns_and_a_high_one_does_not(tmp_path):
    """Fig. 1c in small: 80:20 from 1 Hz is far above chance after two epochs, from 50 Hz at it."""
    results = run(
        tmp_path,
        "quick",
        sweep={"sigma_init": (0.001, 0.01), "excitatory": (0.8,)},
        training={"epochs": 2},
        data={"train": 12_800, "test": 1_000},
    )
    low, high = initial_rate(results)
    assert 0.5 < low < 3
    assert high > 25.6  # the upper end of what the paper calls biological
    accuracy = results["test_accuracy"][:, -1]
    assert accuracy[0] > LEARNED
    assert accuracy[1] < NEAR_CHANCE
    assert abs(results["test_accuracy"][0, 0] - CHANCE) < 0.1  # nothing is known untrained


@pytest.mark.slow
def test_eighty_percent_within_thirty_epochs(tmp_path):
    """Fig. 1c: 80:20 reaches 80 % from a low rate; at a high one all with inhibition fail."""
    results = run(
        tmp_path,
        "rates_reduced",
        sweep={"sigma_init": (0.001, 0.03), "excitatory": (0.5, 0.8, 0.95)},
        training={"epochs": 30},
    )
    peak = results["test_accuracy"].max(axis=1)
    low = results["sigma_init"] == 0.001
    assert peak[low & (results["ratio"] == 0.8)].max() > GOAL
    assert (peak[~low] < NEAR_CHANCE).all()


@pytest.mark.slow
def test_inhibitory_neurons_become_more_different_than_excitatory_ones(tmp_path):
    """Fig. 5: after training I-I distances exceed E-E, before training they do not."""
    results = run(
        tmp_path,
        "rates_reduced",
        sweep={"sigma_init": (0.001,), "excitatory": (0.8,), "repeats": 3},
        training={"epochs": 30},
        distances=1000,
    )
    before, after = (results[f"distance_{when}"] for when in ("before", "after"))
    assert (after[:, 2] > after[:, 0]).all()
    assert np.abs(before[:, 2] / before[:, 0] - 1).max() < 0.1


@pytest.mark.slow
def test_half_inhibition_collapses_under_less_noise(tmp_path):
    """Fig. 2: at some noise 80:20 still classifies and 50:50 does not."""
    results = run(
        tmp_path,
        "noise_reduced",
        sweep={"excitatory": (0.5, 0.8), "noise": (2e-4, 3e-4, 4e-4, 6e-4)},
        training={"epochs": 30},
    )
    late = results["test_accuracy"][:, -10:].mean(axis=1)
    half, most = (late[results["ratio"] == ratio] for ratio in (0.5, 0.8))
    assert ((half < COLLAPSED) & (most > COLLAPSED)).any()
    assert not ((half > COLLAPSED) & (most < COLLAPSED)).any()
