"""Functions that draw coding layers into an Axes, behaviour: what is shown, on which scale."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from bionet import plotting
from bionet.plotting.coding_activity import coding_raster, image_row
from bionet.plotting.fields import columns_of, displayed
from bionet.plotting.loss_axis import loss_axis
from bionet.plotting.stdp_window import stdp_figure
from bionet.statistics import median_interval

#: Lightnesses (0 to 1) that are told apart on grey paper.
LEAST_CONTRAST = 0.07


@pytest.fixture
def axes():
    return Figure().subplots()


def pixels_of(axes, row, column, side=2):
    """Return the grey values of one field of a grid, without its frame."""
    (image,) = axes.images
    fine = plotting.fields.FINENESS // side
    step = side * fine + 2 + plotting.fields.GAP
    top, left = row * step + 1, column * step + 1
    inside = image.get_array()[top : top + side * fine, left : left + side * fine]
    assert (inside[..., 0] == inside[..., 1]).all()
    return np.asarray(inside[fine // 2 :: fine, fine // 2 :: fine, 0])


def test_each_field_is_on_its_own_scale_from_black_to_white(axes):
    plotting.field_grid(axes, [[-1.0, 0.0, 1.0, 2.0], [0.0, 0.1, 0.2, 0.4]], (2, 2))
    np.testing.assert_allclose(pixels_of(axes, 0, 0), [[0, 0], [0.5, 1]])
    np.testing.assert_allclose(pixels_of(axes, 0, 1), [[0, 0.25], [0.5, 1]])
    assert not axes.axison


def test_on_and_off_inputs_are_shown_as_their_difference_around_grey(axes):
    on, off = [0.0, 2.0, 1.0, 0.0], [4.0, 0.0, 1.0, 0.0]
    plotting.field_grid(axes, [[*on, *off]], (2, 2), channels=2)
    np.testing.assert_allclose(pixels_of(axes, 0, 0), [[0, 0.75], [0.5, 0.5]])


def test_fields_may_share_a_scale(axes):
    plotting.field_grid(axes, [[4.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]], (2, 2), limit=2.0)
    for column, first in enumerate([1, 0]):
        np.testing.assert_allclose(pixels_of(axes, 0, column), [[first, 0.5], [0, 0]])


def test_fields_stand_in_rows_and_a_silent_one_is_black(axes):
    fields = np.eye(5, 4)  # the last one has no weight
    plotting.field_grid(axes, fields, (2, 2), columns=3)
    np.testing.assert_array_equal(pixels_of(axes, 1, 0), [[0, 0], [0, 1]])
    np.testing.assert_array_equal(pixels_of(axes, 1, 1), np.zeros((2, 2)))
    np.testing.assert_array_equal(pixels_of(axes, 1, 2), np.ones((2, 2)))  # none: paper


@pytest.mark.parametrize(("number", "columns"), [(1, 1), (8, 4), (9, 3), (16, 4), (50, 10)])
def test_columns_leave_few_places_free(number, columns):
    assert columns_of(number) == columns


def test_wrong_fields_are_refused(axes):
    with pytest.raises(ValueError, match=r"2 x 2 x 2 columns, got shape \(1, 4\)"):
        plotting.field_grid(axes, np.zeros((1, 4)), (2, 2), channels=2)
    with pytest.raises(ValueError, match="at least one, got none"):
        plotting.field_grid(axes, np.zeros((0, 4)), (2, 2))
    with pytest.raises(ValueError, match="channels must be 1 or 2, got 3"):
        displayed(np.zeros((1, 12)), (2, 2), 3)


def test_images_stand_where_they_were_shown_and_are_square(axes):
    image_row(axes, [[0.0, 1.0, 2.0, 3.0]] * 3, (2, 2), 1, limit=2.0)
    for k, image in enumerate(axes.images):
        left, right, *_ = image.get_extent()
        assert 0.1 * k < left < right < 0.1 * (k + 1)
        np.testing.assert_allclose(image.get_array(), [[0, 0.5], [1, 1]])
    assert axes.get_xlim() == pytest.approx((0, 0.3))
    assert axes.get_box_aspect() == pytest.approx(1 / 3)


def test_coding_raster_has_a_tick_a_spike(axes):
    coding_raster(axes, [0.05, 0.12, 0.31], [0, 3, 1], n_coding=4, n_images=3, color="#d9472f")
    borders, ticks = axes.collections
    assert [segment[0, 0] for segment in borders.get_segments()] == pytest.approx([0.1, 0.2])
    middles = [segment.mean(axis=0) for segment in ticks.get_segments()]
    np.testing.assert_allclose(middles, [(0.05, 0), (0.12, 3)])  # the last is after the images
    assert to_hex(ticks.get_colors()[0]) == "#d9472f"
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # neuron 1 at the top
    assert axes.get_xlabel() == "time (s)"


@pytest.mark.parametrize(
    ("neurons", "message"),
    [([0], "one neuron a time"), ([0, 4], r"must lie in \[0, 4\), got 0 to 4")],
)
def test_coding_raster_refuses_spikes_that_do_not_fit(axes, neurons, message):
    with pytest.raises(ValueError, match=message):
        coding_raster(axes, [0.1, 0.2], neurons, n_coding=4, n_images=3)


def test_a_curve_has_the_median_and_the_interval_as_a_band(axes):
    losses = np.array([[0.4, 0.2], [0.3, 0.1], [0.5, 0.4]])
    drawn = plotting.curve_over_images(axes, [1000, 2000], losses, "somatic")
    expected = median_interval(losses)
    np.testing.assert_array_equal(drawn.low, expected.low)
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [(1, 0.4), (2, 0.2)])
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (expected.low.min(), expected.high.max())
    assert axes.lines[0].get_color() == plotting.SCHEME_COLORS["somatic"]
    assert axes.lines[0].get_label() == "SB"
    assert axes.get_xlabel() == "training images (thousands)"


def test_one_seed_has_a_curve_without_a_band(axes):
    plotting.curve_over_images(axes, [1000], [[0.4]], "slow")
    assert not axes.collections
    with pytest.raises(ValueError, match=r"\(S, 2\), got shape \(1, 1\)"):
        plotting.curve_over_images(axes, [1000, 2000], [[0.4]], "slow")


def test_loss_over_a_sweep_groups_seeds_in_any_order(axes):
    values, losses = [0.5, 0.0, 0.5, 1.0, 0.5], [3.0, 1.0, 5.0, 9.0, 4.0]
    drawn = plotting.loss_over(axes, values, losses, "analytic")
    seeds, medians = axes.lines
    np.testing.assert_array_equal(medians.get_xydata(), [(0, 1), (0.5, 4), (1, 9)])
    np.testing.assert_array_equal(drawn.low, [np.nan, 3, np.nan])
    np.testing.assert_array_equal(seeds.get_xydata(), [(0.5, 3), (0.5, 5), (0.5, 4)])
    (bars,) = axes.collections
    (bar,) = [segment for segment in bars.get_segments() if segment.size]
    np.testing.assert_array_equal(bar, [(0.5, 3), (0.5, 5)])
    with pytest.raises(ValueError, match=r"got shapes \(1,\) and \(2,\)"):
        plotting.loss_over(axes, [0.5], [1.0, 2.0], "analytic")


@pytest.mark.parametrize(
    "losses", [[0.0075, 0.0125], [0.03, 0.07], [0.001, 0.2], [0.02, 0.02], [np.nan, 0.3]]
)
def test_a_loss_axis_has_plain_labels_however_small_its_range(axes, losses):
    loss_axis(axes, losses)
    low, high = axes.get_ylim()
    assert low < np.nanmin(losses) <= np.nanmax(losses) < high
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    assert 2 <= len(ticks) <= 9
    labels = [axes.yaxis.get_major_formatter()(tick) for tick in ticks]
    np.testing.assert_allclose([float(label) for label in labels], ticks)
    assert axes.get_yscale() == "log"


def test_a_loss_axis_needs_a_loss(axes):
    with pytest.raises(ValueError, match="one above 0, got none"):
        loss_axis(axes, [np.nan, 0.0])


def test_schemes_are_told_apart_in_grey():
    schemes = list(plotting.SCHEME_LABELS)
    assert list(plotting.SCHEME_COLORS) == list(plotting.SCHEME_MARKERS) == schemes
    grey = sorted(
        np.dot(to_rgb(color), (0.299, 0.587, 0.114)) for color in plotting.SCHEME_COLORS.values()
    )
    assert np.diff(grey).min() > LEAST_CONTRAST
    assert grey[-1] < 1 - LEAST_CONTRAST


def test_windows_are_symmetric_only_without_an_inhibitory_spike():
    figure = Figure()
    stdp_figure(figure)
    windows = figure.axes[3:]
    pair, after, before = (
        next(line for line in axes.lines if line.get_xdata(orig=False).size == 1601)
        if k == 0
        else axes.lines[-2]
        for k, axes in enumerate(windows)
    )
    np.testing.assert_allclose(pair.get_ydata(), pair.get_ydata()[::-1], atol=1e-12)
    assert pair.get_ydata().max() == pytest.approx(1)
    for line, side in ((after, 1), (before, -1)):
        change, interval = line.get_ydata(), line.get_xdata()
        assert (change[side * interval > 6] < 0).all()
        assert (change[side * interval < 4] > 0).all()
    assert all("(ms)" in axes.get_xlabel() for axes in figure.axes)
    assert [text.get_text() for text in windows[-1].get_legend().get_texts()] == [
        "pair",
        "inhibited",
    ]
