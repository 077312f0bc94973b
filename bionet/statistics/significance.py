"""Whether groups of numbers differ: the tests of Kilgore et al. (Sci Rep 15:24798, 2025).

They compare the distances of E-E, E-I and I-I pairs by Kruskal and Wallis' test (Tables 2 and 3)
and accuracies under noise by Student's t-test (Fig. 2). Data that a test cannot judge give NaN, not
an error, as a sweep over E:I ratios holds populations without inhibitory neurons.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Significance:
    """What a test says of its groups.

    Attributes
    ----------
    statistic : float
        H of Kruskal and Wallis' test, t of Student's.
    p_value : float
        In [0, 1]; NaN where the test cannot judge.
    sizes : tuple of int
        Numbers in each group, empty groups included.
    """

    statistic: float
    p_value: float
    sizes: tuple[int, ...]


def kruskal_wallis(groups):
    """Kruskal and Wallis' test by ranks that groups come from the same distribution.

    Parameters
    ----------
    groups : mapping or sequence of array_like, each (n,)
        Groups of any sizes, such as `pair_groups` returns.

    Returns
    -------
    Significance
        H, corrected for ties, and its p-value after the chi-square distribution, which small groups
        (below about 5) only roughly have. Empty groups are left out; NaN if fewer than two remain.
        H is 0 and p 1 if all numbers are the same.

    Raises
    ------
    ValueError
        If a group is not a vector or a number is not finite.
    """
    groups = _named_groups(groups)
    sizes = tuple(group.size for group in groups)
    present = [group for group in groups if group.size]
    if len(present) < 2:
        return Significance(float("nan"), float("nan"), sizes)
    if _all_the_same(np.concatenate(present)):
        return Significance(0.0, 1.0, sizes)
    from scipy.stats import kruskal

    result = kruskal(*present)
    return Significance(float(result.statistic), float(result.pvalue), sizes)


def t_test(a, b, equal_variance=True):
    """Two-sided t-test that two independent groups have the same mean.

    Parameters
    ----------
    a, b : array_like, (n,) and (m,)
        The groups.
    equal_variance : bool
        Student's test with one variance of both; False is Welch's, with a variance of each.

    Returns
    -------
    Significance
        t is positive where the mean of `a` is the greater. NaN if there are too few numbers for a
        variance (a group is empty, both hold one number, or for Welch's one does), or if neither
        group varies though they differ. t is 0 and p 1 if all numbers are the same.

    Raises
    ------
    ValueError
        If a group is not a vector or a number is not finite.
    """
    a, b = _finite_vector("a", a), _finite_vector("b", b)
    sizes = (a.size, b.size)
    enough = min(sizes) >= 1 and sum(sizes) >= 3 if equal_variance else min(sizes) >= 2
    if not enough:
        return Significance(float("nan"), float("nan"), sizes)
    if _all_the_same(a) and _all_the_same(b):
        statistic, p_value = (0.0, 1.0) if a[0] == b[0] else (float("nan"), float("nan"))
        return Significance(statistic, p_value, sizes)
    from scipy.stats import ttest_ind_from_stats

    result = ttest_ind_from_stats(
        a.mean(), _spread(a), a.size, b.mean(), _spread(b), b.size, equal_var=equal_variance
    )
    return Significance(float(result.statistic), float(result.pvalue), sizes)


def _named_groups(groups):
    if isinstance(groups, Mapping):
        return [_finite_vector(f"group {name!r}", group) for name, group in groups.items()]
    return [_finite_vector(f"groups[{index}]", group) for index, group in enumerate(groups)]


def _finite_vector(name, values):
    vector = np.asarray(values, dtype=float)
    if vector.ndim != 1:
        raise ValueError(f"{name} must be a vector, got shape {vector.shape}")
    wrong = np.flatnonzero(~np.isfinite(vector))
    if wrong.size:
        raise ValueError(f"{name} must be finite, got {vector[wrong[0]]} at [{wrong[0]}]")
    return vector


def _spread(values):
    return 0.0 if _all_the_same(values) else values.std(ddof=1)


def _all_the_same(values):
    # Compared, not computed from a variance: rounding gives equal numbers a tiny variance.
    return bool((values == values[0]).all())
