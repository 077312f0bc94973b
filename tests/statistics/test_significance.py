"""Tests of groups: closed forms of statistics and p-values, and what cannot be judged."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bionet.statistics import Significance, fisher_exact, kruskal_wallis, t_test

# Sums of a few numbers, and scipy's distribution functions against closed forms.
ROUNDING_TOLERANCE = 1e-10

# 400 tests at the 5 % level reject 20 on average, SD 4.4; four of those. Kruskal and Wallis' p is
# approximate, which is less for groups of 20.
REJECTED = (2, 38)

NAN = pytest.approx(math.nan, nan_ok=True)

distinct_numbers = st.lists(st.integers(-1000, 1000), min_size=8, max_size=12, unique=True)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@settings(deadline=None)
@given(distinct_numbers, st.integers(2, 3), st.integers(2, 3))
def test_kruskal_wallis_of_three_groups(numbers, first, second):
    """H = 12/(n(n + 1)) sum R_g^2/n_g - 3(n + 1) without ties; p = exp(-H/2) for three groups."""
    groups = np.split(np.array(numbers, dtype=float), [first, first + second])
    n = len(numbers)
    ranks = np.argsort(np.argsort(numbers)) + 1
    summed = [part.sum() for part in np.split(ranks, [first, first + second])]
    h = 12 / (n * (n + 1)) * sum(
        total**2 / group.size for total, group in zip(summed, groups, strict=True)
    ) - 3 * (n + 1)

    result = kruskal_wallis(groups)

    assert result.statistic == pytest.approx(h, rel=ROUNDING_TOLERANCE, abs=1e-9)
    assert result.p_value == pytest.approx(math.exp(-h / 2), rel=1e-9)
    assert result.sizes == (first, second, n - first - second)


def test_kruskal_wallis_corrects_for_ties():
    """Ranks 1.5 1.5 | 3.5 3.5 of [0, 0] and [1, 1]: H = 2.4 / (1 - 12/60) = 3, p of one df."""
    result = kruskal_wallis([[0, 0], [1, 1]])

    assert result.statistic == pytest.approx(3)
    assert result.p_value == pytest.approx(math.erfc(math.sqrt(3 / 2)))


def test_empty_groups_are_left_out_but_counted():
    named = kruskal_wallis({"E-E": [1, 2, 3], "E-I": [], "I-I": [4, 5, 9]})

    assert named.sizes == (3, 0, 3)
    pair = kruskal_wallis([[1, 2, 3], [4, 5, 9]])
    assert (named.statistic, named.p_value) == (pair.statistic, pair.p_value)


@pytest.mark.parametrize(
    "groups", [[], [[1, 2]], [[], []], {"E-E": [1, 2, 3], "E-I": [], "I-I": []}]
)
def test_fewer_than_two_groups_cannot_be_compared(groups):
    assert kruskal_wallis(groups) == Significance(NAN, NAN, tuple(map(len, list_of(groups))))


@pytest.mark.parametrize(
    "groups", [[[1], [2], [3]], [[1, 2, 3], [4]], {"E-E": [1, 2], "E-I": [], "I-I": [7]}]
)
def test_a_single_number_is_no_group(groups):
    """Three of them would give p = exp(-1) whatever they are."""
    assert kruskal_wallis(groups) == Significance(NAN, NAN, tuple(map(len, list_of(groups))))


def list_of(groups):
    return list(groups.values()) if isinstance(groups, dict) else groups


@settings(deadline=None)
@given(
    st.tuples(*[st.integers(-50, 50)] * 2).filter(lambda pair: pair[0] != pair[1]),
    st.tuples(*[st.integers(-50, 50)] * 2),
)
def test_t_test_of_two_numbers_each(a, b):
    """Two degrees of freedom: t = (a - b)/sqrt((var_a + var_b)/2), p = 1 - |t|/sqrt(t^2 + 2)."""
    t = (np.mean(a) - np.mean(b)) / math.sqrt((np.var(a, ddof=1) + np.var(b, ddof=1)) / 2)

    result = t_test(a, b)

    assert result.statistic == pytest.approx(t, rel=ROUNDING_TOLERANCE)
    assert result.p_value == pytest.approx(1 - abs(t) / math.sqrt(t**2 + 2), abs=1e-9)
    assert result.sizes == (2, 2)


def test_welch_has_a_variance_of_each_group():
    """Welch's t and Satterthwaite's degrees of freedom, written out."""
    a, b = [1.0, 2.0, 4.0, 9.0, 3.0], [7.0, 7.5, 8.0]
    parts = np.var(a, ddof=1) / 5, np.var(b, ddof=1) / 3
    t = (np.mean(a) - np.mean(b)) / math.sqrt(sum(parts))
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 4 + parts[1] ** 2 / 2)

    welch = t_test(a, b, equal_variance=False)

    assert welch.statistic == pytest.approx(t, rel=ROUNDING_TOLERANCE)
    assert welch.p_value == pytest.approx(2 * stats.t.sf(abs(t), freedom), rel=1e-9)
    assert welch.sizes == (5, 3)
    assert welch.p_value != pytest.approx(t_test(a, b).p_value, rel=0.05)


@pytest.mark.parametrize("test", [lambda a, b: kruskal_wallis([a, b]), t_test])
def test_groups_alike_are_rarely_called_different(test):
    pairs = np.random.default_rng(9).normal(size=(400, 2, 20))

    rejected = sum(test(a, b).p_value < 0.05 for a, b in pairs)

    assert REJECTED[0] < rejected < REJECTED[1]


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0])
def test_equal_numbers_do_not_differ(value):
    """Seven times 0.1 has a tiny variance when computed in floats."""
    a, b = np.full(7, value), np.full(3, value)

    assert kruskal_wallis([a, b]) == Significance(0.0, 1.0, (7, 3))
    assert t_test(a, b) == Significance(0.0, 1.0, (7, 3))
    assert t_test(a, b, equal_variance=False) == Significance(0.0, 1.0, (7, 3))


@pytest.mark.parametrize(
    ("a", "b", "equal_variance"),
    [
        ([], [1, 2], True),
        ([1, 2], [], True),
        ([1], [2], True),
        ([2], [2], True),
        ([5], [1, 2, 3], True),
        ([1], [2, 3], False),
        ([2, 3], [1], False),
        ([1, 1, 1], [2, 2], True),
        ([0.1] * 7, [0.3] * 7, False),
    ],
)
def test_a_t_test_needs_a_variance(a, b, equal_variance):
    assert t_test(a, b, equal_variance) == Significance(NAN, NAN, (len(a), len(b)))


def shared(count, number):
    return np.arange(number) < count


@given(st.integers(0, 7), st.integers(0, 7), st.integers(2, 7), st.integers(2, 7))
def test_fisher_sums_hypergeometric_probabilities(first, second, n, m):
    """Reference: all ways to deal the successes that are at most as likely as what was found."""
    a, b = min(first, n), min(second, m)
    ways = np.array(
        [math.comb(n, k) * math.comb(m, a + b - k) if a + b >= k else 0 for k in range(n + 1)]
    )
    expected = ways[ways <= ways[a]].sum() / ways.sum()
    result = fisher_exact(shared(a, n), shared(b, m))
    assert result.p_value == pytest.approx(expected)
    assert result.sizes == (n, m)


def test_three_of_twenty_are_not_more_than_none():
    """Closed form: both tails, each (20 choose 3)/(40 choose 3)."""
    result = fisher_exact(shared(3, 20), shared(0, 20))
    assert result.p_value == pytest.approx(2 * math.comb(20, 3) / math.comb(40, 3))
    assert result.statistic == math.inf


def test_one_trial_says_nothing():
    nothing = Significance(NAN, NAN, (1, 20))
    assert fisher_exact([True], shared(0, 20)) == nothing


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (
            lambda: kruskal_wallis([[1], [2, math.nan]]),
            r"groups\[1\] must be finite, got nan at \[1\]",
        ),
        (
            lambda: kruskal_wallis({"E-E": [1], "I-I": [math.inf]}),
            r"group 'I-I' must be finite, got inf at \[0\]",
        ),
        (lambda: kruskal_wallis([[1], [[2]]]), r"groups\[1\] must be a vector, got shape \(1, 1\)"),
        (lambda: kruskal_wallis([1, 2]), r"groups\[0\] must be a vector, got shape \(\)"),
        (lambda: t_test([math.nan], [1]), r"a must be finite, got nan at \[0\]"),
        (lambda: t_test([1], [[1, 2]]), r"b must be a vector, got shape \(1, 2\)"),
        (lambda: fisher_exact([1, 0], [True, False]), "a must be a vector of bool, got shape"),
    ],
)
def test_refuses_what_are_no_groups(test, message):
    with pytest.raises(ValueError, match=message):
        test()
