"""Weights: closed forms of spread, bounds and creep, and what is refused."""

import math

import numpy as np
import pytest

from bionet.statistics import fraction_at_bounds, weight_creep, weight_distribution


def test_distribution_of_known_weights():
    summary = weight_distribution([0.0, 0.1, 0.2, 0.3], w_max=0.3)

    assert summary.mean == pytest.approx(0.15)
    assert summary.std == pytest.approx(math.sqrt(0.0125))
    assert summary.fraction_at_bounds == 0.5


def test_bounds_have_the_stated_width():
    weights = np.array([0.0, 0.0199, 0.0201, 1.0, 1.9799, 1.9801, 2.0])

    assert fraction_at_bounds(weights, w_max=2.0, tolerance=0.01) == pytest.approx(4 / 7)
    assert fraction_at_bounds(weights, w_max=2.0, tolerance=0) == pytest.approx(2 / 7)


def test_no_synapses_have_no_distribution():
    summary = weight_distribution([], w_max=1.0)

    assert math.isnan(summary.mean)
    assert math.isnan(summary.std)
    assert math.isnan(summary.fraction_at_bounds)


def test_creep_sees_a_mean_that_leaves_and_returns():
    assert weight_creep([2.0, 2.5, 1.9, 2.0]) == pytest.approx(0.25)
    assert weight_creep([2.0]) == 0


def test_creep_is_that_of_the_projection_that_moves_most():
    assert weight_creep([[1.0, 4.0], [1.1, 1.0], [1.0, 4.0]]) == pytest.approx(0.75)


def test_creep_from_zero():
    assert weight_creep([0.0, 0.0]) == 0
    assert weight_creep([0.0, 0.1]) == math.inf


def test_refuses_wrong_weights_and_bounds():
    with pytest.raises(ValueError, match=r"weights must be finite .* got nan at \[1\]"):
        weight_distribution([0.1, math.nan], w_max=1)
    with pytest.raises(ValueError, match="w_max must be a positive finite number, got 0"):
        fraction_at_bounds([0.1], w_max=0)
    with pytest.raises(ValueError, match=r"tolerance must lie in \[0, 0.5\) of w_max, got 0.5"):
        fraction_at_bounds([0.1], w_max=1, tolerance=0.5)
    with pytest.raises(ValueError, match="mean_weights must hold at least one time"):
        weight_creep([])
