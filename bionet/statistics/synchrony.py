"""Synchrony of a population: Golomb's chi, mean pairwise correlation, spread of its rate over time.

All three read spike counts in bins, and all depend on the width of the bins: state it beside the
number. Neurons whose count never changes (silent ones, as a rule) have nothing to be in step with;
chi and the correlation leave them out.
"""

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import require_nonnegative_array


@takes_si()
def golomb_chi(counts):
    """Golomb's measure of synchrony: how much of the neurons' variance survives averaging.

    chi^2 = var_t(<x_i>_i) / <var_t(x_i)>_i, with x_i(t) the count of neuron i in bin t (Golomb,
    Neuronal synchrony measures, Scholarpedia 2(1):1347, 2007, definition of chi^2(N), there for
    voltages). 1 if all neurons do the same, about 1/sqrt(N) if they are independent.

    Parameters
    ----------
    counts : array_like, (N, T)
        Spikes of each neuron in T bins.

    Returns
    -------
    float
        In [0, 1]. Neurons whose count never changes are left out, unlike in the original
        definition, where they would lower chi; NaN if that leaves none.

    Raises
    ------
    ValueError
        If a count is negative or not finite, or `counts` is not a matrix.
    """
    changing, variances = _changing_neurons(counts)
    if not variances.size:
        return float("nan")
    return float(np.sqrt(changing.mean(axis=0).var() / variances.mean()))


@takes_si()
def mean_pairwise_correlation(counts):
    """Pearson correlation of the spike counts of two neurons, averaged over all pairs.

    The mean needs no N x N matrix: with z_i the standardised counts of neuron i, the sum of all
    correlations, each neuron's with itself included, is the time mean of (sum_i z_i)^2.

    Parameters
    ----------
    counts : array_like, (N, T)
        Spikes of each neuron in T bins.

    Returns
    -------
    float
        In [-1, 1]. Neurons whose count never changes have no correlation and are left out; NaN if
        that leaves fewer than two.

    Raises
    ------
    ValueError
        If a count is negative or not finite, or `counts` is not a matrix.
    """
    changing, variances = _changing_neurons(counts)
    n_changing = variances.size
    if n_changing < 2:
        return float("nan")
    # sum_i z_i(t) without a second matrix of this size: a weighted sum of rows, less its own mean.
    scale = 1 / np.sqrt(variances)
    summed = scale @ changing
    sum_of_correlations = summed.var()
    return float((sum_of_correlations - n_changing) / (n_changing * (n_changing - 1)))


@takes_si(population_rate="Hz")
def population_rate_cv(population_rate):
    """Spread of the population rate over time, relative to its mean.

    Parameters
    ----------
    population_rate : array_like, (T,)
        Rate of the population in bins, Hz.

    Returns
    -------
    float
        Standard deviation over time / mean over time. N independent Poisson neurons of rate r give
        1 / sqrt(N r bin_width). NaN for a silent population or no bins.

    Raises
    ------
    ValueError
        If a rate is negative or not finite.
    """
    population_rate = require_nonnegative_array("population_rate", population_rate)
    if not population_rate.any():
        return float("nan")
    return float(population_rate.std() / population_rate.mean())


def _changing_neurons(counts):
    counts = require_nonnegative_array("counts", counts, dimensions=(2,))
    if counts.shape[1] == 0:
        return counts[:0], np.zeros(0)
    # Compared, not computed from a variance: rounding gives constant counts a tiny variance.
    changes = (counts != counts[:, :1]).any(axis=1)
    changing = counts[changes]
    return changing, changing.var(axis=1)
