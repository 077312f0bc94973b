"""Whether conditions differ that were measured on the same subjects: tests of paired numbers.

The distances of E-E, E-I and I-I pairs of one network are such: networks differ from one another by
more than the kinds of pairs in one of them, which hides differences from tests of separate groups
such as Kruskal and Wallis' (`bionet.statistics.significance`).
"""

from collections import Counter
from itertools import permutations

import numpy as np

from bionet.si import takes_si
from bionet.statistics.significance import Significance, finite_array

#: Friedman's p is exact up to so many subjects and conditions, beyond that after chi-square.
EXACT_SUBJECTS, EXACT_CONDITIONS = 20, 3


@takes_si(subjects="any")
def friedman(subjects):
    """Friedman's test by ranks within each subject that conditions do not differ.

    Parameters
    ----------
    subjects : array_like, (n, k)
        What each of n subjects has under each of k conditions.

    Returns
    -------
    Significance
        Q, corrected for ties, and its p-value: exact, from all orders that the numbers of each
        subject could have, for up to 20 subjects and 3 conditions, else after the chi-square
        distribution. NaN for fewer than two subjects or conditions; Q is 0 and p 1 if each
        subject's numbers are all the same.

    Raises
    ------
    ValueError
        If `subjects` is not of two dimensions or a number is not finite.

    Notes
    -----
    Three subjects cannot give less than p = 1/36 with three conditions, two not less than 1/6. Of
    two conditions it is the sign test, and of who succeeded under each McNemar's exact test.
    """
    subjects = finite_array("subjects", subjects, dimensions=2)
    n, k = subjects.shape
    sizes = (n,) * k
    if n < 2 or k < 2:
        return Significance(float("nan"), float("nan"), sizes)
    if (subjects == subjects[:, :1]).all():
        return Significance(0.0, 1.0, sizes)
    from scipy.stats import chi2, rankdata

    # Twice the ranks are whole numbers, with ties too.
    ranks = np.rint(2 * rankdata(subjects, axis=1)).astype(int)
    deviation = ranks.sum(axis=0) - n * (k + 1)
    within = ((ranks - (k + 1)) ** 2).sum() / (n * (k - 1))
    statistic = float((deviation**2).sum() / (n * within))
    if n <= EXACT_SUBJECTS and k <= EXACT_CONDITIONS:
        p_value = _part_of_orders(ranks - (k + 1), int((deviation**2).sum()))
    else:
        p_value = float(chi2.sf(statistic, k - 1))
    return Significance(statistic, p_value, sizes)


@takes_si(a="any", b="any")
def signed_rank(a, b):
    """Wilcoxon's two-sided signed-rank test that paired numbers do not differ.

    Parameters
    ----------
    a, b : array_like, (n,)
        Two measures of each subject.

    Returns
    -------
    Significance
        The smaller of the rank sums of positive and of negative differences, and its p-value: of
        up to 13 differences from all signs that they could have. NaN for fewer than two pairs; p
        is 1 if none differs.

    Raises
    ------
    ValueError
        If `a` and `b` are not vectors of one length or a number is not finite.

    Notes
    -----
    n pairs cannot give less than p = 2/2^n: five not less than 0.0625.
    """
    a, b = finite_array("a", a), finite_array("b", b)
    if a.size != b.size:
        raise ValueError(f"a and b must be pairs, got {a.size} and {b.size} numbers")
    sizes = (a.size, b.size)
    if a.size < 2:
        return Significance(float("nan"), float("nan"), sizes)
    if (a == b).all():
        return Significance(0.0, 1.0, sizes)
    from scipy.stats import PermutationMethod, wilcoxon

    few = np.count_nonzero(a != b) <= 13  # 8192 combinations of signs, with ties and zeros too
    method = PermutationMethod(n_resamples=np.inf) if few else "auto"
    result = wilcoxon(a, b, method=method)
    return Significance(float(result.statistic), float(result.pvalue), sizes)


def _part_of_orders(ranks, observed):
    """Return in which part of all orders of each subject's ranks sums lie as far apart, or more."""
    sums = Counter({(0,) * ranks.shape[1]: 1})
    for subject in ranks.tolist():
        orders = Counter(permutations(subject))
        after = Counter()
        for before, ways in sums.items():
            for order, number in orders.items():
                total = map(sum, zip(before, order, strict=True))
                after[tuple(sorted(total))] += ways * number  # which condition has it is no matter
        sums = after
    far = sum(ways for total, ways in sums.items() if sum(s * s for s in total) >= observed)
    return far / sums.total()
