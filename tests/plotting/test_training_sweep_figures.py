"""Figures of training sweeps, behaviour: what is saved is drawn, what is missing or wrong named."""

from contextlib import contextmanager
from dataclasses import replace

import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from scipy import stats
from synthetic_sweep import CLASSES, NOISES, RUNS, WIDTHS, results, write_run
from test_balance_figures import assert_readable

from bionet.plotting import EXCITATORY, INHIBITORY, STYLE_SHEET, FigureError
from bionet.plotting.accuracy_over_rate import BIOLOGICAL_RATES, accuracy_over_rate
from bionet.plotting.activity_axis import placed, silent_place
from bionet.plotting.class_activity import class_activity_figure, shown_epochs
from bionet.plotting.example_response import hidden_raster, input_raster, readout_traces
from bionet.plotting.layer_sketch import layer_sketch
from bionet.plotting.learning_curves import best_width, learning_curves_figure
from bionet.plotting.noise_robustness import (
    accuracy_over_noise,
    compared_noise,
    gain_on_excitation,
    noise_figure,
    swept_width,
)
from bionet.plotting.p_values import p_text
from bionet.plotting.pair_distances import pair_distances, pair_distances_figure
from bionet.plotting.ratios import ratio_color, ratio_label
from bionet.plotting.trained_examples import (
    class_curves,
    example_networks,
    trained_examples_figure,
    weights_before_and_after,
)
from bionet.plotting.training_sweep import TrainingSweep
from bionet.runs import surrogate_training_figures
from bionet.runs.surrogate_training_figures import draw
from bionet.statistics import friedman

ALWAYS = [
    "accuracy_over_rate.png",
    "learning_curves.png",
    "class_activity.png",
    "example_networks.png",
    "pair_distances.png",
]
WITH_NOISE = [*ALWAYS[:2], "noise_robustness.png", *ALWAYS[2:]]
#: A sweep that is fast to make and to draw.
SMALL = {"ratios": (0.5, 1.0), "widths": (0.001, 0.01, 0.05), "repeats": 3, "epochs": 4}
NOISY = {**SMALL, "widths": (0.001, 0.01), "noises": NOISES}


def sweep_of(**sweeps):
    return TrainingSweep.from_results(results(**sweeps), "results.npz")


def line(axes, label):
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return found


def lines(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def together(drawn):
    """Return all points of several lines, in an order of their own."""
    return np.array(sorted(zip(*np.hstack([each.get_data() for each in drawn]), strict=True)))


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@contextmanager
def unsaved(path, width, height):
    with matplotlib.style.context(STYLE_SHEET):
        yield Figure(figsize=(width, height))


@contextmanager
def checked(path, width, height):
    with unsaved(path, width, height) as figure:
        yield figure
        figure.draw_without_rendering()
        assert_readable(figure)


@pytest.mark.parametrize("name", RUNS)
def test_every_run_has_its_figures_and_all_text_is_readable(name, tmp_path, monkeypatch):
    monkeypatch.setattr(surrogate_training_figures, "drawing", checked)
    directory = write_run(tmp_path / "run", results(**{**RUNS[name], "epochs": 12}))
    expected = WITH_NOISE if name in ("noise", "many classes") else ALWAYS
    assert [path.name for path in draw(directory, None)] == expected


def test_without_distances_or_samples_of_a_class_the_rest_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(surrogate_training_figures, "drawing", unsaved)
    arrays = results(**SMALL)
    arrays["distance_before"][:] = arrays["distance_after"][:] = np.nan
    arrays["class_accuracy"][..., 3] = np.nan
    arrays["class_spikes"][..., 3, :] = np.nan
    sweep = TrainingSweep.from_results(arrays, "results.npz")
    spikes = np.delete(arrays["class_spikes"][:, 0], 3, axis=1)
    np.testing.assert_allclose(sweep.initial_rate, spikes.sum(axis=2).mean(axis=1) / 10)
    assert [path.name for path in draw(write_run(tmp_path / "run", arrays), None)] == ALWAYS[:-1]
    with pytest.raises(ValueError, match="got NaN alone"):
        pair_distances_figure(Figure(), sweep)


def test_figures_are_saved_in_the_run(tmp_path, monkeypatch):
    few = dict(list(surrogate_training_figures.FIGURES.items())[:2])
    monkeypatch.setattr(surrogate_training_figures, "FIGURES", few)
    directory = write_run(tmp_path / "run", results(ratios=(1.0,), widths=(0.01,), repeats=1))
    drawn = draw(directory, None)
    assert [path.name for path in drawn] == ALWAYS[:2]
    assert all(path.parent == directory.figures_path and path.stat().st_size for path in drawn)


@pytest.mark.parametrize(
    "name",
    ["sigma_init", "n_hidden", "class_spikes", "distance_after", "weight_edges", "example_readout"],
)
def test_a_missing_array_is_named_with_its_file(tmp_path, name):
    arrays = results(**SMALL)
    del arrays[name]
    directory = write_run(tmp_path / "run", arrays)
    with pytest.raises(FigureError, match=rf"results.npz: array missing: {name}$"):
        draw(directory, None)
    assert not directory.figures_path.exists()


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("repeat", np.ones(2), r"repeat must have shape \(18,\), got \(2,\)"),
        ("test_accuracy", np.ones((18, 1)), r"test_accuracy must have shape \(18, epochs \+ 1\)"),
        ("train_loss", np.ones((18, 5)), r"train_loss must have shape \(18, 4\), got \(18, 5\)"),
        ("class_spikes", np.ones((18, 5, 10)), r"class_spikes must have shape \(18, 5, 10, 2\)"),
        ("distance_before", np.ones((18, 2)), r"distance_before must have shape \(18, 3\)"),
        ("weight_counts", np.ones((18, 2, 4, 9)), r"weight_counts must have shape \(18, 2, 4, 61"),
        ("example_spikes", np.ones((100, 9)), r"example_spikes must have shape \(100, 100\)"),
        ("example_readout", np.ones((9, 10)), r"example_readout must have shape \(100, 10\)"),
        ("test_accuracy", np.full((18, 5), 82.0), r"test_accuracy must lie in \[0, 1\]"),
        ("class_accuracy", np.full((18, 5, 10), -0.1), r"class_accuracy must lie in \[0, 1\]"),
        ("class_spikes", np.full((18, 5, 10, 2), -1.0), "class_spikes must be 0 or more"),
        ("sigma_noise", np.full(18, -1e-3), "sigma_noise must be 0 or more"),
        ("sigma_init", np.zeros(18), "sigma_init must be positive"),
        ("step", np.array(0.0), "step must be positive"),
        ("example_unit", np.arange(3), r"example_unit must have shape"),
        ("duration", np.array(0.0), "duration must be positive"),
        ("example_network", np.array(18), r"example_network must lie in \[0, 18\), got 18"),
        ("example_label", np.array(-1), r"example_label must lie in \[0, 10\), got -1"),
        ("ratio", np.ones(0), "no network"),
    ],
)
def test_a_wrong_array_is_named(name, array, message):
    with pytest.raises(FigureError, match=f"results.npz: {message}"):
        TrainingSweep.from_results(results(**SMALL) | {name: array}, "results.npz")


def test_rates_percentages_and_accuracies_follow_from_the_arrays():
    arrays = results(ratios=(0.5,), widths=(0.01,), repeats=2, epochs=3, classes=("a", "b"))
    arrays["class_spikes"][0, 0] = [[30, 10], [0, 0]]
    arrays["test_accuracy"][0] = [0.9, 0.2, 0.6, 0.4]
    sweep = TrainingSweep.from_results(arrays, "results.npz")
    # 20 spikes a sample on average, of 100 neurons in 0.1 s
    assert sweep.initial_rate[0] == pytest.approx(2.0)
    np.testing.assert_array_equal(sweep.excitatory_percentage[0, 0], [75, np.nan])
    assert sweep.peak_accuracy[0] == 0.6
    assert sweep.late_accuracy(2)[0] == pytest.approx(0.5)
    assert sweep.late_accuracy(10)[0] == pytest.approx(0.4)


def test_networks_are_found_by_their_values_in_the_order_of_repeats():
    arrays = results(**NOISY)
    order = np.random.default_rng(1).permutation(arrays["ratio"].size)
    for name, array in arrays.items():
        if array.ndim and array.shape[0] == order.size:
            arrays[name] = array[order]
    sweep = TrainingSweep.from_results(arrays, "results.npz")
    chosen = sweep.of(sweep.quiet, ratio=0.5, sigma_init=0.01)
    assert sweep.repeat[chosen].tolist() == [0, 1, 2]
    assert set(sweep.ratio[chosen]) == {0.5}
    assert set(sweep.sigma_noise[chosen]) == {0.0}
    assert not sweep.of(ratio=0.8).size


def test_accuracy_over_rate_shows_each_quiet_network_and_medians_of_repeats():
    sweep, axes = sweep_of(**NOISY), Figure().subplots()
    accuracy_over_rate(axes, sweep)
    quiet = sweep.quiet
    expected = sorted(zip(sweep.initial_rate[quiet], 100 * sweep.peak_accuracy[quiet], strict=True))
    np.testing.assert_allclose(together(lines(axes, "_networks")), expected)
    for ratio in (0.5, 1.0):
        medians = [
            [
                np.median(values[sweep.of(quiet, ratio=ratio, sigma_init=width)])
                for width in (1e-3, 1e-2)
            ]
            for values in (sweep.initial_rate, 100 * sweep.peak_accuracy)
        ]
        np.testing.assert_allclose(line(axes, ratio_label(ratio)).get_data(), medians)
        assert line(axes, ratio_label(ratio)).get_color() == ratio_color(ratio)
    assert set(line(axes, "chance").get_ydata()) == {10}
    (band,) = [patch for patch in axes.patches if isinstance(patch, (Rectangle, Polygon))]
    assert tuple(band.get_extents().transformed(axes.transData.inverted()).intervalx) == (
        pytest.approx(BIOLOGICAL_RATES)
    )
    assert axes.get_xscale() == "log"
    assert "(Hz)" in axes.get_xlabel()


def test_silent_networks_stand_at_a_place_labelled_0():
    sweep, axes = sweep_of(**SMALL, silent=True), Figure().subplots()
    accuracy_over_rate(axes, sweep)
    ticks = zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
    labels = {text.get_text(): place for text, place in ticks}
    silent = sweep.initial_rate == 0
    places = together(lines(axes, "_networks"))[:, 0]
    assert silent.sum() == 6
    assert (places[:6] == labels["0"]).all()
    assert places[6] == pytest.approx(sweep.initial_rate[~silent].min())
    assert axes.get_xlim()[0] < labels["0"] < places[6]


def test_zeros_alone_have_a_place_too():
    np.testing.assert_array_equal(placed([0.0, 0.0], silent_place([0.0, 0.0])) > 0, True)


def test_input_and_hidden_spikes_are_those_of_the_sample():
    sweep = sweep_of(ratios=(0.8,), widths=(0.001,), repeats=1)
    example, (inputs, hidden) = sweep.example, Figure().subplots(2)
    input_raster(inputs, sweep)
    hidden_raster(hidden, sweep)
    times, places = inputs.lines[0].get_data()
    np.testing.assert_array_equal(places, example.unit)
    np.testing.assert_allclose(times, example.step)  # a step is 1 ms
    assert sweep.n_inputs == 784
    for label, cells, offset in (("E", slice(0, 80), 20), ("I", slice(80, 100), 0)):
        expected = np.argwhere(example.spikes[:, cells]) + np.array([0, offset])
        np.testing.assert_allclose(np.transpose(line(hidden, label).get_data()), expected)
    assert [text.get_text() for text in hidden.get_yticklabels()] == ["80 E", "20 I"]


@pytest.mark.parametrize(("wrong", "names"), [(False, 1), (True, 2)])
def test_the_winning_readout_is_marked_at_its_peak(wrong, names):
    sweep, axes = sweep_of(**SMALL, wrong=wrong), Figure().subplots()
    readout_traces(axes, sweep)
    peaks = sweep.example.readout.max(axis=0)
    assert line(axes, "_peak").get_ydata() == [peaks.max()]
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert named[0] == CLASSES[peaks.argmax()]
    assert len(named) == names
    if wrong:
        assert named[1] == "true class: pullover"
    for k, trace in enumerate(sweep.example.readout.T):
        np.testing.assert_array_equal(line(axes, f"_{k}").get_ydata(), trace)


@pytest.mark.parametrize(("n_exc", "drawn"), [(50, 4), (80, 6), (99, 7), (100, 8), (0, 0), (1, 1)])
def test_the_sketch_has_cells_of_each_kind_there_is(n_exc, drawn):
    axes = Figure().subplots()
    layer_sketch(axes, 784, n_exc, 100 - n_exc, 10)
    circles = [patch for patch in axes.patches if isinstance(patch, Circle)]
    colors = [circle.get_facecolor()[:3] for circle in circles]
    assert colors.count(to_rgb(EXCITATORY)) == drawn
    assert colors.count(to_rgb(INHIBITORY)) == 8 - drawn
    assert {text.get_text() for text in axes.texts} >= {"784\ninputs", f"{n_exc} E"}


def test_accuracy_over_noise_is_the_median_of_the_last_epochs():
    sweep, axes = sweep_of(**NOISY), Figure().subplots()
    accuracy_over_noise(axes, sweep)
    assert swept_width(sweep) == 0.001
    for ratio in (0.5, 1.0):
        noises, medians = line(axes, ratio_label(ratio)).get_data()
        np.testing.assert_allclose(noises, np.array(NOISES) / 0.001)
        for noise, median in zip(NOISES, medians, strict=True):
            networks = sweep.of(ratio=ratio, sigma_init=0.001, sigma_noise=noise)
            late = sweep.test_accuracy[networks, 1:].mean(axis=1)  # four epochs, all of them
            assert median == pytest.approx(100 * np.median(late))
    assert len(axes.collections) == 2  # a band for each ratio


def test_gains_are_differences_of_means_to_100_0_with_a_t_test():
    sweep, axes = sweep_of(**{**NOISY, "ratios": (0.5, 0.8, 1.0)}), Figure().subplots()
    gain_on_excitation(axes, sweep, 4e-4)
    late = 100 * sweep.late_accuracy()
    at = {"sigma_init": 0.001, "sigma_noise": 4e-4}
    reference = late[sweep.of(ratio=1.0, **at)]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["50:50", "80:20"]
    drawn = zip((0.5, 0.8), axes.patches, lines(axes, "_networks"), axes.texts, strict=True)
    for ratio, bar, dots, text in drawn:
        others = late[sweep.of(ratio=ratio, **at)]
        gain, p_value = others.mean() - reference.mean(), stats.ttest_ind(others, reference).pvalue
        assert bar.get_width() == pytest.approx(gain)
        np.testing.assert_allclose(dots.get_xdata(), others - reference.mean())
        words = f"{gain:+.1f}, {p_text(p_value)}".replace("-", "\N{MINUS SIGN}")
        assert text.get_text() == words


def test_a_collapse_runs_out_of_an_axis_that_shows_the_other_gains():
    figure, sweep = Figure(figsize=(7, 5)), sweep_of(**{**NOISY, "ratios": (0.5, 0.8, 1.0)})
    noise_figure(figure, sweep)
    _, *panels = figure.axes
    assert [panel.get_title() for panel in panels] == [
        rf"$\sigma_\mathrm{{noise}}$ = {part} $\sigma_\mathrm{{init}}$" for part in (0.2, 0.4, 0.6)
    ]
    assert all(panel.get_xlim()[0] == -10 for panel in panels)
    assert [len(lines(panel, "_beyond")) for panel in panels] == [1, 1, 1]


def test_where_all_collapse_the_axis_shows_it():
    figure, sweep = Figure(figsize=(7, 5)), sweep_of(**NOISY)
    noise_figure(figure, sweep)
    panels = figure.axes[1:]
    assert all(panel.get_xlim()[0] < -20 for panel in panels)
    assert not any(lines(panel, "_beyond") for panel in panels)


def test_compared_noises_are_the_nearest_there_are_each_once():
    assert compared_noise(sweep_of(**NOISY)) == [2e-4, 4e-4, 6e-4]
    assert compared_noise(sweep_of(**{**NOISY, "noises": (0.0, 3e-4, 1e-3)})) == [3e-4]


def test_without_100_0_the_comparison_says_so():
    figure = Figure()
    noise_figure(figure, sweep_of(**{**NOISY, "ratios": (0.5, 0.8)}))
    assert "no networks of 100:0 and of another ratio to compare" in texts(figure)
    assert len(figure.axes) == 2


def test_a_figure_of_noise_needs_noise():
    with pytest.raises(ValueError, match="two noises, got one"):
        noise_figure(Figure(), sweep_of(**SMALL))


def test_epochs_are_those_of_the_paper_as_far_as_run():
    assert shown_epochs(sweep_of(**{**SMALL, "epochs": 30})) == [0, 1, 10, 30]
    assert shown_epochs(sweep_of(**{**SMALL, "epochs": 5})) == [0, 1, 5]
    assert shown_epochs(sweep_of(**{**SMALL, "epochs": 1})) == [0, 1]


def test_classes_are_drawn_over_their_activity_and_its_excitatory_part():
    sweep, figure = sweep_of(**NOISY), Figure()
    class_activity_figure(figure, sweep)
    above, below = np.reshape(figure.axes, (2, 3))
    for k, epoch in enumerate((0, 1, 4)):
        for ratio in (0.5, 1.0):
            networks = sweep.of(sweep.quiet, ratio=ratio)
            spikes = sweep.class_spikes[networks, epoch]
            accuracy = 100 * sweep.class_accuracy[networks, epoch].ravel()
            total = spikes.sum(axis=-1).ravel()
            part = 100 * spikes[..., 0].ravel() / total
            for axes, places in ((above[k], total), (below[k], part)):
                np.testing.assert_allclose(
                    line(axes, ratio_label(ratio)).get_data(), [places, accuracy]
                )
    assert [axes.get_title() for axes in above] == ["before training", "epoch 1", "epoch 4"]


def test_the_median_of_classes_shows_where_they_are_told_best():
    arrays = results(ratios=(0.8,), widths=(0.01,), repeats=20, epochs=1, classes=("a", "b"))
    arrays["class_spikes"][:, 1] = [[40.0, 40.0], [4000.0, 0.0]]
    arrays["class_accuracy"][:, 1] = [0.9, 0.1]
    figure = Figure()
    class_activity_figure(figure, TrainingSweep.from_results(arrays, "results.npz"))
    drawn = line(figure.axes[1], "median of all").get_data()
    np.testing.assert_allclose(drawn, [[80, 4000], [90, 10]])


def test_examples_are_at_low_moderate_and_high_rates_of_the_ratio_nearest_50_50():
    sweep = sweep_of(ratios=(0.4, 0.8, 1.0), widths=WIDTHS, repeats=1, silent=True)
    chosen = example_networks(sweep)
    assert list(chosen) == ["low", "moderate", "high"]
    rates = sweep.initial_rate[list(chosen.values())]
    assert (np.diff(rates) > 0).all()
    assert rates[0] > 0
    assert set(sweep.ratio[list(chosen.values())]) == {0.4}
    two = sweep_of(ratios=(0.8,), widths=(0.001, 0.05), repeats=1)
    assert example_networks(two) == {"low": 0, "high": 1}
    assert example_networks(sweep_of(ratios=(0.8,), widths=(0.1,), repeats=1)) == {
        "the only one": 0
    }


def test_examples_have_spikes_percentages_and_accuracies_of_each_class():
    sweep, figure = sweep_of(**SMALL), Figure(figsize=(7, 8.4))
    trained_examples_figure(figure, sweep)
    columns = np.reshape(figure.axes[:12], (4, 3)).T
    for column, network in zip(columns, example_networks(sweep).values(), strict=True):
        spikes = sweep.class_spikes[network]
        quantities = (
            spikes[..., 0],
            spikes[..., 1],
            sweep.excitatory_percentage[network],
            100 * sweep.class_accuracy[network],
        )
        for axes, values in zip(column, quantities, strict=True):
            np.testing.assert_allclose(line(axes, "_mean").get_ydata(), values.mean(axis=1))
            for k in range(10):
                np.testing.assert_array_equal(line(axes, f"_class {k}").get_ydata(), values[:, k])
        assert column[0].get_ylim() == column[1].get_ylim()


def test_classes_without_a_spike_are_left_out_of_a_mean():
    axes = Figure().subplots()
    class_curves(axes, np.array([[50.0, np.nan], [np.nan, np.nan], [20.0, 40.0]]), "black", "")
    np.testing.assert_array_equal(line(axes, "_mean").get_ydata(), [50, np.nan, 30])


@pytest.mark.parametrize("logarithmic", [True, False])
def test_weights_are_fractions_before_and_after(logarithmic):
    sweep, axes = sweep_of(**SMALL, logarithmic=logarithmic), Figure().subplots()
    weights_before_and_after(axes, sweep, 0, (2, 3), "weight")
    stairs = {patch.get_label(): patch for patch in axes.patches}
    for kind, name in enumerate("EI"):
        for time, when in enumerate(("before", "after")):
            counts = sweep.weight_counts[0, time, 2 + kind]
            values, edges, _ = stairs[f"{name} {when}"].get_data()
            if logarithmic:  # two bins are one, but for that of 0
                counts = [counts[0], *(counts[1:].reshape(-1, 2).sum(axis=1))]
            np.testing.assert_allclose(values, np.array(counts) / np.sum(counts))
            assert set(edges[1:]) <= set(sweep.weight_edges)
    assert axes.get_xscale() == ("log" if logarithmic else "linear")


def test_distances_are_drawn_by_kind_with_medians_and_kruskal_wallis():
    sweep, axes = sweep_of(**{**SMALL, "repeats": 4}), Figure().subplots()
    pair_distances(axes, sweep, sweep.distance_before, sweep.quiet)
    networks = sweep.of(sweep.quiet, ratio=0.5)
    groups = sweep.distance_before[networks].T
    drawn, medians = lines(axes, "_networks"), lines(axes, "_median")
    assert len(drawn) == len(medians) == 4  # of 100:0 there are E-E pairs alone
    for group, dots, median in zip(groups, drawn[:3], medians[:3], strict=True):
        np.testing.assert_array_equal(dots.get_ydata(), group)
        assert set(median.get_ydata()) == {np.median(group)}
    written = [text.get_text() for text in axes.texts]
    separate, paired = stats.kruskal(*groups).pvalue, friedman(groups.T).p_value
    assert f"Kruskal-Wallis {p_text(separate)}\nFriedman {p_text(paired)}, n = 12" in written
    assert len(lines(axes, "_paired")) == 24
    np.testing.assert_array_equal(lines(axes, "_paired")[0].get_ydata(), groups[:, 0])
    assert "n = 12" in written
    assert f"{np.median(groups[0]):.2f}" in written


def test_few_networks_have_no_p_value():
    """Three singletons would give p = exp(-1) whatever the distances are."""
    sweep = sweep_of(**{**SMALL, "repeats": 1})
    for chosen in (1, 2):
        axes = Figure().subplots()
        networks = sweep.of(sweep.quiet, ratio=0.5)[:chosen]
        pair_distances(
            axes, sweep, sweep.distance_before, np.isin(np.arange(sweep.quiet.size), networks)
        )
        written = [text.get_text() for text in axes.texts]
        assert f"n = {chosen}" in written
        assert not any("p = " in text for text in written)


def test_success_and_failure_are_apart():
    sweep, figure = sweep_of(**SMALL), Figure()
    pair_distances_figure(figure, sweep)
    succeeded = sweep.peak_accuracy > 0.5
    before, success, failure = (together(lines(axes, "_networks"))[:, 1] for axes in figure.axes)
    for drawn, distances, chosen in (
        (before, sweep.distance_before, slice(None)),
        (success, sweep.distance_after, succeeded),
        (failure, sweep.distance_after, ~succeeded),
    ):
        expected = distances[chosen][np.isfinite(distances[chosen])]
        np.testing.assert_array_equal(np.sort(drawn), np.sort(expected))
    assert 0 < succeeded.sum() < succeeded.size


def test_where_no_training_failed_the_panel_says_so():
    figure, sweep = Figure(), sweep_of(**SMALL)
    learned = replace(sweep, test_accuracy=np.full_like(sweep.test_accuracy, 0.9))
    pair_distances_figure(figure, learned)
    assert "no such network" in [text.get_text() for text in figure.axes[2].texts]
    assert not figure.axes[2].axison


def test_learning_curves_are_medians_from_the_best_initial_weights():
    sweep, figure = sweep_of(**SMALL), Figure()
    learning_curves_figure(figure, sweep)
    accuracy, loss = figure.axes
    for ratio in (0.5, 1.0):
        peaks = {
            width: np.median(sweep.peak_accuracy[sweep.of(ratio=ratio, sigma_init=width)])
            for width in (0.001, 0.01, 0.05)
        }
        assert best_width(sweep, ratio) == max(peaks, key=peaks.get)
        networks = sweep.of(ratio=ratio, sigma_init=best_width(sweep, ratio))
        label = ratio_label(ratio)
        np.testing.assert_allclose(
            line(accuracy, label).get_data(),
            [range(5), 100 * np.median(sweep.test_accuracy[networks], axis=0)],
        )
        np.testing.assert_allclose(
            line(loss, label).get_data(),
            [range(1, 5), np.median(sweep.train_loss[networks], axis=0)],
        )


def test_a_loss_that_overflowed_is_left_out():
    arrays = results(ratios=(0.8,), widths=(0.01,), repeats=3, epochs=2)
    arrays["train_loss"][1, 1] = np.inf
    figure = Figure()
    learning_curves_figure(figure, TrainingSweep.from_results(arrays, "results.npz"))
    expected = np.median(arrays["train_loss"][[0, 2]], axis=0)
    np.testing.assert_allclose(line(figure.axes[1], "80:20").get_ydata(), expected)
    arrays["train_loss"][:] = np.nan
    figure = Figure()
    learning_curves_figure(figure, TrainingSweep.from_results(arrays, "results.npz"))
    assert texts(figure)[-1] == "no finite loss"


def test_ratios_have_names_and_colours_that_darken_with_excitation():
    assert [ratio_label(r) for r in (0.5, 0.8, 0.95, 1.0)] == ["50:50", "80:20", "95:5", "100:0"]
    assert ratio_label(1 / 3) == "33.3:66.7"
    colors = [to_rgb(ratio_color(ratio)) for ratio in (0.5, 0.8, 0.95, 1.0)]
    brightness = [sum(color) for color in colors]
    assert brightness == sorted(brightness, reverse=True)
    assert len({ratio_color(r) for r in (0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0)}) == 8


def test_p_values_in_words():
    assert [p_text(p) for p in (0.0123, 0.84, 1e-9, 1.0)] == [
        "p = 0.012",
        "p = 0.84",
        "p < 0.0001",
        "p = 1.0",
    ]
    assert p_text(float("nan")) == ""


def test_spoken_digits_have_a_criterion_of_their_own():
    """Kilgore et al.: the mean of the last 25 epochs above 30 %, where images ask for a peak."""
    sweep = sweep_of(**SMALL)
    accuracy = np.full((sweep.ratio.size, 41), 0.1)
    accuracy[0, 5] = 0.9  # a peak is not enough
    accuracy[1, 16:] = 0.31
    spoken = replace(
        sweep, class_names=np.array([str(k) for k in range(20)]), test_accuracy=accuracy
    )
    assert np.flatnonzero(spoken.succeeded).tolist() == [1]
    assert "last 25 epochs above 30 %" in spoken.criterion
    assert np.flatnonzero(replace(spoken, class_names=sweep.class_names).succeeded).tolist() == [0]
