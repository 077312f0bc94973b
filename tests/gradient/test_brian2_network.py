"""Behaviour: a trained network becomes a Brian2 network, which C++ simulates, too."""

import dataclasses

import brian2
import numpy as np
import pytest
from brian2 import SpikeGeneratorGroup, ms

pytest.importorskip("jax")

import jax
import jax.numpy as jnp
from brian2_comparison import as_events, assert_equal_simulations, poisson_spikes, simulated
from gradient_models import leaky

from bionet.devices import compile_network
from bionet.gradient import (
    Connection,
    DifferentiableNetwork,
    InputSpikes,
    Layer,
    brian2_network,
    latency_spikes,
)
from bionet.models import CURRENT_LIF, LEAKY_READOUT, UNIT_LIF

# C++ reorders sums of a few weights; a hundred steps of a contracting neuron.
ROUNDING_TOLERANCE = 1e-11

STEPS, INPUTS, HIDDEN = 100, 12, 6


def trained(record=("hidden.spikes", "readout.v")):
    """Return a network with parameters such as training leaves them, and a sample."""
    network = DifferentiableNetwork(
        [Layer("hidden", UNIT_LIF, HIDDEN), Layer("readout", LEAKY_READOUT, 3)],
        [Connection("input", "hidden", "I"), Connection("hidden", "readout", "I", delay=2)],
        inputs=INPUTS,
        dt=1 * ms,
        record=record,
    )
    rng = np.random.default_rng(0)
    parameters = {
        "input_hidden.w": rng.gamma(1, 0.4, (INPUTS, HIDDEN)),
        "hidden_readout.w": rng.normal(size=(HIDDEN, 3)),
        "hidden.tau_mem": np.linspace(5e-3, 2e-2, HIDDEN),
        "readout.tau_syn": 8e-3,
    }
    return network, parameters, latency_spikes(rng.integers(0, STEPS, (1, INPUTS)))


def in_cpp(device):
    network, parameters, spikes = trained()
    compiled = compile_network(
        lambda: brian2_network(network, parameters, spikes, steps=STEPS),
        STEPS * network.dt,
        device=device,
        inputs=["input_hidden.w"],
        outputs=["hidden_spikes.i", "hidden_spikes.t", "readout_v.v"],
    )
    for factor in (1, 1.5):
        scaled = parameters | {"input_hidden.w": factor * parameters["input_hidden.w"]}
        expected = simulated(network, scaled, spikes, STEPS, None)
        outcome = compiled({"input_hidden.w": scaled["input_hidden.w"].ravel()})
        step, neuron = np.nonzero(expected["hidden.spikes"])
        assert step.size > 20
        np.testing.assert_array_equal(outcome["hidden_spikes.i"], neuron)
        np.testing.assert_allclose(outcome["hidden_spikes.t"], step * 1e-3, atol=1e-9)
        np.testing.assert_allclose(
            outcome["readout_v.v"].T, expected["readout.v"], rtol=ROUNDING_TOLERANCE, atol=1e-13
        )


def test_compiled_on_the_runtime_device():
    """Trained weights are an input of the compiled network."""
    in_cpp("runtime")


@pytest.mark.slow
@pytest.mark.compiles
def test_compiled_in_cpp():
    in_cpp("cpp")


def test_an_input_spike_of_a_step_arrives_in_that_step():
    """With and without a delay, from the first step to the last."""
    steps = 6
    for delay in (0, 2):
        network = DifferentiableNetwork(
            [Layer("a", leaky(threshold="", reset=""), 1)],
            [Connection("input", "a", "I", delay=delay)],
            inputs=2,
            dt=0.1 * ms,
            record=["a.I"],
        )
        spikes = np.zeros((steps, 2))
        spikes[0, 0] = spikes[5, 0] = spikes[3, 1] = 1
        built = brian2_network(network, {"input_a.w": np.array([[1.0], [10.0]])}, spikes)
        built.run(steps * network.dt, namespace={})
        decay = np.exp(-0.1 / 5)
        expected = np.zeros(steps)
        for step, weight in ((0, 1), (5, 1), (3, 10)):
            after = np.arange(steps) - step - delay
            expected += weight * decay**after * (after >= 0)
        np.testing.assert_allclose(built["a_I"].I[0], expected, rtol=ROUNDING_TOLERANCE)


def test_objects_and_their_names():
    """Groups, synapses and monitors by the layers' names; weights source after source."""
    network, parameters, spikes = trained(record=["hidden.spikes", "hidden.v", "readout.v"])
    built = brian2_network(network, parameters, spikes, steps=STEPS)

    assert {thing.name for thing in built.objects} >= {
        *("input", "hidden", "readout", "input_hidden", "hidden_readout"),
        *("hidden_spikes", "hidden_v", "readout_v"),
    }
    assert isinstance(built["input"], SpikeGeneratorGroup)
    weights = built["input_hidden"]
    np.testing.assert_array_equal(weights.w, parameters["input_hidden.w"].ravel())
    np.testing.assert_array_equal(weights.i, np.repeat(np.arange(INPUTS), HIDDEN))
    np.testing.assert_array_equal(np.asarray(built["hidden"].tau_mem), parameters["hidden.tau_mem"])
    assert built["hidden_readout"].pre.delay / ms == 2
    silent = brian2_network(network, parameters, spikes, steps=STEPS, record=[])
    assert not {"hidden_spikes", "hidden_v", "readout_v"} & {thing.name for thing in silent.objects}


def test_the_default_clock_is_left_alone():
    before = brian2.defaultclock.dt
    network, parameters, spikes = trained()
    built = brian2_network(network, parameters, spikes, steps=STEPS)
    built.run(3 * ms, namespace={})
    assert brian2.defaultclock.dt == before
    assert {float(thing.clock.dt) for thing in built.objects} == {1e-3}


def test_spikes_beyond_the_steps_are_left_out():
    """Those that stand for no spike would come where Brian2 runs on."""
    network, parameters, _ = trained()
    spikes = InputSpikes(jnp.array([[3, -1, STEPS, 7]]), jnp.arange(4)[None], INPUTS)
    built = brian2_network(network, parameters, spikes, steps=STEPS)
    np.testing.assert_array_equal(built["input"].neuron_index, [0, 3])
    np.testing.assert_allclose(built["input"].spike_time / ms, [3, 7])


def test_events_and_dense_spikes_are_the_same():
    network, parameters, _ = trained()
    dense = poisson_spikes(np.random.default_rng(1), STEPS, INPUTS)
    a = brian2_network(network, parameters, dense)["input"]
    b = brian2_network(network, parameters, as_events(dense), steps=STEPS)["input"]
    np.testing.assert_array_equal(a.neuron_index, b.neuron_index)
    np.testing.assert_array_equal(a.spike_time, b.spike_time)
    assert len(a.spike_time) == dense.sum()


def test_parameters_of_each_kind():
    """Constants of the model and variables of the equations, one number and one a neuron.

    Initial values are expressions of them.
    """
    model = leaky(
        "level : 1\nrest : 1 (shared, constant)",
        threshold="v > level",
        reset="v = rest",
        initial={"v": "rest + level/2"},
    )
    network = DifferentiableNetwork(
        [Layer("a", model, 4)],
        [Connection("input", "a", "I")],
        inputs=5,
        dt=0.5 * ms,
        record=["a.spikes", "a.v"],
    )
    rng = np.random.default_rng(2)
    parameters = {
        "input_a.w": rng.gamma(1, 1.0, (5, 4)),
        "a.level": np.linspace(0.5, 1, 4),
        "a.rest": 0.1,
        "a.tau": np.linspace(5e-3, 2e-2, 4),
        "a.tau_syn": 3e-3,
    }

    spikes = poisson_spikes(rng, 600, 5, 0.05)
    values = assert_equal_simulations(network, parameters, spikes)

    start = 0.1 + parameters["a.level"] / 2
    np.testing.assert_allclose(values["a.v"][0], start * np.exp(-0.5e-3 / parameters["a.tau"]))


def test_random_initial_values_are_brian2s():
    network = DifferentiableNetwork(
        [Layer("a", CURRENT_LIF, 50)],
        [Connection("input", "a", "g_e")],
        inputs=1,
        dt=0.1 * ms,
    )
    weights = {"input_a.w": np.zeros((1, 50))}
    built = brian2_network(network, weights, np.zeros((1, 1)))
    v = np.asarray(built["a"].v)
    assert -0.06 <= v.min() < v.max() <= -0.05
    assert np.unique(v).size == 50
    built = brian2_network(network, weights, np.zeros((1, 1)), initial={"a.v": -0.055})
    assert set(np.asarray(built["a"].v)) == {-0.055}


SPIKES = latency_spikes(np.zeros((1, INPUTS), int))


@pytest.mark.parametrize(
    ("spikes", "steps", "message"),
    [
        (np.full((STEPS, INPUTS), 2), None, "input unit 0 has 2 spikes in step 0"),
        (
            InputSpikes(jnp.array([[4, 4]]), jnp.array([[7, 7]]), INPUTS),
            9,
            "input unit 7 has 2 spikes in step 4.*one spike a unit",
        ),
        (np.full((STEPS, INPUTS), 0.5), None, "has 0.5 spikes"),
        (np.full((STEPS, INPUTS), -1), None, "has -1 spikes"),
        (np.zeros((STEPS, 3)), None, r"spikes have shape \(100, 3\); expected \(steps, 12\)"),
        (np.zeros((1, STEPS, INPUTS)), None, r"shape \(1, 100, 12\)"),
        (np.zeros((STEPS, INPUTS)), 9, r"expected \(9, 12\)"),
        (SPIKES, None, "steps must be given"),
        (dataclasses.replace(SPIKES, units=3), 9, "spikes have 3 units; the network 12"),
        (latency_spikes(np.zeros((2, INPUTS), int)), 9, "one sample; found 2"),
    ],
)
def test_spikes_that_do_not_fit(spikes, steps, message):
    network, parameters, _ = trained()
    with pytest.raises(ValueError, match=message):
        brian2_network(network, parameters, spikes, steps=steps)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hidden.tau": 1.0}, r"unknown parameter 'hidden\.tau'"),
        ({"input_hidden.w": np.zeros((2, 2))}, r"'input_hidden\.w' has shape"),
    ],
)
def test_parameters_that_do_not_fit(parameters, message):
    network, fitting, spikes = trained()
    with pytest.raises(ValueError, match=message):
        brian2_network(network, fitting | parameters, spikes, steps=STEPS)


def test_shared_parameters_are_one_number():
    model = leaky("rest : 1 (shared, constant)", reset="v = rest")
    network = DifferentiableNetwork(
        [Layer("a", model, 2)], [Connection("input", "a", "I")], inputs=1, dt=1 * ms
    )
    parameters = {"input_a.w": np.zeros((1, 2)), "a.rest": np.zeros(2)}
    with pytest.raises(ValueError, match=r"'a\.rest' is shared by all neurons"):
        brian2_network(network, parameters, np.zeros((1, 1)))


def test_units_have_their_own_values():
    network = DifferentiableNetwork(
        [Layer("a", leaky(refractory="2*ms"), 2)],
        [Connection("input", "a", "I")],
        inputs=1,
        dt=1 * ms,
    )
    parameters = {"input_a.w": np.zeros((1, 2)), "a.ms": 1.0}
    with pytest.raises(ValueError, match=r"'a\.ms' is a unit or constant of Brian2"):
        brian2_network(network, parameters, np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ({"hidden.u": 0.0}, r"unknown variable 'hidden\.u'"),
        ({"hidden.tau_mem": 0.0}, r"unknown variable 'hidden\.tau_mem'"),
        ({"somewhere.v": 0.0}, r"unknown variable 'somewhere\.v'"),
        ({"hidden.v": np.zeros(3)}, r"'hidden\.v' has shape \(3,\).*number or \(6,\)"),
    ],
)
def test_initial_values_that_do_not_fit(initial, message):
    network, parameters, spikes = trained()
    with pytest.raises(ValueError, match=message):
        brian2_network(network, parameters, spikes, steps=STEPS, initial=initial)


def test_what_is_not_there_cannot_be_monitored():
    network, parameters, spikes = trained()
    with pytest.raises(ValueError, match=r"cannot record 'readout\.spikes'"):
        brian2_network(network, parameters, spikes, steps=STEPS, record=["readout.spikes"])


@pytest.mark.parametrize("clashing", ["hidden_v", "hidden_spikes"])
def test_names_that_clash(clashing):
    """A layer of the name that a monitor would have."""
    network = DifferentiableNetwork(
        [Layer("hidden", UNIT_LIF, 2), Layer(clashing, UNIT_LIF, 2)],
        [Connection("input", "hidden", "I")],
        inputs=1,
        dt=1 * ms,
        record=["hidden.v", "hidden.spikes"],
    )
    with pytest.raises(ValueError, match=f"would be called '{clashing}'"):
        brian2_network(network, {"input_hidden.w": np.zeros((1, 2))}, np.zeros((1, 1)))


def test_arrays_of_jax_are_taken():
    network, parameters, spikes = trained()
    arrays = {name: jnp.asarray(value, jnp.float32) for name, value in parameters.items()}
    built = brian2_network(network, arrays, spikes, steps=STEPS)
    assert isinstance(arrays["input_hidden.w"], jax.Array)
    np.testing.assert_allclose(
        built["input_hidden"].w, parameters["input_hidden.w"].ravel(), rtol=1e-6
    )
