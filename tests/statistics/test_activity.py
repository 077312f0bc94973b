"""Activity: online sums and recorded spikes give the same numbers (reference implementation).

The references count and loop over integer time steps, one spike at a time. The rest is closed form
(derived numbers) and behaviour (what is refused, what cannot be changed, speed).
"""

import itertools
import math
import pickle
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bionet.statistics import (
    MINIMUM_INTERVALS,
    Activity,
    SpikeTrains,
    firing_rates_from_spikes,
    isi_cvs,
    population_rate,
)

TIME_STEP = 1e-4  # s
STEPS_PER_BIN = 40

# Both sides take the same intervals in double precision; their squares are summed in another order.
# The error of CV^2 is then about (number of intervals) x 1e-16, with up to 600 intervals here.
ONLINE_TOLERANCE = 1e-12

# A difference of times near 0.1 s is good to 1e-17 s; of an interval of one step, to 1e-13 of it.
STEP_TOLERANCE = 1e-11


@st.composite
def recordings(draw):
    """Spikes on a grid of time steps: (steps, neurons, n_neurons, start, stop), times in steps.

    Some neurons are silent, some spike a few times, some have dozens of intervals.
    """
    chances = draw(st.lists(st.sampled_from([0, 0.003, 0.02, 0.1, 1]), min_size=1, max_size=4))
    start = draw(st.integers(0, 300))
    stop = start + draw(st.integers(STEPS_PER_BIN, 600))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps, neurons = np.nonzero(generator.random((900, len(chances))) < chances)
    return steps, neurons, len(chances), start, stop


def recorded_activity(recording):
    steps, neurons, n_neurons, start, stop = recording
    return Activity.from_spikes(
        steps * TIME_STEP,
        neurons,
        n_neurons,
        start * TIME_STEP,
        stop * TIME_STEP,
        STEPS_PER_BIN * TIME_STEP,
    )


def online_activity(recording):
    """Step through the spikes as a simulation does, adding to sums in the neurons' resets."""
    steps, neurons, n_neurons, start, stop = recording
    count, isi_sum, isi_sum_squares = np.zeros((3, n_neurons))
    last_spike = np.full(n_neurons, -np.inf)
    n_bins = (stop - start) // STEPS_PER_BIN
    spikes_in_bin = np.zeros(n_bins)
    for step, neuron in zip(steps, neurons, strict=True):
        if not start <= step < stop:
            continue
        now = step * TIME_STEP
        if count[neuron] > 0:
            isi_sum[neuron] += now - last_spike[neuron]
            isi_sum_squares[neuron] += (now - last_spike[neuron]) ** 2
        count[neuron] += 1
        last_spike[neuron] = now
        if (step - start) // STEPS_PER_BIN < n_bins:
            spikes_in_bin[(step - start) // STEPS_PER_BIN] += 1
    bin_width = STEPS_PER_BIN * TIME_STEP
    return Activity.from_online(
        spike_count=count,
        isi_sum=isi_sum,
        isi_sum_squares=isi_sum_squares,
        window=(stop - start) * TIME_STEP,
        population_rate=spikes_in_bin / n_neurons / bin_width,
        bin_width=bin_width,
    )


def cv_in_steps(steps):
    """CV of one neuron's intervals, from whole numbers of steps."""
    intervals = [later - earlier for earlier, later in itertools.pairwise(sorted(steps))]
    if len(intervals) < MINIMUM_INTERVALS:
        return math.nan
    mean = math.fsum(intervals) / len(intervals)
    variance = math.fsum((interval - mean) ** 2 for interval in intervals) / len(intervals)
    return math.sqrt(variance) / mean


@settings(max_examples=60, deadline=None)
@given(recordings())
def test_online_sums_equal_recorded_spikes(recording):
    online, recorded = online_activity(recording), recorded_activity(recording)

    np.testing.assert_allclose(online.rates, recorded.rates, rtol=ONLINE_TOLERANCE)
    np.testing.assert_allclose(
        online.population_rate, recorded.population_rate, rtol=ONLINE_TOLERANCE
    )
    np.testing.assert_allclose(
        online.isi_cvs**2, recorded.isi_cvs**2, rtol=ONLINE_TOLERANCE, atol=ONLINE_TOLERANCE
    )


@settings(max_examples=60, deadline=None)
@given(recordings(), st.randoms(use_true_random=False))
def test_recorded_spikes_equal_a_count_in_steps_in_any_order(recording, random):
    steps, neurons, n_neurons, start, stop = recording
    order = list(range(len(steps)))
    random.shuffle(order)
    shuffled = steps[order], neurons[order], n_neurons, start, stop
    activity = recorded_activity(shuffled)

    for neuron in range(n_neurons):
        own = [step for step in steps[neurons == neuron] if start <= step < stop]
        assert activity.rates[neuron] == pytest.approx(
            len(own) / ((stop - start) * TIME_STEP), rel=STEP_TOLERANCE
        )
        assert activity.isi_cvs[neuron] == pytest.approx(
            cv_in_steps(own), rel=STEP_TOLERANCE, abs=STEP_TOLERANCE, nan_ok=True
        )
    n_bins = (stop - start) // STEPS_PER_BIN
    in_bins = [
        np.sum((steps >= left) & (steps < left + STEPS_PER_BIN))
        for left in range(start, start + n_bins * STEPS_PER_BIN, STEPS_PER_BIN)
    ]
    np.testing.assert_allclose(
        activity.population_rate,
        np.array(in_bins) / (n_neurons * STEPS_PER_BIN * TIME_STEP),
        rtol=STEP_TOLERANCE,
    )


def test_derived_numbers():
    """Closed form."""
    activity = Activity(
        rates=[0, 10, 20],
        isi_cvs=[math.nan, 0.5, 1.5],
        population_rate=[5, 15],
        bin_width=0.01,
    )

    assert activity.mean_rate == 10
    assert activity.rate_std == pytest.approx(math.sqrt(200 / 3))
    assert activity.mean_isi_cv == 1
    assert activity.fraction_with_cv == pytest.approx(2 / 3)
    assert activity.population_rate_std == 5
    assert activity.completed == 1


def test_interval_across_the_warm_up_is_not_counted():
    """Closed form: spikes before the window neither add a count nor begin an interval."""
    before, after = [0.1, 0.2, 0.95], [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]
    activity = Activity.from_spikes(
        before + after, np.zeros(9, dtype=int), 1, start=1.0, stop=2.0, bin_width=0.5
    )

    assert activity.rates[0] == 6
    assert activity.isi_cvs[0] == pytest.approx(0, abs=STEP_TOLERANCE)
    np.testing.assert_allclose(activity.population_rate, [10, 2])


def test_silent_network_has_rates_of_zero_and_no_cv():
    activity = Activity.from_spikes([], [], 3, start=0, stop=1, bin_width=0.1)

    np.testing.assert_array_equal(activity.rates, [0, 0, 0])
    np.testing.assert_array_equal(activity.population_rate, np.zeros(10))
    assert math.isnan(activity.mean_isi_cv)
    assert activity.fraction_with_cv == 0


def test_simulation_stopped_in_its_warm_up_is_an_activity():
    nothing = np.zeros(3)
    online = Activity.from_online(nothing, nothing, nothing, 0, [], 0.01, completed=0.1)
    recorded = Activity.from_spikes([0.2], [1], 3, 0.5, 0.5, 0.01, completed=0.1)

    for activity in (online, recorded):
        np.testing.assert_array_equal(activity.rates, nothing)
        assert activity.population_rate.size == 0
        assert math.isnan(activity.population_rate_std)
        assert activity.completed == 0.1


def test_arrays_are_copies_and_read_only():
    rates = np.array([1.0, 2.0])
    activity = Activity(rates, [math.nan, 1.0], [1.5], 0.01)
    rates[0] = 7

    assert activity.rates[0] == 1
    for array in (activity.rates, activity.isi_cvs, activity.population_rate):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_pickles():
    activity = Activity([1.0, 2.0], [math.nan, 1.0], [1.5], 0.01, 0.5)
    copy = pickle.loads(pickle.dumps(activity))

    np.testing.assert_array_equal(copy.rates, activity.rates)
    np.testing.assert_array_equal(copy.isi_cvs, activity.isi_cvs)
    assert copy.completed == 0.5


VALID = {
    "rates": [1.0, 2.0],
    "isi_cvs": [math.nan, 1.0],
    "population_rate": [1.5],
    "bin_width": 0.01,
    "completed": 1.0,
}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rates": []}, "rates must hold at least one neuron"),
        ({"rates": [1.0, math.nan]}, r"rates must be finite and not negative, got nan at \[1\]"),
        ({"rates": [-1.0, 1.0]}, r"rates .* got -1.0 at \[0\]"),
        ({"rates": [[1.0, 2.0]]}, r"rates must have 1 dimension\(s\), got shape \(1, 2\)"),
        ({"isi_cvs": [1.0]}, r"isi_cvs must have one entry .* got shape \(1,\) for \(2,\)"),
        ({"isi_cvs": [1.0, math.inf]}, r"isi_cvs .* got inf at \[1\]"),
        ({"population_rate": [math.inf]}, "population_rate must be finite"),
        ({"population_rate": []}, "population_rate must hold at least one bin"),
        ({"bin_width": 0}, "bin_width must be a positive finite number, got 0"),
        ({"completed": 1.1}, r"completed must lie in \[0, 1\], got 1.1"),
        ({"completed": math.nan}, r"completed must lie in \[0, 1\], got nan"),
    ],
)
def test_refuses_what_is_no_activity(wrong, message):
    with pytest.raises(ValueError, match=message):
        Activity(**(VALID | wrong))


def test_complete_simulation_needs_a_window():
    with pytest.raises(ValueError, match="window must be a positive finite number"):
        Activity.from_online([0], [0], [0], 0, [1.0], 0.01)


@pytest.mark.parametrize("in_order", [True, False])
def test_a_million_spikes_of_ten_thousand_neurons_take_under_a_second(in_order):
    """Behaviour: processor time, so that a busy machine does not count; the best of three."""
    generator = np.random.default_rng(1)
    times = generator.uniform(0, 10, 1_000_000)
    neurons = generator.integers(0, 10_000, 1_000_000)
    if in_order:
        times.sort()

    def seconds():
        begin = time.process_time()
        spikes = SpikeTrains(times, neurons, 10_000, 1.0, 10.0)
        firing_rates_from_spikes(spikes), isi_cvs(spikes), population_rate(spikes, 0.01)
        return time.process_time() - begin

    assert min(seconds() for _ in range(3)) < 1
