"""Distribution of synaptic weights: mean, spread, the part at the bounds, and creep over time.

Weights may have any unit, the same throughout. NaN or infinite weights are refused: a simulation
that lets them through is wrong, not merely unstable, since a plastic weight is clipped.
"""

from dataclasses import dataclass

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import (
    require_finite,
    require_nonnegative_array,
    require_positive,
)

# Distance from a bound, as a part of w_max, within which a weight counts as sitting at it.
BOUND_TOLERANCE = 1e-3


@dataclass(frozen=True)
class WeightDistribution:
    """Summary of a projection's weights.

    Parameters
    ----------
    mean : float
        Mean over synapses, in the weights' unit.
    std : float
        Standard deviation over synapses, in the weights' unit.
    fraction_at_bounds : float
        Part of the synapses at 0 or at `w_max`, in [0, 1].
    """

    mean: float
    std: float
    fraction_at_bounds: float


@takes_si(weights="any", w_max="any")
def weight_distribution(weights, w_max, tolerance=BOUND_TOLERANCE):
    """Mean, standard deviation and fraction at the bounds of a projection's weights.

    Parameters
    ----------
    weights : array_like, (S,)
        Weight of each synapse.
    w_max : float
        Upper bound, in the weights' unit; the lower bound is 0.
    tolerance : float
        Distance from a bound that counts as at it, as a part of `w_max`.

    Returns
    -------
    WeightDistribution
        All NaN if there is no synapse.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, `w_max` is not positive or `tolerance` is not in
        [0, 0.5).
    """
    weights = require_nonnegative_array("weights", weights)
    at_bounds = fraction_at_bounds(weights, w_max, tolerance)
    if not weights.size:
        return WeightDistribution(float("nan"), float("nan"), at_bounds)
    return WeightDistribution(float(weights.mean()), float(weights.std()), at_bounds)


@takes_si(weights="any", w_max="any")
def fraction_at_bounds(weights, w_max, tolerance=BOUND_TOLERANCE):
    """Part of the synapses whose weight sits at 0 or at its maximum.

    Parameters
    ----------
    weights : array_like, (S,)
        Weight of each synapse.
    w_max : float
        Upper bound, in the weights' unit; the lower bound is 0.
    tolerance : float
        Distance from a bound that counts as at it, as a part of `w_max`. Other codes ask for
        equality, which misses a weight that a last small step has just taken off its bound.

    Returns
    -------
    float
        In [0, 1]; NaN if there is no synapse.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, `w_max` is not positive or `tolerance` is not in
        [0, 0.5).
    """
    weights = require_nonnegative_array("weights", weights)
    w_max = require_positive("w_max", w_max)
    if not 0 <= require_finite("tolerance", tolerance) < 0.5:
        raise ValueError(f"tolerance must lie in [0, 0.5) of w_max, got {tolerance!r}")
    if not weights.size:
        return float("nan")
    margin = tolerance * w_max
    return float(np.mean((weights <= margin) | (weights >= w_max - margin)))


@takes_si(mean_weights="any")
def weight_creep(mean_weights):
    """Largest relative change of the mean weight since the first recorded time.

    Parameters
    ----------
    mean_weights : array_like, (T,) or (T, P)
        Mean weight at T times, of one projection or of P.

    Returns
    -------
    float
        Maximum over times (and projections) of |mean(t) - mean(0)| / mean(0). Every time counts,
        not only the last, so that a mean which leaves and returns is seen. A projection whose mean
        starts at 0 gives 0 if it stays there and infinity if it does not.

    Raises
    ------
    ValueError
        If there is no time or no projection, or a mean is negative or not finite.
    """
    means = require_nonnegative_array("mean_weights", mean_weights, dimensions=(1, 2))
    if not means.size:
        raise ValueError(f"mean_weights must hold at least one time, got shape {means.shape}")
    change = np.abs(means - means[0]).max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(change > 0, change / means[0], 0.0)
    return float(np.max(relative))
