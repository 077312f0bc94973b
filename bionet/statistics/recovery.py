"""Whether a student has recovered its teacher: errors of parameters, and spikes in common.

The criterion is that of Braun & Vogels 2021: the error of a parameter stays below its tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bionet.si import takes_si

__all__ = ["SMALLEST_NORM", "coincidence", "recovered", "scaled_error"]

#: Parameters smaller than this count as so large, for an error of 0 could not be judged.
SMALLEST_NORM = 0.075


@takes_si(student="any", teacher="any")
def scaled_error(student, teacher) -> np.ndarray:
    """Return the error of a parameter over its size, |sum(student - teacher)|/norm(teacher).

    The sum is over the first axis, as in the paper: errors of weights may cancel. The norm is
    `SMALLEST_NORM` at least.

    Parameters
    ----------
    student, teacher : array, (values, ...)
        A parameter with one value, or the weights.
    """
    student, teacher = np.broadcast_arrays(student, teacher)
    norm = np.maximum(np.linalg.norm(teacher, axis=0), SMALLEST_NORM)
    return np.abs((student - teacher).sum(axis=0)) / norm


@takes_si()
def recovered(errors: Mapping[str, np.ndarray], tolerance: Mapping[str, float], records: int):
    """Return whether every error stays below its tolerance in the last records.

    Parameters
    ----------
    errors : mapping of str to array, (records, ...)
    tolerance : mapping of str to float
        Of the same names.
    records : int
        How many of the last.

    Returns
    -------
    array of bool, (...)

    Raises
    ------
    ValueError
        If there are fewer records than that.
    """
    for name, error in errors.items():
        if not 0 < records <= len(error):
            raise ValueError(f"{name!r} has {len(error)} records; asked for the last {records}")
    below = [np.asarray(e)[-records:] < tolerance[name] for name, e in errors.items()]
    return np.all([each.all(axis=0) for each in below], axis=0)


@takes_si()
def coincidence(both, first, second) -> np.ndarray:
    """Return the cosine between two spike trains, both/sqrt(first second); 0 without spikes.

    Parameters
    ----------
    both : array
        Steps in which both spike.
    first, second : array
        Steps in which each spikes.
    """
    product = np.asarray(first, float) * np.asarray(second, float)
    return np.where(product > 0, both / np.sqrt(np.maximum(product, 1)), 0.0)
