"""Whether separate groups of numbers differ: the tests of Kilgore et al. (Sci Rep 15:24798, 2025).

They compare the distances of E-E, E-I and I-I pairs by Kruskal and Wallis' test (Tables 2 and 3)
and accuracies under noise by Student's t-test (Fig. 2); shares, such as how many students learned,
are compared by Fisher's. Data that a test cannot judge give NaN, not an error, as a sweep over E:I
ratios holds populations without inhibitory neurons. A group of one number is such: it says nothing
of how much numbers of its kind differ, and ranks of single numbers are the same whatever these are
(three give Kruskal and Wallis' p = exp(-1) always). Where the same subjects are in all groups,
see `bionet.statistics.paired_tests`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bionet.si import takes_si


@dataclass(frozen=True)
class Significance:
    """What a test says of its groups.

    Attributes
    ----------
    statistic : float
        H of Kruskal and Wallis' test, t of Student's, the odds ratio of Fisher's, Q of Friedman's,
        the smaller rank sum of Wilcoxon's.
    p_value : float
        In [0, 1]; NaN where the test cannot judge.
    sizes : tuple of int
        Numbers in each group, empty groups included.
    """

    statistic: float
    p_value: float
    sizes: tuple[int, ...]


@takes_si(groups="any")
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
        (below about 5) only roughly have. Empty groups are left out; NaN if fewer than two remain,
        or one of these is a single number. H is 0 and p 1 if all numbers are the same.

    Raises
    ------
    ValueError
        If a group is not a vector or a number is not finite.
    """
    groups = _named_groups(groups)
    sizes = tuple(group.size for group in groups)
    present = [group for group in groups if group.size]
    if len(present) < 2 or min(group.size for group in present) < 2:
        return Significance(float("nan"), float("nan"), sizes)
    if _all_the_same(np.concatenate(present)):
        return Significance(0.0, 1.0, sizes)
    from scipy.stats import kruskal

    result = kruskal(*present)
    return Significance(float(result.statistic), float(result.pvalue), sizes)


@takes_si(a="any", b="any")
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
        t is positive where the mean of `a` is the greater. NaN if a group has fewer than two
        numbers, or if neither varies though they differ. t is 0 and p 1 if all numbers are the
        same.

    Raises
    ------
    ValueError
        If a group is not a vector or a number is not finite.
    """
    a, b = finite_array("a", a), finite_array("b", b)
    sizes = (a.size, b.size)
    if min(sizes) < 2:
        return Significance(float("nan"), float("nan"), sizes)
    if _all_the_same(a) and _all_the_same(b):
        statistic, p_value = (0.0, 1.0) if a[0] == b[0] else (float("nan"), float("nan"))
        return Significance(statistic, p_value, sizes)
    from scipy.stats import ttest_ind_from_stats

    result = ttest_ind_from_stats(
        a.mean(), _spread(a), a.size, b.mean(), _spread(b), b.size, equal_var=equal_variance
    )
    return Significance(float(result.statistic), float(result.pvalue), sizes)


@takes_si()
def fisher_exact(a, b):
    """Fisher's two-sided exact test that two shares are of the same probability.

    Parameters
    ----------
    a, b : array_like of bool, (n,) and (m,)
        Who succeeded.

    Returns
    -------
    Significance
        The odds ratio (infinite where only `b` lacks successes, or only `a` failures) and p. NaN if
        a group has fewer than two; p is 1 if all succeeded or none did.

    Raises
    ------
    ValueError
        If a group is not a vector of bool.
    """
    groups = {"a": np.asarray(a), "b": np.asarray(b)}
    for name, group in groups.items():
        if group.ndim != 1 or (group.dtype.kind != "b" and group.size):
            raise ValueError(
                f"{name} must be a vector of bool, got shape {group.shape} of {group.dtype}"
            )
    sizes = tuple(group.size for group in groups.values())
    if min(sizes) < 2:
        return Significance(float("nan"), float("nan"), sizes)
    from scipy.stats import fisher_exact as of_table

    result = of_table([[group.sum(), (~group).sum()] for group in groups.values()])
    return Significance(float(result.statistic), float(result.pvalue), sizes)


def finite_array(name, values, dimensions=1):
    """Return numbers as an array of floats, or refuse them by name.

    Raises
    ------
    ValueError
        If the array has other dimensions or a number is not finite.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != dimensions:
        wanted = {1: "a vector", 2: "of two dimensions"}[dimensions]
        raise ValueError(f"{name} must be {wanted}, got shape {array.shape}")
    wrong = np.argwhere(~np.isfinite(array))
    if wrong.size:
        place = wrong[0].tolist()
        raise ValueError(f"{name} must be finite, got {array[tuple(place)]} at {place}")
    return array


def _named_groups(groups):
    if isinstance(groups, Mapping):
        return [finite_array(f"group {name!r}", group) for name, group in groups.items()]
    return [finite_array(f"groups[{index}]", group) for index, group in enumerate(groups)]


def _spread(values):
    return 0.0 if _all_the_same(values) else values.std(ddof=1)


def _all_the_same(values):
    # Compared, not computed from a variance: rounding gives equal numbers a tiny variance.
    return bool((values == values[0]).all())
