"""How excitation and inhibition of one neuron go together: over groups of inputs, and in time.

Co-tuning of the total weights of each group of inputs: the Pearson correlation over groups of
excitation and inhibition, +1 where the group that excites most also inhibits most, -1 where it
inhibits least. Balance of charges: the inhibitory over the excitatory charge, 1 in balance. In
time: the correlation of the two currents.
"""

import numpy as np

from bionet.si import takes_si

__all__ = ["charge_ratio", "co_tuning_index", "current_correlation"]


@takes_si(excitation="any", inhibition="any")
def co_tuning_index(excitation, inhibition):
    """Correlate excitation and inhibition over groups of inputs.

    Parameters
    ----------
    excitation, inhibition : array_like, (..., groups)
        Strength of each group, both counted positive, at least two groups.

    Returns
    -------
    numpy.ndarray, (...)
        In [-1, 1]: anti-tuned to co-tuned; NaN where one of them is the same for all groups.

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than two groups.
    """
    return _correlation(excitation, inhibition, "groups")


@takes_si(excitatory="any", inhibitory="any")
def charge_ratio(excitatory, inhibitory, axis=-1):
    """Divide the inhibitory by the excitatory charge.

    Parameters
    ----------
    excitatory, inhibitory : array_like
        Currents over time in one unit, both counted positive.
    axis : int or tuple of int
        Of time, and of whatever the charges are summed over.

    Returns
    -------
    numpy.ndarray
        1 in balance; infinite without excitation, NaN without either.
    """
    excitatory, inhibitory = _alike(excitatory, inhibitory)
    with np.errstate(divide="ignore", invalid="ignore"):
        return inhibitory.sum(axis=axis) / excitatory.sum(axis=axis)


@takes_si(excitatory="any", inhibitory="any")
def current_correlation(excitatory, inhibitory):
    """Correlate two currents in time.

    Parameters
    ----------
    excitatory, inhibitory : array_like, (..., steps)
        Both counted positive, at least two steps.

    Returns
    -------
    numpy.ndarray, (...)
        NaN where one of them does not change.

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than two steps.
    """
    return _correlation(excitatory, inhibitory, "steps")


def _correlation(first, second, what):
    first, second = _alike(first, second)
    if first.ndim == 0 or first.shape[-1] < 2:
        raise ValueError(f"there must be at least two {what}, got shape {first.shape}")
    first = first - first.mean(axis=-1, keepdims=True)
    second = second - second.mean(axis=-1, keepdims=True)
    norm = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip((first * second).sum(axis=-1) / norm, -1, 1)


def _alike(first, second):
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape:
        raise ValueError(
            f"excitation and inhibition must have one shape, got {first.shape} and {second.shape}"
        )
    return first, second
