"""Moments of unequal rates in the mean field: closed forms, and modulated spikes as reference."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from poisson_plasticity import STABLE_RULE, assert_mean, poisson_times, rule, simulated_drift

from bionet.mean_field import FixedPoint, excitatory_fixed_point, inhibitory_fixed_point
from bionet.rate_moments import RateMoments, moments_over_synapses

# Sums and products of a handful of doubles.
ROUNDING_TOLERANCE = 1e-9

coefficient = st.floats(-2, 2)


TAU = {"tau_pre": 0.02, "tau_post": 0.05}
#: R over <R>, switching between two rates; relative amplitude 0.8.
SWITCHING = np.array([2.0, 18.0])
AMPLITUDE = 0.8
# Rates of a sine in bins of 1 ms.
BINNING_TOLERANCE = 1e-4


def switching(half, tau):
    """Read a square wave through an exponential trace: closed form of its periodic state."""
    return 1 + AMPLITUDE**2 * (1 - 2 * tau / half * math.tanh(half / (2 * tau)))


@pytest.mark.parametrize("half", [0.01, 0.03, 0.2])
def test_each_trace_reads_a_switching_rate_in_its_own_way(half):
    moments = RateMoments().modulated(SWITCHING, half, **TAU)
    assert moments.modulation_pre == pytest.approx(switching(half, TAU["tau_pre"]))
    assert moments.modulation_post == pytest.approx(switching(half, TAU["tau_post"]))
    assert 1 < moments.modulation_post < moments.modulation_pre < 1 + AMPLITUDE**2


@pytest.mark.parametrize("frequency", [1.0, 8.0, 40.0])
def test_a_sine_is_read_with_what_the_trace_lets_through(frequency):
    """Closed form: 1 + a^2/2 / (1 + (2 pi f tau)^2); a^2/2 of it for a slow one."""
    time = np.arange(0.0005, 1, 0.001)
    rate = 10 * (1 + AMPLITUDE * np.sin(2 * np.pi * frequency * time))
    moments = RateMoments().modulated(rate, 0.001, **TAU)
    for trace in ("pre", "post"):
        passed = 1 / (1 + (2 * np.pi * frequency * TAU[f"tau_{trace}"]) ** 2)
        found = getattr(moments, f"modulation_{trace}")
        assert found == pytest.approx(1 + AMPLITUDE**2 / 2 * passed, abs=BINNING_TOLERANCE)


@pytest.mark.parametrize("coefficient", ["kappa", "gamma"])
def test_modulated_moments_are_those_of_modulated_poisson_spikes(coefficient):
    """Reference: both rates switch every 30 ms; kappa reads the post, gamma the pre trace."""
    plasticity = rule(**({coefficient: 1.0} | TAU))
    generator = np.random.default_rng(8)
    half, cycles = 0.03, 600

    def times():
        return np.concatenate(
            [
                poisson_times(generator, SWITCHING[part % 2], half) + part * half
                for part in range(2 * cycles)
            ]
        )

    duration = 2 * cycles * half
    samples = [simulated_drift(plasticity, times(), times(), duration) for _ in range(60)]

    moments = RateMoments().modulated(SWITCHING, half, **TAU)
    assert_mean(samples, plasticity.k_factor_with(moments) * 10.0**2)


def test_shot_noise_is_taken_off():
    """Statistical: independent neurons of a constant rate have no correlation, so M is 1."""
    generator = np.random.default_rng(3)
    n, rate, bin_width, bins = 50, 10.0, 0.01, 200_000
    binned = generator.poisson(n * rate * bin_width, bins) / (n * bin_width)
    raw = RateMoments().modulated(binned, bin_width, **TAU)
    corrected = RateMoments().modulated(binned, bin_width, **TAU, n_neurons=n)
    kept = 1 - TAU["tau_pre"] / bin_width * (1 - math.exp(-bin_width / TAU["tau_pre"]))
    noise = kept / (n * rate * bin_width)
    # four standard errors of a mean of so many squares, themselves as large as the noise
    error = 4 * noise * math.sqrt(2 / bins)
    assert noise > 20 * error
    assert raw.modulation_pre == pytest.approx(1 + noise, abs=error)
    assert corrected.modulation_pre == pytest.approx(1, abs=error)


@pytest.mark.parametrize("bins", [1, 7])
def test_a_constant_rate_is_no_modulation(bins):
    moments = RateMoments(product=1.2).modulated([5.0] * bins, 0.01, **TAU)
    assert dataclasses.astuple(moments) == pytest.approx((1, 1, 1.2, 1, 1))


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

    assert dataclasses.astuple(within_assemblies) == pytest.approx((1, 1, 1.64, 1, 1))
    point = excitatory_fixed_point(rule(**STABLE_RULE), within_assemblies)
    assert point == FixedPoint(pytest.approx(10 / 1.64), True)


def test_unequal_rates_alone_do_not_move_the_fixed_point():
    """Closed form: all-to-all synapses pair the rates independently, so all moments are 1."""
    rates = np.array([2.0, 18.0, 7.0])
    pre, post = np.nonzero(np.ones((3, 3)))
    moments = moments_over_synapses(rates, rates, pre, post)

    assert dataclasses.astuple(moments) == pytest.approx((1, 1, 1, 1, 1))


def test_modulation_adds_to_the_moments_over_synapses():
    """Closed form: slow enough for both traces, <R^2>/<R>^2 = 1.25."""
    moments = RateMoments(1.2, 0.9, 2.0).modulated([5.0, 15.0], 1e4, **TAU)

    assert dataclasses.astuple(moments) == pytest.approx((1.2, 0.9, 2.0, 1.25, 1.25), rel=1e-4)
    plasticity = rule(**(STABLE_RULE | TAU))
    assert plasticity.k_factor_with(moments) == pytest.approx(2.5 * plasticity.k_factor, rel=1e-4)


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
        (lambda: RateMoments(modulation_pre=-1), "modulation_pre must be a positive finite number"),
        (
            lambda: RateMoments().modulated([0, 0], 0.01, **TAU),
            "population_rate must hold at least one",
        ),
        (
            lambda: RateMoments().modulated([1, -1], 0.01, **TAU),
            "population_rate must be finite and not",
        ),
        (lambda: RateMoments().modulated([1], 0, **TAU), "bin_width must be a positive"),
        (lambda: RateMoments().modulated([1], 0.01, -1, 1), "tau_pre must be a positive"),
        (
            lambda: RateMoments().modulated([1], 0.01, **TAU, n_neurons=0),
            "n_neurons must be a positive",
        ),
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
