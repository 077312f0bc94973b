"""Moments of unequal rates in the mean field: closed forms, and modulated spikes as reference."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from poisson_plasticity import STABLE_RULE, assert_mean, poisson_times, rule, simulated_drift

from bionet.mean_field import (
    FixedPoint,
    RateMoments,
    excitatory_fixed_point,
    inhibitory_fixed_point,
    moments_over_synapses,
)

# Sums and products of a handful of doubles.
ROUNDING_TOLERANCE = 1e-9

coefficient = st.floats(-2, 2)


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
        (lambda: RateMoments(product=0), "product must be a positive finite number, got 0"),
        (lambda: RateMoments().modulated([0, 0]), "population_rate must hold at least one"),
        (lambda: RateMoments().modulated([1, -1]), "population_rate must be finite and not"),
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
def test_refuses_wrong_moments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
