"""Figures of mean field, behaviour, with closed forms for what is predicted.

The stable region is alpha + beta > 0 and K < 0, the predicted rate -(alpha + beta) / K, corrected
by the measured product of the rates (Vaze et al., mean field).
"""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from synthetic_run import RULE, results, write_run

from bionet.mean_field import PolynomialRule
from bionet.metalearning import read_log
from bionet.plotting import FigureError
from bionet.plotting.mean_field_plane import candidates_of, mean_field_plane
from bionet.plotting.rate_prediction import Prediction, predictions_of, rate_prediction

TAUS = {"tau_pre": 0.02, "tau_post": 0.02}
#: A float division apart.
ROUNDING = 1e-12


def rule(linear, k_factor):
    return PolynomialRule(linear / 3, 2 * linear / 3, k_factor / 0.04, k_factor / 0.04, **TAUS)


def test_candidates_stand_at_their_coordinates_coloured_by_loss():
    axes = Figure().subplots()
    rules = [rule(1e-3, -1e-4), rule(-4e-3, 2e-4), rule(2e-3, -2e-4)]
    points = mean_field_plane(axes, rules, [3.0, 1.0, 2.0], target_rate=10.0)
    by_loss = dict(zip(points.get_array(), points.get_offsets(), strict=True))
    np.testing.assert_allclose(by_loss[3.0], [1, -0.1])
    np.testing.assert_allclose(by_loss[1.0], [-4, 0.2])
    np.testing.assert_allclose(by_loss[2.0], [2, -0.2])
    assert points.get_array()[-1] == 1.0  # the best is drawn last, on top
    assert "leak" in axes.get_xlabel()
    assert "leak" in axes.get_ylabel()


def test_shaded_is_the_stable_quadrant_and_the_line_holds_the_target():
    axes = Figure().subplots()
    mean_field_plane(axes, [rule(4e-3, -1e-3)], [1.0], target_rate=20.0)
    x, y = axes.patches[0].get_x(), axes.patches[0].get_y()
    assert (x, x + axes.patches[0].get_width()) == (0, axes.get_xlim()[1])
    assert (y, y + axes.patches[0].get_height()) == (axes.get_ylim()[0], 0)
    (line,) = [line for line in axes.lines if "nu" in str(line.get_label())]
    linear, k_factor = line.get_xydata()[1]
    assert linear > 0 > k_factor
    assert -linear / k_factor == pytest.approx(20.0, rel=ROUNDING)


def test_the_found_rule_is_marked_where_it_is():
    axes = Figure().subplots()
    mean_field_plane(axes, [rule(4e-3, -1e-3)], [1.0], target_rate=20.0, found=rule(1e-3, -5e-4))
    (star,) = [line for line in axes.lines if line.get_marker() == "*"]
    np.testing.assert_allclose(star.get_xydata(), [[1.0, -0.5]])


def test_bad_losses_share_a_colour_so_that_the_good_ones_differ():
    axes = Figure().subplots()
    rules = [rule(1e-3, -1e-4)] * 4
    points = mean_field_plane(axes, rules, [0.4, 0.8, 40.0, 300.0], target_rate=10.0)
    good, fair, bad, worse = sorted(points.norm(points.get_array()))
    assert fair - good > 0.2
    assert bad > 1
    assert worse > 1


@pytest.mark.parametrize(
    ("losses", "target", "message"),
    [([1.0, 2.0], 10.0, "1 rule and 2 losses"), ([1.0], 0.0, "target_rate must be positive")],
)
def test_plane_refuses_what_does_not_fit(losses, target, message):
    with pytest.raises(ValueError, match=message):
        mean_field_plane(Figure().subplots(), [rule(1e-3, -1e-4)], losses, target_rate=target)


def test_candidates_of_a_log_are_those_of_its_complete_generations(tmp_path):
    plan, evaluations = read_log(write_run(tmp_path / "run", finished=False).log_path)
    values, losses = candidates_of(plan, evaluations[:-1])
    assert len(values) == len(losses) == plan.population_size  # one of two generations
    first = [e for e in evaluations if e.trial.generation == 0 and e.trial.candidate == 3]
    assert values[3] == first[0].values
    assert losses[3] == pytest.approx(np.mean([e.loss for e in first]), rel=ROUNDING)


def test_predictions_are_the_fixed_point_with_and_without_the_rate_product():
    arrays = results(10.0)
    arrays["population_rate"][:] = 10.0
    found = predictions_of(arrays, target_rate=10.0, source="results.npz", **TAUS)
    linear, k_factor = RULE[0] + RULE[1], 0.02 * (RULE[2] + RULE[3])
    # what is taken off for the shot noise of 400 neurons at 10 Hz in bins of half a time constant
    noise = (1 - 2 * (1 - np.exp(-0.5))) / (400 * 10.0 * 0.01)
    assert [p.initial_weight for p in found] == [0.3, 0.7]
    for prediction in found:
        assert prediction.predicted == pytest.approx(-linear / k_factor, rel=ROUNDING)
        # <nu_pre nu_post> = 1.2 <nu>^2, hence (alpha + beta) nu + 1.2 K nu^2 = 0
        product = 1.2 * (1 - noise)
        assert prediction.corrected == pytest.approx(-linear / (product * k_factor), rel=ROUNDING)
        assert prediction.completed


def test_a_rule_that_repels_predicts_nothing():
    arrays = results()
    arrays["rule"] = -arrays["rule"]
    found = predictions_of(arrays, target_rate=10.0, source="results.npz", **TAUS)
    assert all(np.isnan(p.predicted) and np.isnan(p.corrected) for p in found)


def test_predictions_name_the_array_that_is_missing():
    arrays = results()
    del arrays["synapse_moments"]
    with pytest.raises(FigureError, match=r"here/results\.npz: .* synapse_moments; .*move"):
        predictions_of(arrays, target_rate=10.0, source="here/results.npz", **TAUS)


def test_predicted_stands_against_measured_and_the_error_over_the_target():
    figure = Figure()
    rate_prediction(
        figure,
        [
            Prediction(3.0, 0.3, measured=3.0, predicted=3.3, corrected=3.0, completed=True),
            Prediction(20.0, 0.3, measured=16.0, predicted=20.0, corrected=18.0, completed=True),
        ],
    )
    agreement, error = figure.axes
    points = {line.get_marker(): line for line in agreement.lines if line.get_marker() != "None"}
    np.testing.assert_array_equal(points["o"].get_xydata(), [(3, 3.3), (16, 20)])
    np.testing.assert_array_equal(points["D"].get_xydata(), [(3, 3), (16, 18)])
    errors = {line.get_marker(): line for line in error.lines if line.get_marker() != "None"}
    np.testing.assert_allclose(errors["o"].get_ydata(), [10, 25])
    assert [label.get_text() for label in error.get_xticklabels()] == ["3", "20"]
    assert all("(Hz)" in label for label in (agreement.get_xlabel(), agreement.get_ylabel()))
    assert "(%)" in error.get_ylabel()
    assert not figure.get_supxlabel()


def test_what_cannot_be_shown_is_named():
    figure = Figure()
    nothing = float("nan")
    rate_prediction(
        figure,
        [
            Prediction(3.0, 0.3, measured=3.0, predicted=3.3, corrected=3.0, completed=True),
            Prediction(40.0, 0.3, measured=90.0, predicted=40.0, corrected=30.0, completed=False),
            Prediction(20.0, 0.7, 19.0, predicted=nothing, corrected=nothing, completed=True),
        ],
    )
    note = figure.get_supxlabel()
    assert "40 Hz from w = 0.3 (stopped early)" in note
    assert "20 Hz from w = 0.7 (no stable fixed point)" in note
    shown = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(shown[0].get_xdata()) == 1


def test_plane_returns_what_a_colour_bar_needs():
    points = mean_field_plane(Figure().subplots(), [rule(1e-3, -1e-4)], [1.0], target_rate=10.0)
    assert isinstance(points, PathCollection)
