"""The balanced network: what it is made of, what chance decides, what it refuses (behaviour)."""

import dataclasses
import functools
import math

import numpy as np
import pytest
import small_networks
from brian2 import Hz, Network, ms, mV, nS, second, us

from bionet.devices import compile_network
from bionet.models import CONDUCTANCE_LIF, POLYNOMIAL_PLASTICITY
from bionet.networks import PoissonInput, Recording, balanced_network

# Fixed seeds: a deviation beyond this many standard errors is no chance.
STANDARD_ERRORS = 4


def tiny(**changed):
    return balanced_network(**({"n_exc": 4, "n_inh": 2, "connection_probability": 0.5} | changed))


def test_names_of_the_objects():
    network = tiny(
        poisson=PoissonInput(n=3),
        plasticity={"ie": POLYNOMIAL_PLASTICITY},
        recording=Recording(spikes_exc=2, spikes_inh=1, voltage=1),
    )
    assert isinstance(network, Network)
    names = {obj.name for obj in network.objects}
    assert names >= {"exc", "inh", "ee", "ei", "ie", "ii", "poisson", "poisson_exc", "poisson_inh"}
    assert names >= {"population", "population_rate", "spikes", "inh_spikes", "voltage"}


@pytest.mark.compiles
def test_one_seed_one_network_two_seeds_two(random_compiled):
    first, again, other = (random_compiled(seed=seed) for seed in (7, 7, 8))
    for name in small_networks.RANDOM_OUTPUTS:
        np.testing.assert_array_equal(first[name], again[name], err_msg=name)
    for projection in ("ee", "ei", "ie", "ii", "poisson_exc"):
        pairs = [
            set(zip(o[f"{projection}.i"], o[f"{projection}.j"], strict=True))
            for o in (first, other)
        ]
        assert pairs[0] != pairs[1], projection
    assert first["spikes.t"].size > 20
    assert not np.array_equal(first["spikes.t"], other["spikes.t"])


@pytest.mark.compiles
def test_poisson_input_drives_and_its_rate_is_an_input(random_compiled):
    assert random_compiled({"poisson.rates": 0 * Hz}, seed=2)["exc.spike_count"].sum() == 0
    weak, strong = (
        random_compiled({"poisson.rates": rate * Hz}, seed=2)["exc.spike_count"].sum()
        for rate in (60, 200)
    )
    assert 0 < weak < strong


@pytest.mark.compiles
def test_poisson_connection_probability(random_compiled):
    """Closed form: the number of synapses is binomial."""
    counts = [random_compiled(seed=seed)["poisson_exc.i"].size for seed in range(4)]
    pairs, p = 4 * small_networks.POISSON_SOURCES * 2 * small_networks.RANDOM_EXC, 0.5
    assert abs(sum(counts) - pairs * p) < STANDARD_ERRORS * math.sqrt(pairs * p * (1 - p))


def test_poisson_kick_ends():
    """Sources that fire at every step until 2 ms, and then fall silent for good."""

    def kicked():
        return tiny(
            background=0 * mV,
            connection_probability=1.0,
            poisson=PoissonInput(
                n=2, rate=1e6 * Hz, connection_probability=1.0, weight=1.0, until=2 * ms
            ),
            recording=Recording(spikes_exc=4),
        )

    outcome = compile_network(kicked, 100 * ms, device="runtime", outputs=["spikes.t"])()
    assert outcome["spikes.t"].min() < 2e-3
    assert outcome["spikes.t"].max() < 60e-3


def test_recordings_have_the_shapes_they_name(plastic, drive):
    outcome = plastic(drive)
    assert outcome["voltage.v"].shape == (2, round(small_networks.DURATION / 1e-4))
    np.testing.assert_allclose(outcome["voltage.v"][:, 0], np.asarray(drive["exc.v"])[:2])
    samples = math.ceil(small_networks.DURATION / 0.02)
    assert outcome["ie_weights.w"].shape[1] == samples
    np.testing.assert_allclose(outcome["ie_weights.w"][:, 0], small_networks.WEIGHTS["ie"])
    assert np.ptp(outcome["ie_weights.w"][:, -1]) > 0


def test_recorded_spikes_are_the_counted_ones(plastic, drive):
    outcome = plastic(drive)
    for monitor, population, n in (
        ("spikes", "exc", small_networks.N_EXC),
        ("inh_spikes", "inh", small_networks.N_INH),
    ):
        counts = np.bincount(outcome[f"{monitor}.i"], minlength=n)
        assert counts.sum() > 0
        np.testing.assert_array_equal(counts, outcome[f"{population}.spike_count"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_exc": 0}, "n_exc must be a positive whole number"),
        ({"n_inh": 1.5}, "n_inh must be a positive whole number"),
        ({"replicas": 0}, "replicas must be a positive whole number"),
        ({"connection_probability": 0}, r"connection_probability must lie in \(0, 1\]"),
        ({"connection_probability": 1.1}, r"connection_probability must lie in \(0, 1\]"),
        ({"background": 3 * nS}, "background must be in volts"),
        ({"delay": 3 * mV}, "delay must be a time"),
        ({"delay": -1 * ms}, "delay must be a time"),
        ({"delay": 0.049 * ms}, r"delay must be 0 or at least half a time step, 50\. us, got 49\."),
        ({"plasticity": {"xe": POLYNOMIAL_PLASTICITY}}, "the projections are ee, ei, ie, ii"),
    ],
)
def test_wrong_arguments_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        tiny(**changed)


def test_short_delays_are_as_many_steps_as_they_say():
    """What is let through: 0 is no step, and half a step or more is one (Brian2's rounding)."""
    fires = {"exc.v": [-0.04, -0.06, -0.06, -0.06]}
    for delay, steps in ((0, 0), (0.05, 1), (0.1, 1)):
        network = functools.partial(tiny, connection_probability=1.0, delay=delay * ms)
        for duration in (0.1, 0.2):
            simulate = compile_network(
                network, duration * ms, device="runtime", inputs=["exc.v"], outputs=["exc.g_e"]
            )
            arrived = simulate(fires, seed=1)["exc.g_e"].any()
            assert arrived == (duration > 0.1 * steps + 0.05), (delay, duration)


def shorter(model, **values):
    return dataclasses.replace(model, parameters={**model.parameters, **values})


RULE = POLYNOMIAL_PLASTICITY


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"plasticity": {"ee": RULE.replaced(tau_pre=0.04 * ms)}}, "on 'ee': tau_pre of syn"),
        ({"plasticity": {"ie": RULE.replaced(tau_post=0.099 * ms)}}, "on 'ie': tau_post of syn"),
        ({"neuron": shorter(CONDUCTANCE_LIF, tau_e=1 * us)}, "tau_e of the neuron"),
        ({"neuron": shorter(CONDUCTANCE_LIF, tau_m=0 * ms)}, "tau_m of the neuron"),
    ],
)
def test_time_constants_below_a_step_of_forward_euler_are_refused(changed, named, replicas):
    """A trace of 0.04 ms grew without bound at 0.1 ms, and the weights became NaN."""
    said = rf"{named}.* must not be shorter than a time step, 100\. us; got "
    with pytest.raises(ValueError, match=said):
        tiny(**changed, replicas=replicas)


def test_time_constants_of_a_step_or_solved_exactly_are_not():
    tiny(plasticity={"ee": RULE.replaced(tau_pre=0.1 * ms, tau_post=0.1 * ms)})
    exact = dataclasses.replace(CONDUCTANCE_LIF, method="exponential_euler")
    tiny(neuron=exact, plasticity={"ee": RULE.replaced(tau_pre=0.04 * ms)})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "at least one source"),
        ({"rate": 5 * second}, "must be a rate"),
        ({"rate": -5 * Hz}, "must be a rate"),
        ({"connection_probability": 0.0}, "connection_probability must lie in"),
        ({"until": -1 * second}, "until must be a positive time"),
    ],
)
def test_wrong_poisson_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        PoissonInput(**arguments)
