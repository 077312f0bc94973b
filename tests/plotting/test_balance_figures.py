"""Figures of trained coding layers, behaviour: what is saved is drawn, what is missing named."""

from contextlib import contextmanager
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from synthetic_layers import BARS, DIGITS, IMAGES, RHO, RUNS, SCENES, results, write_run

from bionet.plotting import FigureError, drawing
from bionet.plotting.balance_figures import loss_curves_figure
from bionet.plotting.balance_sweeps import sweep_figure
from bionet.plotting.trained_fields import fields_figure
from bionet.plotting.trained_layers import TrainedLayers
from bionet.runs import dendritic_balance_figures
from bionet.runs.dendritic_balance_figures import draw

ALWAYS = ["activity.png", "fields.png", "loss_curves.png"]
#: Pixels by which boxes around two texts may touch: ascenders and descenders that are not there.
TOUCHING = 2.0

SPECIAL = {
    "one training": (BARS, {"p": (0.7,), "schemes": ("analytic",), "seeds": (1,)}),
    "one neuron": (DIGITS, {"n_coding": (1,), "schemes": ("somatic",), "seeds": (1,)}),
    "two seeds, two values": (BARS, {"p": (0.7, 0.9), "seeds": (3, 1), "schemes": ("somatic",)}),
    "many neurons": (SCENES, {"n_coding": (40, 44, 50, 57, 67, 80, 200), "seeds": (1,)}),
}
SWEPT = {
    "bars": ["loss_over_p.png"],
    "scenes": ["loss_over_n_coding.png"],
    "delays": ["loss_over_delay.png"],
    "two seeds, two values": ["loss_over_p.png"],
    "many neurons": ["loss_over_n_coding.png"],
}


def layers_of(kind, **sweeps):
    return TrainedLayers.from_results(results(kind, **sweeps), "results.npz")


def boxes(figure):
    """Return the box of every text that is drawn, with the text."""
    hidden = {text for axes in figure.axes for text in _not_drawn(axes)}
    texts = figure.findobj(lambda each: isinstance(each, Text) and each not in hidden)
    return [
        (text.get_text(), text.get_window_extent())
        for text in texts
        if text.get_visible() and text.get_text()
    ]


def _not_drawn(axes):
    """Labels of axes that are off, and of ticks out of view."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not (axes.axison and low <= tick.get_loc() <= high):
                yield from (tick.label1, tick.label2)
        if not axes.axison:
            yield axis.label


def assert_readable(figure):
    """No text lies on another or outside the figure."""
    page, found = figure.bbox, boxes(figure)
    assert found
    for text, box in found:
        inside = box.x0 > -TOUCHING and box.x1 < page.x1 + TOUCHING
        assert inside and box.y0 > -TOUCHING and box.y1 < page.y1 + TOUCHING, text
    for (one, a), (other, b) in combinations(found, 2):
        apart = min(a.x1, b.x1) - max(a.x0, b.x0) < TOUCHING
        assert apart or min(a.y1, b.y1) - max(a.y0, b.y0) < TOUCHING, (one, other)


@pytest.mark.parametrize("name", [*RUNS, *SPECIAL])
def test_every_run_has_its_figures_and_all_text_is_readable(name, tmp_path, monkeypatch):
    @contextmanager
    def checked(path, width, height):
        with drawing(path, width, height) as figure:
            yield figure
            figure.draw_without_rendering()
            assert_readable(figure)

    monkeypatch.setattr(dendritic_balance_figures, "drawing", checked)
    kind, sweeps = {**RUNS, **SPECIAL}[name]
    directory = write_run(tmp_path / "run", results(kind, **sweeps))
    drawn = draw(directory, None)
    assert [path.name for path in drawn] == ALWAYS + SWEPT.get(name, [])
    assert all(path.parent == directory.figures_path and path.stat().st_size for path in drawn)


def test_without_a_recording_there_is_no_activity_and_the_rest_is_drawn(tmp_path):
    arrays = results(BARS, p=(0.0, 0.7), seeds=(1,))
    arrays = {name: array for name, array in arrays.items() if not name.startswith("shown_")}
    drawn = draw(write_run(tmp_path / "run", arrays), None)
    assert [path.name for path in drawn] == [*ALWAYS[1:], "loss_over_p.png"]


@pytest.mark.parametrize("name", ["scheme", "p", "shape", "channels", "images", "loss", "F_1"])
def test_a_missing_array_is_named_with_its_file(tmp_path, name):
    arrays = results(BARS, p=(0.7,))
    del arrays[name]
    directory = write_run(tmp_path / "run", arrays)
    with pytest.raises(FigureError, match=rf"results.npz: array missing: {name}$"):
        draw(directory, None)
    assert not directory.figures_path.exists()


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("loss", np.ones((6, 2)), r"loss must have shape \(6, 6\), got \(6, 2\)"),
        ("F_0", np.ones((8, 4)), r"F_0 must have shape \(8, 16\), got \(8, 4\)"),
        ("seed", np.ones(2), r"seed must have shape \(6,\), got \(2,\)"),
        ("shown_1_reconstruction", np.ones((3, 16)), r"must have shape \(12, 16\), got \(3, 16\)"),
        ("scheme", np.array(["hebbian"] * 6), "unknown scheme 'hebbian'; known: analytic"),
    ],
)
def test_a_wrong_array_is_named(name, array, message):
    with pytest.raises(FigureError, match=message):
        TrainedLayers.from_results(results(BARS, p=(0.7,)) | {name: array}, "results.npz")


def test_a_run_without_conditions_is_refused():
    arrays = results(BARS, p=(0.7,))
    empty = {name: array[:0] for name, array in arrays.items() if array.ndim and array.size == 6}
    empty |= {"loss": np.ones((0, 6)), "training_rate": np.ones((0, 6)), "images": IMAGES}
    with pytest.raises(FigureError, match="no condition"):
        TrainedLayers.from_results(arrays | empty, "results.npz")


def test_typical_values_are_those_of_the_paper():
    layers = layers_of(BARS, p=(0.0, 0.6, 0.75, 1.0), step=(1e-4, 2e-3, 7e-3), seeds=(1,))
    assert layers.typical == {"p": 0.75, "n_coding": 8, "step": 2e-3}
    assert layers_of(SCENES, n_coding=(40, 200, 80), seeds=(1,)).typical["n_coding"] == 200
    assert "p" not in layers_of(SCENES, seeds=(1,)).typical


def test_conditions_are_one_a_seed_and_of_the_better_stochasticity():
    layers = layers_of(BARS, p=(0.0, 0.7), Du_end=(0.1, 0.3), seeds=(5, 2))
    chosen = layers.of("somatic", p=0.0)
    assert layers.seed[chosen].tolist() == [2, 5]
    assert set(layers.p[chosen]) == {0.0}
    assert set(layers.scheme[chosen]) == {"somatic"}
    assert set(layers.Du_end[chosen]) == {0.1}  # the invented losses grow with it
    worse = np.where(layers.Du_end == 0.1, 2.0, 1.0)[:, None]
    layers.loss[:] *= worse
    assert set(layers.Du_end[layers.of("somatic", p=0.0)]) == {0.3}
    assert not layers.of("slow").size


def test_compared_are_one_scheme_of_dendritic_balance_and_somatic_balance():
    every = ("somatic", "decay", "slow")
    assert layers_of(DIGITS, schemes=every, seeds=(1,)).compared == ["slow", "somatic"]
    assert layers_of(DIGITS, schemes=("decay",), seeds=(1,)).compared == ["decay"]


def test_loss_curves_show_all_schemes_their_rates_and_the_target():
    layers = layers_of(*RUNS["digits"][:1], **RUNS["digits"][1])
    figure = Figure()
    loss_curves_figure(figure, layers)
    curves, rates = figure.axes
    labels = [text.get_text() for text in curves.get_legend().get_texts()]
    assert labels == ["DB analytic", "DB simultaneous", "DB slow", "DB decay", "SB"]
    medians = np.median(layers.loss[layers.of("slow")], axis=0)
    np.testing.assert_allclose(curves.lines[labels.index("DB slow")].get_ydata(), medians)
    np.testing.assert_allclose(curves.lines[0].get_xdata(), IMAGES / 1000)
    assert (curves.get_yscale(), rates.get_xlabel()) == ("log", "training images (thousands)")
    assert "N_x" in curves.get_ylabel()
    assert rates.get_ylabel() == "rate (Hz)"
    assert set(rates.lines[-1].get_ydata()) == {RHO}
    assert rates.get_ylim()[0] == 0


@pytest.mark.parametrize(
    ("kind", "sweeps", "name", "factor", "label"),
    [
        (BARS, {"p": (0.0, 0.7, 1.0)}, "p", 1, "probability"),
        (SCENES, {"n_coding": (20, 40)}, "n_coding", 1, "number of coding neurons"),
        (SCENES, {"step": (1e-4, 1e-3)}, "step", 1e3, "(ms)"),
    ],
)
def test_a_sweep_has_the_median_of_the_last_loss_at_each_value(kind, sweeps, name, factor, label):
    layers = layers_of(kind, **sweeps)
    figure = Figure(figsize=(7, 3))
    sweep_figure(figure, layers, name)
    loss = figure.subfigs[1].axes[0]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["DB analytic", "SB"]
    (medians,) = [line for line in loss.lines if line.get_label() == "SB"]
    for value, x, y in zip(sweeps[name], *medians.get_data(), strict=True):
        assert x == pytest.approx(factor * value)
        assert y == np.median(layers.loss[layers.of("somatic", **{name: value}), -1])
    assert label in loss.get_xlabel()
    assert loss.get_ylabel().startswith("loss")


def number_in(text):
    return float(text.split()[-1].replace("\N{MINUS SIGN}", "-"))


def captions(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_sweep_of_bars_shows_images_and_counts_bars_and_crosses():
    layers = layers_of(BARS, p=(0.0, 0.5, 0.7, 1.0))
    figure = Figure(figsize=(7, 3))
    sweep_figure(figure, layers, "p")
    images, _, fields = figure.subfigs
    titles = [[axes.get_title() for axes in part.axes] for part in (images, fields)]
    assert titles == [["$p$ = 0", "$p$ = 0.5", "$p$ = 1"], ["$p$ = 0", "$p$ = 0.7"] * 2]
    assert [text for text in captions(fields) if "bars" in text] == [
        "8 bars, 0 crosses",
        "8 bars, 0 crosses",
        "8 bars, 0 crosses",
        "0 bars, 8 crosses",
    ]


def test_a_sweep_without_a_recording_leaves_no_empty_panel():
    arrays = results(BARS, p=(0.0, 0.7), seeds=(1,))
    arrays = {name: array for name, array in arrays.items() if not name.startswith("shown_")}
    figure = Figure(figsize=(7, 3))
    sweep_figure(figure, TrainedLayers.from_results(arrays, "results.npz"), "p")
    assert [part.get_suptitle() for part in figure.subfigs] == ["Loss", "Receptive fields"]


def test_fields_that_are_not_bars_are_compared():
    figure = Figure()
    fields_figure(figure, layers_of(SCENES, step=(1e-4, 3e-3), seeds=(1,)))
    dendritic, somatic = (number_in(text) for text in captions(figure))
    assert dendritic < 0.2 < 0.9 < somatic
    assert [axes.get_title() for axes in figure.axes] == ["DB analytic", "SB"]
    assert "3 ms" in figure.get_suptitle()


def test_a_sweep_that_was_not_run_is_refused():
    layers = layers_of(BARS, p=(0.7,), seeds=(1,))
    with pytest.raises(ValueError, match="a sweep needs two values of p, got 1"):
        sweep_figure(Figure(), layers, "p")
    with pytest.raises(ValueError, match="one of p, n_coding, step, got 'seed'"):
        sweep_figure(Figure(), layers, "seed")
