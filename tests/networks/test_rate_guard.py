"""The rate guard: closed form of the filter, and behaviour when a network leaves the bounds."""

import math

import numpy as np
import pytest
import small_networks
from brian2 import Hz, Network, NeuronGroup, ms, mV, prefs

from bionet.devices import Status, compile_network
from bionet.networks import RateGuard
from bionet.networks.rate_guard import population_rate

BIN, STEP = 0.01, 1e-4
TAU, START = 0.2, 10.0

# Times are multiples of the step; only their last binary digits may differ.
TIME_TOLERANCE = 1e-9


def filtered(rates):
    """Return the low-passed rate at the start of each bin, from the docstring's definition."""
    value, result = START, []
    for k, rate in enumerate(rates):
        if k > 0:
            value += (rate - value) * (1 - math.exp(-BIN / TAU))
        result.append(value)
    return np.array(result)


def test_network_inside_the_bounds_runs_to_its_end(plastic, drive):
    outcome = plastic(drive)
    assert outcome.status is Status.COMPLETED
    assert outcome.stopped_at == outcome.duration == small_networks.DURATION
    assert outcome.completed == 1.0
    assert outcome["population.left_at"] == 0
    assert outcome.message == "COMPLETED: the simulation ran to its end"


def test_blow_up_stops_where_the_filtered_rate_leaves(plastic, drive):
    free = filtered(plastic(drive)["population_rate.rate"][0])
    bound = (free[5] + free[-1]) / 2
    left_at = BIN * int(np.argmax(free > bound))
    assert 0.05 < left_at < small_networks.DURATION - BIN
    outcome = plastic(drive | {"population.highest": bound * Hz})
    assert outcome.status is Status.STOPPED
    assert outcome["population.left_at"][0] == pytest.approx(left_at, abs=TIME_TOLERANCE)
    assert outcome.stopped_at == pytest.approx(left_at + STEP, abs=TIME_TOLERANCE)
    assert outcome.completed == pytest.approx((left_at + STEP) / small_networks.DURATION)
    assert outcome.reason == f"the population rate left [0.1, {bound:g}] Hz"
    assert outcome["spikes.t"].max() <= left_at + TIME_TOLERANCE


def test_silence_stops_in_closed_form(plastic, drive):
    """Without a spike the filter decays from 10 Hz as exp(-t/tau): below 5 Hz after tau ln 2."""
    outcome = plastic(
        drive
        | {"exc.i_background": 0 * mV, "inh.i_background": 0 * mV, "population.lowest": 5 * Hz}
    )
    left_at = BIN * math.ceil(TAU * math.log(START / 5) / BIN)
    assert outcome.status is Status.STOPPED
    assert outcome["exc.spike_count"].sum() == 0
    assert outcome.stopped_at == pytest.approx(left_at + STEP, abs=TIME_TOLERANCE)
    assert outcome.message == "STOPPED: the population rate left [5, 1000] Hz at 0.1401 s"


def test_a_stopped_network_runs_again(plastic, drive):
    """Behaviour: stopping leaves nothing behind, on the runtime device least of all."""
    before = plastic(drive)
    plastic(drive | {"population.highest": 20 * Hz})
    after = plastic.again(drive)
    assert after.status is Status.COMPLETED
    np.testing.assert_array_equal(before["spikes.t"], after["spikes.t"])


def bursting_populations():
    """Two replicas of one neuron each that fire at every step once their delay is over."""
    group = NeuronGroup(
        2,
        "onset : second (constant)",
        threshold="t >= onset",
        name="exc",
    )
    guard = RateGuard(low=0 * Hz, high=2000 * Hz, tau=10 * ms)
    return Network(group, population_rate(group, replicas=2, guard=guard))


@pytest.fixture
def cython_code(tmp_path):
    target, folder = prefs.codegen.target, prefs.codegen.runtime.cython.cache_dir
    prefs.codegen.target = "cython"
    prefs.codegen.runtime.cython.cache_dir = str(tmp_path)
    yield
    prefs.codegen.target = target
    prefs.codegen.runtime.cython.cache_dir = folder


def check_last_replica_decides():
    run = compile_network(
        bursting_populations,
        0.1,
        device="runtime",
        inputs=["exc.onset"],
        outputs=["population.left_at"],
    )
    one = run({"exc.onset": [0.01, 1.0]})
    assert one.status is Status.COMPLETED
    assert one["population.left_at"][0] > 0
    assert one["population.left_at"][1] == 0
    both = run({"exc.onset": [0.01, 0.05]})
    assert both.status is Status.STOPPED
    left_at = both["population.left_at"]
    assert 0.01 < left_at[0] < 0.05 < left_at[1]
    assert both.stopped_at == pytest.approx(left_at[1] + STEP, abs=TIME_TOLERANCE)


def test_the_last_replica_to_leave_stops_the_network():
    check_last_replica_decides()


@pytest.mark.slow
def test_the_last_replica_to_leave_stops_the_network_in_cython(cython_code):
    check_last_replica_decides()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 1 * ms}, "low must be in"),
        ({"tau": 1 * Hz}, "tau must be in"),
        ({"low": 20 * Hz}, "0 <= low < start < high"),
        ({"high": 5 * Hz}, "0 <= low < start < high"),
        ({"low": -1 * Hz}, "0 <= low < start < high"),
        ({"tau": 0 * ms}, "tau must be positive"),
    ],
)
def test_wrong_bounds_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RateGuard(**arguments)
