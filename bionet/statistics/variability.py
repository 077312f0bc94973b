"""Fano factors: variance over mean of spike counts, across neurons or across time.

Both are 1 for independent Poisson neurons of equal and constant rate. Rates that differ between
neurons raise the spatial factor, rates that change in time and bursts raise the temporal one, and
regular firing lowers it. Variances divide by the number of counts (no Bessel correction).
"""

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import require_nonnegative_array
from bionet.statistics.spike_trains import binned_spike_counts

# Counting window of the temporal Fano factor, s.
COUNTING_WINDOW = 0.1


@takes_si()
def spatial_fano_factor(counts):
    """Variance over mean of the spike counts across neurons.

    Parameters
    ----------
    counts : array_like, (N,) or (N, T)
        Spikes of each neuron, in one window or in T bins.

    Returns
    -------
    float
        With T bins, the mean over the bins that hold a spike. Silent neurons are part of both
        variance and mean. Bins without any spike are left out (other codes count them, and bins
        with few spikes, as 0); NaN if no bin holds a spike.

    Raises
    ------
    ValueError
        If a count is negative or not finite, or `counts` is neither a vector nor a matrix.
    """
    counts = require_nonnegative_array("counts", counts, dimensions=(1, 2))
    if counts.shape[0] == 0:
        return float("nan")
    if counts.ndim == 1:
        counts = counts[:, np.newaxis]
    return _mean_ratio(counts.var(axis=0), counts.mean(axis=0))


@takes_si()
def temporal_fano_factor(counts):
    """Variance over mean of each neuron's spike counts across time, averaged over neurons.

    Parameters
    ----------
    counts : array_like, (N, T)
        Spikes of each neuron in T consecutive counting windows.

    Returns
    -------
    float
        The mean over the neurons that spiked. Silent neurons have no Fano factor and are left out
        (other codes count them as 0); NaN if no neuron spiked or T is 0.

    Raises
    ------
    ValueError
        If a count is negative or not finite, or `counts` is not a matrix.
    """
    counts = require_nonnegative_array("counts", counts, dimensions=(2,))
    if counts.shape[1] == 0:
        return float("nan")
    return _mean_ratio(counts.var(axis=1), counts.mean(axis=1))


@takes_si(window="s")
def fano_factors_from_spikes(spikes, window=COUNTING_WINDOW):
    """Spatial and temporal Fano factor of recorded spikes in the same counting windows.

    Parameters
    ----------
    spikes : SpikeTrains
    window : float
        Length of a counting window, s.

    Returns
    -------
    spatial, temporal : float
        As `spatial_fano_factor` and `temporal_fano_factor` define them.

    Raises
    ------
    ValueError
        If the counting window is not positive.
    """
    counts = binned_spike_counts(spikes, window)
    return spatial_fano_factor(counts), temporal_fano_factor(counts)


def _mean_ratio(variance, mean):
    spiked = mean > 0
    return float((variance[spiked] / mean[spiked]).mean()) if spiked.any() else float("nan")
