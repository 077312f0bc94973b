"""Recorded spikes and counts in bins: behaviour at edges, closed forms, and what is refused."""

import math

import numpy as np
import pytest

from bionet.statistics import (
    SpikeTrains,
    binned_spike_counts,
    firing_rates,
    firing_rates_from_spikes,
    population_rate,
    spike_counts,
)


def test_spikes_are_ordered_by_neuron_then_time():
    spikes = SpikeTrains([0.3, 0.1, 0.2, 0.4], [1, 1, 0, 0], 2, 0, 1)

    np.testing.assert_array_equal(spikes.indices, [0, 0, 1, 1])
    np.testing.assert_array_equal(spikes.times, [0.2, 0.4, 0.1, 0.3])


def test_order_holds_beyond_sixteen_bit_indices():
    spikes = SpikeTrains([0.3, 0.1, 0.2], [70_000, 70_000, 4464], 70_001, 0, 1)

    np.testing.assert_array_equal(spikes.indices, [4464, 70_000, 70_000])
    np.testing.assert_array_equal(spikes.times, [0.2, 0.1, 0.3])


def test_start_belongs_to_the_window_and_stop_does_not():
    spikes = SpikeTrains([0.1, 0.2, 0.3, 0.4], [0, 0, 0, 0], 1, 0.2, 0.4)

    np.testing.assert_array_equal(spikes.times, [0.2, 0.3])


def test_rounded_times_of_a_simulation_fall_into_the_bin_of_their_step():
    """Closed form: 0.1 ms steps computed in floats, 10 in each bin of 1 ms, none goes astray."""
    steps = np.arange(20_000)
    rounded_either_way = (steps * 0.1e-3, steps / 10_000, np.cumsum(np.full(20_000, 1e-4)) - 1e-4)
    for times in rounded_either_way:
        spikes = SpikeTrains(times, np.zeros(20_000, dtype=int), 1, 0.3, 1.3)
        counts = binned_spike_counts(spikes, 1e-3)
        assert counts.shape == (1, 1000)
        assert (counts == 10).all()


def test_only_whole_bins_are_counted():
    spikes = SpikeTrains([0.05, 0.15, 0.24], [0, 1, 1], 2, 0, 0.25)

    np.testing.assert_array_equal(binned_spike_counts(spikes, 0.1), [[1, 0], [0, 1]])
    np.testing.assert_allclose(population_rate(spikes, 0.1), [5, 5])
    assert binned_spike_counts(spikes, 0.5).shape == (2, 0)
    assert population_rate(spikes, 0.5).size == 0


def test_silent_neurons_count_as_zero():
    spikes = SpikeTrains([0.1, 0.2], [1, 1], 4, 0, 0.5)

    np.testing.assert_array_equal(spike_counts(spikes), [0, 2, 0, 0])
    np.testing.assert_allclose(firing_rates_from_spikes(spikes), [0, 4, 0, 0])
    np.testing.assert_allclose(firing_rates([0, 2, 0, 0], 0.5), [0, 4, 0, 0])
    np.testing.assert_allclose(population_rate(spikes, 0.5), [1])


def test_arrays_are_read_only():
    spikes = SpikeTrains([0.1], [0], 1, 0, 1)

    with pytest.raises(ValueError, match="read-only"):
        spikes.times[0] = 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1], [0, 1], 2, 0, 1), r"one entry a spike, got shapes \(1,\) and \(2,\)"),
        (([0.1], [0.0], 2, 0, 1), "indices must be whole numbers, got an array of float64"),
        (([math.nan], [0], 2, 0, 1), "times must be finite"),
        (([0.1], [2], 2, 0, 1), r"indices must lie in \[0, 2\), got 2 to 2"),
        (([0.1], [-1], 2, 0, 1), r"indices must lie in \[0, 2\), got -1 to -1"),
        (([], [], 0, 0, 1), "n_neurons must be a whole number of at least 1, got 0"),
        (([], [], 1, 1, 0), "must not end before it starts"),
        (([], [], 1, 0, math.inf), "stop must be a finite number, got inf"),
    ],
)
def test_refuses_what_is_no_recording(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpikeTrains(*arguments)


def test_refuses_bins_and_windows_without_length():
    spikes = SpikeTrains([], [], 1, 0, 1)

    with pytest.raises(ValueError, match="bin_width must be a positive finite number"):
        binned_spike_counts(spikes, 0)
    with pytest.raises(ValueError, match="bin_width must be a positive finite number"):
        population_rate(spikes, -0.01)
    with pytest.raises(ValueError, match="window must be a positive finite number"):
        firing_rates([1], 0)
