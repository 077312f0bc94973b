"""Hidden neurons of two networks, matched: their order means nothing, so the best one is taken.

Exchanging hidden neurons, with all their weights, leaves a network's function as it is. Two
networks are compared in the order in which their hidden neurons are nearest (the linear assignment
problem, solved by `scipy.optimize.linear_sum_assignment`).
"""

import numpy as np

from bionet.si import takes_si

__all__ = ["match_hidden", "matched_distance"]


@takes_si(weights="any", target="any")
def match_hidden(weights, target):
    """Order in which hidden neurons are nearest to a target's.

    Parameters
    ----------
    weights, target : array_like, (inputs, hidden)
        Input weights; columns are hidden neurons.

    Returns
    -------
    numpy.ndarray of int, (hidden,)
        Column of `weights` for each column of `target`: ``weights[:, order]`` has the smallest
        sum of squared differences from `target`.

    Raises
    ------
    ValueError
        If the shapes differ or a weight is not finite.
    """
    from scipy.optimize import linear_sum_assignment

    weights, target = np.asarray(weights, dtype=float), np.asarray(target, dtype=float)
    if weights.ndim != 2 or weights.shape != target.shape:
        raise ValueError(
            f"weights and target must both be (inputs, hidden), got {weights.shape} and "
            f"{target.shape}"
        )
    if not (np.isfinite(weights).all() and np.isfinite(target).all()):
        raise ValueError("weights and target must be finite, got NaN or an infinity")
    cost = ((target[:, :, np.newaxis] - weights[:, np.newaxis, :]) ** 2).sum(axis=0)
    return linear_sum_assignment(cost)[1]


@takes_si(weights="any", target="any")
def matched_distance(weights, target):
    """Euclidean distance of all weights from a target's, hidden neurons in the best order.

    Parameters
    ----------
    weights, target : array_like, (inputs, hidden)

    Returns
    -------
    float
        In the weights' unit.

    Raises
    ------
    ValueError
        As `match_hidden` does.
    """
    order = match_hidden(weights, target)
    return float(np.linalg.norm(np.asarray(weights)[:, order] - np.asarray(target)))
