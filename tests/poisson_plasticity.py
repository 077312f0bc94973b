"""A plasticity rule driven by spikes one by one: the reference for the mean field of the rule."""

import math

import numpy as np

from bionet.mean_field import PolynomialRule

# A sample mean lies within four of its standard errors but once in 16 000 times; seeds are fixed.
STANDARD_ERRORS = 4

# A standard error above this part of the drift would let a missing term pass.
LARGEST_RELATIVE_ERROR = 0.05

STABLE_RULE = {"alpha": 0.3, "beta": 0.7, "kappa": -4.0, "gamma": -1.0}
TAUS = {"tau_pre": 0.02, "tau_post": 0.02}


def rule(**coefficients):
    """Return a rule with traces of 20 ms and no term but those given."""
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
    """Return the times of a Poisson process, in no order."""
    return generator.uniform(0, duration, generator.poisson(rate * duration))


def assert_mean(samples, expected):
    """Require the expected value within the standard errors of a sample that can tell it."""
    standard_error = np.std(samples, ddof=1) / math.sqrt(len(samples))
    assert standard_error < LARGEST_RELATIVE_ERROR * abs(expected)
    assert abs(np.mean(samples) - expected) < STANDARD_ERRORS * standard_error
