"""Parameters: closed form (physical values of a search vector) and behaviour (refusals)."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bionet.metalearning import Parameters

ROUND_TRIP = 1e-12
"""Relative; a division, a product and a logarithm round a handful of times."""


def test_closed_form_of_linear_and_logarithmic_coefficients():
    parameters = Parameters(["a", "tau"], [1.0, 0.02], [0.5, 0.1], logarithmic=["tau"])
    assert parameters.to_physical([2.0, -3.0]) == {"a": 2.0, "tau": 0.02 * math.exp(-0.1 * 3.0)}


def test_zero_is_the_initial_value_to_the_last_bit():
    parameters = Parameters(["a", "tau"], [0.1, 0.3], [7.0, 0.1], logarithmic=["tau"])
    assert parameters.to_physical([0.0, 0.0]) == {"a": 0.1, "tau": 0.3}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=2, max_size=2))
def test_physical_values_stay_inside_the_bounds(x):
    parameters = Parameters(
        ["a", "tau"],
        [0.1, 0.02],
        [0.3, 0.7],
        lower=[-0.2, 0.01],
        upper=[None, 0.05],
        logarithmic=["tau"],
    )
    values = parameters.to_physical(x)
    assert values["a"] >= -0.2
    assert 0.01 <= values["tau"] <= 0.05


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=2, max_size=2))
def test_to_search_inverts_to_physical(x):
    parameters = Parameters(["a", "tau"], [0.1, 0.02], [0.3, 0.7], logarithmic=["tau"])
    back = parameters.to_search(parameters.to_physical(x))
    np.testing.assert_allclose(back, x, rtol=ROUND_TRIP, atol=20 * ROUND_TRIP)


def test_a_diverging_logarithmic_coefficient_stays_finite():
    parameters = Parameters(["tau"], [0.02], [1.0], logarithmic=["tau"])
    assert math.isfinite(parameters.to_physical([1e6])["tau"])


def test_search_bounds_lead_to_the_physical_bounds():
    parameters = Parameters(
        ["a", "tau", "free"],
        [1.0, 0.02, 0.0],
        [0.5, 0.1, 1.0],
        lower=[0.0, 0.0, None],
        upper=[2.0, 0.04, None],
        logarithmic=["tau"],
    )
    lower, upper = parameters.search_bounds()
    np.testing.assert_allclose(lower, [-2.0, -np.inf, -np.inf])
    np.testing.assert_allclose(upper, [2.0, math.log(2.0) / 0.1, np.inf])


def test_physical_spread_is_the_derivative_times_the_spread():
    parameters = Parameters(["a", "tau"], [1.0, 0.02], [0.5, 0.1], logarithmic=["tau"])
    x, step = np.array([0.3, 2.0]), 1e-6
    moved = parameters.to_physical(x + step)
    values = parameters.to_physical(x)
    slopes = [(moved[name] - values[name]) / step for name in values]
    spread = parameters.physical_spread(values, [2.0, 3.0])
    # First order: the error of a one-sided difference is of the order of the step.
    np.testing.assert_allclose(spread, np.array(slopes) * [2.0, 3.0], rtol=10 * step)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"names": []}, "names is empty"),
        ({"names": ["a", "a"]}, "'a' stands more than once"),
        ({"names": ["a", ""]}, "''"),
        ({"names": "ab"}, "not one string"),
        ({"initial": [1.0]}, "initial has 1 entry for 2 names"),
        ({"initial": [1.0, math.nan]}, "initial of 'b' is nan"),
        ({"scales": [1.0, 0.0]}, "scale of 'b' is 0.0"),
        ({"scales": [math.inf, 1.0]}, "scale of 'a' is inf"),
        ({"lower": [None, 2.0]}, "initial of 'b' is 1.0, outside"),
        ({"lower": [3.0, None], "upper": [2.0, None]}, "lower bound of 'a'"),
        ({"logarithmic": ["c"]}, "'c' is not among the names a, b"),
        ({"initial": [1.0, -1.0], "logarithmic": ["b"]}, "initial of 'b' is -1.0"),
    ],
)
def test_refusals_name_the_coefficient(arguments, named):
    valid = {"names": ["a", "b"], "initial": [1.0, 1.0], "scales": [1.0, 1.0]}
    with pytest.raises(ValueError, match=named):
        Parameters(**{**valid, **arguments})
