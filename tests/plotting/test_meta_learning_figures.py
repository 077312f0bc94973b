"""Figures of a meta-learning run, behaviour: what is saved is drawn, what is missing named."""

import shutil

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from synthetic_run import (
    BIN_WIDTH,
    N_RECORDED,
    comparison,
    configuration,
    results,
    write_run,
)

from bionet.plotting import FigureError
from bionet.plotting.measured import Measured
from bionet.plotting.rule_at_work import rule_at_work
from bionet.plotting.rule_comparison import rule_comparison
from bionet.runs.meta_learning_figures import draw
from bionet.runs.run_directory import RunDirectory

ALL = ["network.png", "search.png", "rule_at_work.png", "mean_field_plane.png"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "finished")


@pytest.fixture
def run(finished, tmp_path):
    shutil.copytree(finished.path, tmp_path / "run")
    return RunDirectory(tmp_path / "run")


def test_a_finished_run_has_all_figures(run):
    before = run.log_path.read_bytes(), run.results_path.read_bytes()
    drawn = draw(run, configuration())
    assert [path.name for path in drawn] == ALL
    assert all(path.parent == run.figures_path and path.stat().st_size for path in drawn)
    assert (run.log_path.read_bytes(), run.results_path.read_bytes()) == before


def test_an_unfinished_run_has_its_search_only_and_says_so(run, capsys):
    run.results_path.unlink()
    drawn = draw(run, configuration(generations=9))
    assert [path.name for path in drawn] == ["search.png"]
    assert "is not finished" in capsys.readouterr().err


@pytest.mark.parametrize("lines", [4, 1, 0, None])
def test_a_run_without_a_complete_generation_is_an_error_that_says_so(run, lines):
    """Its log may be short, have no bytes, as a kill leaves it, or not be there."""
    run.results_path.unlink()
    if lines is None:
        run.log_path.unlink()
    else:
        run.log_path.write_bytes(b"".join(run.log_path.read_bytes().splitlines(True)[:lines]))
    with pytest.raises(FigureError, match=r"log.jsonl: .* no generation .* is complete"):
        draw(run, configuration())


@pytest.mark.parametrize(
    "name", ["rule", "static_voltage", "population_rate", "static_isi_cvs", "weight_counts"]
)
def test_a_missing_array_is_named_with_its_file(run, name):
    arrays = run.load_results()
    del arrays[name]
    run.save_results(**arrays)
    with pytest.raises(FigureError, match=rf"results.npz: array missing: {name}"):
        draw(run, configuration())
    assert not list(run.figures_path.glob("*.png"))


def mosaic(arrays):
    figure = Figure()
    rule_at_work(figure, arrays, target_rate=10.0, source="results.npz", title="Rule")
    return {axes.get_label(): axes for axes in figure.axes}


def test_rule_at_work_shows_each_initial_weight_over_time():
    arrays = results()
    panels = mosaic(arrays)
    for run, line in enumerate(panels["weight"].lines):
        np.testing.assert_allclose(line.get_ydata(), arrays["mean_weight"][run])
    rates = [patch for patch in panels["rate"].patches if isinstance(patch, StepPatch)]
    for run, stairs in enumerate(rates):
        expected = arrays["population_rate"][run][:50].mean()  # the first half second
        np.testing.assert_allclose(stairs.get_data().values[0], expected)
    assert len(rates) == len(panels["weight"].lines) == 2
    labels = [text.get_text() for text in panels["rate"].get_legend().get_texts()]
    assert "0.3" in labels[0] and "0.7" in labels[1] and "10 Hz" in labels[2]
    assert "(Hz)" in panels["rate"].get_ylabel()
    assert panels["weight"].get_xlim() == (0, 70)


def test_rule_at_work_says_which_simulation_stopped():
    arrays = results()
    arrays["completed"][0] = 0.5
    arrays["population_rate"][0, 3499:] = np.nan
    labels = [text.get_text() for text in mosaic(arrays)["rate"].get_legend().get_texts()]
    assert labels[0].endswith("stopped at 35.0 s")
    assert "stopped" not in labels[1]


def test_a_rate_beyond_the_axis_is_told_in_words():
    arrays = results()
    arrays["population_rate"][1, :100] = 150.0
    rate = mosaic(arrays)["rate"]
    assert rate.get_ylim()[1] == 30.0
    assert any("up to 150 Hz" in text.get_text() for text in rate.texts)


def test_rule_at_work_shows_rasters_and_distributions_before_and_after():
    arrays = results()
    panels = mosaic(arrays)
    last = (arrays["spikes_run"] == 1) & (arrays["spikes_t"] >= 69)
    assert panels["raster after"].lines[0].get_xdata().size == last.sum()
    still = (arrays["static_spikes_run"] == 1) & (arrays["static_spikes_t"] >= 5)
    assert panels["raster before"].lines[0].get_xdata().size == still.sum()
    expected = arrays["weight_counts"][1] / arrays["weight_counts"][1].sum()
    np.testing.assert_allclose(panels["weights"].patches[-1].get_data().values, expected)
    labels = [text.get_text() for text in panels["weights"].get_legend().get_texts()]
    assert labels == ["2.1 % at a bound"] * 2
    # before dashed, after filled and outlined, for both weights
    assert len(panels["isi_cv"].patches) == 6


def test_measured_reads_the_end_of_a_stopped_simulation():
    arrays = results()
    arrays["population_rate"][0, 1000:] = np.nan
    measured = Measured.from_results(arrays, "results.npz")
    assert measured.stopped_at(0) == pytest.approx(10.01, abs=BIN_WIDTH / 100)
    assert measured.last(0, 1.0) == pytest.approx((9.01, 10.01), abs=BIN_WIDTH / 100)
    assert measured.stopped_at(1) == pytest.approx(70.0, abs=BIN_WIDTH / 100)


def test_two_rules_stand_side_by_side_with_their_measures():
    figure = Figure()
    arrays = comparison()
    rule_comparison(figure, arrays, source="two_rules.npz")
    synchronous, asynchronous = (half.axes[0] for half in figure.subfigs)
    assert "stable" in synchronous.get_title()
    assert "10.0 Hz" in synchronous.get_title()
    cv = [float(a.get_title().split()[-1]) for a in (synchronous, asynchronous)]
    assert cv[0] == 3.0  # a burst of 10 times the mean in one of ten bins: sqrt(10 - 1)
    assert cv[1] < 0.5
    rows = synchronous.lines[0].get_ydata()
    assert rows.max() <= sum(N_RECORDED) - 1
    assert figure.subfigs[0].axes[1].get_ylim() == figure.subfigs[1].axes[1].get_ylim()


def test_a_comparison_needs_two_rules():
    with pytest.raises(FigureError, match=r"two_rules.npz: array missing: tau_pre"):
        rule_comparison(
            Figure(),
            {k: v for k, v in comparison().items() if k != "tau_pre"},
            source="two_rules.npz",
        )
    arrays = comparison() | {"rule": np.zeros(4)}
    with pytest.raises(FigureError, match=r"shape \(2, 4\)"):
        rule_comparison(Figure(), arrays, source="two_rules.npz")
