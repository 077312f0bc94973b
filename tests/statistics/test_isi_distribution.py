"""Intervals between spikes in bins: closed forms, edges of a time grid, what is refused."""

import math

import numpy as np
import pytest

from bionet.statistics import (
    SpikeTrains,
    inter_spike_intervals,
    isi_distribution,
    spike_trains_from_grid,
)

# 20 000 intervals leave a probability p uncertain by sqrt(p (1 - p)/20 000) < 0.0036; five of it.
SAMPLING_TOLERANCE = 0.018

# A few operations on numbers around 1.
ROUNDING_TOLERANCE = 1e-12


def test_parts_of_all_intervals():
    """1 of 5 is below the first edge, 1 on the last and so outside; bins are unequally wide."""
    distribution = isi_distribution([0.05, 0.1, 0.15, 0.3, 0.6], [0.1, 0.2, 0.6])

    np.testing.assert_allclose(distribution.probability, [0.4, 0.2])
    np.testing.assert_allclose(distribution.density, [4, 0.5])
    np.testing.assert_array_equal(distribution.edges, [0.1, 0.2, 0.6])
    assert distribution.n_intervals == 5


def test_poisson_spikes_have_exponential_intervals():
    """Closed form: exp(-rate a) - exp(-rate b) in [a, b), and the rest beyond the last edge."""
    rate, generator = 20.0, np.random.default_rng(1)
    times = np.cumsum(generator.exponential(1 / rate, (10, 2001)), axis=1)
    spikes = SpikeTrains(times.ravel(), np.repeat(np.arange(10), 2001), 10, 0, times.max() + 1)
    edges = np.linspace(0, 0.15, 16)

    distribution = isi_distribution(inter_spike_intervals(spikes)[0], edges)

    expected = -np.diff(np.exp(-rate * edges))
    assert distribution.n_intervals == 20_000
    np.testing.assert_allclose(distribution.probability, expected, atol=SAMPLING_TOLERANCE)
    np.testing.assert_allclose(
        distribution.density, distribution.probability / 0.01, rtol=ROUNDING_TOLERANCE
    )
    assert distribution.probability.sum() == pytest.approx(1 - math.exp(-3), abs=SAMPLING_TOLERANCE)


@pytest.mark.parametrize("dt", [1e-4, 1e-3, 2e-3])
def test_intervals_of_a_time_grid_fall_into_the_bin_they_begin(dt):
    """Intervals of 1 to 40 steps, whose times are rounded either way, in bins of one step."""
    spikes = np.zeros((1 + 820, 1))
    spikes[np.cumsum(np.arange(41))] = 1
    intervals, _ = inter_spike_intervals(spike_trains_from_grid(spikes, dt))
    edges = np.arange(42) * dt
    as_numpy_bins, _ = np.histogram(intervals, edges)

    distribution = isi_distribution(intervals, edges)

    assert (as_numpy_bins[1:] != 1).any()
    np.testing.assert_allclose(distribution.probability, [0] + [1 / 40] * 40)


def test_no_intervals_have_no_distribution():
    distribution = isi_distribution([], [0, 0.1, 0.3])

    assert distribution.n_intervals == 0
    assert np.isnan(distribution.probability).tolist() == [True, True]


def test_intervals_beyond_all_bins_leave_them_empty():
    assert isi_distribution([5.0], [0, 0.1, 0.3]).probability.tolist() == [0, 0]


def test_edges_are_the_distributions_own():
    edges = np.array([0.0, 1.0])
    distribution = isi_distribution([0.5], edges)
    edges[:] = 0

    np.testing.assert_array_equal(distribution.density, [1])


@pytest.mark.parametrize(
    ("intervals", "edges", "message"),
    [
        ([-0.1], [0, 1], r"intervals must be .* not negative, got -0.1 at \[0\]"),
        ([0.1, math.nan], [0, 1], r"intervals must be finite .* got nan at \[1\]"),
        ([[0.1]], [0, 1], r"intervals must have 1 dimension\(s\), got shape \(1, 1\)"),
        ([0.1], [0], "edges must be at least two, for one bin, got 1"),
        ([0.1], [0, math.inf], r"edges must be finite .* got inf at \[1\]"),
        ([0.1], [0, 0.2, 0.2], r"edges must increase, got 0.2 s after 0.2 s at \[2\]"),
        ([0.1], [0.3, 0.2], r"edges must increase, got 0.2 s after 0.3 s at \[1\]"),
    ],
)
def test_refuses_what_is_no_histogram(intervals, edges, message):
    with pytest.raises(ValueError, match=message):
        isi_distribution(intervals, edges)
