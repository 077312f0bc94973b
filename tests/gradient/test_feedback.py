"""Feedback rules: closed forms of what comes back through a product, of decay and of mirrors."""

import numpy as np
import pytest

pytest.importorskip("jax")

import jax
import jax.numpy as jnp
from hypothesis import given, settings
from hypothesis import strategies as st

from bionet.gradient import Connection, DifferentiableNetwork, Layer
from bionet.gradient.alignment import angle
from bionet.gradient.feedback import (
    BACKPROPAGATION,
    FEEDBACK_ALIGNMENT,
    FEEDBACK_RULES,
    KOLEN_POLLACK,
    SIGN_SYMMETRY,
    WEIGHT_MIRROR,
    SignSymmetry,
    feedback_product,
)
from bionet.gradient.mirror import MirrorRule, uniform_noise

#: Single precision over some tens of additions.
ROUNDING = 1e-5
#: The angle of two unit vectors that differ in their last digits, degrees.
SAME_DIRECTION = 1e-4
#: Standard errors that a mean of random numbers may be off: one test in 10^6 would fail.
SIGMAS = 5

WITH_WEIGHTS = {name: rule for name, rule in FEEDBACK_RULES.items() if rule.has_weights}


def whole(rng, *shape):
    """Return small whole numbers, whose sums and products single precision holds exactly."""
    return rng.integers(-8, 9, shape).astype(np.float32)


def gradients(rule, x, w, b, error):
    """Return the gradients of x, w and b where the error at the product is given."""
    _, back = jax.vjp(lambda *arrays: feedback_product(*arrays, rule), x, w, b)
    return back(error)


@settings(deadline=None, max_examples=20)
@given(
    leading=st.sampled_from([(), (4,), (2, 3)]),  # few, for each shape is compiled
    seed=st.integers(0, 2**32 - 1),
    name=st.sampled_from(sorted(WITH_WEIGHTS)),
)
def test_transposed_weights_as_feedback_are_backpropagation(leading, seed, name):
    """Bit by bit, for arrays of any number of axes."""
    rng, n, m = np.random.default_rng(seed), 5, 3
    x, w, error = whole(rng, *leading, n), whole(rng, n, m), whole(rng, *leading, m)
    value, back = jax.vjp(lambda x, w: x @ w, x, w)
    np.testing.assert_array_equal(feedback_product(x, w, w.T, FEEDBACK_RULES[name]), value)
    by_rule = gradients(FEEDBACK_RULES[name], x, w, w.T, error)
    for found, exact in zip(by_rule[:2], back(error), strict=True):
        np.testing.assert_array_equal(found, exact)


def test_each_rule_by_hand():
    """The error goes through m, the gradient of w is x^T g whatever m, that of b the rule's."""
    x = np.array([[1.0, 2.0], [0.0, 3.0]], np.float32)
    w = np.array([[2.0, -1.0, 0.0], [0.5, 4.0, -3.0]], np.float32)
    b = np.array([[1.0, 0.0], [0.0, -2.0], [5.0, 1.0]], np.float32)
    error = np.array([[1.0, -1.0, 2.0], [0.0, 1.0, 0.0]], np.float32)
    slope = np.array([[1.0, -1.0, 2.0], [2.0, 1.0, 4.0]])
    backward = {
        "backpropagation": (None, [[3.0, -9.5], [-1.0, 4.0]]),
        "sign_symmetry": (None, np.array([[2.0, -2.0], [-1.0, 1.0]]) / np.sqrt(5)),
        "feedback_alignment": (np.zeros((3, 2)), [[11.0, 4.0], [0.0, -2.0]]),
        "weight_mirror": (np.zeros((3, 2)), [[11.0, 4.0], [0.0, -2.0]]),
        "kolen_pollack": (slope.T, [[11.0, 4.0], [0.0, -2.0]]),
    }
    assert backward.keys() == FEEDBACK_RULES.keys()
    for name, (of_b, of_x) in backward.items():
        rule = FEEDBACK_RULES[name]
        found = gradients(rule, x, w, b if rule.has_weights else None, error)
        np.testing.assert_allclose(found[0], of_x, rtol=1e-6, err_msg=name)
        np.testing.assert_array_equal(found[1], slope, err_msg=name)
        if rule.has_weights:
            np.testing.assert_array_equal(found[2], of_b, err_msg=name)
        else:
            assert found[2] is None


def test_sign_symmetry_has_signs_of_one_size():
    """Silent synapses carry no error; the size is (n + m)^-1/2 or what it is told to be."""
    w = jnp.array([[3.0, -0.1], [0.0, 7.0], [-2.0, 1e-9]])
    signs = np.array([[1, 0, -1], [-1, 1, 1]])
    np.testing.assert_allclose(SIGN_SYMMETRY.matrix(w, None), signs / np.sqrt(5), rtol=1e-6)
    np.testing.assert_allclose(SignSymmetry(0.25).matrix(w, None), signs * 0.25)
    with pytest.raises(ValueError, match="scale must be positive; found 0"):
        SignSymmetry(0)


@pytest.mark.parametrize(
    ("rule", "feedback", "message"),
    [
        (FEEDBACK_ALIGNMENT, None, "FeedbackAlignment needs feedback weights"),
        (BACKPROPAGATION, np.zeros((2, 3)), "Backpropagation has no feedback weights"),
        (KOLEN_POLLACK, np.zeros((3, 2)), r"have shape \(3, 2\); expected \(2, 3\)"),
    ],
)
def test_feedback_weights_that_do_not_fit_are_refused(rule, feedback, message):
    with pytest.raises(ValueError, match=message):
        feedback_product(np.ones((4, 3)), np.ones((3, 2)), feedback, rule)


NOISE = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1]], np.float32).T  # orthogonal, mean
#: of the second and third column 0


@pytest.mark.parametrize("centred", [False, True])
def test_a_mirror_of_orthogonal_noise_is_exact(centred):
    """Closed form: noise^T noise = n sigma^2 I, so that B' = (1 - lambda) B + eta n sigma^2 W^T.

    Where answers are counted from their mean, a constant in them changes nothing.
    """
    sigma, rate, decay = 0.5, 0.1, 0.25
    noise = sigma * NOISE[:, 1:]
    w = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -4.0]], np.float32)
    b = np.array([[1.0, 1.0], [-1.0, 2.0], [0.0, 8.0]], np.float32)
    answer = noise @ w + (7.0 if centred else 0.0)
    found = MirrorRule(rate, decay, centred).updated(b, noise, answer)
    expected = (1 - decay) * b + rate * len(noise) * sigma**2 * w.T
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_mirror_grows_towards_the_weights_of_a_sigmoid_layer():
    """Statistical: E[y x^T] = sigma^2 diag(phi'(bias)) W^T, within standard errors, every entry."""
    n, m, samples, amplitude = 6, 4, 200_000, 0.1
    rng = np.random.default_rng(3)
    w, bias = rng.normal(0, 1, (n, m)).astype("f"), rng.normal(0, 1, m).astype("f")
    noise = uniform_noise(jax.random.key(1), (samples, n), amplitude)
    phi = jax.nn.sigmoid(bias)
    answer = jax.nn.sigmoid(noise @ w + bias)
    found = MirrorRule(1 / samples).updated(jnp.zeros((m, n)), noise, answer)
    variance = amplitude**2 / 3
    expected = variance * (phi * (1 - phi))[:, None] * w.T
    # a single product has about the variance sigma^2 y^2, y near phi
    error = np.sqrt(variance / samples) * np.asarray(phi)[:, None]
    assert (np.abs(found - expected) < SIGMAS * error).all()
    assert np.abs(found).max() > 2 * SIGMAS * error.min()  # the bound says something
    assert float(noise.var()) == pytest.approx(variance, rel=SIGMAS / np.sqrt(samples * n))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0.0,), "rate must be positive"), ((0.1, 1.5), r"decay must lie in \[0, 1\]; found 1.5")],
)
def test_a_mirror_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        MirrorRule(*arguments)


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    degrees=st.floats(0, 180),
    sizes=st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3)),
)
def test_the_angle_of_vectors_that_were_turned_by_it(seed, degrees, sizes):
    """Closed form, whatever their lengths and shape."""
    u, v = np.linalg.qr(np.random.default_rng(seed).normal(size=(6, 2)))[0].T
    turned = np.cos(np.radians(degrees)) * u + np.sin(np.radians(degrees)) * v
    first, second = (sizes[0] * u).reshape(2, 3), (sizes[1] * turned).reshape(2, 3)
    # 1e-7 of a unit vector is 1e-5 degrees
    assert float(angle(first, second)) == pytest.approx(degrees, abs=SAME_DIRECTION)


def test_nothing_has_no_angle():
    assert np.isnan(float(angle(np.zeros(3), np.ones(3))))


def spiking(feedback):
    from brian2 import ms

    from bionet.models import LEAKY_READOUT, UNIT_LIF

    return DifferentiableNetwork(
        [Layer("first", UNIT_LIF, 5), Layer("second", UNIT_LIF, 4), Layer("out", LEAKY_READOUT, 3)],
        [
            Connection("input", "first", "I"),
            Connection("first", "second", "I", feedback=feedback),
            Connection("second", "out", "I", feedback=feedback),
        ],
        inputs=6,
        dt=1 * ms,
        record=["out.v"],
    )


def test_feedback_in_a_spiking_network():
    """Forward nothing changes; with the transposed weights as feedback nor does the gradient."""
    rng = np.random.default_rng(5)
    exact, aligned = spiking(BACKPROPAGATION), spiking(KOLEN_POLLACK)
    w = {name: rng.normal(0.3, 0.6, shape).astype("f") for name, shape in exact.weights.items()}
    spikes = (rng.random((3, 12, 6)) < 0.5).astype("f")
    transposed = {name.replace(".w", ".feedback"): value.T for name, value in w.items()}
    transposed.pop("input_first.feedback")
    assert aligned.feedback_weights == {name: a.shape for name, a in transposed.items()}

    def loss(network, parameters):
        return (network(parameters, spikes)["out.v"] ** 2).sum()

    value, slope = jax.value_and_grad(lambda p: loss(exact, p))(w)
    by_rule, found = jax.value_and_grad(lambda p: loss(aligned, p))(w | transposed)
    assert float(value) > 0 and float(by_rule) == float(value)
    for name, gradient in slope.items():
        assert np.abs(gradient).max() > 0
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(found[name], gradient, rtol=0, atol=ROUNDING * scale)
    for name in transposed:
        of_w = found[name.replace(".feedback", ".w")]
        np.testing.assert_allclose(found[name], of_w.T, rtol=1e-6)


def test_what_a_spiking_network_refuses():
    """No error goes back to inputs; feedback weights must be there and fit."""
    from brian2 import ms

    from bionet.models import LEAKY_READOUT

    with pytest.raises(ValueError, match=r"'input_out\.w': no error goes back to inputs"):
        DifferentiableNetwork(
            [Layer("out", LEAKY_READOUT, 3)],
            [Connection("input", "out", "I", feedback=WEIGHT_MIRROR)],
            inputs=2,
            dt=1 * ms,
        )
    with pytest.raises(ValueError, match=r"feedback of 'input_out\.w' must be a feedback rule"):
        Connection("input", "out", "I", feedback="random")
    network = spiking(FEEDBACK_ALIGNMENT)
    w = {name: np.zeros(shape, "f") for name, shape in network.weights.items()}
    with pytest.raises(ValueError, match=r"parameters lack 'first_second\.feedback'"):
        network.check(w)
    b = {name: np.zeros(shape, "f") for name, shape in network.feedback_weights.items()}
    network.check(w | b)
    with pytest.raises(ValueError, match=r"unknown parameter 'second_out\.feedback'"):
        spiking(BACKPROPAGATION).check(w | {"second_out.feedback": b["second_out.feedback"]})
