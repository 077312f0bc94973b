"""Derivatives carried forward in time: closed forms, finite differences, and what is refused.

The closed forms are those of Braun & Vogels 2021 for both their neurons, where the spikes of
neuron and inputs are given: a sum of responses to the input spikes and to the neuron's own.
"""

import dataclasses

import numpy as np
import pytest
from brian2 import ms

pytest.importorskip("jax")

import gradient_models as models
import jax
import jax.numpy as jnp

from bionet.gradient import NotDifferentiableError
from bionet.gradient.forward_sensitivity import ForwardSensitivity
from bionet.gradient.neuron import DifferentiableNeuron
from bionet.gradient.surrogates import fast_sigmoid
from bionet.models import (
    CURRENT_LIF,
    DOUBLE_EXPONENTIAL_LIF,
    RESONATE_AND_FIRE,
    NeuronModel,
)

STEPS, INPUTS, NEURONS, DT = 300, 6, 3, 1e-3

# Some hundred multiplications in double precision.
ROUNDING = 1e-10

# A centred difference over 1e-6 of a parameter: the third derivative and the rounding of the
# values are both below this part of the largest derivative.
DIFFERENCE = 1e-6

LIF = {
    "tau_m": np.array([0.02, 0.03, 0.05]),
    "tau_s": np.array([0.005, 0.006, 0.02]),
    "v_reset": np.array([0.0, -0.5, 0.4]),
}
RESONATE = {
    "b": np.array([-30.0, -50.0, -100.0]),
    "omega": np.array([60.0, 30.0, 150.0]),
    "x_reset": np.array([0.3, -0.2, 0.0]),
    "y_reset": np.array([-0.4, 0.2, 0.7]),
}


def sensitivity_of(model, driven, parameters):
    neuron = DifferentiableNeuron(model, DT * 1000 * ms, fast_sigmoid(), driven=(driven,))
    return ForwardSensitivity(neuron, driven, parameters)


def drawn():
    """Return input spikes and own spikes, (steps, ...), and weights."""
    rng = np.random.default_rng(1)
    inputs = (rng.random((STEPS, INPUTS, NEURONS)) < 0.05).astype(float)
    spikes = (rng.random((STEPS, NEURONS)) < 0.03).astype(float)
    assert spikes.sum(axis=0).min() > 3
    return inputs, spikes, rng.normal(0, 0.3, (INPUTS, NEURONS))


def carried(sensitivity, parameters, weights, inputs, spikes):
    """Return distances from threshold and their derivatives in every step, the spikes given."""

    @jax.jit
    def all_steps(parameters, weights):
        start = sensitivity.initial(INPUTS, (NEURONS,), float, parameters)

        def step(carry, each):
            number, arriving, fired = each
            carry = sensitivity.update(carry, parameters, number)
            at = sensitivity.distance(carry, parameters, number)
            carry = sensitivity.receive(carry, weights, arriving)
            return sensitivity.reset(carry, parameters, number, fired), at

        return jax.lax.scan(step, start, (jnp.arange(STEPS), inputs, spikes))[1]

    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, all_steps(parameters, weights))


def elapsed(fired):
    """Return the times since each spike, (steps, spikes), s; negative before and in its step."""
    steps = np.arange(STEPS)[:, None] - np.flatnonzero(fired)[None]
    return steps * DT


def decays(times, tau):
    """Return the sum over spikes of exp(-t/tau) after each, and its derivative by tau, (steps,)."""
    t = np.maximum(times, 0)
    each = np.where(times > 0, np.exp(-t / tau), 0)
    return each.sum(axis=1), (t * each).sum(axis=1) / tau**2


def test_leaky_neuron_has_the_closed_form():
    """A sum of w (e^-t/tau_m - e^-t/tau_s), and of (v_reset - 1) e^-t/tau_m; nothing forgotten."""
    inputs, spikes, weights = drawn()
    found = carried(
        sensitivity_of(DOUBLE_EXPONENTIAL_LIF, "s", tuple(LIF)), LIF, weights, inputs, spikes
    )
    for k in range(NEURONS):
        tau_m, tau_s, reset = (LIF[name][k] for name in ("tau_m", "tau_s", "v_reset"))
        own, own_by_tau = decays(elapsed(spikes[:, k]), tau_m)
        v, by_tau_m, by_tau_s = (reset - 1) * own, (reset - 1) * own_by_tau, 0
        for i in range(INPUTS):
            times, w = elapsed(inputs[:, i, k]), weights[i, k]
            (slow, slow_by_tau), (fast, fast_by_tau) = decays(times, tau_m), decays(times, tau_s)
            close(found.by_weight["distance"][:, i, k], slow - fast)
            v = v + w * (slow - fast)
            by_tau_m, by_tau_s = by_tau_m + w * slow_by_tau, by_tau_s - w * fast_by_tau
        close(found.value["distance"][:, k], v - 1)
        for name, expected in (("v_reset", own), ("tau_m", by_tau_m), ("tau_s", by_tau_s)):
            close(found.by_parameter[name]["distance"][:, k], expected)


def test_resonate_and_fire_neuron_has_the_closed_form():
    """A sum of w e^bt sin(omega t) since the last spike, and e^bt (y_reset cos + x_reset sin)."""
    inputs, spikes, weights = drawn()
    found = carried(
        sensitivity_of(RESONATE_AND_FIRE, "x", tuple(RESONATE)), RESONATE, weights, inputs, spikes
    )
    for k in range(NEURONS):
        b, omega, x_reset, y_reset = (RESONATE[n][k] for n in RESONATE)
        expected = {name: np.zeros(STEPS) for name in ("y", *RESONATE)}
        by_weight = np.zeros((STEPS, INPUTS))
        own = np.flatnonzero(spikes[:, k])
        for n in range(STEPS):
            before = own[own < n]
            if before.size:
                t = (n - before[-1]) * DT
                decay, sin, cos = np.exp(b * t), np.sin(omega * t), np.cos(omega * t)
                resets = y_reset * cos + x_reset * sin
                expected["y"][n] = decay * resets
                expected["b"][n] = t * decay * resets
                expected["omega"][n] = t * decay * (x_reset * cos - y_reset * sin)
                expected["x_reset"][n], expected["y_reset"][n] = decay * sin, decay * cos
            first = before[-1] + 1 if before.size else 0  # what came before is forgotten
            for i in range(INPUTS):
                t = (n - first - np.flatnonzero(inputs[first:n, i, k])) * DT
                decay, w = np.exp(b * t), weights[i, k]
                by_weight[n, i] = (decay * np.sin(omega * t)).sum()
                expected["y"][n] += w * by_weight[n, i]
                expected["b"][n] += w * (t * decay * np.sin(omega * t)).sum()
                expected["omega"][n] += w * (t * decay * np.cos(omega * t)).sum()
        close(found.value["distance"][:, k], expected.pop("y") - 1)
        close(found.by_weight["distance"][:, :, k], by_weight)
        for name, value in expected.items():
            close(found.by_parameter[name]["distance"][:, k], value)


def close(found, expected):
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(
        found, expected, rtol=ROUNDING, atol=ROUNDING * np.abs(expected).max()
    )


def test_any_model_agrees_with_finite_differences():
    """Adaptation with a subexpression, a nonlinear equation, a reset that depends on the state."""
    model = dataclasses.replace(
        models.leaky(
            """
            da/dt = (gain*pull - a)/(50*ms) : 1
            pull = v*v - a : 1
            """,
            threshold="v - 0.1*a > 1",
            reset="v = 0.2*v - a; a += jump*v",
            method="euler",
        ),
        parameters={"tau": 10 * ms, "tau_syn": 5 * ms, "gain": 0.4, "jump": 0.3},
    )
    inputs, spikes, weights = drawn()
    parameters = {n: np.full(NEURONS, v) for n, v in (("tau", 0.01), ("gain", 0.4), ("jump", 0.3))}
    sensitivity = sensitivity_of(model, "I", tuple(parameters))
    found = carried(sensitivity, parameters, weights, inputs, spikes)

    def difference(change):
        values = []
        for sign in (1, -1):
            moved = {name: value.copy() for name, value in parameters.items()} | {
                "w": weights.copy()
            }
            size = change(moved, sign)
            own = moved.pop("w")
            values.append(carried(sensitivity, moved, own, inputs, spikes).value["distance"])
        return (values[0] - values[1]) / size

    def of_parameter(name):
        def change(moved, sign):
            step = 1e-6 * parameters[name][0]
            moved[name] += sign * step
            return 2 * step

        return change

    def of_weight(moved, sign):
        moved["w"][2] += sign * 1e-6
        return 2e-6

    for name in parameters:
        assert_near(found.by_parameter[name]["distance"], difference(of_parameter(name)))
    assert_near(found.by_weight["distance"][:, 2], difference(of_weight))


def assert_near(found, expected):
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, atol=DIFFERENCE * np.abs(expected).max(), rtol=0)


def test_a_variable_that_no_input_reaches_has_no_derivatives_by_weights():
    model = models.leaky("dc/dt = (1 - c)/(20*ms) : 1", method="euler")
    sensitivity = sensitivity_of(model, "I", ())
    start = sensitivity.initial(2, (1,), float, {})
    assert set(start.by_weight) == {"v", "I"}
    assert set(start.value) == {"v", "I", "c"}


@pytest.mark.parametrize(
    ("model", "driven", "parameters", "error", "message"),
    [
        (DOUBLE_EXPONENTIAL_LIF, "u", (), ValueError, "no variable 'u'.* it has s, v"),
        (DOUBLE_EXPONENTIAL_LIF, "s", ("tau",), ValueError, "'tau' is no parameter .*tau_m, tau_s"),
        (CURRENT_LIF, "g_e", (), NotDifferentiableError, "refractory"),
        (models.ADAPTIVE, "I", (), NotDifferentiableError, "one comparison"),
        (
            models.leaky("n : integer", reset="v = 0; n += 1"),
            "I",
            (),
            NotDifferentiableError,
            "'n', which is not a real number",
        ),
    ],
)
def test_what_has_no_sensitivities_is_refused(model, driven, parameters, error, message):
    neuron = DifferentiableNeuron(model, 1 * ms, fast_sigmoid())
    with pytest.raises(error, match=message):
        ForwardSensitivity(neuron, driven, parameters)


@pytest.mark.parametrize(("threshold", "fires"), [("v > 1", False), ("v >= 1", True)])
def test_a_neuron_at_its_threshold_fires_as_brian2_compares(threshold, fires, double_precision):
    model = NeuronModel("v : 1", threshold, "v = 0")
    sensitivity = sensitivity_of(model, "v", ())
    at = sensitivity.initial(1, (1,), float, {})._replace(value={"v": jnp.ones(1)})
    assert bool(sensitivity.fires(at, {}, 0)[0]) is fires
