"""Tests of paired numbers: closed forms, all orders written out, and what cannot be judged."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bionet.statistics import Significance, friedman, kruskal_wallis, signed_rank

NAN = pytest.approx(math.nan, nan_ok=True)
# Sums of a few numbers.
ROUNDING = 1e-10
# 400 tests at the 5 % level reject 20 on average, SD 4.4; four of those. Exact ones rather fewer.
REJECTED = (2, 38)


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 4), st.integers(2, 3), st.randoms(use_true_random=False))
def test_friedman_against_all_orders(n, k, random):
    """Reference: Q of every order that each subject's numbers could have, ties included."""
    numbers = np.array([[random.randrange(4) for _ in range(k)] for _ in range(n)], float)
    if (numbers == numbers[:, :1]).all():
        return

    def spread(rows):
        sums = np.sum([stats.rankdata(row) for row in rows], axis=0)
        return ((sums - sums.mean()) ** 2).sum()

    every = itertools.product(*(list(itertools.permutations(row)) for row in numbers))
    spreads = np.array([spread(rows) for rows in every])
    result = friedman(numbers)
    assert result.p_value == pytest.approx((spreads >= spread(numbers) - 1e-9).mean())
    assert result.sizes == (n,) * k
    if k == 3:
        expected = stats.friedmanchisquare(*numbers.T).statistic
        assert result.statistic == pytest.approx(expected, rel=ROUNDING, abs=1e-9)


def test_friedman_of_many_is_after_chi_square():
    numbers = np.random.default_rng(1).normal(size=(30, 5))
    expected = stats.friedmanchisquare(*numbers.T)
    result = friedman(numbers)
    assert result.statistic == pytest.approx(expected.statistic, rel=ROUNDING)
    assert result.p_value == pytest.approx(expected.pvalue, rel=1e-8)


def test_a_difference_in_each_subject_is_seen_though_subjects_differ_more():
    """Why paired numbers need a paired test: +0.01 a kind in every network."""
    networks = np.linspace(0, 2, 6)[:, None] + [0.0, 0.01, 0.02]
    assert friedman(networks).p_value == pytest.approx(6 / 6**6)
    assert signed_rank(networks[:, 2], networks[:, 0]).p_value == pytest.approx(2 / 2**6)
    assert kruskal_wallis(list(networks.T)).p_value > 0.5


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=7).filter(any))
def test_signed_rank_against_all_signs(differences):
    """Reference: the rank sum of every combination of signs; ranks of the differences that are."""
    differences = np.array([d for d in differences if d], float)
    ranks = stats.rankdata(np.abs(differences))
    middle = ranks.sum() / 2
    sums = [np.dot(ranks, signs) for signs in itertools.product((0, 1), repeat=ranks.size)]
    far = abs(ranks[differences > 0].sum() - middle)
    result = signed_rank(np.append(differences, 7), np.append(np.zeros_like(differences), 7))
    expected = np.mean(np.abs(np.array(sums) - middle) >= far - 1e-9)
    assert result.p_value == pytest.approx(expected)


@pytest.mark.parametrize(
    "test", [friedman, lambda triples: signed_rank(triples[:, 0], triples[:, 1])]
)
def test_conditions_alike_are_rarely_called_different(test):
    samples = np.random.default_rng(3).normal(size=(400, 12, 1)) * 5
    samples = samples + np.random.default_rng(4).normal(size=(400, 12, 3))
    rejected = sum(test(each).p_value < 0.05 for each in samples)
    assert REJECTED[0] < rejected < REJECTED[1]


@pytest.mark.parametrize("numbers", [np.zeros((0, 3)), [[1.0, 2.0, 3.0]], [[1.0], [2.0], [3.0]]])
def test_one_subject_or_one_condition_says_nothing(numbers):
    shape = np.shape(numbers)
    assert friedman(numbers) == Significance(NAN, NAN, (shape[0],) * shape[1])


@pytest.mark.parametrize("numbers", [[], [1.0]])
def test_one_pair_says_nothing(numbers):
    assert signed_rank(numbers, numbers) == Significance(NAN, NAN, (len(numbers),) * 2)


def test_equal_numbers_do_not_differ():
    assert friedman(np.full((5, 3), 0.1)) == Significance(0.0, 1.0, (5, 5, 5))
    assert signed_rank([0.1, 3.0], [0.1, 3.0]) == Significance(0.0, 1.0, (2, 2))


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (lambda: friedman([1.0, 2.0]), r"subjects must be of two dimensions, got shape \(2,\)"),
        (lambda: friedman([[1.0, math.nan]]), r"subjects must be finite, got nan at \[0, 1\]"),
        (lambda: signed_rank([1.0, 2.0], [1.0]), "must be pairs, got 2 and 1 numbers"),
        (lambda: signed_rank([1.0], [math.inf]), r"b must be finite, got inf at \[0\]"),
    ],
)
def test_refuses_what_is_not_paired(test, message):
    with pytest.raises(ValueError, match=message):
        test()
