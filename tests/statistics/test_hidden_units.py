"""Matching of hidden neurons: closed form, and the best of all permutations as the reference."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bionet.statistics.hidden_units import match_hidden, matched_distance

# A few roundings of double precision.
ROUNDING = 1e-12


def test_exchanged_neurons_are_found():
    target = np.arange(12.0).reshape(4, 3)
    order = match_hidden(target[:, [2, 0, 1]], target)
    np.testing.assert_array_equal(order, [1, 2, 0])
    assert matched_distance(target[:, [2, 0, 1]], target) == 0


def test_nearest_one_by_one_is_not_the_best_order():
    """Both neurons are nearest to the second one's target; the sum of squares decides."""
    target, weights = np.array([[0.0, 3.0]]), np.array([[2.0, 4.0]])
    np.testing.assert_array_equal(match_hidden(weights, target), [0, 1])
    assert matched_distance(weights, target) == pytest.approx(np.sqrt(5))


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_the_best_of_all_permutations(seed, hidden):
    rng = np.random.default_rng(seed)
    weights, target = rng.normal(size=(2, 5, hidden))
    smallest = min(
        np.linalg.norm(weights[:, list(order)] - target) for order in permutations(range(hidden))
    )
    assert matched_distance(weights, target) == pytest.approx(smallest, rel=ROUNDING)


@pytest.mark.parametrize(
    ("weights", "target", "message"),
    [
        (np.zeros((3, 2)), np.zeros((3, 3)), "must both be"),
        (np.zeros(3), np.zeros(3), "must both be"),
        (np.full((3, 2), np.nan), np.zeros((3, 2)), "must be finite"),
    ],
)
def test_wrong_weights_are_refused(weights, target, message):
    with pytest.raises(ValueError, match=message):
        match_hidden(weights, target)
