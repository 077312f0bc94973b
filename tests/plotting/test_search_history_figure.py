"""The figure of a search, behaviour: mean, spread and best candidates of each generation."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from synthetic_run import write_run

from bionet.metalearning import read_history, read_log
from bionet.plotting.search_history import (
    coefficient_over_generations,
    loss_over_generations,
    search_history,
)


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    directory = write_run(tmp_path_factory.mktemp("run") / "run", finished=False)
    return read_log(directory.log_path)[0], read_history(directory.log_path)


def test_losses(search):
    _, history = search
    axes = Figure().subplots()
    loss_over_generations(axes, history)
    median, best, best_so_far = (line.get_ydata() for line in axes.lines)
    np.testing.assert_array_equal(median, [summary.median_loss for summary in history])
    np.testing.assert_array_equal(best, [summary.best_loss for summary in history])
    np.testing.assert_array_equal(best_so_far, np.minimum.accumulate(best))
    assert axes.get_yscale() == "log"


def test_spread_is_shaded_about_the_mean_from_which_each_generation_was_drawn(search):
    plan, history = search
    axes = Figure().subplots()
    coefficient_over_generations(axes, plan, history, "kappa")
    mean, best = axes.lines[0], axes.lines[1]
    # The first generation was drawn about no plasticity, with the scale as its spread.
    expected = [0.0, *(1e3 * summary.mean[2] for summary in history)]
    np.testing.assert_allclose(mean.get_ydata(), expected)
    np.testing.assert_allclose(
        best.get_ydata(), [1e3 * summary.best_values["kappa"] for summary in history]
    )
    shaded = axes.collections[0].get_paths()[0].vertices
    for generation, spread in enumerate([20.0, *(1e3 * s.spread[2] for s in history)]):
        here = shaded[shaded[:, 0] == generation, 1]
        np.testing.assert_allclose(here.min(), expected[generation] - spread)
        np.testing.assert_allclose(here.max(), expected[generation] + spread)
    assert "leak" in axes.get_ylabel()


def test_there_is_a_panel_for_the_loss_and_for_each_coefficient(search):
    figure = Figure()
    search_history(figure, *search, "Search")
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[0] == "loss"
    for symbol, label in zip(("alpha", "beta", "kappa", "gamma"), labels[1:], strict=True):
        assert symbol in label


def test_no_generation_is_refused(search):
    with pytest.raises(ValueError, match="at least one generation, got none"):
        search_history(Figure(), search[0], [], "Search")
