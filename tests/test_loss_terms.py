"""Terms of losses: closed form of every term, the filter against a reference implementation."""

import dataclasses
import math

import numpy as np
import pytest
from activities import activity

from bionet.losses import (
    BoundedStability,
    IsiCvError,
    PopulationRateStd,
    RateError,
    RateStd,
    vaze_loss,
)

# Euler's method with steps of 1e-4 tau is good to about that.
EULER_TOLERANCE = 1e-3


def test_rate_error():
    assert RateError(10, weight=0.5)(activity(rates=[4.0, 8.0])) == pytest.approx(8)


def test_population_rate_std_is_taken_over_time():
    burst = activity(rates=[10.0, 10.0], binned=[0.0, 20.0])

    assert PopulationRateStd(weight=2)(burst) == pytest.approx(20)
    assert RateStd()(burst) == 0


def test_rate_std_is_taken_over_neurons():
    unequal = activity(rates=[0.0, 20.0], binned=[10.0, 10.0])

    assert RateStd(weight=2)(unequal) == pytest.approx(20)
    assert PopulationRateStd()(unequal) == 0


def test_isi_cv_error_counts_only_neurons_with_a_cv():
    assert IsiCvError(0.5)(activity([1.0] * 3, [0.2, math.nan, 0.6])) == pytest.approx(0.18)
    assert IsiCvError(target=2)(activity([1.0], [0.5])) == pytest.approx(2.25)


def test_no_cv_costs_as_much_as_a_clock():
    assert IsiCvError(2, target=0.8)(activity([1.0])) == pytest.approx(2 * 0.64)


def test_bounded_stability_of_a_constant_rate():
    """Closed form: (r - target)^2 / (r + 2), whatever the filter."""
    constant = activity(binned=[30.0] * 50)

    assert BoundedStability(10)(constant) == pytest.approx(400 / 32)
    assert BoundedStability(10, tau=0.1, weight=3)(constant) == pytest.approx(3 * 400 / 32)
    assert BoundedStability(10)(activity(binned=[0.0] * 50)) == pytest.approx(50)


def test_bounded_stability_filters_the_rate():
    """Reference implementation: the filter's equation, solved by small Euler steps."""
    generator = np.random.default_rng(6)
    binned, bin_width, tau, start = generator.uniform(0, 40, 20), 0.05, 0.3, 17.0
    small_steps = 2000
    rate, errors = start, []
    for drive in binned:
        for _ in range(small_steps):
            rate += (drive - rate) * bin_width / small_steps / tau
        errors.append((rate - 10) ** 2 / (rate + 2))

    loss = BoundedStability(10, tau=tau, start=start)(activity(binned=binned, bin_width=bin_width))

    assert loss == pytest.approx(np.mean(errors), rel=EULER_TOLERANCE)


def test_bounded_stability_starts_at_the_mean_of_its_first_time_constant():
    binned = [0.0, 20.0] * 5 + [10.0] * 30
    score = BoundedStability(10, tau=0.1)
    started = dataclasses.replace(score, start=10.0)

    assert score(activity(binned=binned)) == pytest.approx(started(activity(binned=binned)))


def test_bounded_stability_sees_a_drift_that_the_mean_rate_does_not():
    drifting = activity(rates=[10.0], binned=np.linspace(0, 20, 500))

    assert RateError(10)(drifting) == 0
    assert BoundedStability(10)(drifting) > 1


@pytest.mark.parametrize("target", [3.0, 10.0, 40.0])
def test_vaze_loss_is_the_same_for_every_target(target):
    """Closed form: a silent network costs 10 for its rate and 1 for its missing CV."""
    loss = vaze_loss(target)
    silent = activity(rates=[0.0], binned=[0.0])
    twice = activity(rates=[2 * target], cvs=[1.0], binned=[0, 4 * target])
    good = activity(rates=[target], cvs=[1.0], binned=[target, target])

    assert loss.parts(silent) == {
        "rate_error": pytest.approx(10),
        "population_rate_std": 0,
        "isi_cv_error": 1,
    }
    assert loss(twice) == pytest.approx(10 + 2)
    assert loss(good) == pytest.approx(0)
