"""Behaviour: gradients are numbers wherever values are; a training says which of them is none."""

import functools

import numpy as np
import optax
import pytest
from brian2 import ms, mV
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from bionet.gradient import (
    Classification,
    Connection,
    DifferentiableNetwork,
    DivergedError,
    Layer,
    RateNetwork,
    RateTrainer,
    Scaled,
    SpikeCount,
    Trainer,
    fast_sigmoid,
)
from bionet.gradient.arithmetic import OPERATIONS
from bionet.gradient.functions import FUNCTIONS
from bionet.gradient.objectives import cross_entropy
from bionet.gradient.surrogates import SURROGATES
from bionet.models import LEAKY_READOUT, UNIT_LIF, NeuronModel

# Single precision against double: a steep upstroke multiplies what was rounded before it.
SINGLE_TOLERANCE = 0.05
#: Products of slopes that are smaller are 0 there.
SMALLEST = 1e-30

EXPONENTIAL_LIF = NeuronModel(
    """dv/dt = (E_L - v + D_T*exp((v - v_T)/D_T))/tau : volt (unless refractory)
       dI/dt = -I/tau : 1""",
    threshold="v > 0*mV",
    reset="v = E_L; I += 0.1",
    refractory=2 * ms,
    method="euler",
    parameters={"E_L": -65 * mV, "v_T": -50 * mV, "D_T": 2 * mV, "tau": 10 * ms},
    initial={"v": -65 * mV},
)

UNARY = sorted(set(FUNCTIONS) - {"clip", "int", "timestep", "logical_not"})
BINARY = sorted(OPERATIONS)
#: Where functions begin, end, bend, or overflow in single precision.
EDGES = (0, 1, 1e-30, 1e-19, 1e-6, 0.1, np.pi / 2, 88.7, 89, 1e10, 1e19, 1e20, 3.4e38, np.inf)
EDGES = np.array([*EDGES, *(-x for x in EDGES)], np.float32)
NUMBERS = st.floats(width=32, allow_nan=False, allow_subnormal=False) | st.sampled_from(
    EDGES.tolist()
)


@pytest.mark.parametrize("name", UNARY)
def test_derivatives_of_functions_are_finite(name):
    """At every edge, as an error of 1 and of 0 comes back; elsewhere the function's own."""
    slope = jax.vmap(jax.grad(lambda x, error: error * FUNCTIONS[name](x)))
    for error in (1, 0):
        assert np.isfinite(slope(jnp.asarray(EDGES), jnp.full(EDGES.shape, error, "f"))).all()
    x, h = 0.3, 1e-6
    with jax.enable_x64(True):
        found = jax.grad(FUNCTIONS[name])(jnp.float64(x))
        expected = (FUNCTIONS[name](jnp.float64(x + h)) - FUNCTIONS[name](jnp.float64(x - h))) / (
            2 * h
        )
    np.testing.assert_allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize("name", BINARY)
def test_derivatives_of_operations_are_finite(name):
    """By both sides, for arrays, and where one side is a number."""
    operation = OPERATIONS[name]
    a, b = (jnp.asarray(x.ravel()) for x in np.meshgrid(EDGES, EDGES))
    for derivative in (
        jax.grad(lambda a, b: operation(a, b).sum(), (0, 1))(a, b),
        jax.grad(lambda b: operation(2.0, b).sum())(b),
        jax.grad(lambda a: operation(a, 0.5).sum())(a),
        jax.grad(lambda a: operation(a, 3).sum())(a),
    ):
        assert all(np.isfinite(d).all() for d in jax.tree.leaves(derivative))


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("_product", 3.0, -2.0, (-2.0, 3.0)),
        ("_quotient", 3.0, -2.0, (-0.5, -0.75)),
        ("_power", 3.0, 2.0, (6.0, 9 * np.log(3))),
        ("_power", -3.0, 2.0, (-6.0, 0.0)),  # no logarithm, but a slope by the base
        ("_power", 0.0, 2.0, (0.0, 0.0)),
        ("_remainder", 7.5, 2.0, (1.0, -3.0)),
        ("_remainder", -7.5, 2.0, (1.0, 4.0)),
        ("_whole_quotient", 7.5, 2.0, (0.0, 0.0)),
    ],
)
def test_derivatives_of_operations(name, a, b, expected):
    """Closed form, also where the derivative by the other side is no number."""
    found = jax.grad(OPERATIONS[name], (0, 1))(jnp.float32(a), jnp.float32(b))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@jax.jit
@jax.vmap
def slopes_of_operations(a, b):
    return {name: jax.grad(of, (0, 1))(a, b) for name, of in OPERATIONS.items()}


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, (2, 64), elements=NUMBERS))
def test_operations_on_anything_have_finite_derivatives(values):
    for name, slopes in slopes_of_operations(*values).items():
        assert all(np.isfinite(slope).all() for slope in slopes), name


def test_the_relative_exponential_is_smooth_at_zero(double_precision):
    """(e^x - 1)/x: value and derivative against their series, across the seam of the two forms."""
    x = np.concatenate([np.linspace(-0.2, 0.2, 401), [1e-9, -1e-9]])
    value = sum(x**k / np.prod(np.arange(1.0, k + 2)) for k in range(20))
    slope = sum((k + 1) * x**k / np.prod(np.arange(1.0, k + 3)) for k in range(20))
    exprel = FUNCTIONS["exprel"]
    np.testing.assert_allclose(exprel(jnp.asarray(x)), value, rtol=1e-14)
    np.testing.assert_allclose(jax.vmap(jax.grad(exprel))(jnp.asarray(x)), slope, rtol=1e-11)


@pytest.mark.parametrize("name", sorted(SURROGATES))
def test_surrogates_far_from_the_threshold_are_finite(name):
    surrogate = SURROGATES[name](scale=0.01)
    with np.errstate(all="ignore"):
        slope, step = (
            surrogate.slope_at(jnp.asarray(EDGES)),
            surrogate.smooth_step(jnp.asarray(EDGES)),
        )
    assert np.isfinite(slope).all()
    assert np.isfinite(step).all()


@functools.cache
def upstroke(dtype, *, reset_gradient=False, weight=0.2):
    """Return a loss, its gradient and v of neurons whose upstroke overflows in single precision."""
    network = DifferentiableNetwork(
        [
            Layer("a", EXPONENTIAL_LIF, 3, fast_sigmoid(scale=0.05), reset_gradient),
            Layer("readout", LEAKY_READOUT, 2),
        ],
        [Connection("input", "a", "v"), Connection("a", "readout", "I")],
        inputs=4,
        dt=0.1 * ms,
        record=["readout.v", "a.v", "a.spikes"],
    )
    spikes = np.random.default_rng(0).random((2, 200, 4)) < 0.03
    constants = {"E_L": -0.065, "v_T": -0.05, "D_T": 0.002, "tau": 0.01}
    parameters = {
        "input_a.w": jnp.full((4, 3), weight, dtype),
        "a_readout.w": jnp.full((3, 2), 0.1, dtype),
        **{f"a.{name}": jnp.full(3, value, dtype) for name, value in constants.items()},
    }

    def loss(parameters):
        outputs = network(parameters, spikes.astype(dtype))
        return (outputs["readout.v"] ** 2).mean(), outputs

    (value, outputs), gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))(parameters)
    return value, gradient, outputs


@pytest.mark.parametrize("reset_gradient", [False, True])
def test_an_upstroke_that_overflows_has_a_finite_gradient(reset_gradient):
    """All values are finite at the end of each step: so is the gradient by every parameter."""
    value, gradient, outputs = upstroke(
        "float32", **({"reset_gradient": True} if reset_gradient else {})
    )
    assert np.isfinite(value)
    assert np.isfinite(outputs["a.v"]).all()
    assert outputs["a.spikes"].sum() > 5
    for name, slope in gradient.items():
        assert np.isfinite(slope).all(), name
    assert np.abs(gradient["a_readout.w"]).min() > 0


def test_the_gradient_of_an_upstroke_is_that_of_double_precision():
    """Where double precision does not overflow, and single does."""
    single = upstroke("float32")
    with jax.enable_x64(True):
        double = upstroke("float64")
    np.testing.assert_array_equal(single[2]["a.spikes"], double[2]["a.spikes"])
    for name, slope in double[1].items():
        assert np.isfinite(slope).all()
        tolerance = SINGLE_TOLERANCE * np.abs(slope).max() + SMALLEST
        np.testing.assert_allclose(single[1][name], slope, atol=tolerance)


def test_functions_at_their_edges_inside_of_a_model():
    """A root, a power, a clip and a quotient, all at 0, where the neuron rests."""
    model = NeuronModel(
        """dv/dt = (I - sqrt(v*int(v > 0)) - clip(v, 0, 10)**p + v/(v + w))/tau : 1
           dw/dt = -w/tau : 1
           dI/dt = -I/tau : 1""",
        "v > 1",
        "v = 0; w += abs(w)**0.5",
        method="euler",
        parameters={"tau": 10 * ms, "p": 0.5},
        initial={"w": 0.5},
    )
    network = DifferentiableNetwork(
        [Layer("a", model, 2)], [Connection("input", "a", "I")], inputs=1, dt=1 * ms, record=["a.v"]
    )
    parameters = {"input_a.w": jnp.ones((1, 2)), "a.p": jnp.full(2, 0.5)}
    spikes = np.zeros((1, 30, 1))
    spikes[0, 10:20] = 1
    gradient = jax.grad(lambda p: network(p, spikes)["a.v"].sum())(parameters)
    assert all(np.isfinite(slope).all() for slope in gradient.values())


def test_an_infinite_logit_of_another_class_costs_nothing():
    """Closed form: the softmax of minus infinity is 0."""
    logits = jnp.array([[0.0, -jnp.inf, 0.0]])
    loss, slope = jax.value_and_grad(lambda x: cross_entropy(x, jnp.array([0])).sum())(logits)
    np.testing.assert_allclose(loss, np.log(2), rtol=1e-6)
    np.testing.assert_allclose(slope, [[-0.5, 0, 0.5]], atol=1e-6)


def classifier(**options):
    """Return a trainer of a small network, its samples and its weights."""
    network = DifferentiableNetwork(
        [Layer("hidden", UNIT_LIF, 6), Layer("readout", LEAKY_READOUT, 2)],
        [Connection("input", "hidden", "I"), Connection("hidden", "readout", "I")],
        inputs=5,
        dt=1 * ms,
        record=["readout.v"],
    )
    objective = options.pop("objective", Classification())
    trainer = Trainer(network, objective, optax.sgd(1e-3), steps=20, classes=2, batch=4, **options)
    rng = np.random.default_rng(1)
    samples = (rng.random((8, 20, 5)) < 0.3).astype(np.float32)
    labels = np.arange(8) % 2
    weights = {
        name: rng.normal(0.5, 0.5, (1, *shape)).astype(np.float32)
        for name, shape in network.weights.items()
    }
    return trainer, samples, labels, weights


def test_a_gradient_that_is_no_number_is_told_from_a_loss_that_is_none():
    """The loss is finite; the slope by a free number of scale 1e37 is not."""
    trainer, samples, labels, weights = classifier(
        objective=Classification(regularisers=(SpikeCount("hidden", 1e3),)),
        transforms={"input_hidden.w": Scaled(1e37)},
    )
    with pytest.raises(DivergedError) as error:
        trainer.epoch(trainer.begun(weights), samples, labels, seed=0, number=1)
    assert error.value.what == "the gradient of 'input_hidden.w'"
    assert "the gradient of 'input_hidden.w' is no longer a number at epoch 1, batch 1" in str(
        error.value
    )
    assert "the loss is one; if the inputs" in str(error.value)


def test_a_loss_and_a_parameter_that_are_no_numbers_are_named():
    trainer, samples, labels, weights = classifier()
    wrong = {**weights, "hidden_readout.w": np.full((1, 6, 2), np.nan, np.float32)}
    with pytest.raises(DivergedError, match=r"^the loss is no longer a number at epoch 1, batch 1"):
        trainer.epoch(trainer.begun(wrong), samples, labels, seed=0, number=1, noise=[0])
    with pytest.raises(DivergedError, match=r"^the parameter 'hidden_readout\.w' is no longer"):
        trainer.epoch(trainer.begun(weights), samples, labels, seed=0, number=1, noise=[np.inf])


def test_rate_networks_name_what_is_no_number():
    """An infinite learning rate: the first batch's loss is fine, its parameters are not."""
    network = RateNetwork([3, 2])
    trainer = RateTrainer(network, optax.sgd(np.inf), batch=2)
    state = trainer.begun({name: value[None] for name, value in network.initial(0).items()})
    images = np.ones((4, 3), np.float32)
    with pytest.raises(DivergedError, match=r"^the parameter 'layer_1\.\w+' is no longer"):
        trainer.epoch(state, images, np.array([0, 1, 0, 1]), seed=0, number=1, seeds=[0])
