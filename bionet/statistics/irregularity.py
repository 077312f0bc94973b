"""Irregularity of firing: the coefficient of variation (CV) of each neuron's inter-spike intervals.

A neuron's CV is the standard deviation of its intervals divided by their mean: 0 for a clock, 1 for
a Poisson process. It is taken neuron by neuron. Pooling the intervals of all neurons, as is also
done, would read different rates as irregularity. A neuron with too few intervals has no CV (NaN)
and is left out of the mean; counting it as 0, as is also done, would read silence as regularity.

A CV from few intervals is biased downwards, for their mean is that of the same few. Of n intervals
of a Poisson process CV^2 is (n - 1)/(n + 1) on average, however long the window was, and the mean
CV is

=====  ====  ====  ====  ====  ====
n         5    10    20    50   200
mean   0.77  0.88  0.93  0.97  0.99
=====  ====  ====  ====  ====  ====

A Poisson process of 3 Hz reads 0.88 in 4 s, 0.98 in 20 s; one of 10 Hz 0.97 in 5 s. Windows and
rates must therefore be alike where CVs are compared.
"""

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import require_nonnegative_array

# Fewest intervals from which a CV is taken.
MINIMUM_INTERVALS = 5


def inter_spike_intervals(spikes):
    """Intervals between consecutive spikes of the same neuron, both inside the window.

    Parameters
    ----------
    spikes : SpikeTrains

    Returns
    -------
    intervals : numpy.ndarray, (M,)
        Lengths in s, neuron by neuron and in order of time.
    owners : numpy.ndarray of int, (M,)
        Neuron of each interval. A neuron with fewer than two spikes owns none.
    """
    same_neuron = np.diff(spikes.indices) == 0
    return np.diff(spikes.times)[same_neuron], spikes.indices[1:][same_neuron]


@takes_si()
def isi_cvs(spikes, minimum_intervals=MINIMUM_INTERVALS):
    """CV of the inter-spike intervals of each neuron, from recorded spikes.

    Parameters
    ----------
    spikes : SpikeTrains
    minimum_intervals : int
        Fewest intervals from which a CV is taken, at least 1.

    Returns
    -------
    numpy.ndarray, (N,)
        Standard deviation / mean. NaN where a neuron has fewer than `minimum_intervals` intervals,
        silent neurons among them.

    Raises
    ------
    ValueError
        If `minimum_intervals` is below 1.
    """
    intervals, owners = inter_spike_intervals(spikes)
    count = np.bincount(owners, minlength=spikes.n_neurons)
    some = np.maximum(count, 1)
    mean = np.bincount(owners, weights=intervals, minlength=spikes.n_neurons) / some
    squared_deviations = (intervals - mean[owners]) ** 2
    variance = np.bincount(owners, weights=squared_deviations, minlength=spikes.n_neurons) / some
    return _ratio_where_counted(count, mean, variance, minimum_intervals)


@takes_si(isi_sum="s", isi_sum_squares="s^2")
def isi_cvs_from_sums(spike_count, isi_sum, isi_sum_squares, minimum_intervals=MINIMUM_INTERVALS):
    """CV of the inter-spike intervals of each neuron, from sums a simulation kept online.

    A neuron with n spikes after the warm-up has n - 1 intervals whose both ends lie after it; only
    those are in the sums. Rounding of the difference `<isi^2> - <isi>^2` leaves an uncertainty of
    about 1e-16 times the number of intervals in CV^2; what it makes negative becomes 0.

    Parameters
    ----------
    spike_count : array_like, (N,)
        Spikes of each neuron after the warm-up.
    isi_sum : array_like, (N,)
        Sum of its intervals, s.
    isi_sum_squares : array_like, (N,)
        Sum of the squares of its intervals, s^2.
    minimum_intervals : int
        Fewest intervals from which a CV is taken, at least 1.

    Returns
    -------
    numpy.ndarray, (N,)
        Standard deviation / mean. NaN where a neuron has fewer than `minimum_intervals` intervals,
        silent neurons among them.

    Raises
    ------
    ValueError
        If the arrays differ in shape, an entry is negative or not finite, a neuron without an
        interval has a sum, or `minimum_intervals` is below 1.
    """
    spike_count = require_nonnegative_array("spike_count", spike_count)
    isi_sum = require_nonnegative_array("isi_sum", isi_sum)
    isi_sum_squares = require_nonnegative_array("isi_sum_squares", isi_sum_squares)
    if not spike_count.shape == isi_sum.shape == isi_sum_squares.shape:
        raise ValueError(
            "spike_count, isi_sum and isi_sum_squares must have one entry a neuron, got shapes "
            f"{spike_count.shape}, {isi_sum.shape} and {isi_sum_squares.shape}"
        )
    count = np.maximum(spike_count - 1, 0)
    _refuse_sums_without_intervals(count, spike_count, isi_sum)
    some = np.maximum(count, 1)
    mean = isi_sum / some
    variance = np.maximum(isi_sum_squares / some - mean**2, 0)
    return _ratio_where_counted(count, mean, variance, minimum_intervals)


@takes_si()
def mean_isi_cv(cvs):
    """Mean CV over the neurons that have one.

    Parameters
    ----------
    cvs : array_like, (N,)
        CV of each neuron, NaN where it has none.

    Returns
    -------
    float
        NaN if no neuron has a CV. Below the CV of the process where intervals are few: see the
        table in this module's docstring.
    """
    cvs = np.asarray(cvs, dtype=float)
    counted = cvs[~np.isnan(cvs)]
    return float(counted.mean()) if counted.size else float("nan")


def _refuse_sums_without_intervals(count, spike_count, isi_sum):
    # Such a sum means that the interval across the warm-up's end was counted: a wrong network.
    wrong = np.flatnonzero((count == 0) & (isi_sum > 0))
    if wrong.size:
        neuron = int(wrong[0])
        raise ValueError(
            f"isi_sum of neuron {neuron} must be 0, since its {spike_count[neuron]:g} spike(s) "
            f"after the warm-up enclose no interval, got {isi_sum[neuron]:g} s"
        )


def _ratio_where_counted(count, mean, variance, minimum_intervals):
    if minimum_intervals < 1:
        raise ValueError(f"minimum_intervals must be at least 1, got {minimum_intervals!r}")
    # Intervals that are all of length 0 have no CV either.
    counted = (count >= minimum_intervals) & (mean > 0)
    cvs = np.full(count.shape, np.nan)
    np.divide(np.sqrt(variance), mean, out=cvs, where=counted)
    return cvs
