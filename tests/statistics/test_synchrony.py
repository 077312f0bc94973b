"""Synchrony: closed forms, and the mean correlation against numpy's matrix (reference)."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bionet.statistics import golomb_chi, mean_pairwise_correlation, population_rate_cv

# Sums of up to 20 x 20 numbers in another order.
ROUNDING_TOLERANCE = 1e-12

# 100 neurons, 4000 bins. chi^2 is the sum over 100 x 4000 counts of variance ratios: relative
# standard error about sqrt(2 / 4000) = 0.02 of chi^2, half of it of chi; five of those.
CHI_TOLERANCE = 0.05

# The mean over 4950 pairs of correlations with standard deviation 1/sqrt(4000) has one of 2e-4;
# five of those.
CORRELATION_TOLERANCE = 1e-3


def test_neurons_that_do_the_same_are_fully_synchronous():
    counts = np.tile([0, 1, 3, 0, 2], (7, 1))

    assert golomb_chi(counts) == pytest.approx(1)
    assert mean_pairwise_correlation(counts) == pytest.approx(1)


def test_independent_neurons_are_asynchronous():
    """Closed form: chi = 1 / sqrt(N), no correlation."""
    counts = np.random.default_rng(5).poisson(1.0, (100, 4000))

    assert golomb_chi(counts) == pytest.approx(0.1, rel=CHI_TOLERANCE)
    assert mean_pairwise_correlation(counts) == pytest.approx(0, abs=CORRELATION_TOLERANCE)


def test_opposite_neurons_cancel():
    counts = np.array([[0, 2, 0, 2], [2, 0, 2, 0]])

    assert golomb_chi(counts) == 0
    assert mean_pairwise_correlation(counts) == pytest.approx(-1)


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        int,
        st.tuples(st.integers(1, 20), st.integers(1, 20)),
        elements=st.integers(0, 5),
    )
)
def test_mean_correlation_equals_that_of_the_full_matrix(counts):
    changing = counts[counts.min(axis=1) < counts.max(axis=1)]
    expected = math.nan
    if len(changing) > 1:
        matrix = np.corrcoef(changing)
        expected = matrix[~np.eye(len(changing), dtype=bool)].mean()

    assert mean_pairwise_correlation(counts) == pytest.approx(
        expected, abs=ROUNDING_TOLERANCE, nan_ok=True
    )


def test_neurons_that_never_change_are_left_out():
    """Three times 0.1 has a variance of 2e-34 when computed in floats, yet does not change."""
    active = np.array([[0, 1, 2], [0, 1, 2]])
    constant = np.full((5, 3), 0.1)
    silent_and_constant = np.vstack([active, np.zeros((5, 3)), constant])

    assert (constant.var(axis=1) > 0).all()
    assert golomb_chi(silent_and_constant) == pytest.approx(1)
    assert mean_pairwise_correlation(silent_and_constant) == pytest.approx(1)


def test_silence_has_no_synchrony():
    for silent in (np.zeros((3, 4)), np.zeros((3, 0)), np.zeros((0, 4))):
        assert math.isnan(golomb_chi(silent))
        assert math.isnan(mean_pairwise_correlation(silent))
    assert math.isnan(mean_pairwise_correlation([[0, 1, 0]]))
    assert math.isnan(population_rate_cv([0, 0]))
    assert math.isnan(population_rate_cv([]))


def test_population_rate_cv_of_two_levels():
    assert population_rate_cv([5, 15]) == pytest.approx(0.5)
    assert population_rate_cv([10, 10, 10]) == 0


def test_refuses_what_are_no_counts():
    with pytest.raises(ValueError, match="counts must have 2 dimension"):
        golomb_chi([1, 2])
    with pytest.raises(ValueError, match=r"counts must be finite .* got nan at \[0, 1\]"):
        mean_pairwise_correlation([[1, math.nan]])
