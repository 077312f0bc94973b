"""ISI CV: closed forms (clock, Poisson, gamma process) and behaviour with too few intervals."""

import math

import numpy as np
import pytest

from bionet.statistics import (
    MINIMUM_INTERVALS,
    SpikeTrains,
    inter_spike_intervals,
    isi_cvs,
    isi_cvs_from_sums,
    mean_isi_cv,
)

# 200 neurons of 500 intervals each: the mean CV's standard error is about 1/sqrt(2 x 1e5) = 0.003,
# its bias about -1/500; five standard errors and the bias.
SAMPLING_TOLERANCE = 0.02

# Cancellation in <isi^2> - <isi>^2 leaves CV^2 uncertain by a few 1e-16, CV by the root of that.
CANCELLATION_TOLERANCE = 1e-7


def renewal_spikes(intervals):
    """Spikes of one neuron a row of intervals."""
    times = np.cumsum(intervals, axis=1)
    neurons = np.broadcast_to(np.arange(len(times))[:, None], times.shape)
    return SpikeTrains(times.ravel(), neurons.ravel(), len(times), 0, times.max() + 1)


@pytest.mark.parametrize("shape", [1, 4])
def test_gamma_process_has_the_cv_of_its_intervals(shape):
    """Closed form: 1 / sqrt(shape), so 1 for Poisson spikes; rates differ between neurons."""
    generator = np.random.default_rng(2)
    mean_interval = generator.uniform(0.02, 0.5, (200, 1))
    intervals = generator.gamma(shape, mean_interval / shape, (200, 500))

    mean = mean_isi_cv(isi_cvs(renewal_spikes(intervals)))

    assert mean == pytest.approx(1 / math.sqrt(shape), abs=SAMPLING_TOLERANCE)


@pytest.mark.parametrize(
    ("n_intervals", "mean"), [(5, 0.77), (10, 0.88), (20, 0.93), (50, 0.97), (200, 0.99)]
)
def test_few_intervals_read_a_poisson_process_as_more_regular(n_intervals, mean):
    """Closed form: <CV^2> = (n - 1)/(n + 1), as normalised intervals are uniform on a simplex.

    The mean CV is the docstring's, which has two digits.
    """
    generator = np.random.default_rng(5)
    rows = 200_000 // n_intervals
    cvs = isi_cvs(renewal_spikes(generator.exponential(1.0, (rows, n_intervals + 1))))

    expected = (n_intervals - 1) / (n_intervals + 1)
    error = 4 * np.std(cvs**2) / math.sqrt(rows)
    assert error < 0.05 * expected
    assert np.mean(cvs**2) == pytest.approx(expected, abs=error)
    assert mean_isi_cv(cvs) == pytest.approx(mean, abs=0.005 + 4 * np.std(cvs) / math.sqrt(rows))


def test_a_short_window_reads_a_slow_poisson_process_as_more_regular():
    """Statistical: 3 Hz in 4 s read 0.88, the number that the docstring gives."""
    generator = np.random.default_rng(6)
    n, rate, window = 4000, 3.0, 4.0
    counts = generator.poisson(rate * window, n)
    times = generator.uniform(0, window, counts.sum())
    cvs = isi_cvs(SpikeTrains(times, np.repeat(np.arange(n), counts), n, 0, window))
    assert mean_isi_cv(cvs) == pytest.approx(0.88, abs=0.02)


def test_clock_has_a_cv_of_zero_also_from_sums():
    count, interval = 1000, 0.1
    sums = (count - 1) * interval, (count - 1) * interval**2

    cv = isi_cvs_from_sums([count], [sums[0]], [sums[1]])

    assert cv[0] == pytest.approx(0, abs=CANCELLATION_TOLERANCE)


def test_negative_variance_from_rounding_becomes_zero():
    mean_square_below_squared_mean = 6 * 0.1**2 * (1 - 1e-15)

    cv = isi_cvs_from_sums([7], [6 * 0.1], [mean_square_below_squared_mean])

    assert cv[0] == 0


def test_intervals_stay_within_a_neuron():
    spikes = SpikeTrains([0.1, 0.2, 0.4, 0.9], [0, 1, 0, 1], 3, 0, 1)
    intervals, owners = inter_spike_intervals(spikes)

    np.testing.assert_allclose(intervals, [0.3, 0.7])
    np.testing.assert_array_equal(owners, [0, 1])


def test_too_few_intervals_give_no_cv():
    """Behaviour at the limit: one spike more than the minimum of intervals is needed."""
    for n_spikes in (0, 1, 2, MINIMUM_INTERVALS, MINIMUM_INTERVALS + 1):
        times = np.linspace(0.1, 0.9, n_spikes)
        spikes = SpikeTrains(times, np.zeros(n_spikes, dtype=int), 1, 0, 1)
        intervals = np.diff(times)
        has_cv = n_spikes > MINIMUM_INTERVALS

        from_sums = isi_cvs_from_sums([n_spikes], [intervals.sum()], [(intervals**2).sum()])

        assert math.isnan(isi_cvs(spikes)[0]) != has_cv
        assert math.isnan(from_sums[0]) != has_cv


def test_intervals_of_no_length_have_no_cv():
    spikes = SpikeTrains(np.full(10, 0.5), np.zeros(10, dtype=int), 1, 0, 1)

    with np.errstate(all="raise"):
        assert math.isnan(isi_cvs(spikes)[0])


def test_minimum_of_intervals_can_be_chosen():
    spikes = SpikeTrains([0.1, 0.2, 0.5], [0, 0, 0], 1, 0, 1)

    assert isi_cvs(spikes, minimum_intervals=2)[0] == pytest.approx(0.5)
    with pytest.raises(ValueError, match="minimum_intervals must be at least 1, got 0"):
        isi_cvs(spikes, minimum_intervals=0)


def test_mean_leaves_out_neurons_without_a_cv():
    assert mean_isi_cv([math.nan, 0.5, 1.0]) == 0.75
    assert math.isnan(mean_isi_cv([math.nan, math.nan]))
    assert math.isnan(mean_isi_cv([]))


def test_refuses_sums_that_no_simulation_gives():
    with pytest.raises(ValueError, match=r"isi_sum of neuron 1 must be 0, since its 1 spike"):
        isi_cvs_from_sums([3, 1], [0.2, 0.3], [0.02, 0.09])
    with pytest.raises(ValueError, match=r"got shapes \(2,\), \(2,\) and \(1,\)"):
        isi_cvs_from_sums([3, 1], [0.2, 0], [0.02])
    with pytest.raises(ValueError, match="isi_sum_squares must be finite"):
        isi_cvs_from_sums([3], [0.2], [math.nan])
