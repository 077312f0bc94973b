"""Van Rossum's distance: closed forms, its defining integral and sum, properties."""

import math
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad

from bionet.statistics import (
    SpikeTrains,
    mean_van_rossum_distances,
    spike_trains_from_grid,
    van_rossum_distances,
    van_rossum_distances_of_times,
)

TAU = 0.01

# Sums of up to a few hundred products in another order.
ROUNDING_TOLERANCE = 1e-12

# D^2 keeps 10 of 16 digits where it is a difference of products, and more where it is not.
CANCELLATION_TOLERANCE = 1e-9

# quad's own estimate of its relative error, per stretch between two spikes.
QUADRATURE_TOLERANCE = 1e-8

# A trace exp(-37) of its start is below the rounding of the sums it enters.
DECAYED = 37

# Spikes of up to 5 neurons in up to 12 steps.
gridded = arrays(
    int, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.sampled_from([0, 0, 1, 2])
)


def trains_of(*times):
    """Trains of the given spike times, in a window that holds them all."""
    indices = np.repeat(np.arange(len(times)), [len(train) for train in times])
    flat = np.concatenate([np.asarray(train, dtype=float) for train in times])
    return SpikeTrains(flat, indices.astype(int), len(times), -1, flat.max(initial=0) + 1)


def with_silence(spikes, dt, tau=TAU):
    """Spikes followed by silent steps in which all traces vanish."""
    return np.pad(spikes, ((0, math.ceil(DECAYED * tau / dt)), (0, 0)))


def defining_sum(spikes, tau, dt):
    """Kilgore et al., eq. 4-6, with the filter written out as a sum over spikes."""
    steps = len(spikes)
    lags = np.arange(steps)[:, None] - np.arange(steps)
    traces = np.where(lags >= 0, np.exp(-np.maximum(lags, 0) * dt / tau), 0) @ spikes
    differences = traces[:, :, None] - traces[:, None, :]
    return np.sqrt((differences**2).sum(axis=0) * dt / tau)


def defining_integral(train_a, train_b, tau):
    """Root of 1/tau times the integral, by quadrature between each two spikes."""

    def squared_difference(t):
        a, b = (np.exp(-(t - train[train <= t]) / tau).sum() for train in (train_a, train_b))
        return (a - b) ** 2 / tau

    spikes = np.unique(np.concatenate([train_a, train_b]))
    edges = [*spikes, spikes[-1] + DECAYED * tau]
    # Points just inside of a stretch, so that its last spike does not count to it.
    return math.sqrt(
        sum(
            quad(squared_difference, a, np.nextafter(b, a), epsrel=QUADRATURE_TOLERANCE)[0]
            for a, b in pairwise(edges)
        )
    )


# Closed forms


def test_one_spike_against_none():
    distances = van_rossum_distances_of_times(trains_of([0.3], [], []), TAU)
    half = math.sqrt(1 / 2)

    np.testing.assert_allclose(distances, [[0, half, half], [half, 0, 0], [half, 0, 0]], rtol=1e-15)


@settings(deadline=None)
@given(st.just(0.0) | st.floats(1e-100, 50), st.sampled_from([1e-3, TAU, 1.0]))
def test_one_spike_against_one(interval, tau):
    spikes = trains_of([0.0], [interval * tau])
    expected = math.sqrt(-math.expm1(-interval))

    assert van_rossum_distances_of_times(spikes, tau)[0, 1] == pytest.approx(
        expected, rel=CANCELLATION_TOLERANCE, abs=0
    )


def test_spikes_far_apart_or_long_after_add_up():
    """D^2 is 1/2 a spike without overlap, also for times at which exp(t/tau) would overflow."""
    a, b = 1e4 + np.arange(30.0), 1e4 + 0.5 + np.arange(12.0)

    distances = van_rossum_distances_of_times(trains_of(a, b, []), 1e-3)

    assert distances[0, 1] ** 2 == pytest.approx(21, rel=ROUNDING_TOLERANCE)
    assert distances[0, 2] ** 2 == pytest.approx(15, rel=ROUNDING_TOLERANCE)


def test_one_spike_against_none_and_one_on_the_grid_of_the_paper():
    """Geometric sums of exp(-2) from the spike to the last step, at tau = dt."""
    spikes = np.zeros((50, 3))
    spikes[10, 0] = spikes[13, 1] = 1
    whole = 1 / (1 - math.exp(-2))

    squared = van_rossum_distances(spikes, 1e-3, 1e-3) ** 2

    assert squared[0, 2] == pytest.approx(whole, rel=ROUNDING_TOLERANCE)
    assert squared[0, 1] == pytest.approx(2 * whole * (1 - math.exp(-3)), rel=ROUNDING_TOLERANCE)


def test_the_grid_sees_nothing_of_a_trace_after_the_last_step():
    spikes = np.zeros((4, 2))
    spikes[3, 0] = 1

    assert van_rossum_distances(spikes, TAU, 1e-3)[0, 1] == pytest.approx(math.sqrt(0.1))
    assert van_rossum_distances(np.vstack([spikes, [[0, 0]]]), TAU, 1e-3)[0, 1] == pytest.approx(
        math.sqrt(0.1 * (1 + math.exp(-0.2)))
    )


# References


@settings(max_examples=60, deadline=None)
@given(gridded, st.sampled_from([1e-3, 5e-3, 1.0]))
def test_grid_equals_the_defining_sum(spikes, tau):
    np.testing.assert_allclose(
        van_rossum_distances(spikes, tau, 1e-3),
        defining_sum(spikes, tau, 1e-3),
        rtol=CANCELLATION_TOLERANCE,
        atol=0,
    )


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0, 0.1), max_size=4),
    st.lists(st.floats(0, 0.1), min_size=1, max_size=4),
)
def test_times_equal_the_defining_integral(train_a, train_b):
    train_a, train_b = np.sort(train_a), np.sort(train_b)
    expected = defining_integral(train_a, train_b, TAU)

    distance = van_rossum_distances_of_times(trains_of(train_a, train_b), TAU)[0, 1]

    assert distance**2 == pytest.approx(
        expected**2, rel=QUADRATURE_TOLERANCE, abs=ROUNDING_TOLERANCE
    )


@settings(max_examples=40, deadline=None)
@given(gridded, st.sampled_from([1e-3, 1e-2, 2e-2]))
def test_grid_and_times_differ_by_a_known_factor(spikes, dt):
    """Both are the same double sum over spikes, one before a geometric sum, one before a half."""
    step = dt / TAU
    factor = math.sqrt(2 * step / -math.expm1(-2 * step))

    on_grid = van_rossum_distances(with_silence(spikes, dt), TAU, dt)
    of_times = van_rossum_distances_of_times(spike_trains_from_grid(spikes, dt), TAU)

    np.testing.assert_allclose(on_grid, factor * of_times, rtol=CANCELLATION_TOLERANCE, atol=0)


def test_grid_converges_to_times_as_its_steps_shrink():
    """A tenth of the step leaves about a tenth of the error, which is below step/tau.

    Spikes move to the beginning of their step, by half a step on average.
    """
    generator = np.random.default_rng(4)
    times, neurons = generator.uniform(0, 0.2, 120), generator.integers(0, 8, 120)
    exact = van_rossum_distances_of_times(SpikeTrains(times, neurons, 8, 0, 0.2), TAU)
    errors = []
    for dt in (TAU / 5, TAU / 50, TAU / 500):
        spikes = np.zeros((math.ceil(0.2 / dt), 8))
        np.add.at(spikes, (np.floor(times / dt).astype(int), neurons), 1)
        on_grid = van_rossum_distances(with_silence(spikes, dt), TAU, dt)
        errors.append(np.abs(on_grid - exact).mean() / exact.mean())

    assert errors[0] > 5 * errors[1] > 25 * errors[2]
    assert errors[2] < 1 / 500


def test_mean_is_that_of_all_samples():
    """300 samples of 40 neurons and steps are more than one block."""
    spikes = np.random.default_rng(3).poisson(0.3, (300, 40, 40))

    distances = van_rossum_distances(spikes, 2e-3, 1e-3)
    mean = mean_van_rossum_distances(spikes, 2e-3, 1e-3)

    np.testing.assert_allclose(
        distances[[0, 150, 299]],
        [defining_sum(sample, 2e-3, 1e-3) for sample in spikes[[0, 150, 299]]],
        rtol=ROUNDING_TOLERANCE,
    )
    np.testing.assert_allclose(mean, distances.mean(axis=0), rtol=ROUNDING_TOLERANCE)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float32, float])
def test_spikes_may_be_of_any_type(kind):
    spikes = np.random.default_rng(6).random((20, 5)) < 0.3

    np.testing.assert_array_equal(
        van_rossum_distances(spikes.astype(kind), TAU, 1e-3),
        van_rossum_distances(spikes.astype(float), TAU, 1e-3),
    )


# Properties


@settings(max_examples=60, deadline=None)
@given(gridded, st.sampled_from([1e-4, 3e-3, 1.0]))
def test_distances_are_a_metric(spikes, tau):
    equal = (spikes[:, :, None] == spikes[:, None, :]).all(axis=0)
    trains = spike_trains_from_grid(spikes, 1e-3)
    for distances in (
        van_rossum_distances(spikes, tau, 1e-3),
        van_rossum_distances_of_times(trains, tau),
    ):
        np.testing.assert_array_equal(distances, distances.T)
        np.testing.assert_array_equal(distances == 0, equal)
        assert (distances >= 0).all()
        detours = (distances[:, :, None] + distances[None, :, :]).min(axis=1)
        assert (distances <= detours * (1 + CANCELLATION_TOLERANCE)).all()


@settings(max_examples=60, deadline=None)
@given(gridded, st.integers(-(2**20), 2**20))
def test_times_may_be_shifted(spikes, seconds):
    """Steps of 2^-10 s and whole seconds are exact in floats, so that not even rounding differs."""
    trains = spike_trains_from_grid(spikes, 2.0**-10)
    shifted = SpikeTrains(
        trains.times + seconds, trains.indices, trains.n_neurons, seconds, seconds + trains.stop
    )

    np.testing.assert_array_equal(
        van_rossum_distances_of_times(shifted, TAU), van_rossum_distances_of_times(trains, TAU)
    )


@settings(max_examples=60, deadline=None)
@given(gridded, st.integers(1, 30))
def test_gridded_spikes_may_be_shifted(spikes, steps):
    later = np.pad(spikes, ((steps, 0), (0, 0)))

    np.testing.assert_allclose(
        van_rossum_distances(later, TAU, 1e-3),
        van_rossum_distances(spikes, TAU, 1e-3),
        rtol=CANCELLATION_TOLERANCE,
        atol=0,
    )


def test_tau_sets_whether_counts_or_coincidences_matter():
    """Limits of van Rossum (2001): D^2 is (n_a + n_b)/2 for short tau, (n_a - n_b)^2/2 for long."""
    generator = np.random.default_rng(8)
    spikes = trains_of(generator.random(9), generator.random(4))

    assert van_rossum_distances_of_times(spikes, 1e-7)[0, 1] ** 2 == pytest.approx(6.5, rel=1e-3)
    assert van_rossum_distances_of_times(spikes, 1e7)[0, 1] ** 2 == pytest.approx(12.5, rel=1e-3)


# Similar trains


@pytest.mark.parametrize("tau", [1e-3, 0.05, 10.0])
def test_identical_trains_have_no_distance(tau):
    """Traces of many spikes have products of up to 1e9, whose difference is not exactly 0."""
    spikes = np.repeat(np.random.default_rng(5).random((2000, 3)) < 0.5, 20, axis=1)
    same_train = np.kron(np.eye(3), np.ones((20, 20))) > 0

    on_grid = van_rossum_distances(spikes, tau, 1e-3)
    of_times = van_rossum_distances_of_times(spike_trains_from_grid(spikes[:300], 1e-3), tau)

    np.testing.assert_array_equal(on_grid == 0, same_train)
    np.testing.assert_array_equal(of_times == 0, same_train)


@pytest.mark.parametrize("steps_left", [1, 10])
def test_one_spike_among_many(steps_left):
    """Closed form: the sum over the last steps, in traces of 1e3 and their products of 5e9.

    Their difference keeps 7 digits.
    """
    spikes = np.repeat(np.random.default_rng(1).random((5000, 1)) < 0.3, 6, axis=1)
    spikes[-steps_left, 3] ^= True
    squared = 1e-4 * math.expm1(-2e-4 * steps_left) / math.expm1(-2e-4)

    distances = van_rossum_distances(spikes, 10.0, 1e-3)

    expected = np.zeros((6, 6))
    expected[3] = expected[:, 3] = math.sqrt(squared)
    expected[3, 3] = 0
    np.testing.assert_allclose(distances, expected, rtol=CANCELLATION_TOLERANCE, atol=0)


@pytest.mark.parametrize("shift", [1e-6, 1e-9, 1e-12])
def test_one_spike_moved_a_little(shift):
    """Closed form: spikes in common cancel, the two others are as far apart as if alone."""
    train = np.random.default_rng(7).random(1000)
    moved = train.copy()
    moved[500] += shift
    interval = moved[500] - train[500]

    distance = van_rossum_distances_of_times(trains_of(train, moved), TAU)[0, 1]

    assert distance == pytest.approx(
        math.sqrt(-math.expm1(-interval / TAU)), rel=CANCELLATION_TOLERANCE, abs=0
    )


# Behaviour


def test_mean_keeps_few_samples_at_a_time():
    """The distances of all samples would fill 40 MB, their traces the same again."""
    spikes = np.zeros((2000, 50, 50), dtype=np.uint8)
    spikes[:, ::7, ::3] = 1
    tracemalloc.start()
    mean_van_rossum_distances(spikes, TAU, 1e-3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 16e6


def test_nothing_to_compare():
    assert van_rossum_distances(np.zeros((5, 0)), TAU, 1e-3).shape == (0, 0)
    assert van_rossum_distances(np.zeros((0, 5, 3)), TAU, 1e-3).shape == (0, 3, 3)
    np.testing.assert_array_equal(
        van_rossum_distances(np.zeros((0, 2)), TAU, 1e-3), np.zeros((2, 2))
    )
    np.testing.assert_array_equal(
        van_rossum_distances_of_times(SpikeTrains([], [], 2, 0, 1), TAU), np.zeros((2, 2))
    )


@pytest.mark.parametrize("distances", [van_rossum_distances, mean_van_rossum_distances])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tau": 0}, "tau must be a positive finite number, got 0"),
        ({"tau": -1e-3}, "tau must be a positive finite number, got -0.001"),
        ({"dt": math.nan}, "dt must be a positive finite number, got nan"),
        ({"spikes": np.zeros(3)}, r"spikes must have .* dimension\(s\), got shape \(3,\)"),
        ({"spikes": [[[0.0, math.nan]]]}, r"spikes must be finite .* got nan at \[0, 0, 1\]"),
        ({"spikes": [[[0, 1], [0, -1]]]}, r"spikes must be .* got -1.0 at \[0, 1, 1\]"),
        ({"spikes": [[[0.0, 0.5]]]}, r"spikes must be whole numbers, got 0.5 at \[0, 0, 1\]"),
    ],
)
def test_refuses_what_has_no_distance(distances, changes, message):
    arguments = {"spikes": np.zeros((1, 3, 2)), "tau": TAU, "dt": 1e-3} | changes
    with pytest.raises(ValueError, match=message):
        distances(**arguments)


def test_refuses_a_mean_of_nothing_and_times_without_a_tau():
    with pytest.raises(ValueError, match=r"spikes must hold at least one sample, got shape \(0, "):
        mean_van_rossum_distances(np.zeros((0, 3, 2)), TAU, 1e-3)
    with pytest.raises(ValueError, match=r"spikes must have 3 dimension\(s\), got shape \(3, 2\)"):
        mean_van_rossum_distances(np.zeros((3, 2)), TAU, 1e-3)
    with pytest.raises(ValueError, match="tau must be a positive finite number, got -1"):
        van_rossum_distances_of_times(trains_of([0.1]), -1)
