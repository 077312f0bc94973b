"""Losses: closed forms of sum and penalty, and the order a search relies on, for any activity."""

import dataclasses
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from activities import activity
from hypothesis import given, settings
from hypothesis import strategies as st

from bionet.losses import (
    AbstractTerm,
    BoundedStability,
    IsiCvError,
    Loss,
    PopulationRateStd,
    RateError,
    RateStd,
    penalty_of_failure,
    vaze_loss,
)
from bionet.statistics import Activity

EVERY_TERM = (
    RateError(10),
    PopulationRateStd(),
    RateStd(),
    IsiCvError(),
    BoundedStability(10),
)


ANY_FRACTION = st.floats(0, 1)


@st.composite
def activities(draw, completed=ANY_FRACTION):
    """Activities, the absurd ones included: rates up to the largest float."""
    size = draw(st.integers(1, 4))
    numbers = st.one_of(
        st.floats(0, 300), st.floats(0, allow_infinity=False, allow_nan=False), st.just(0.0)
    )
    cvs = st.one_of(st.floats(0, 3), st.just(math.nan), st.floats(0, 1e308))
    return Activity(
        draw(st.lists(numbers, min_size=size, max_size=size)),
        draw(st.lists(cvs, min_size=size, max_size=size)),
        draw(st.lists(numbers, min_size=1, max_size=6)),
        draw(st.floats(1e-6, 10)),
        draw(completed),
    )


def test_terms_and_losses_add():
    rate, cv, spread, over_neurons = RateError(10), IsiCvError(0.5), PopulationRateStd(), RateStd()
    expected = Loss((rate, cv, spread, over_neurons))

    assert rate + cv + spread + over_neurons == expected
    assert rate + (cv + (spread + over_neurons)) == expected
    assert (rate + cv) + (spread + over_neurons) == expected


def test_loss_is_the_sum_of_its_parts():
    seen = activity(rates=[8.0, 14.0], cvs=[0.5, 0.7], binned=[9.0, 13.0])
    loss = RateError(10) + IsiCvError(0.5) + PopulationRateStd(2)

    parts = loss.parts(seen)

    assert parts == {
        "rate_error": pytest.approx(1),
        "isi_cv_error": pytest.approx(0.08),
        "population_rate_std": pytest.approx(4),
    }
    assert loss(seen) == pytest.approx(5.08)


def test_penalty_of_failure():
    assert penalty_of_failure(0) == 320
    assert penalty_of_failure(1) == pytest.approx(160 * (1 + 1 / math.e))
    assert penalty_of_failure(0.5, penalty=1) == pytest.approx(1 + math.exp(-0.5))


def test_a_stopped_simulation_costs_its_penalty_alone():
    loss = Loss((RateError(10),), penalty=7)
    perfect_until_stopped = activity(completed=0.25)

    assert loss(perfect_until_stopped) == penalty_of_failure(0.25, 7)
    assert loss.parts(perfect_until_stopped) == {"failure": penalty_of_failure(0.25, 7)}


@settings(max_examples=150, deadline=None)
@given(activities(), st.floats(0.01, 1e6) | st.just(sys.float_info.max / 2))
def test_loss_is_finite_for_every_activity(seen, penalty):
    loss = Loss(EVERY_TERM, penalty)

    assert math.isfinite(loss(seen))
    assert loss(seen) >= 0
    assert not any(math.isnan(part) for part in loss.parts(seen).values())


@settings(max_examples=100, deadline=None)
@given(
    activities(completed=st.just(1.0)),
    activities(completed=st.floats(0, 1, exclude_max=True)),
    st.floats(0.01, 1e6),
)
def test_completing_beats_failing(completed, failed, penalty):
    loss = Loss(EVERY_TERM, penalty)

    assert loss(completed) < loss(failed)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_failing_later_beats_failing_earlier(one, other):
    earlier, later = sorted((one, other))

    assert penalty_of_failure(later) <= penalty_of_failure(earlier)
    if later - earlier > 1e-6:
        assert penalty_of_failure(later) < penalty_of_failure(earlier)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1000), st.floats(0, 1000))
def test_worse_networks_cost_more_above_the_penalty_too(one, other):
    """No plateau: a search still sees which of two bad networks is nearer to the target."""
    loss = Loss((RateError(10),), penalty=1)
    nearer, farther = sorted((one, other), key=lambda rate: abs(rate - 10))
    gap = abs(farther - 10) - abs(nearer - 10)

    if gap > 1e-3:
        assert loss(activity(rates=[nearer])) < loss(activity(rates=[farther]))


@dataclasses.dataclass(frozen=True)
class FractionSilent(AbstractTerm):
    """A user's term: the part of the neurons that is silent."""

    name = "fraction_silent"
    weight: float = 1.0

    def error(self, activity):
        """Return the fraction."""
        return np.mean(activity.rates == 0)


@dataclasses.dataclass(frozen=True)
class Undefined(AbstractTerm):
    """A user's term that went wrong."""

    name = "undefined"
    weight: float = 1.0

    def error(self, activity):
        """Return NaN."""
        return math.nan


def test_a_users_own_term_adds_like_any_other():
    """Behaviour: and one that is NaN counts as infinitely bad, not as a loss of NaN."""
    loss = RateError(10) + FractionSilent(3) + Undefined()

    parts = loss.parts(activity(rates=[0.0, 20.0]))

    assert parts == {"rate_error": 0, "fraction_silent": 1.5, "undefined": math.inf}
    assert loss(activity(rates=[0.0, 20.0])) == 1.25 * loss.penalty


def test_losses_pickle():
    loss = vaze_loss(10) + BoundedStability(10)

    assert pickle.loads(pickle.dumps(loss)) == loss


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RateError(0), "RateError target must be a positive finite number, got 0"),
        (lambda: RateError(10, weight=-1), "RateError weight must be a positive .* got -1"),
        (lambda: IsiCvError(math.nan), "IsiCvError weight must be a positive .* got nan"),
        (lambda: BoundedStability(10, tau=0), "BoundedStability tau must be a positive"),
        (lambda: BoundedStability(10, start=-1), "BoundedStability start must be a positive"),
        (lambda: Loss(()), "terms must be at least one"),
        (lambda: RateError(3) + RateError(10), "each of another kind, got .*rate_error"),
        (lambda: Loss((RateStd(),), penalty=0), "penalty must be a positive finite number, got 0"),
        (
            lambda: Loss((RateStd(),), 1) + Loss((IsiCvError(),), 2),
            "penalties are equal, got 1 and 2",
        ),
        (lambda: vaze_loss(-10), "target must be a positive finite number, got -10"),
        (lambda: vaze_loss(1e-200), "target must lie between 1e-150 and 1e150 Hz, got 1e-200"),
        (lambda: vaze_loss(1e200), "target must lie between 1e-150 and 1e150 Hz, got 1e[+]200"),
        (lambda: Loss((RateStd(),), 1e308), "penalty must be at most 8.98847e[+]307, got 1e[+]308"),
        (lambda: penalty_of_failure(0.5, 1e308), "penalty must be at most"),
        (lambda: penalty_of_failure(-0.1), r"completed must lie in \[0, 1\], got -0.1"),
        (lambda: penalty_of_failure(0.1, 0), "penalty must be a positive finite number, got 0"),
    ],
)
def test_refuses_wrong_losses(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_refuses_to_add_what_is_no_term():
    with pytest.raises(TypeError, match="terms must be loss terms such as RateError, got 3"):
        Loss((RateError(10), 3))
    with pytest.raises(TypeError, match="unsupported operand"):
        RateError(10) + 3


def test_numbers_need_no_simulator():
    """Behaviour: losses, statistics and mean field load neither Brian2 nor scipy nor matplotlib."""
    script = (
        "import sys, bionet.losses, bionet.statistics, bionet.mean_field;"
        "print(*{'brian2', 'scipy', 'matplotlib'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert (loaded.returncode, loaded.stdout.split()) == (0, [])
