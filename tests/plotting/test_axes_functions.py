"""Functions that draw into an Axes, behaviour: the artists hold the data, the labels the units."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from bionet import plotting


@pytest.fixture
def axes():
    return Figure().subplots()


def test_raster_has_a_dot_a_spike_inside_the_interval_and_e_over_i(axes):
    exc = [0.1, 0.5, 0.9, 1.0], [0, 1, 3, 2]  # the last one at the interval's end
    inh = [0.2, 0.4], [0, 1]
    plotting.raster(axes, exc, inh, n_exc=4, n_inh=2, interval=(0.0, 1.0))
    above, below = axes.lines
    np.testing.assert_array_equal(above.get_xydata(), [(0.1, 2), (0.5, 3), (0.9, 5)])
    np.testing.assert_array_equal(below.get_xydata(), [(0.2, 0), (0.4, 1)])
    assert above.get_ydata().min() > below.get_ydata().max()
    assert (above.get_color(), below.get_color()) == (plotting.EXCITATORY, plotting.INHIBITORY)
    assert above.get_rasterized()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["4 E", "2 I"]
    assert axes.get_xlim() == (0, 1)
    assert axes.get_xlabel() == "time (s)"


def test_raster_of_a_silent_network_says_so(axes):
    plotting.raster(axes, ([], []), ([5.0], [0]), n_exc=4, n_inh=2, interval=(0.0, 1.0))
    assert [text.get_text() for text in axes.texts] == ["no spikes"]


@pytest.mark.parametrize(
    ("neurons", "message"),
    [([0, 4], r"neurons of E must lie in \[0, 4\)"), ([0], "spikes of E need one neuron a time")],
)
def test_raster_refuses_spikes_that_do_not_fit(axes, neurons, message):
    with pytest.raises(ValueError, match=message):
        plotting.raster(axes, ([0.1, 0.2], neurons), n_exc=4, interval=(0.0, 1.0))


def test_population_rate_has_its_bins(axes):
    plotting.population_rate(axes, [3.0, 5.0, np.nan], 0.5, start=10.0)
    values, edges, _ = axes.patches[0].get_data()
    np.testing.assert_array_equal(values, [3, 5, np.nan])
    np.testing.assert_array_equal(edges, [10, 10.5, 11, 11.5])
    assert "(Hz)" in axes.get_ylabel()
    assert "(s)" in axes.get_xlabel()


def test_voltage_trace_is_in_millivolts_with_its_spikes_above(axes):
    plotting.voltage_trace(axes, [-0.06, -0.05, -0.06], 0.001, start=2.0, spikes=[2.001])
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [-60, -50, -60])
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [2, 2.001, 2.002])
    (tick,) = axes.collections[0].get_segments()
    assert (tick[:, 0] == 2.001).all()
    assert tick[:, 1].min() > -50
    assert "(mV)" in axes.get_ylabel()


def test_weight_trace_starts_at_zero_and_names_its_unit(axes):
    plotting.weight_trace(axes, [0.3, 0.4], 0.5, unit="nS")
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [(0, 0.3), (0.5, 0.4)])
    assert "(nS)" in axes.get_ylabel()


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan")])
def test_traces_refuse_an_interval_that_is_not_positive(axes, width):
    for function in (plotting.population_rate, plotting.voltage_trace, plotting.weight_trace):
        with pytest.raises(ValueError, match="must be positive"):
            function(axes, [1.0, 2.0], width)


def test_averaged_leaves_out_the_rest_and_keeps_what_is_unknown():
    np.testing.assert_array_equal(plotting.averaged([1, 3, 5, 7, 9], 2), [2, 6])
    np.testing.assert_array_equal(plotting.averaged([1, 3, np.nan, 7], 2), [2, np.nan])
    with pytest.raises(ValueError, match="at least 1, got 0"):
        plotting.averaged([1], 0)


def test_isi_cv_histogram_counts_neurons_that_have_one(axes):
    plotting.isi_cv_histogram(axes, [0.1, 0.6, 5.0, np.nan], highest=1.0, n_bins=2)
    fractions, edges, _ = axes.patches[-1].get_data()
    np.testing.assert_allclose(fractions, [1 / 3, 2 / 3])  # 5.0 counts in the last bin
    np.testing.assert_array_equal(edges, [0, 0.5, 1])
    assert axes.get_xlabel() == "ISI CV"


def test_histograms_of_nothing_are_empty(axes):
    plotting.isi_cv_histogram(axes, [np.nan, np.nan])
    plotting.rate_histogram(axes, [])
    assert all(patch.get_data()[0].sum() == 0 for patch in axes.patches)


def test_later_histograms_are_inside_the_axes_too(axes):
    plotting.rate_histogram(axes, np.linspace(0, 10, 100), highest=10.0, n_bins=10)
    plotting.rate_histogram(axes, np.full(100, 5.0), highest=10.0, n_bins=10, before=True)
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] >= 1
    assert "(Hz)" in axes.get_xlabel()


def test_weight_histogram_takes_counts(axes):
    plotting.weight_histogram(axes, [1, 3], [0, 0.5, 1])
    np.testing.assert_allclose(axes.patches[-1].get_data().values, [0.25, 0.75])
    assert "leak" in axes.get_xlabel()
    with pytest.raises(ValueError, match="one entry more than counts, got 2 and 2"):
        plotting.weight_histogram(axes, [1, 3], [0, 1])


def test_target_line_is_at_the_target(axes):
    plotting.target_line(axes, 10.0)
    assert set(axes.lines[0].get_ydata()) == {10.0}
