"""Distribution of inter-spike intervals: the part of them in each bin, and its density.

Intervals come from `inter_spike_intervals`, pooled over a population or, by their owners, of single
neurons; `spike_trains_from_grid` makes spikes of a network in discrete time fit for it. Pooled
intervals weigh a neuron by how many it has, and intervals longer than the window are never seen.
"""

from dataclasses import dataclass

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import require_nonnegative_array
from bionet.statistics.spike_trains import EDGE_TOLERANCE


@dataclass(frozen=True, eq=False)
class ISIDistribution:
    """Histogram of intervals, relative to their number.

    Attributes
    ----------
    edges : numpy.ndarray, (B + 1,)
        Edges of the bins, s.
    probability : numpy.ndarray, (B,)
        Part of all intervals in each bin, those outside of every bin counted in the whole: the sum
        is 1 only if none is. NaN if there is no interval.
    n_intervals : int
        Intervals in and outside of the bins.
    """

    edges: np.ndarray
    probability: np.ndarray
    n_intervals: int

    @property
    def density(self):
        """Probability of each bin over its width, 1/s, (B,)."""
        return self.probability / np.diff(self.edges)


@takes_si(intervals="s", edges="s")
def isi_distribution(intervals, edges):
    """Part of the intervals in each bin.

    Parameters
    ----------
    intervals : array_like, (M,)
        Lengths, s.
    edges : array_like, (B + 1,)
        Edges of B bins, s, increasing. An interval on an edge belongs to the later bin, on the last
        edge to none. Edges are sharp to 1e-9 s, as intervals of a time grid are known to rounding.

    Returns
    -------
    ISIDistribution

    Raises
    ------
    ValueError
        If an interval or edge is negative or not finite, there are fewer than two edges, or they do
        not increase.
    """
    intervals = require_nonnegative_array("intervals", intervals)
    edges = require_nonnegative_array("edges", edges)
    if edges.size < 2:
        raise ValueError(f"edges must be at least two, for one bin, got {edges.size}")
    if not (np.diff(edges) > 0).all():
        first = int(np.argmin(np.diff(edges) > 0))
        raise ValueError(
            f"edges must increase, got {edges[first + 1]} s after {edges[first]} s at [{first + 1}]"
        )
    bins = np.searchsorted(edges - EDGE_TOLERANCE, intervals, side="right") - 1
    counts = np.bincount(bins[(bins >= 0) & (bins < edges.size - 1)], minlength=edges.size - 1)
    total = intervals.size
    probability = counts / total if total else np.full(counts.shape, np.nan)
    return ISIDistribution(edges.copy(), probability, total)
