"""Figures of feedback rules, behaviour: what is drawn of which networks, and what is refused."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from bionet.plotting import FigureError
from bionet.plotting.feedback_rules import (
    RULE_COLORS,
    RULE_LABELS,
    RuleCourses,
    angle_figure,
    angle_over_epochs,
    error_over_epochs,
    learning_figure,
    loss_over_epochs,
)

EPOCHS = 4
RULES = ("feedback_alignment", "backpropagation", "weight_mirror")


def made_up(repeats=2, **changed):
    """Return results of three rules: numbers that differ between networks and fall or rise."""
    m = len(RULES) * repeats
    rng = np.random.default_rng(1)
    falling = np.linspace(1, 0.5, EPOCHS + 1)
    return {
        "model": np.array("rate"),
        "rule": np.array(RULES * repeats),
        "repeat": np.repeat(np.arange(repeats), len(RULES)),
        "learning_rate": np.full(m, 0.1),
        "connection_names": np.array(["input to hidden 1", "hidden 1 to output"]),
        "layer_names": np.array(["hidden 1"]),
        "train_loss": rng.uniform(1, 2, (m, 1)) * falling[1:],
        "test_accuracy": 1 - rng.uniform(0.05, 0.1, (m, 1)) * falling,
        "weight_angle": rng.uniform(40, 90, (m, 1, 2)) * falling[:, None],
        "delta_angle": rng.uniform(40, 90, (m, 1, 1)) * falling[:, None],
        **changed,
    }


@pytest.fixture
def courses():
    return RuleCourses.from_results(made_up(), "made up")


@pytest.fixture
def axes():
    return Figure().subplots()


def test_rules_come_in_the_order_of_legends(courses):
    assert courses.rules == ["backpropagation", "weight_mirror", "feedback_alignment"]
    assert list(RULE_COLORS) == list(RULE_LABELS)
    assert courses.of("weight_mirror").tolist() == [2, 5]
    assert courses.n_epochs == EPOCHS


def test_errors_are_drawn_in_percent_from_the_first_epoch(axes, courses):
    """The median of each rule's networks; the untrained network would hide the rest."""
    error_over_epochs(axes, courses)
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "test error (%)"
    for line, rule in zip(axes.get_lines(), courses.rules, strict=True):
        assert line.get_color() == RULE_COLORS[rule]
        np.testing.assert_array_equal(line.get_xdata(), range(1, EPOCHS + 1))
        error = 100 * (1 - courses.test_accuracy[courses.of(rule), 1:])
        np.testing.assert_allclose(line.get_ydata(), np.median(error, axis=0))
    assert len(axes.collections) == len(courses.rules)  # bands, for there are two networks each


def test_one_network_of_a_rule_has_no_band(axes):
    loss_over_epochs(axes, RuleCourses.from_results(made_up(repeats=1), "made up"))
    assert len(axes.get_lines()) == len(RULES)
    assert not axes.collections


def test_angles_leave_out_backpropagation_and_what_is_no_angle(axes):
    """An epoch at which one network has no angle is not drawn for its rule."""
    results = made_up()
    results["delta_angle"][2, 0] = np.nan  # the first mirror
    courses = RuleCourses.from_results(results, "made up")
    angle_over_epochs(axes, courses, courses.delta_angle[:, :, 0])
    orthogonal, mirror, aligned = axes.get_lines()
    assert set(orthogonal.get_ydata()) == {90}
    assert mirror.get_xdata().tolist() == [1, 2, 3, 4]
    assert aligned.get_xdata().tolist() == [0, 1, 2, 3, 4]
    low, high = axes.get_ylim()
    assert low == 0 and high > 90


def test_figures_have_a_panel_for_each_connection_and_layer(courses):
    figure = Figure()
    angle_figure(figure, courses)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["input to hidden 1", "hidden 1 to output", "hidden 1"]
    (legend,) = figure.legends
    named = [text.get_text() for text in legend.get_texts()]
    assert named == ["weight mirror", "feedback alignment"]
    figure = Figure()
    learning_figure(figure, courses)
    assert [axes.get_ylabel() for axes in figure.axes] == ["test error (%)", "training loss (nats)"]
    assert len(figure.legends[0].get_texts()) == len(RULES)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rule": np.array(["magic"] * 6)}, "made up: unknown rule 'magic'; there are backprop"),
        ({"train_loss": np.ones((5, EPOCHS))}, "train_loss must have shape"),
        ({"weight_angle": np.ones((6, EPOCHS + 1, 3))}, "weight_angle must have shape"),
        ({"test_accuracy": np.full((6, EPOCHS + 1), 98.0)}, r"test_accuracy must lie in \[0, 1\]"),
    ],
)
def test_results_that_do_not_fit_are_refused(changed, message):
    with pytest.raises(FigureError, match=message):
        RuleCourses.from_results(made_up(**changed), "made up")


def test_missing_arrays_are_named():
    results = made_up()
    del results["delta_angle"]
    with pytest.raises(FigureError, match="made up: array missing: delta_angle"):
        RuleCourses.from_results(results, "made up")
