"""Spikes on a time grid: rates and spike times of every sample and neuron (behaviour)."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bionet.statistics import (
    binned_spike_counts,
    firing_frequency,
    firing_rates_from_spikes,
    inter_spike_intervals,
    spike_trains_from_grid,
)
from bionet.statistics.gridded_spikes import require_gridded_spikes

counts = arrays(int, st.tuples(*[st.integers(1, 6)] * 3), elements=st.integers(0, 2))

# A mean of a few numbers in another order.
ROUNDING_TOLERANCE = 1e-12


def test_frequency_is_spikes_over_time():
    """3 spikes, 1 and none in 4 steps of 1 ms; a second sample of one neuron that never stops."""
    sample = np.array([[1, 0, 0], [0, 1, 0], [2, 0, 0], [0, 0, 0]])
    other = np.array([[0, 1, 0]] * 4)

    np.testing.assert_allclose(firing_frequency(sample, 1e-3), [750, 250, 0])
    np.testing.assert_allclose(
        firing_frequency([sample, other], 1e-3), [[750, 250, 0], [0, 1000, 0]]
    )


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float16])
def test_counts_do_not_overflow_the_type_of_the_spikes(kind):
    """5000 spikes are more than 255 of uint8, and than 2048, up to which float16 counts."""
    assert firing_frequency(np.ones((5000, 1), dtype=kind), 1e-3)[0] == pytest.approx(1000)


@settings(max_examples=60, deadline=None)
@given(counts, st.sampled_from([1e-4, 1e-3, 0.3]))
def test_spike_times_fall_into_their_steps(spikes, dt):
    n_samples, steps, neurons = spikes.shape

    trains = spike_trains_from_grid(spikes, dt)

    binned = binned_spike_counts(trains, dt).reshape(n_samples, neurons, steps)
    np.testing.assert_array_equal(binned.swapaxes(1, 2), spikes)
    np.testing.assert_allclose(
        firing_rates_from_spikes(trains),
        firing_frequency(spikes, dt).ravel(),
        rtol=ROUNDING_TOLERANCE,
    )


def test_intervals_do_not_cross_samples():
    spikes = np.zeros((2, 10, 2))
    spikes[0, [1, 4], 0] = spikes[0, 9, 1] = 1
    spikes[1, [0, 2, 9], 1] = 1

    intervals, owners = inter_spike_intervals(spike_trains_from_grid(spikes, 0.01))

    np.testing.assert_allclose(intervals, [0.03, 0.02, 0.07])
    assert owners.tolist() == [0, 3, 3]


def test_one_sample_needs_no_axis_of_samples():
    spikes = np.array([[1, 0], [0, 2]])
    trains = spike_trains_from_grid(spikes, 0.5)

    np.testing.assert_array_equal(trains.times, [0, 0.5, 0.5])
    np.testing.assert_array_equal(trains.indices, [0, 1, 1])
    assert (trains.n_neurons, trains.start, trains.stop) == (2, 0, 1)


def test_the_check_copies_nothing():
    for kind in (bool, np.int8, np.float32):
        spikes = np.ones((2, 3), dtype=kind)
        assert require_gridded_spikes(spikes) is spikes


def test_every_piece_of_a_large_array_is_checked():
    spikes = np.zeros((9_000_000, 1), dtype=np.float32)
    spikes[8_000_000] = 0.25

    with pytest.raises(ValueError, match=r"whole numbers, got 0.25 at \[8000000, 0\]"):
        require_gridded_spikes(spikes)


@pytest.mark.parametrize("statistic", [firing_frequency, spike_trains_from_grid])
@pytest.mark.parametrize(
    ("spikes", "dt", "message"),
    [
        ([1, 0], 1e-3, r"spikes must have 2 or 3 dimension\(s\), got shape \(2,\)"),
        ([[1, math.nan]], 1e-3, r"spikes must be finite .* got nan at \[0, 1\]"),
        ([[1, math.inf]], 1e-3, r"spikes must be finite .* got inf at \[0, 1\]"),
        ([[1], [-1]], 1e-3, r"spikes must be .* not negative, got -1.0 at \[1, 0\]"),
        ([[1, 1.5]], 1e-3, r"spikes must be whole numbers, got 1.5 at \[0, 1\]"),
        (np.array([[1, 1.5]], dtype=object), 1e-3, "spikes must be whole numbers, got 1.5"),
        ([[1, 0]], 0, "dt must be a positive finite number, got 0"),
        ([[1, 0]], -1e-3, "dt must be a positive finite number, got -0.001"),
    ],
)
def test_refuses_what_are_no_spikes_on_a_grid(statistic, spikes, dt, message):
    with pytest.raises(ValueError, match=message):
        statistic(spikes, dt)


def test_refuses_grids_without_time_or_neurons():
    with pytest.raises(ValueError, match=r"at least one step, got shape \(0, 2\)"):
        firing_frequency(np.zeros((0, 2)), 1e-3)
    with pytest.raises(ValueError, match=r"at least one sample and neuron, got shape \(0, 4, 2\)"):
        spike_trains_from_grid(np.zeros((0, 4, 2)), 1e-3)
    with pytest.raises(ValueError, match="dt must be above 1e-09 s, got 1e-09"):
        spike_trains_from_grid([[1]], 1e-9)
