"""Mean field: closed forms, Poisson spikes driven through the rule (reference), and behaviour."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bionet.mean_field import (
    FixedPoint,
    PolynomialRule,
    RateMoments,
    excitatory_fixed_point,
    inhibitory_fixed_point,
    moments_over_synapses,
)

# Sums and products of a handful of doubles.
ROUNDING_TOLERANCE = 1e-9

# A sample mean lies within four of its standard errors but once in 16 000 times; seeds are fixed.
STANDARD_ERRORS = 4

# A standard error above this part of the drift would let a missing term pass.
LARGEST_RELATIVE_ERROR = 0.05

STABLE_RULE = {"alpha": 0.3, "beta": 0.7, "kappa": -4.0, "gamma": -1.0}
TAUS = {"tau_pre": 0.02, "tau_post": 0.02}


def rule(**coefficients):
    silent = {"alpha": 0.0, "beta": 0.0, "kappa": 0.0, "gamma": 0.0}
    return PolynomialRule(**(silent | TAUS | coefficients))


def simulated_drift(plasticity, pre_times, post_times, duration):
    """Go through the spikes in order, as the rule is worded; the weight's change over time."""
    events = sorted([(time, "pre") for time in pre_times] + [(time, "post") for time in post_times])
    weight = z_pre = z_post = last = 0.0
    for time, neuron in events:
        z_pre *= math.exp((last - time) / plasticity.tau_pre)
        z_post *= math.exp((last - time) / plasticity.tau_post)
        if neuron == "pre":
            weight += plasticity.alpha + plasticity.kappa * z_post
            z_pre += 1
        else:
            weight += plasticity.beta + plasticity.gamma * z_pre
            z_post += 1
        last = time
    return weight / duration


def poisson_times(generator, rate, duration):
    return generator.uniform(0, duration, generator.poisson(rate * duration))


def assert_mean(samples, expected):
    standard_error = np.std(samples, ddof=1) / math.sqrt(len(samples))
    assert standard_error < LARGEST_RELATIVE_ERROR * abs(expected)
    assert abs(np.mean(samples) - expected) < STANDARD_ERRORS * standard_error


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


def test_modulated_moments_are_those_of_modulated_poisson_spikes():
    """Reference: both rates switch between 2 and 18 Hz, <R^2>/<R>^2 = 1.64, every 2 s.

    A trace forgets within 0.02 s, so that the correction for slow modulations holds to 1 %.
    """
    plasticity = rule(kappa=1.0, gamma=1.0)
    generator = np.random.default_rng(8)
    rates, half = [2.0, 18.0], 2.0

    def modulated_times(cycles):
        return np.concatenate(
            [
                poisson_times(generator, rates[part % 2], half) + part * half
                for part in range(2 * cycles)
            ]
        )

    samples = [
        simulated_drift(plasticity, modulated_times(10), modulated_times(10), 40.0)
        for _ in range(60)
    ]

    product = RateMoments().modulated(rates).product
    assert product == pytest.approx(1.64)
    assert_mean(samples, plasticity.k_factor * product * 10.0**2)


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
moment = st.floats(0.2, 5)


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


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_corrected_fixed_point_is_where_the_mean_drift_over_synapses_vanishes(seed, inhibitory):
    """Closed form: on a network with unequal rates, connections that favour some, held synapses."""
    generator = np.random.default_rng(seed)
    shape_post = generator.lognormal(0, 0.8, 40)
    shape_pre = generator.lognormal(0, 0.5, 30) if inhibitory else shape_post
    likely = np.outer(shape_pre, shape_post)
    pre, post = np.nonzero(generator.random(likely.shape) < 0.3 * likely / likely.mean())
    movable = generator.random(pre.size) < 0.7
    moments = moments_over_synapses(shape_pre, shape_post, pre, post, movable)
    if inhibitory:
        plasticity = rule(alpha=-0.4, beta=0.01, kappa=1.0, gamma=1.0)
        nu_pre = 12 * shape_pre / shape_pre.mean()
        point = inhibitory_fixed_point(plasticity, 12.0, moments)
        nu_post = point.rate * shape_post / shape_post.mean()
    else:
        plasticity = rule(**STABLE_RULE)
        point = excitatory_fixed_point(plasticity, moments)
        nu_pre = nu_post = point.rate * shape_post / shape_post.mean()

    drift = plasticity.drift(nu_pre[pre], nu_post[post])

    assert point.stable
    assert drift[movable].mean() == pytest.approx(0, abs=ROUNDING_TOLERANCE)


def test_neurons_that_fire_together_rest_at_a_lower_rate():
    """Closed form: the plain prediction overestimates; here by <nu^2>/<nu>^2 = 1.64."""
    rates = np.array([2.0, 18.0])
    within_assemblies = moments_over_synapses(rates, rates, np.array([0, 1]), np.array([0, 1]))

    assert dataclasses.astuple(within_assemblies) == pytest.approx((1, 1, 1.64))
    point = excitatory_fixed_point(rule(**STABLE_RULE), within_assemblies)
    assert point == FixedPoint(pytest.approx(10 / 1.64), True)


def test_unequal_rates_alone_do_not_move_the_fixed_point():
    """Closed form: all-to-all synapses pair the rates independently, so all moments are 1."""
    rates = np.array([2.0, 18.0, 7.0])
    pre, post = np.nonzero(np.ones((3, 3)))
    moments = moments_over_synapses(rates, rates, pre, post)

    assert dataclasses.astuple(moments) == pytest.approx((1, 1, 1))


def test_modulation_multiplies_the_moments_over_synapses():
    moments = RateMoments(1.2, 0.9, 2.0).modulated([5.0, 15.0])

    assert dataclasses.astuple(moments) == pytest.approx((1.2, 0.9, 2.5))


@settings(max_examples=60, deadline=None)
@given(coefficient, coefficient, coefficient, coefficient)
def test_moments_of_one_are_the_plain_mean_field(alpha, beta, kappa, gamma):
    plasticity = rule(alpha=alpha, beta=beta, kappa=kappa, gamma=gamma)
    point = excitatory_fixed_point(plasticity)
    k_factor = 0.02 * (kappa + gamma)
    assume(abs(k_factor) > 1e-6)  # else its rounding decides, and the rate may overflow

    if point.stable:
        assert alpha + beta > 0 > k_factor
    if math.isnan(point.rate):
        assert not (alpha + beta > 0 > k_factor)
    else:
        assert point.rate == pytest.approx(-(alpha + beta) / k_factor)


PAIR = np.array([1.0, 2.0])
INDEX = np.array([0, 1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rule(alpha=math.nan), "alpha must be a finite number, got nan"),
        (lambda: rule(kappa=math.inf), "kappa must be a finite number, got inf"),
        (lambda: rule(tau_post=0), "tau_post must be a positive finite number, got 0"),
        (lambda: RateMoments(product=0), "product must be a positive finite number, got 0"),
        (lambda: RateMoments().modulated([0, 0]), "population_rate must hold at least one"),
        (lambda: RateMoments().modulated([1, -1]), "population_rate must be finite and not"),
        (lambda: inhibitory_fixed_point(rule(), 0), "nu_inh must be a positive finite number"),
        (
            lambda: moments_over_synapses(PAIR, PAIR, INDEX, INDEX + 1),
            r"post must lie in \[0, 2\), got 1 to 2",
        ),
        (
            lambda: moments_over_synapses(PAIR, PAIR, INDEX - 1, INDEX),
            r"pre must lie in \[0, 2\), got -1 to 0",
        ),
        (
            lambda: moments_over_synapses(PAIR, PAIR, INDEX, INDEX[:1]),
            r"one entry a synapse, got shapes \(2,\), \(1,\) and \(2,\)",
        ),
        (
            lambda: moments_over_synapses(PAIR, PAIR, PAIR, INDEX),
            "pre must be a vector of whole numbers, got an array of float64",
        ),
        (
            lambda: moments_over_synapses(PAIR, PAIR, INDEX, INDEX, [False, False]),
            "at least one synapse must be movable",
        ),
        (
            lambda: moments_over_synapses(PAIR, 0 * PAIR, INDEX, INDEX),
            "rates_post must hold at least one neuron",
        ),
        (
            lambda: moments_over_synapses([0.0, 1.0], [0.0, 1.0], INDEX[:1], INDEX[:1]),
            "pre must be a positive finite number, got 0.0",
        ),
    ],
)
def test_refuses_wrong_rules_and_moments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
