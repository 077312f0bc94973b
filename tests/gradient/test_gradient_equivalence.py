"""Reference implementation: Brian2 and JAX in double precision give the same spikes and states.

One biological second of noisy drive, no sample of which is chosen: Poisson spikes through random
weights of either sign.
"""

import dataclasses

import numpy as np
import pytest
from brian2 import ms, mV

pytest.importorskip("jax")

import gradient_models as models
from brian2_comparison import as_events, assert_equal_simulations, poisson_spikes, weights

from bionet.gradient import Connection, DifferentiableNetwork, Layer
from bionet.models import (
    CONDUCTANCE_LIF,
    CURRENT_LIF,
    DOUBLE_EXPONENTIAL_LIF,
    LEAKY_READOUT,
    RESONATE_AND_FIRE,
    UNIT_LIF,
)

INPUTS, NEURONS = 20, 5
SECOND = 1000 * ms
DT = 0.5 * ms

SINGLE = {  # model, driven variable, mean weight, what else to compare
    "current, exact": (CURRENT_LIF, "g_e", 4e-3, ("v", "g_e")),
    "unit": (UNIT_LIF, "I", 0.1, ("v", "I")),
    "difference of exponentials": (DOUBLE_EXPONENTIAL_LIF, "s", 0.5, ("v", "s")),
    "resonate, reset to the threshold": (RESONATE_AND_FIRE, "x", 0.5, ("x", "y")),
    "resonate, euler": (models.RESONATE_AND_FIRE, "x", 0.5, ("x", "y")),
    "resonate, exact": (models.resonate_and_fire("exact"), "x", 0.5, ("x", "y")),
    "resonate, exponential_euler": (
        models.resonate_and_fire("exponential_euler"),
        "x",
        0.5,
        ("x", "y"),
    ),
    "resonate, rk4": (models.resonate_and_fire("rk4"), "x", 0.5, ("x", "y")),
    "driven potential": (models.leaky(refractory=2 * ms, method="euler"), "v", 0.3, ("v",)),
    "refractory for a time": (models.leaky(refractory="2.5*ms"), "I", 0.8, ("v", "I")),
    "refractory for each neuron's time": (
        models.leaky("period : second (constant)", refractory="period"),
        "I",
        0.8,
        ("v", "I"),
    ),
    "refractory while high": (models.REFRACTORY_WHILE_HIGH, "I", 0.8, ("v", "h", "I")),
    "refractory since the last spike": (
        models.leaky(refractory="(t - lastspike) < 3.2*ms"),
        "I",
        0.8,
        ("v", "I"),
    ),
    "reset that asks when the neuron spiked": (
        models.leaky(
            "since : 1",
            reset="v = 0; since += exp(-(t - lastspike)/(20*ms))",
            refractory=3 * ms,
            method="euler",
        ),
        "I",
        0.8,
        ("v", "I", "since"),
    ),
    "deaf while refractory": (models.DEAF_WHILE_REFRACTORY, "I", 0.8, ("v", "I", "heard")),
    "current that recovers from the spike": (
        dataclasses.replace(
            models.leaky(refractory=2 * ms),
            equations="""
            dv/dt = (I*(1 - exp(-(t - lastspike)/(20*ms))) - v)/tau : 1 (unless refractory)
            dI/dt = -I/tau_syn : 1
            """,
        ),
        "I",
        0.8,
        ("v", "I"),
    ),
    "exponential, rk4": (models.EXPONENTIAL, "I", 0.5, ("v", "I")),
    "adaptive": (models.ADAPTIVE, "I", 1.2, ("v", "theta", "spike_count", "tired")),
}

EXTRA = {
    "refractory for each neuron's time": {"a.period": np.linspace(0, 4e-3, NEURONS)},
    "current, exact": {"a.i_background": 5e-3, "a.tau_m": np.linspace(0.015, 0.03, NEURONS)},
    "unit": {"a.tau_syn": 4e-3},
    "difference of exponentials": {"a.tau_m": np.linspace(0.015, 0.05, NEURONS), "a.v_reset": -0.5},
    "resonate, reset to the threshold": {"a.omega": np.linspace(20, 150, NEURONS)},
}


def compared(layer, *variables):
    return [f"{layer}.{variable}" for variable in ("spikes", *variables)]


@pytest.mark.parametrize("name", SINGLE)
def test_one_layer(name):
    model, variable, mean, states = SINGLE[name]
    rng = np.random.default_rng(len(name))
    steps = round(SECOND / DT)
    network = DifferentiableNetwork(
        [Layer("a", model, NEURONS)],
        [Connection("input", "a", variable)],
        inputs=INPUTS,
        dt=DT,
        record=compared("a", *states),
    )
    parameters = {"input_a.w": weights(rng, (INPUTS, NEURONS), mean)} | EXTRA.get(name, {})
    initial = {"a.v": -0.055} if model is CURRENT_LIF else None

    assert_equal_simulations(
        network, parameters, poisson_spikes(rng, steps, INPUTS), initial=initial
    )


def test_three_layers():
    """Spikes arrive in their own step or later; the readout only integrates."""
    rng = np.random.default_rng(0)
    steps = round(SECOND / DT)
    network = DifferentiableNetwork(
        [
            Layer("readout", LEAKY_READOUT, 3),
            Layer("second", UNIT_LIF, 4),
            Layer("first", models.leaky(refractory=2 * ms), NEURONS),
        ],
        [
            Connection("input", "first", "I", delay=8),
            Connection("first", "second", "I"),
            Connection("input", "second", "I"),
            Connection("second", "readout", "I", delay=4),
            Connection("first", "readout", "v"),
        ],
        inputs=INPUTS,
        dt=DT,
        record=[*compared("first", "v", "I"), *compared("second", "v", "I"), "readout.v"],
    )
    parameters = {
        "input_first.w": weights(rng, (INPUTS, NEURONS), 0.8),
        "first_second.w": weights(rng, (NEURONS, 4), 0.2),
        "input_second.w": weights(rng, (INPUTS, 4), 0.05),
        "second_readout.w": rng.normal(0, 0.1, (4, 3)),
        "first_readout.w": rng.normal(0, 0.1, (NEURONS, 3)),
    }

    spikes = poisson_spikes(rng, steps, INPUTS)
    assert_equal_simulations(network, parameters, as_events(spikes), steps=steps)


@pytest.mark.parametrize("dt, delays", [(DT, (0, 0, 0)), (0.1 * ms, (3, 2, 15))])
def test_recurrent_conductances(dt, delays):
    """Excitatory and inhibitory conductance neurons, each on each and on themselves."""
    rng = np.random.default_rng(3)
    steps = round(SECOND / dt)
    exc_exc, exc_inh, inh_exc = delays
    network = DifferentiableNetwork(
        [Layer("exc", CONDUCTANCE_LIF, NEURONS), Layer("inh", CONDUCTANCE_LIF, 3)],
        [
            Connection("input", "exc", "g_e"),
            Connection("exc", "exc", "g_e", delay=exc_exc),
            Connection("exc", "inh", "g_e", delay=exc_inh),
            Connection("inh", "exc", "g_i", delay=inh_exc),
            Connection("inh", "inh", "g_i", delay=1),
        ],
        inputs=INPUTS,
        dt=dt,
        record=[*compared("exc", "v", "g_e", "g_i"), *compared("inh", "v", "g_e", "g_i")],
    )
    parameters = {
        "input_exc.w": rng.gamma(1, 0.15, (INPUTS, NEURONS)),
        "exc_exc.w": rng.gamma(1, 0.05, (NEURONS, NEURONS)),
        "exc_inh.w": rng.gamma(2, 0.3, (NEURONS, 3)),
        "inh_exc.w": rng.gamma(2, 0.15, (3, NEURONS)),
        "inh_inh.w": rng.gamma(1, 0.05, (3, 3)),
        "exc.i_background": float(2 * mV),
        "inh.v_threshold": np.linspace(-0.052, -0.05, 3),
    }
    initial = {"exc.v": np.linspace(-0.06, -0.051, NEURONS), "inh.v": -0.057}

    spikes = poisson_spikes(rng, steps, INPUTS, 0.06 * float(dt / ms))
    assert_equal_simulations(network, parameters, spikes, initial=initial)


def test_populations_of_inputs():
    """Excitation and inhibition from outside, each with its own time constant."""
    rng = np.random.default_rng(5)
    model = CURRENT_LIF.replaced(v_rest=-60 * mV)
    network = DifferentiableNetwork(
        [Layer("a", model, NEURONS)],
        [Connection("exc", "a", "g_e"), Connection("inh", "a", "g_i")],
        inputs={"exc": 16, "inh": 4},
        dt=DT,
        record=compared("a", "v", "g_e", "g_i"),
    )
    parameters = {
        "exc_a.w": rng.gamma(1, 8e-3, (16, NEURONS)),
        "inh_a.w": -rng.gamma(1, 4e-3, (4, NEURONS)),
    }

    spikes = poisson_spikes(rng, round(SECOND / DT), INPUTS)
    assert_equal_simulations(network, parameters, spikes, initial={"a.v": -0.06})


def test_resonators_in_a_circle():
    """Two layers that act on one another; one is a resonator that integrates in four stages."""
    rng = np.random.default_rng(4)
    network = DifferentiableNetwork(
        [Layer("a", models.resonate_and_fire("rk4"), NEURONS), Layer("b", models.ADAPTIVE, 4)],
        [
            Connection("input", "a", "x", delay=1),
            Connection("a", "b", "I", delay=0),
            Connection("b", "a", "y", delay=6),
            Connection("a", "a", "x", delay=2),
        ],
        inputs=INPUTS,
        dt=DT,
        record=[*compared("a", "x", "y"), *compared("b", "v", "theta", "spike_count")],
    )
    parameters = {
        "input_a.w": weights(rng, (INPUTS, NEURONS), 0.5),
        "a_b.w": weights(rng, (NEURONS, 4), 3.0),
        "b_a.w": rng.normal(0, 0.3, (4, NEURONS)),
        "a_a.w": rng.normal(0, 0.3, (NEURONS, NEURONS)),
    }

    assert_equal_simulations(network, parameters, poisson_spikes(rng, round(SECOND / DT), INPUTS))


def test_functions_of_the_equations():
    """Every function that equations may call, with an argument that changes in every step."""
    model = models.leaky(
        """
        steps = clip(v, 0.1, 0.5) + sign(v - 0.5) + abs(v - 0.5) + ceil(v*3) + floor(v*3) : 1
        powers = exp(v) + expm1(v) + exprel(v) + exprel(v*1e-7) + log(v**2 + 1) + sqrt(abs(v)) : 1
        logarithms = log10(v**2 + 1) + log1p(v**2) : 1
        angles = sin(v) + cos(v) + tan(v/9) + arcsin(v/9) + arccos(v/9) + arctan(v) : 1
        hyperbolic = sinh(v/9) + cosh(v/9) + tanh(v) : 1
        numbers = int(v*10) + 2*int(v > 0.5) + timestep(t, dt) % 7 + i//2 + N + t/second : 1
        conditions = int(not (v > 0.5) or (I > 0.2 and v < 0.1)) : 1
        """
    )
    rng = np.random.default_rng(5)
    names = ("steps", "powers", "logarithms", "angles", "hyperbolic", "numbers", "conditions")
    network = DifferentiableNetwork(
        [Layer("a", model, NEURONS)],
        [Connection("input", "a", "I")],
        inputs=INPUTS,
        dt=DT,
        record=compared("a", *names),
    )
    parameters = {"input_a.w": weights(rng, (INPUTS, NEURONS), 0.8)}

    assert_equal_simulations(network, parameters, poisson_spikes(rng, round(SECOND / DT), INPUTS))


def test_initial_values_of_the_model():
    """Expressions see what was set before them; a parameter's initial value is its value."""
    model = models.leaky(
        "level : 1 (shared, constant)",
        threshold="v > level",
        initial={"level": 0.7, "I": "0.3 + 0.1*i", "v": "I*level"},
    )
    rng = np.random.default_rng(6)
    network = DifferentiableNetwork(
        [Layer("a", model, NEURONS)],
        [Connection("input", "a", "I")],
        inputs=INPUTS,
        dt=DT,
        record=compared("a", "v", "I"),
    )
    parameters = {"input_a.w": weights(rng, (INPUTS, NEURONS), 0.8)}

    values = assert_equal_simulations(
        network, parameters, poisson_spikes(rng, round(SECOND / DT), INPUTS)
    )

    decay = np.exp(-0.5 / 5)
    np.testing.assert_allclose(values["a.I"][0], (0.3 + 0.1 * np.arange(NEURONS)) * decay)
