"""Pairs of neurons by their kind: both excitatory, one of each, both inhibitory.

Kilgore et al. (Sci Rep 15:24798, 2025, Fig. 5, Tables 2 and 3) compare the distances of spike
trains in these three groups.
"""

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import require_nonnegative_array

# Part by which rounding may let the distances of (a, b) and (b, a) differ.
SYMMETRY_TOLERANCE = 1e-9


@takes_si(distances="any")
def pair_groups(distances, excitatory):
    """Distances of the E-E, E-I and I-I pairs of a population.

    Parameters
    ----------
    distances : array_like, (N, N)
        Distance of each two neurons, symmetric, in any unit.
    excitatory : array_like of bool, (N,)
        Whether a neuron is excitatory; it is inhibitory otherwise.

    Returns
    -------
    dict of numpy.ndarray, each (pairs,)
        Under "E-E", "E-I" and "I-I", in this order. Every pair of two different neurons is in one
        group, once. A group without pairs is empty, as two are without inhibitory neurons.

    Raises
    ------
    ValueError
        If `distances` is not a symmetric square matrix, one of them is negative or not finite, or
        `excitatory` is not one bool a neuron.
    """
    distances = require_nonnegative_array("distances", distances, dimensions=(2,))
    if distances.shape[0] != distances.shape[1]:
        raise ValueError(f"distances must be a square matrix, got shape {distances.shape}")
    wrong = np.argwhere(~np.isclose(distances, distances.T, rtol=SYMMETRY_TOLERANCE, atol=0))
    if wrong.size:
        a, b = wrong[0].tolist()
        raise ValueError(
            f"distances must be symmetric, got {distances[a, b]} at [{a}, {b}] "
            f"and {distances[b, a]} at [{b}, {a}]"
        )
    excitatory = _require_mask(excitatory, len(distances))
    among_e = distances[np.ix_(excitatory, excitatory)]
    among_i = distances[np.ix_(~excitatory, ~excitatory)]
    return {
        "E-E": among_e[np.triu_indices(len(among_e), k=1)],
        "E-I": distances[np.ix_(excitatory, ~excitatory)].ravel(),
        "I-I": among_i[np.triu_indices(len(among_i), k=1)],
    }


def _require_mask(excitatory, n_neurons):
    mask = np.asarray(excitatory)
    if mask.shape != (n_neurons,):
        raise ValueError(
            f"excitatory must have one entry for each of the {n_neurons} neurons, "
            f"got shape {mask.shape}"
        )
    # Zeros and ones might as well be indices of neurons.
    if mask.dtype.kind != "b" and mask.size:
        raise ValueError(f"excitatory must be of bool, got an array of {mask.dtype}")
    return mask.astype(bool)
