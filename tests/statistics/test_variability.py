"""Fano factors: closed forms and behaviour of silent neurons and empty bins."""

import math

import numpy as np
import pytest

from bionet.statistics import (
    SpikeTrains,
    fano_factors_from_spikes,
    spatial_fano_factor,
    temporal_fano_factor,
)

# 400 x 400 Poisson counts of mean 2: a row's Fano factor has a standard deviation of about
# sqrt(2/400) = 0.07 and a bias of -1/400, the mean of 400 rows one of 0.0035; five of those.
SAMPLING_TOLERANCE = 0.02


@pytest.fixture(scope="module")
def poisson_counts():
    return np.random.default_rng(3).poisson(2.0, (400, 400))


def test_poisson_counts_have_factors_of_one(poisson_counts):
    assert spatial_fano_factor(poisson_counts) == pytest.approx(1, abs=SAMPLING_TOLERANCE)
    assert temporal_fano_factor(poisson_counts) == pytest.approx(1, abs=SAMPLING_TOLERANCE)


def test_rates_that_differ_raise_only_the_spatial_factor():
    """Closed form: half the neurons at mean 1, half at mean 3 add variance 1 to a mean of 2."""
    means = np.repeat([1.0, 3.0], 200)[:, None]
    counts = np.random.default_rng(4).poisson(means, (400, 400))

    assert spatial_fano_factor(counts) == pytest.approx(1.5, abs=2 * SAMPLING_TOLERANCE)
    assert temporal_fano_factor(counts) == pytest.approx(1, abs=SAMPLING_TOLERANCE)


def test_exact_values():
    assert spatial_fano_factor([0, 4]) == 2
    assert spatial_fano_factor([[0, 1], [4, 1]]) == 1
    assert temporal_fano_factor([[0, 4], [3, 3]]) == 1


def test_silent_neurons_and_empty_bins():
    """Silent neurons belong to the spatial factor only; bins without a spike to none."""
    assert spatial_fano_factor([0, 0, 0, 4]) == 3
    assert spatial_fano_factor([[0, 0], [0, 4]]) == 2
    assert temporal_fano_factor([[0, 4], [0, 0]]) == 2
    for factor in (spatial_fano_factor, temporal_fano_factor):
        assert math.isnan(factor(np.zeros((3, 4))))
        assert math.isnan(factor(np.zeros((3, 0))))
        assert math.isnan(factor(np.zeros((0, 3))))


def test_counting_windows_of_recorded_spikes():
    spikes = SpikeTrains([0.01, 0.02, 0.03, 0.04, 0.11], [0, 0, 0, 0, 1], 2, 0, 0.2)

    spatial, temporal = fano_factors_from_spikes(spikes)

    assert spatial == pytest.approx((2 + 0.5) / 2)
    assert temporal == pytest.approx((2 + 0.5) / 2)
    assert fano_factors_from_spikes(spikes, window=0.2) == (pytest.approx(0.9), 0)


def test_refuses_what_are_no_counts():
    with pytest.raises(ValueError, match="counts must have 2 dimension"):
        temporal_fano_factor([1, 2])
    with pytest.raises(ValueError, match="counts must have 1 or 2 dimension"):
        spatial_fano_factor(3)
    with pytest.raises(ValueError, match="counts must be finite and not negative"):
        spatial_fano_factor([-1, 2])
