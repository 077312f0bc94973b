"""Reference: gradients of the smoothed network are those of central finite differences.

With smooth steps in place of spikes, and gradients through resets, backpropagation through time
is plain calculus; the spiking network uses the same derivatives.
"""

import numpy as np
import pytest
from brian2 import ms

pytest.importorskip("jax")

import jax
import jax.numpy as jnp
from gradient_models import leaky, resonate_and_fire
from jax.flatten_util import ravel_pytree

from bionet.gradient import Connection, DifferentiableNetwork, Layer
from bionet.gradient.surrogates import SURROGATES
from bionet.models import NeuronModel

# Central differences in double precision: rounding 1e-16/h of a loss near 1, and curvature times
# h where a neuron crosses the kink of |x| within h, against the largest of a parameter's gradients.
STEP = 1e-6
DIFFERENCE_TOLERANCE = 2e-5

# The same operations in another order.
ROUNDING_TOLERANCE = 1e-12

SLOPES = {"fast_sigmoid": 2.0, "exponential": 2.0, "arctan": 3.0, "triangular": 0.4}

STEPS, BATCH, INPUTS = 25, 2, 4

pytestmark = pytest.mark.usefixtures("double_precision")

#: A spike subtracts the threshold, so that the threshold's gradient has two ways.
SUBTRACTING = leaky(
    "theta : 1 (constant)", threshold="v > theta", reset="v -= theta", initial={"theta": 1}
)


def feed_forward(surrogate, **reset):
    layers = [
        Layer("a", SUBTRACTING, 3, surrogate, **reset),
        Layer("b", resonate_and_fire("exact"), 2, surrogate, **reset),
        Layer("readout", leaky(threshold="", reset=""), 2),
    ]
    connections = [
        Connection("input", "a", "I"),
        Connection("a", "b", "x", delay=1),
        Connection("b", "readout", "I"),
        Connection("a", "readout", "v", delay=2),
    ]
    taus = {"a.tau": 0.01, "a.tau_syn": np.array([3e-3, 5e-3, 8e-3]), "a.theta": 0.8}
    return layers, connections, taus | {"b.omega": 200.0, "readout.tau": 0.02}


def recurrent(surrogate, **reset):
    layers = [
        Layer("a", SUBTRACTING, 3, surrogate, **reset),
        Layer("b", leaky(method="euler"), 2, surrogate, **reset),
    ]
    connections = [
        Connection("input", "a", "I"),
        Connection("a", "a", "v"),
        Connection("a", "b", "I", delay=2),
        Connection("b", "a", "I", delay=1),
    ]
    taus = {"a.tau": np.array([8e-3, 1e-2, 2e-2]), "a.theta": 0.8, "b.tau": 0.01}
    return layers, connections, taus | {"b.tau_syn": 4e-3}


def network_of(topology, surrogate, **reset):
    """Return a network, its parameters and a loss that depends on all that it records."""
    layers, connections, parameters = topology(surrogate, **reset)
    record = [f"{layer.name}.v" for layer in layers if "v" in layer.model.equations]
    record += [f"{layer.name}.spikes" for layer in layers if layer.model.threshold]
    network = DifferentiableNetwork(
        layers, connections, inputs=INPUTS, dt=1 * ms, record=[r for r in record if r != "b.v"]
    )
    rng = np.random.default_rng(0)
    parameters |= {name: rng.normal(0.4, 0.8, shape) for name, shape in network.weights.items()}
    spikes = (rng.random((BATCH, STEPS, INPUTS)) < 0.3).astype(float)
    shares = {
        name: rng.normal(size=(STEPS, BATCH, network.layers[name.partition(".")[0]].neurons))
        for name in network.record
    }

    def loss(parameters, smooth=True):
        outputs = network(parameters, spikes, smooth=smooth)
        return sum((outputs[name] * shares[name]).mean() for name in network.record)

    return network, jax.tree.map(jnp.asarray, parameters), loss


def differences(loss, parameters):
    """Return the central difference by every number among the parameters, relative steps."""
    flat, rebuilt = ravel_pytree(parameters)
    steps = STEP * np.maximum(np.abs(flat), 1e-3)
    moved = flat + np.concatenate([np.diag(steps), -np.diag(steps)])
    values = np.asarray(jax.jit(jax.vmap(lambda p: loss(rebuilt(p))))(moved))
    up, down = np.split(values, 2)
    return rebuilt(jnp.asarray((up - down) / (2 * steps)))


def assert_close(found, expected):
    """Compare parameter by parameter, each by its own largest gradient."""
    assert found.keys() == expected.keys()
    for name in expected:
        largest = np.abs(expected[name]).max()
        assert largest > 0, f"{name} has no influence"
        np.testing.assert_allclose(
            found[name], expected[name], rtol=0, atol=DIFFERENCE_TOLERANCE * largest, err_msg=name
        )


@pytest.mark.parametrize("topology", [feed_forward, recurrent])
@pytest.mark.parametrize("name", SURROGATES)
def test_gradients_are_finite_differences(name, topology):
    surrogate = SURROGATES[name](SLOPES[name], scale=0.5)
    _, parameters, loss = network_of(topology, surrogate, reset_gradient=True)

    assert_close(jax.jit(jax.grad(loss))(parameters), differences(loss, parameters))


@pytest.mark.parametrize("topology", [feed_forward, recurrent])
def test_without_reset_gradient_they_are_not(topology):
    """The forward pass is the same; what the reset owes to the spike is missing in the gradient."""
    surrogate = SURROGATES["arctan"](3.0, scale=0.5)
    _, parameters, loss = network_of(topology, surrogate, reset_gradient=True)
    _, _, cut_loss = network_of(topology, surrogate, reset_gradient=False)

    assert jax.jit(loss)(parameters) == jax.jit(cut_loss)(parameters)
    full, cut = (jax.jit(jax.grad(f))(parameters) for f in (loss, cut_loss))
    assert (
        np.abs(cut["input_a.w"] - full["input_a.w"]).max() > 0.01 * np.abs(full["input_a.w"]).max()
    )


def by_hand(w, x, decay, surrogate, *, smooth, reset_gradient):
    """Return v and spikes of a neuron: v <- decay v, spike at 1, v <- v + w x, reset to 0."""
    fixed = jax.lax.stop_gradient
    v, trace, spikes = 0.0, [], []
    for arriving in x:
        v = decay * v
        soft = surrogate.smooth_step(v - 1)
        s = soft if smooth else soft + fixed((v > 1) - soft)
        v = v + w * arriving
        v = v - (s if reset_gradient else fixed(s)) * v
        trace.append(v)
        spikes.append(s)
    return jnp.stack(trace), jnp.stack(spikes)


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("reset_gradient", [False, True])
def test_gradients_by_hand(smooth, reset_gradient):
    """One neuron written out with `stop_gradient` at the reset, spiking and smooth."""
    surrogate = SURROGATES["exponential"](2.0)
    model = NeuronModel("dv/dt = -v/(10*ms) : 1", "v > 1", "v = 0", method="exact")
    network = DifferentiableNetwork(
        [Layer("a", model, 1, surrogate, reset_gradient=reset_gradient)],
        [Connection("input", "a", "v")],
        inputs=1,
        dt=1 * ms,
        record=["a.v", "a.spikes"],
    )
    x = np.array([1.0, 0, 2, 1, 0, 0, 3, 0, 1, 0])
    shares = np.random.default_rng(1).normal(size=(2, x.size))

    def loss(w):
        outputs = network({"input_a.w": w[None, None]}, x[None, :, None], smooth=smooth)
        v, spikes = outputs["a.v"].ravel(), outputs["a.spikes"].ravel()
        return (shares[0] * v + shares[1] * spikes).sum(), (v, spikes)

    def reference(w):
        v, spikes = by_hand(
            w, x, np.exp(-0.1), surrogate, smooth=smooth, reset_gradient=reset_gradient
        )
        return (shares[0] * v + shares[1] * spikes).sum(), (v, spikes)

    (_, found), slope = jax.value_and_grad(loss, has_aux=True)(jnp.float64(0.7))
    (_, expected), expected_slope = jax.value_and_grad(reference, has_aux=True)(jnp.float64(0.7))

    assert smooth or expected[1].sum() == 2
    np.testing.assert_allclose(found, expected, rtol=ROUNDING_TOLERANCE)
    np.testing.assert_allclose(slope, expected_slope, rtol=ROUNDING_TOLERANCE)


def test_gradients_by_drive_and_initial_values():
    network, parameters, _ = network_of(
        recurrent, SURROGATES["arctan"](3.0, scale=0.5), reset_gradient=True
    )
    spikes = np.zeros((1, STEPS, INPUTS))

    def loss(start):
        outputs = network(
            parameters,
            spikes,
            smooth=True,
            initial={"a.v": start["v"], "a.I": start["I"]},
            drive={"b.tau": start["tau"]},
        )
        return sum((value**2).mean() for value in outputs.values())

    rng = np.random.default_rng(2)
    start = {
        "v": rng.normal(size=(1, 3)),
        "I": rng.normal(2, 1, size=(1, 3)),
        "tau": 0.01 * rng.uniform(0.5, 2, size=(STEPS, 1, 2)),
    }
    start = jax.tree.map(jnp.asarray, start)
    found, expected = jax.jit(jax.grad(loss))(start), differences(loss, start)
    for name in start:
        atol = DIFFERENCE_TOLERANCE * np.abs(expected[name]).max()
        assert atol > 0
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=atol)


def test_the_spiking_network_has_the_spikes_of_steps():
    """Forward, the surrogate does not matter; backward it does."""
    gradients, losses = [], []
    for name in ("fast_sigmoid", "triangular"):
        _, parameters, loss = network_of(feed_forward, SURROGATES[name](1.0))
        value, slope = jax.value_and_grad(lambda p, f=loss: f(p, smooth=False))(parameters)
        losses.append(float(value))
        gradients.append(slope["input_a.w"])
    assert losses[0] == losses[1]
    assert np.abs(gradients[0] - gradients[1]).max() > 1e-3 * np.abs(gradients[0]).max()
