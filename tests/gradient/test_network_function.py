"""Behaviour and closed form: a network is a pure function of weights, inputs, initial state."""

import numpy as np
import pytest
from brian2 import ms

pytest.importorskip("jax")

import jax
import jax.numpy as jnp
from gradient_models import ADAPTIVE, RESONATE_AND_FIRE, leaky

from bionet.gradient import (
    Connection,
    DifferentiableNetwork,
    InputSpikes,
    Layer,
    event_spikes,
    latency_spikes,
)
from bionet.models import CURRENT_LIF, LEAKY_READOUT, UNIT_LIF, NeuronModel

# The same operations in another order or program, a hundred steps of a contracting neuron.
ROUNDING_TOLERANCE = {"float32": 2e-5, "float64": 1e-12}

STEPS, BATCH, INPUTS = 40, 3, 6
SILENCE = np.zeros((2, 1, 1))

#: Spikes whenever it has received something, and forgets it.
RELAY = NeuronModel("v : 1", "v > 0.5", "v = 0")
#: Adds up what it has received.
COUNTER = NeuronModel("v : 1", "", "")


def assert_close(found, expected, dtype="float64"):
    tolerance = ROUNDING_TOLERANCE[dtype]
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(
            found[name], expected[name], rtol=tolerance, atol=tolerance, err_msg=name
        )


def three_layers(*, feedback=False, record=("a.v", "a.spikes", "b.v", "b.spikes", "c.v")):
    """Three layers in a row; with `feedback` a circle, which puts all of them into one scan."""
    connections = [
        Connection("input", "a", "I", delay=2),
        Connection("a", "b", "I"),
        Connection("b", "c", "I", delay=3),
        Connection("a", "c", "I"),
    ]
    if feedback:
        connections.append(Connection("c", "a", "I"))
    last = UNIT_LIF if feedback else LEAKY_READOUT
    return DifferentiableNetwork(
        [Layer("c", last, 2), Layer("a", UNIT_LIF, 5), Layer("b", UNIT_LIF, 4)],
        connections,
        inputs=INPUTS,
        dt=1 * ms,
        record=record,
    )


def one_layer(model):
    return DifferentiableNetwork(
        [Layer("a", model, 5)],
        [Connection("input", "a", "I")],
        inputs=INPUTS,
        dt=1 * ms,
        record=["a.v", "a.spikes"],
    )


def random_weights(network, dtype, seed=0, mean=0.25):
    rng = np.random.default_rng(seed)
    return {
        name: jnp.asarray(rng.normal(mean, 0.3, shape), dtype)
        for name, shape in network.weights.items()
    }


def random_spikes(seed=0):
    return (np.random.default_rng(seed).random((BATCH, STEPS, INPUTS)) < 0.2).astype(np.float32)


@pytest.mark.parametrize("delay", [0, 1, 3, STEPS + 2])
@pytest.mark.parametrize("recurrent", [False, True])
def test_a_spike_arrives_after_its_delay(delay, recurrent):
    """Through a relay: a spike of step n is counted from step n + delay on, in its own without."""
    connections = [Connection("input", "relay", "v"), Connection("relay", "count", "v", delay)]
    count = RELAY if recurrent else COUNTER
    if recurrent:
        connections.append(Connection("count", "relay", "v"))
    network = DifferentiableNetwork(
        [Layer("relay", RELAY, 1), Layer("count", count, 1)],
        connections,
        inputs=1,
        dt=1 * ms,
        record=["relay.spikes", "count.v"],
    )
    parameters = {name: jnp.zeros((1, 1)) for name in network.weights}
    parameters |= {"input_relay.w": jnp.ones((1, 1)), "relay_count.w": jnp.full((1, 1), 0.1)}
    spikes = np.zeros((1, 12, 1))
    spikes[0, [2, 4], 0] = 1

    outputs = network(parameters, spikes)

    # what arrives in step n changes v after the threshold of step n: the relay spikes in n + 1
    np.testing.assert_array_equal(np.flatnonzero(outputs["relay.spikes"]), [3, 5])
    expected = sum(0.1 * (np.arange(12) >= spike + delay) for spike in (3, 5))
    np.testing.assert_allclose(outputs["count.v"].ravel(), expected, rtol=1e-6)


@pytest.mark.parametrize("delay", [0, 2, 20])
def test_an_input_spike_arrives_after_its_delay(delay):
    network = DifferentiableNetwork(
        [Layer("count", COUNTER, 1)],
        [Connection("input", "count", "v", delay)],
        inputs=1,
        dt=1 * ms,
        record=["count.v"],
    )
    weights = {"input_count.w": jnp.full((1, 1), 0.5)}
    spikes = InputSpikes(jnp.array([[0, 3, 3]]), jnp.zeros((1, 3), int), 1)

    expected = 0.5 * np.searchsorted([0, 3, 3], np.arange(10) - delay, side="right")
    for inputs in (spikes, spikes.dense(10)):
        outputs = network(weights, inputs, steps=10)
        np.testing.assert_allclose(outputs["count.v"].ravel(), expected)


def test_stages_are_one_scan(double_precision):
    """The same layers in a circle whose last connection has no weight: values and gradients."""
    apart = three_layers(record=("a.v", "a.spikes", "b.v", "b.spikes"))
    together = three_layers(feedback=True, record=apart.record)
    weights = random_weights(apart, "float64")
    silent = {"c_a.w": jnp.zeros((2, 5))}

    def graded(network, extra):
        def loss(weights):
            outputs = network(weights | extra, random_spikes())
            return sum((k + 1) * (v**2).sum() for k, v in enumerate(outputs.values())), outputs

        return jax.jit(jax.value_and_grad(loss, has_aux=True))(weights)

    (_, outputs), slope = graded(apart, {})
    (_, circle_outputs), circle_slope = graded(together, silent)

    assert outputs["b.spikes"].sum() > 20
    assert_close(outputs, circle_outputs)
    assert set(slope) == {name for name in apart.weights}
    largest = max(float(jnp.abs(s).max()) for s in slope.values())
    for name in slope:
        np.testing.assert_allclose(slope[name], circle_slope[name], rtol=1e-9, atol=1e-9 * largest)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_jit_and_precision(dtype, double_precision):
    """All real outputs have the weights' precision, whatever the inputs and taus have."""
    network = one_layer(UNIT_LIF)
    parameters = random_weights(network, dtype) | {"a.tau_mem": np.float64(0.012)}
    spikes = random_spikes().astype("float64" if dtype == "float32" else "float32")

    plain = network(parameters, spikes)
    compiled = jax.jit(network)(parameters, spikes)

    assert {str(value.dtype) for value in plain.values()} == {dtype}
    assert plain["a.v"].shape == (STEPS, BATCH, 5)
    assert_close(compiled, plain, dtype)


def test_step_by_step_in_python(double_precision):
    """Without any compilation, the plainest of all programs."""
    network = one_layer(UNIT_LIF)
    parameters, spikes = random_weights(network, "float64"), random_spikes()[:1, :6]
    expected = network(parameters, spikes)
    assert expected["a.spikes"].sum() > 0
    with jax.disable_jit():
        assert_close(network(parameters, spikes), expected)


def test_vmap_over_weights_and_initial_states_is_a_loop(double_precision):
    network = three_layers()
    every = [random_weights(network, "float64", seed) for seed in range(3)]
    spikes = random_spikes()
    v = np.random.default_rng(1).uniform(0, 0.9, (3, BATCH, 5))

    def run(parameters, v):
        return network(parameters, spikes, initial={"a.v": v})

    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *every)
    together = jax.jit(jax.vmap(run))(stacked, jnp.asarray(v))
    compiled = jax.jit(run)

    for k, parameters in enumerate(every):
        alone = compiled(parameters, v[k])
        assert_close({name: value[k] for name, value in together.items()}, alone)
    assert np.ptp(together["a.spikes"].sum(axis=(1, 2, 3))) > 0


def test_samples_of_a_batch_do_not_meet(double_precision):
    layers = three_layers(feedback=True)
    network = jax.jit(layers)
    parameters, spikes = random_weights(layers, "float64"), random_spikes()
    outputs = network(parameters, spikes)
    for k in range(BATCH):
        alone = network(parameters, spikes[k : k + 1])
        assert_close({name: value[:, k : k + 1] for name, value in outputs.items()}, alone)


def test_drive_and_initial_values_by_hand(double_precision):
    """Euler's v <- v + dt/tau (rest - v) with a tau and a rest that change in time."""
    model = NeuronModel("dv/dt = (rest - v)/tau : 1\nrest : 1", "", "", parameters={"tau": 10 * ms})
    network = DifferentiableNetwork([Layer("a", model, 3)], [], inputs=1, dt=1 * ms, record=["a.v"])
    rng = np.random.default_rng(2)
    tau, rest = rng.uniform(5e-3, 2e-2, (STEPS, 1, 3)), rng.normal(size=(STEPS, BATCH, 1))
    v = start = rng.normal(size=(BATCH, 3))

    outputs = network(
        {},
        np.zeros((BATCH, STEPS, 1)),
        initial={"a.v": start},
        drive={"a.tau": tau, "a.rest": rest},
    )

    for k in range(STEPS):
        v = v + 1e-3 / tau[k] * (rest[k] - v)
        np.testing.assert_allclose(outputs["a.v"][k], v, rtol=1e-12)


def test_parameters_of_the_layer_differ_from_the_model(double_precision):
    """As one number, as one a neuron, or in the model itself."""
    network = one_layer(UNIT_LIF)
    weights, spikes = random_weights(network, "float64"), random_spikes()
    taus = np.linspace(5e-3, 15e-3, 5)
    each = network(weights | {"a.tau_mem": taus}, spikes)
    one = network(weights | {"a.tau_mem": taus[1]}, spikes)
    own = one_layer(UNIT_LIF.replaced(tau_mem=taus[1] * 1000 * ms))(weights, spikes)
    assert_close(one, own)
    np.testing.assert_allclose(each["a.v"][..., 1], own["a.v"][..., 1], rtol=1e-11, atol=1e-12)
    assert np.abs(each["a.v"] - own["a.v"])[..., 2].max() > 0.01


def test_what_is_recorded():
    """Variables, subexpressions, spikes; by the network, or for one call."""
    model = leaky("twice = 2*v : 1\nquarter = twice/8 : 1")
    network = DifferentiableNetwork(
        [Layer("a", model, 4)],
        [Connection("input", "a", "I")],
        inputs=INPUTS,
        dt=1 * ms,
        record=["a.quarter", "a.v"],
    )
    weights = random_weights(network, "float32", mean=2)
    outputs = network(weights, random_spikes())
    assert list(outputs) == ["a.quarter", "a.v"]
    np.testing.assert_allclose(outputs["a.quarter"], outputs["a.v"] / 4, rtol=1e-6)

    spikes = network(weights, random_spikes(), record=["a.spikes"])
    assert list(spikes) == ["a.spikes"]
    assert set(np.unique(spikes["a.spikes"])) == {0, 1}


def test_integers_and_flags_keep_their_kind():
    network = DifferentiableNetwork(
        [Layer("a", ADAPTIVE, 4)],
        [Connection("input", "a", "I")],
        inputs=INPUTS,
        dt=1 * ms,
        record=["a.spike_count", "a.tired", "a.spikes"],
    )
    outputs = network(random_weights(network, "float32", mean=2), random_spikes())
    assert outputs["a.spike_count"].dtype == jnp.int32
    assert outputs["a.tired"].dtype == bool
    count = np.cumsum(outputs["a.spikes"], axis=0)
    assert count[-1].min() > 5
    np.testing.assert_array_equal(outputs["a.spike_count"], count)
    np.testing.assert_array_equal(outputs["a.tired"], count > 5)


def random_layers():
    return DifferentiableNetwork(
        [Layer("a", CURRENT_LIF, 200), Layer("b", CURRENT_LIF, 200)],
        [Connection("input", "a", "g_e")],
        inputs=1,
        dt=0.1 * ms,
        record=["a.v"],
    )


def test_random_initial_values_need_a_key():
    """Uniform between reset and threshold; other keys, samples and layers, other values."""
    network, weights = random_layers(), {"input_a.w": jnp.zeros((1, 200))}
    with pytest.raises(ValueError, match="random: give a key"):
        network(weights, SILENCE)

    state = network.initial_state(2, key=jax.random.key(0))
    again, other = (network.initial_state(2, key=jax.random.key(k)) for k in (0, 1))
    np.testing.assert_array_equal(state["a.v"], again["a.v"])
    values = np.concatenate([state["a.v"], state["b.v"], other["a.v"]]).ravel()
    assert np.unique(values).size > 1190  # of 1200, some equal in single precision
    assert -0.06 <= values.min() < -0.0599
    assert -0.0501 < values.max() <= -0.05
    outputs = network(weights, SILENCE, key=jax.random.key(0))
    expected = -0.049 + (state["a.v"] + 0.049) * np.exp(-0.1 / 20)
    np.testing.assert_allclose(outputs["a.v"][0], expected, rtol=1e-6)


def test_initial_values_that_are_given_need_no_key():
    network, weights = random_layers(), {"input_a.w": jnp.zeros((1, 200))}
    outputs = network(weights, SILENCE, initial={"a.v": -0.055, "b.v": -0.06})
    # towards the resting -49 mV, 0.1 ms of tau_m = 20 ms
    np.testing.assert_allclose(outputs["a.v"], -0.055 + 0.006 * -np.expm1(-1 / 200), rtol=1e-6)


def test_initial_values_of_one_neuron_or_of_all():
    network = DifferentiableNetwork(
        [Layer("a", RESONATE_AND_FIRE, 3)],
        [Connection("input", "a", "x")],
        inputs=1,
        dt=1 * ms,
        record=["a.x"],
    )
    weights = {"input_a.w": jnp.zeros((1, 3))}
    x = np.array([0.1, 0.2, 0.3])
    for value in (x, np.tile(x, (BATCH, 1))):
        outputs = network(weights, np.zeros((BATCH, 1, 1)), initial={"a.x": value})
        np.testing.assert_allclose(outputs["a.x"][0], np.tile(0.98 * x, (BATCH, 1)), rtol=1e-6)


def test_a_network_without_connections_and_one_without_steps():
    lonely = DifferentiableNetwork(
        [Layer("a", UNIT_LIF, 2)], [], inputs=1, dt=1 * ms, record=["a.v", "a.spikes"]
    )
    outputs = lonely({}, np.zeros((1, 3, 1)), initial={"a.I": 1.2})
    np.testing.assert_array_equal(outputs["a.spikes"][:, 0, 0], [1, 0, 0])
    network = one_layer(UNIT_LIF)
    empty = network(random_weights(network, "float32"), np.zeros((1, 0, INPUTS)))
    assert empty["a.spikes"].shape == (0, 1, 5)


def test_latencies_are_single_spikes():
    latencies = np.array([[0, 4, 2], [4, 1, 3]])
    dense = np.asarray(latency_spikes(latencies).dense(4))
    assert dense.sum() == 4  # 4 stands for none
    for sample, unit in np.argwhere(latencies < 4):
        assert dense[sample, latencies[sample, unit], unit] == 1


@pytest.mark.parametrize("events", [False, True])
def test_populations_of_inputs(events, double_precision):
    """One behind the other they are all inputs, their weights one below the other."""
    together = one_layer(UNIT_LIF)
    weights = random_weights(together, "float64")
    separate = DifferentiableNetwork(
        [Layer("a", UNIT_LIF, 5)],
        [Connection("many", "a", "I"), Connection("few", "a", "I")],
        inputs={"few": 2, "many": 4},
        dt=1 * ms,
        record=together.record,
    )
    of_each = {"few_a.w": weights["input_a.w"][:2], "many_a.w": weights["input_a.w"][2:]}
    spikes = random_spikes()

    expected = together(weights, spikes)
    found = separate(of_each, as_events(spikes) if events else spikes, steps=STEPS)

    assert expected["a.spikes"].sum() > 20
    assert_close(found, expected)


@pytest.mark.parametrize("inputs", [{"a": 3}, {"in put": 3}, {"x": 0}, {"x": 2.5}])
def test_refused_populations(inputs):
    with pytest.raises(ValueError, match="inputs: "):
        DifferentiableNetwork([Layer("a", UNIT_LIF, 5)], [], inputs=inputs, dt=1 * ms)


def as_events(counts):
    """Return single spikes, (batch, steps, units), as `InputSpikes`."""
    sample, step, unit = np.nonzero(counts)
    first = np.searchsorted(sample, np.arange(len(counts) + 1))
    count = np.ones_like(step)
    return event_spikes(step, unit, count, first, steps=STEPS, units=counts.shape[2])
