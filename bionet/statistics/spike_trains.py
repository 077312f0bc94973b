"""Recorded spikes of a population: two flat arrays, cut to a window and ordered by neuron.

This is what a Brian2 `SpikeMonitor` records (`monitor.t`, `monitor.i`). All statistics of recorded
spikes take a `SpikeTrains`, so that checking, cutting and ordering happen once.
"""

import math
from dataclasses import dataclass

import numpy as np

from bionet.si import fields_in_si, takes_si
from bionet.statistics.requirements import require_finite, require_positive

# A simulator's spike times are multiples of a time step, computed in floating point: the step that
# begins at 0.3 s may carry 0.30000000000000004 s. Times this close (s) to an edge count as on it.
EDGE_TOLERANCE = 1e-9

# Up to this many neurons an index fits 16 bits, for which numpy's stable sort is a radix sort.
_RADIX_SORTABLE = 2**16


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """The spikes of `n_neurons` neurons in the window [start, stop).

    Built from spikes in any order; spikes outside the window are left out, the others are stored
    neuron by neuron and in each neuron by time.

    Parameters
    ----------
    times : array_like, (S,)
        Time of each spike, s.
    indices : array_like of int, (S,)
        Neuron of each spike, in [0, n_neurons).
    n_neurons : int
        Size of the population, silent neurons included.
    start, stop : float
        The window, s. A spike at `start` belongs to it, a spike at `stop` does not; an edge is
        sharp to 1e-9 s, since a time step's beginning is known only to rounding.

    Raises
    ------
    ValueError
        If the arrays differ in shape, a time is not finite, an index is not that of a neuron, the
        population is empty or the window ends before it starts.
    """

    times: np.ndarray
    indices: np.ndarray
    n_neurons: int
    start: float
    stop: float

    def __post_init__(self):
        fields_in_si(self, times="s", start="s", stop="s")
        times, indices = _checked_spikes(self.times, self.indices, self.n_neurons)
        start, stop = require_finite("start", self.start), require_finite("stop", self.stop)
        if stop < start:
            raise ValueError(f"the window must not end before it starts, got [{start}, {stop}) s")
        inside = (times >= start - EDGE_TOLERANCE) & (times < stop - EDGE_TOLERANCE)
        times, indices = times[inside], indices[inside]
        order = _neuron_then_time(times, indices, self.n_neurons)
        for name, array in (("times", times[order]), ("indices", indices[order])):
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "n_neurons", int(self.n_neurons))
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "stop", stop)

    @property
    def duration(self):
        """Length of the window, s."""
        return self.stop - self.start


def spike_counts(spikes):
    """Count the spikes of each neuron.

    Parameters
    ----------
    spikes : SpikeTrains

    Returns
    -------
    numpy.ndarray of int, (N,)
        A silent neuron counts 0.
    """
    return np.bincount(spikes.indices, minlength=spikes.n_neurons)


@takes_si(bin_width="s")
def binned_spike_counts(spikes, bin_width):
    """Count the spikes of each neuron in consecutive bins.

    Parameters
    ----------
    spikes : SpikeTrains
    bin_width : float
        Length of a bin, s.

    Returns
    -------
    numpy.ndarray of int, (N, T)
        T is the number of whole bins in the window; spikes after the last whole bin are left out.
        A window shorter than one bin gives T = 0.

    Raises
    ------
    ValueError
        If the bin width is not positive.
    """
    n_bins = number_of_bins(spikes, bin_width)
    bins = bin_of_spikes(spikes, bin_width)
    whole = bins < n_bins
    cells = spikes.indices[whole] * n_bins + bins[whole]
    counts = np.bincount(cells, minlength=spikes.n_neurons * n_bins)
    return counts.reshape(spikes.n_neurons, n_bins)


def number_of_bins(spikes, bin_width):
    """How many whole bins of `bin_width` (s) the window holds.

    Parameters
    ----------
    spikes : SpikeTrains
    bin_width : float
        Length of a bin, s.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the bin width is not positive.
    """
    bin_width = require_positive("bin_width", bin_width)
    return math.floor((spikes.duration + EDGE_TOLERANCE) / bin_width)


def bin_of_spikes(spikes, bin_width):
    """Bin of each spike, counted from the start of the window.

    Parameters
    ----------
    spikes : SpikeTrains
    bin_width : float
        Length of a bin, s.

    Returns
    -------
    numpy.ndarray of int, (S,)
        A spike on an edge belongs to the later bin. Spikes after the last whole bin carry its
        number plus one.

    Raises
    ------
    ValueError
        If the bin width is not positive.
    """
    bin_width = require_positive("bin_width", bin_width)
    # The sum is never negative but for rounding at the window's own edge.
    since_start = np.maximum(spikes.times - spikes.start + EDGE_TOLERANCE, 0)
    return np.floor(since_start / bin_width).astype(np.int64)


def _checked_spikes(times, indices, n_neurons):
    times = np.asarray(times, dtype=float)
    indices = np.asarray(indices)
    if n_neurons < 1 or n_neurons != int(n_neurons):
        raise ValueError(f"n_neurons must be a whole number of at least 1, got {n_neurons!r}")
    if times.ndim != 1 or times.shape != indices.shape:
        raise ValueError(
            "times and indices must be vectors with one entry a spike, "
            f"got shapes {times.shape} and {indices.shape}"
        )
    if not times.size:
        return times, np.zeros(0, dtype=np.int64)
    if indices.dtype.kind not in "iu":
        raise ValueError(f"indices must be whole numbers, got an array of {indices.dtype}")
    if not np.isfinite(times).all():
        raise ValueError("times must be finite, got NaN or an infinity")
    if indices.min() < 0 or indices.max() >= n_neurons:
        raise ValueError(
            f"indices must lie in [0, {n_neurons}), got {indices.min()} to {indices.max()}"
        )
    return times, indices.astype(np.int64)


def _neuron_then_time(times, indices, n_neurons):
    in_time = None if (np.diff(times) >= 0).all() else np.argsort(times, kind="stable")
    key = indices.astype(np.uint16) if n_neurons <= _RADIX_SORTABLE else indices
    if in_time is None:
        return np.argsort(key, kind="stable")
    return in_time[np.argsort(key[in_time], kind="stable")]
