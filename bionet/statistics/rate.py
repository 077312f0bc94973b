"""Firing rates: of each neuron over a window, and of the population in bins. Silent neurons count.

A rate is spikes over the length of the window. Other codes divide the number of intervals by the
time between a neuron's first and last spike, which leaves out silent neurons and overestimates the
rate of sparse ones; here a silent neuron has the rate 0 Hz and takes part in every mean.
"""

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import require_nonnegative_array, require_positive
from bionet.statistics.spike_trains import (
    bin_of_spikes,
    number_of_bins,
    spike_counts,
)


@takes_si(window="s")
def firing_rates(spike_count, window):
    """Rate of each neuron from its number of spikes.

    Parameters
    ----------
    spike_count : array_like, (N,)
        Spikes of each neuron in the window.
    window : float
        Length of the window, s.

    Returns
    -------
    numpy.ndarray, (N,)
        Rates in Hz; 0 for a silent neuron.

    Raises
    ------
    ValueError
        If a count is negative or not finite, or the window is not positive.
    """
    return require_nonnegative_array("spike_count", spike_count) / require_positive(
        "window", window
    )


def firing_rates_from_spikes(spikes):
    """Rate of each neuron from recorded spikes.

    Parameters
    ----------
    spikes : SpikeTrains

    Returns
    -------
    numpy.ndarray, (N,)
        Rates in Hz over the whole window; 0 for a silent neuron.

    Raises
    ------
    ValueError
        If the window has no length.
    """
    return firing_rates(spike_counts(spikes), spikes.duration)


@takes_si(bin_width="s")
def population_rate(spikes, bin_width):
    """Rate of the population in consecutive bins, averaged over all its neurons.

    Parameters
    ----------
    spikes : SpikeTrains
    bin_width : float
        Length of a bin, s.

    Returns
    -------
    numpy.ndarray, (T,)
        Spikes of a bin / (N * bin_width), Hz, for the T whole bins of the window. 0 in a bin
        without spikes; empty if the window is shorter than one bin.

    Raises
    ------
    ValueError
        If the bin width is not positive.
    """
    n_bins = number_of_bins(spikes, bin_width)
    counts = np.bincount(bin_of_spikes(spikes, bin_width), minlength=n_bins)[:n_bins]
    return counts / (spikes.n_neurons * bin_width)
