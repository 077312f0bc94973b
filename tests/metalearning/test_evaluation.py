"""How trials become a candidate: closed form, also where sums of finite numbers overflow."""

import math
import statistics
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_problems import threads

from bionet.metalearning import Evaluation, Stopping, Trial
from bionet.metalearning.evaluation import AGGREGATES, mean_metrics, median_loss

LARGEST = sys.float_info.max

losses = st.lists(
    st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([LARGEST, -LARGEST]),
    min_size=1,
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(losses)
def test_aggregates_and_median_of_finite_losses_are_exact_and_finite(values):
    exact = sorted(map(Fraction, values))
    n = len(exact)
    assert AGGREGATES["mean"](values) == float(sum(exact) / n)
    assert AGGREGATES["max"](values) == max(values)
    assert median_loss(values) == float((exact[(n - 1) // 2] + exact[n // 2]) / 2)


def test_mean_metrics_leave_out_what_was_not_measured_and_do_not_overflow():
    evaluations = [
        Evaluation(Trial(0, 0, k, 1), {}, 0.0, {"rate": rate, "isi_cv": cv})
        for k, (rate, cv) in enumerate([(LARGEST, 0.5), (LARGEST, math.nan), (LARGEST, 1.0)])
    ]
    assert mean_metrics(evaluations) == {"rate": LARGEST, "isi_cv": 0.75}


def largest_losses(values, trial, seed):
    """Return a loss as far from zero as a float can be, of either sign."""
    return math.copysign(LARGEST, values["ee.alpha"]), {"rate": LARGEST}


@pytest.mark.parametrize("aggregate", ["mean", "max"])
def test_a_search_over_the_largest_losses_goes_on(tmp_path, aggregate):
    result = threads(
        largest_losses, tmp_path, aggregate=aggregate, stopping=Stopping(max_generations=4)
    )
    assert len(result.history) == 4
    assert result.best_loss == -LARGEST
    for summary in result.history:
        assert math.isfinite(summary.median_loss)
        assert summary.metrics["rate"] == LARGEST
    assert len({statistics.mean(summary.best_values.values()) for summary in result.history}) == 4
