"""Mean field: closed forms, Poisson spikes driven through the rule (reference), and behaviour."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from poisson_plasticity import STABLE_RULE, assert_mean, poisson_times, rule, simulated_drift

from bionet.mean_field import FixedPoint, excitatory_fixed_point, inhibitory_fixed_point

# Sums and products of a handful of doubles.
ROUNDING_TOLERANCE = 1e-9


@pytest.mark.parametrize(
    "coefficients",
    [
        {"alpha": 1.0},
        {"beta": 1.0},
        {"kappa": 1.0},
        {"gamma": 1.0},
        {"alpha": 0.2, "beta": -0.1, "kappa": 1.5, "gamma": 0.5},
    ],
    ids=lambda coefficients: "+".join(coefficients),
)
def test_drift_is_that_of_poisson_spikes(coefficients):
    """Reference: different rates and time constants, so that no two terms can be exchanged."""
    plasticity = rule(**(coefficients | {"tau_pre": 0.01, "tau_post": 0.04}))
    generator = np.random.default_rng(7)
    nu_pre, nu_post, duration = 8.0, 20.0, 40.0
    samples = [
        simulated_drift(
            plasticity,
            poisson_times(generator, nu_pre, duration),
            poisson_times(generator, nu_post, duration),
            duration,
        )
        for _ in range(30)
    ]

    assert_mean(samples, plasticity.drift(nu_pre, nu_post))


def test_k_factor_pairs_each_coefficient_with_the_trace_it_reads():
    assert rule(kappa=2.0, gamma=3.0, tau_pre=0.01, tau_post=0.04).k_factor == pytest.approx(0.11)


def test_drift_broadcasts_over_rates():
    plasticity = rule(alpha=1.0, beta=2.0, kappa=0.5)
    drift = plasticity.drift(np.array([[1.0], [2.0]]), np.array([3.0, 5.0, 7.0]))

    assert drift.shape == (2, 3)
    assert drift[1, 2] == pytest.approx(2 + 14 + 0.01 * 14)


def test_excitatory_fixed_point():
    """Closed form: K = -0.1 and alpha + beta = 1 rest at 10 Hz."""
    assert excitatory_fixed_point(rule(**STABLE_RULE)) == FixedPoint(pytest.approx(10), True)


def test_excitatory_fixed_point_with_the_signs_reversed_is_unstable():
    reversed_signs = {name: -value for name, value in STABLE_RULE.items()}

    assert excitatory_fixed_point(rule(**reversed_signs)) == FixedPoint(pytest.approx(10), False)


@pytest.mark.parametrize(
    "coefficients",
    [
        {"alpha": 1.0, "kappa": 1.0},
        {"alpha": -1.0, "kappa": -1.0},
        {"alpha": 1.0, "beta": -1.0, "kappa": -1.0},
        {"alpha": 1.0},
        {},
    ],
)
def test_no_positive_rate_is_no_fixed_point(coefficients):
    point = excitatory_fixed_point(rule(**coefficients))

    assert math.isnan(point.rate)
    assert point.stable is False


@pytest.mark.parametrize("rho", [3.0, 5.0])
@pytest.mark.parametrize("nu_inh", [4.0, 30.0])
def test_vogels_2011_rests_at_its_target_rate(rho, nu_inh):
    """Closed form: alpha = -2 rho tau, whatever the inhibitory rate."""
    plasticity = rule(alpha=-2 * rho * 0.02, kappa=1.0, gamma=1.0)

    assert inhibitory_fixed_point(plasticity, nu_inh) == FixedPoint(pytest.approx(rho), True)


def test_anti_hebbian_inhibition_is_unstable():
    plasticity = rule(alpha=0.4, kappa=-1.0, gamma=-1.0)

    assert inhibitory_fixed_point(plasticity, 10.0) == FixedPoint(pytest.approx(10), False)


def test_inhibitory_rule_without_a_positive_rate_has_no_fixed_point():
    for plasticity in (rule(alpha=1.0, kappa=1.0), rule(alpha=1.0), rule(beta=1.0)):
        point = inhibitory_fixed_point(plasticity, 10.0)
        assert math.isnan(point.rate)
        assert point.stable is False


coefficient = st.floats(-2, 2)


@settings(max_examples=100, deadline=None)
@given(coefficient, coefficient, coefficient, coefficient, st.floats(1, 50), st.booleans())
def test_rate_returns_to_a_stable_fixed_point_only(alpha, beta, kappa, gamma, nu_inh, inhibitory):
    """Behaviour: the sign of the drift just beside the fixed point, seen as a change of rate."""
    plasticity = rule(alpha=alpha, beta=beta, kappa=kappa, gamma=gamma)
    if inhibitory:
        point, sign = inhibitory_fixed_point(plasticity, nu_inh), -1
    else:
        point, sign = excitatory_fixed_point(plasticity), 1
    assume(1e-3 < point.rate < 1e3)

    def change_of_rate(nu):
        return sign * plasticity.drift(nu_inh if inhibitory else nu, nu)

    above, below = change_of_rate(1.01 * point.rate), change_of_rate(0.99 * point.rate)
    assume(min(abs(above), abs(below)) > ROUNDING_TOLERANCE)
    assert (below > 0 > above) == point.stable


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rule(alpha=math.nan), "alpha must be a finite number, got nan"),
        (lambda: rule(kappa=math.inf), "kappa must be a finite number, got inf"),
        (lambda: rule(tau_post=0), "tau_post must be a positive finite number, got 0"),
        (lambda: inhibitory_fixed_point(rule(), 0), "nu_inh must be a positive finite number"),
    ],
)
def test_refuses_wrong_rules(make, message):
    with pytest.raises(ValueError, match=message):
        make()
