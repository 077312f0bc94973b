"""Figures of single students, behaviour: what is drawn is what was given, in the units named."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from bionet.plotting import FigureError
from bionet.plotting.recovered_parameters import (
    SHOWN_WEIGHTS,
    parameters_figure,
    shown_weights,
    trajectories,
)
from bionet.plotting.recovery_by_rule import (
    coincidences,
    distances_over_time,
    recovery_figure,
    shares,
)
from bionet.plotting.student_rules import rule_colors, rule_label

RULES = ["vanilla", "braun_vogels", "surrogate 0.25", "surrogate 4"]
RECORDS, INPUTS, TEACHERS = 5, 12, 4


@pytest.fixture
def axes():
    return Figure().subplots()


@pytest.fixture
def results():
    rng = np.random.default_rng(0)
    shape = (RECORDS, len(RULES), TEACHERS)
    return {
        "rules": np.array(RULES),
        "learned": np.array(["w", "tau_m"]),
        "time": 3600.0 * np.arange(RECORDS),
        "weight_distance": rng.uniform(0.1, 1, shape),
        "recovered": rng.random((len(RULES), TEACHERS)) < 0.5,
        "shown": np.array(1),
        "shown_weights": rng.normal(size=(RECORDS, INPUTS, len(RULES))),
        "teacher.w": rng.normal(size=(INPUTS, TEACHERS)),
        "teacher.tau_m": rng.uniform(0.01, 0.06, TEACHERS),
        "parameter.tau_m": rng.uniform(0.01, 0.06, shape),
        "evaluation_both": np.full((len(RULES), TEACHERS), 3),
        "evaluation_student": np.full((len(RULES), TEACHERS), 4),
        "evaluation_teacher": np.full((len(RULES), TEACHERS), 9),
    }


def test_every_trajectory_has_the_colour_of_its_target(axes):
    values, targets = np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]), np.array([3.0, 8.0])
    trajectories(axes, np.array([0.0, 3600.0, 7200.0]), values, targets)
    lines = axes.get_lines()
    for k in range(2):
        target, value = lines[2 * k], lines[2 * k + 1]
        assert target.get_ydata()[0] == targets[k]
        np.testing.assert_array_equal(value.get_ydata(), values[:, k])
        np.testing.assert_array_equal(value.get_xdata(), [0, 1, 2])  # hours
        assert tuple(target.get_color()) == tuple(value.get_color())
    assert tuple(lines[0].get_color()) != tuple(lines[2].get_color())


def test_weights_are_shown_from_the_smallest_to_the_largest():
    weights = np.random.default_rng(1).normal(size=50)
    shown = weights[shown_weights(weights)]
    assert len(shown) == SHOWN_WEIGHTS
    assert (np.diff(shown) > 0).all()
    assert (shown[0], shown[-1]) == (weights.min(), weights.max())
    assert len(shown_weights(weights[:3])) == 3


def test_bars_are_shares_in_percent(axes):
    recovered = np.array([[True, True, True, False], [False] * 4])
    shares(axes, recovered, RULES[:2])
    assert [bar.get_height() for bar in axes.patches] == [75, 0]
    for line, share in zip(axes.get_lines(), (75, 0), strict=True):
        low, high = line.get_ydata()
        assert 0 <= low <= share <= high < 100
    assert [label.get_text() for label in axes.get_xticklabels()] == ["vanilla", "Braun &\nVogels"]


def test_every_coincidence_is_a_dot_and_the_mean_a_line(axes):
    common = np.array([[0.2, 0.6, 0.4], [0.9, 0.7, 0.8]])
    coincidences(axes, common, RULES[:2])
    dots, mean = axes.get_lines()[:2]
    np.testing.assert_array_equal(dots.get_ydata(), [0.2, 0.4, 0.6])
    np.testing.assert_allclose(mean.get_ydata(), 0.4)


def test_distances_are_medians_between_quartiles(axes):
    distance = np.array([[[1.0, 2, 3, 4, 5]], [[0.1, 0.2, 0.3, 0.4, 0.5]]])
    distances_over_time(axes, np.array([0, 3600.0]), distance, RULES[:1])
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), [3, 0.3])
    band = axes.collections[0].get_paths()[0].vertices
    assert {2.0, 4.0, 0.2, 0.4} <= set(band[:, 1].round(9))
    assert axes.get_yscale() == "log"


def test_every_rule_has_a_colour_and_a_name_of_its_own():
    assert len(set(rule_colors(RULES))) == len(RULES)
    assert rule_colors(RULES)[1] == rule_colors(["braun_vogels"])[0]
    assert rule_label("surrogate 0.25") == r"surrogate, $\beta$ = 0.25"
    assert rule_label("another") == "another"


def test_whole_figures_have_a_panel_for_everything_learned(results):
    figure = Figure(layout="constrained")
    parameters_figure(figure, results, "results")
    assert [a.get_ylabel() for a in figure.axes if a.get_visible()] == ["weight", r"$\tau_m$ (ms)"]
    taus = figure.axes[1].get_lines()
    best = np.median(results["weight_distance"][-1], axis=1).argmin()
    np.testing.assert_allclose(taus[1].get_ydata(), 1e3 * results["parameter.tau_m"][:, best, 0])
    figure = Figure(layout="constrained")
    recovery_figure(figure, results, "results")
    assert figure.subfigs[1].axes[1].get_lines()[0].get_ydata()[0] == 0.5


@pytest.mark.parametrize("draw", [recovery_figure, parameters_figure])
def test_a_missing_array_is_named(results, draw):
    del results["shown_weights"]
    with pytest.raises(FigureError, match=r"results\.npz: array missing: shown_weights"):
        draw(Figure(), results, "results.npz")
