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

from bionet.gradient import (
    Connection,
    DifferentiableNetwork,
    Layer,
    arctan,
    exponential,
    fast_sigmoid,
    triangular,
)
from bionet.models import NeuronModel

# Central differences in double precision: rounding 1e-16/h of a loss near 1, and curvature times
# h where a neuron crosses the kink of |x| within h, against the largest of a parameter's gradients.
STEP = 1e-6
DIFFERENCE_TOLERANCE = 2e-5

# The same operations in another order.
ROUNDING_TOLERANCE = 1e-12

#: One a layer: gentle enough for smooth steps to reach 0 and 1.
SURROGATES = (
    fast_sigmoid(2.0, scale=0.5),
    exponential(2.0, scale=0.5),
    arctan(3.0, scale=0.5),
    triangular(0.4, scale=0.5),
)

STEPS, BATCH, INPUTS = 25, 2, 4

pytestmark = pytest.mark.usefixtures("double_precision")

#: A spike subtracts the threshold, so that the threshold's gradient has two ways.
SUBTRACTING = leaky(
    "theta : 1 (constant)", threshold="v > theta", reset="v -= theta", initial={"theta": 1}
)

TAUS = {
    "a.tau": 0.01,
    "a.tau_syn": np.array([3e-3, 5e-3, 8e-3]),
    "a.theta": 0.8,
    "b.omega": 200.0,
    "c.tau": np.array([8e-3, 2e-2]),
    "d.theta": np.array([0.7, 0.9]),
}


def spiking_layers():
    models = (SUBTRACTING, resonate_and_fire("exact"), leaky(method="euler"), SUBTRACTING)
    return [
        Layer(name, model, 3 if name == "a" else 2, surrogate, reset_gradient=True)
        for name, model, surrogate in zip("abcd", models, SURROGATES, strict=True)
    ]


def feed_forward():
    """Layers with one surrogate each in a row, with a readout."""
    layers = spiking_layers()
    layers.append(Layer("readout", leaky(threshold="", reset=""), 2))
    connections = [
        Connection("input", "a", "I"),
        Connection("a", "b", "x", delay=1),
        Connection("b", "c", "I"),
        Connection("a", "d", "v"),
        Connection("c", "d", "I"),
        Connection("d", "readout", "I"),
        Connection("a", "readout", "v", delay=2),
    ]
    return layers, connections, TAUS | {"readout.tau": 0.02}


def recurrent():
    """Put the same layers in a circle, the first of them also on itself."""
    connections = [
        Connection("input", "a", "I"),
        Connection("a", "a", "v"),
        Connection("a", "b", "x", delay=2),
        Connection("b", "c", "I"),
        Connection("c", "d", "v", delay=1),
        Connection("d", "a", "I"),
    ]
    return spiking_layers(), connections, TAUS


def network_of(layers, connections, parameters):
    """Return a network, its parameters and a loss that depends on all its spikes and traces."""
    record = [f"{layer.name}.spikes" for layer in layers if layer.model.threshold]
    record += [f"{layer.name}.v" for layer in layers if layer.name in ("a", "readout")]
    network = DifferentiableNetwork(layers, connections, inputs=INPUTS, dt=1 * ms, record=record)
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(0.4, 0.8, shape) for name, shape in network.weights.items()}
    spikes = (rng.random((BATCH, STEPS, INPUTS)) < 0.3).astype(float)
    shares = {
        name: rng.normal(size=(STEPS, BATCH, network.layers[name.partition(".")[0]].neurons))
        for name in network.record
    }

    def loss(parameters):
        outputs = network(parameters, spikes, smooth=True)
        return sum((outputs[name] * shares[name]).mean() for name in network.record)

    return network, jax.tree.map(jnp.asarray, parameters | weights), loss


def gradient_and_differences(loss, parameters):
    """Return the gradient, and the central difference by every number among the parameters."""
    compiled = jax.jit(jax.value_and_grad(loss))
    flat, rebuilt = ravel_pytree(parameters)
    slopes = np.zeros(flat.size)
    for k, step in enumerate(STEP * np.maximum(np.abs(flat), 1e-3)):
        up, down = (compiled(rebuilt(flat.at[k].add(s)))[0] for s in (step, -step))
        slopes[k] = (up - down) / (2 * step)
    return compiled(parameters)[1], rebuilt(jnp.asarray(slopes))


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
def test_gradients_are_finite_differences(topology):
    """By all weights, and by time constants, thresholds and a frequency."""
    _, parameters, loss = network_of(*topology())

    assert_close(*gradient_and_differences(loss, parameters))


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


X = np.array([1.0, 0, 2, 1, 0, 0, 3, 0, 1, 0])
SHARES = np.random.default_rng(1).normal(size=(2, X.size))


def one_neuron(w, surrogate, *, smooth=False, reset_gradient=False):
    """Return the same of a network."""
    model = NeuronModel("dv/dt = -v/(10*ms) : 1", "v > 1", "v = 0", method="exact")
    network = DifferentiableNetwork(
        [Layer("a", model, 1, surrogate, reset_gradient=reset_gradient)],
        [Connection("input", "a", "v")],
        inputs=1,
        dt=1 * ms,
        record=["a.v", "a.spikes"],
    )
    outputs = network({"input_a.w": w[None, None]}, X[None, :, None], smooth=smooth)
    return outputs["a.v"].ravel(), outputs["a.spikes"].ravel()


def graded(function):
    """Return v, spikes, and the gradient by w of a weighted sum of both."""

    def loss(w):
        v, spikes = function(w)
        return (SHARES[0] * v + SHARES[1] * spikes).sum(), (v, spikes)

    (_, values), slope = jax.value_and_grad(loss, has_aux=True)(jnp.float64(0.7))
    return (*values, slope)


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("reset_gradient", [False, True])
def test_gradients_by_hand(smooth, reset_gradient):
    """One neuron written out with `stop_gradient` at the reset, spiking and smooth.

    Without `reset_gradient` the values are the same, and what the reset owes to the spike is
    missing in the gradient.
    """
    surrogate, decay = exponential(2.0), np.exp(-0.1)
    kind = {"smooth": smooth, "reset_gradient": reset_gradient}
    found = graded(lambda w: one_neuron(w, surrogate, **kind))
    expected = graded(lambda w: by_hand(w, X, decay, surrogate, **kind))
    *values, other = graded(
        lambda w: by_hand(w, X, decay, surrogate, smooth=smooth, reset_gradient=not reset_gradient)
    )

    assert smooth or expected[1].sum() == 2
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=ROUNDING_TOLERANCE)
    np.testing.assert_array_equal(values, expected[:2])
    assert abs(other - expected[2]) > 0.1 * abs(expected[2])


def test_forward_the_surrogate_does_not_matter():
    """Backward it does."""
    narrow, wide = (graded(lambda w, s=slope: one_neuron(w, arctan(s))) for slope in (10, 1))
    np.testing.assert_array_equal(narrow[1], wide[1])
    np.testing.assert_array_equal(narrow[0], wide[0])
    assert abs(narrow[2] - wide[2]) > 0.1 * abs(wide[2])


def test_gradients_by_drive_and_initial_values():
    network, parameters, _ = network_of(*recurrent())
    spikes = np.zeros((1, STEPS, INPUTS))

    def loss(start):
        outputs = network(
            parameters,
            spikes,
            smooth=True,
            initial={"a.v": start["v"], "a.I": start["I"]},
            drive={"c.tau": start["tau"]},
        )
        return sum((value**2).mean() for value in outputs.values())

    rng = np.random.default_rng(2)
    start = {
        "v": rng.normal(size=(1, 3)),
        "I": rng.normal(2, 1, size=(1, 3)),
        "tau": 0.01 * rng.uniform(0.5, 2, size=(STEPS, 1, 2)),
    }
    start = jax.tree.map(jnp.asarray, start)
    found, expected = gradient_and_differences(loss, start)
    for name in start:
        atol = DIFFERENCE_TOLERANCE * np.abs(expected[name]).max()
        assert atol > 0
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=atol)
