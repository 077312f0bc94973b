"""Behaviour: what cannot be differentiated, or does not fit, is refused at once and by name."""

import dataclasses

import numpy as np
import pytest
from brian2 import NeuronGroup, TimedArray, check_units, ms, mV

pytest.importorskip("jax")

import jax.numpy as jnp
from gradient_models import leaky

from bionet.gradient import (
    Connection,
    DifferentiableNetwork,
    InputSpikes,
    Layer,
    NotDifferentiableError,
)
from bionet.models import (
    CURRENT_LIF,
    LEAKY_READOUT,
    POLYNOMIAL_PLASTICITY,
    UNIT_LIF,
    NeuronModel,
    SynapseModel,
)


@check_units(x=1, result=1)
def squashed(x):
    return np.tanh(x)


STIMULUS = TimedArray([0.0, 1.0], dt=1 * ms)


def one_layer(model, variable="I", *, connections=(), **changed):
    arguments = {"inputs": 4, "dt": 1 * ms, "record": ["a.v"]} | changed
    return DifferentiableNetwork(
        [Layer("a", model, 3)], [Connection("input", "a", variable), *connections], **arguments
    )


def current(right_side, **changed):
    """Return a neuron whose potential follows a given right-hand side."""
    fields = {
        "threshold": "v > 1",
        "reset": "v = 0",
        "parameters": {"tau": 10 * ms, "stimulus": STIMULUS, "squashed": squashed},
    }
    return NeuronModel(f"dv/dt = ({right_side} - v)/tau : 1\nI : 1", **fields | changed)


NOT_DIFFERENTIABLE = {
    "random number in the equations": (current("I + rand()"), "function 'rand'"),
    "normal number in a subexpression": (
        leaky("noise = v + randn() : 1", threshold="noise > 1"),
        "function 'randn'",
    ),
    "Poisson number in the equations": (current("I + poisson(3)"), "function 'poisson'"),
    "random threshold": (leaky(threshold="v > rand()"), "function 'rand'"),
    "random reset": (leaky(reset="v = 0.1*randn()"), "function 'randn'"),
    "random refractory period": (leaky(refractory="rand()*ms"), "function 'rand'"),
    "noise": (current("I + xi*tau**0.5", method="euler"), "noise 'xi'"),
    "noise of a name": (current("I + xi_a*tau**0.5", method="euler"), "noise 'xi_a'"),
    "noise in the threshold": (leaky(threshold="v > 1 + xi"), "noise 'xi'"),
    "timed array": (current("I + stimulus(t)"), "function 'stimulus'"),
    "function of one's own": (current("squashed(I)", method="euler"), "function 'squashed'"),
    "function of one's own in the reset": (
        current("I", reset="v = squashed(v)"),
        "function 'squashed'",
    ),
    "event": (UNIT_LIF.with_events(burst="v > 2"), "event 'burst'"),
    "linked": (leaky("other : 1 (linked)"), "'other' is linked"),
    "constant over dt": (
        leaky("held = 2*v : 1 (constant over dt)", threshold="held > 1"),
        "'held' is constant over dt",
    ),
    "steps of the method's own": (leaky(method="gsl_rk4"), "method 'gsl_rk4'"),
    "initial value of a parameter that is an expression": (
        leaky("level : 1", initial={"level": "0.1*i"}),
        r"initial value '0.1\*i' of 'level'",
    ),
}


@pytest.mark.parametrize("name", NOT_DIFFERENTIABLE)
def test_what_jax_cannot_differentiate(name):
    model, offender = NOT_DIFFERENTIABLE[name]
    with pytest.raises(NotDifferentiableError, match=offender):
        one_layer(model)


@pytest.mark.parametrize(
    "threshold",
    ["rising", "not v < 1", "v > 1 or I > 2", "0 < v < 1", "v == 1", "v > 1 and rising", "v != 1"],
)
def test_a_threshold_must_be_a_comparison(threshold):
    with pytest.raises(NotDifferentiableError, match=f"threshold '{threshold}'.*comparison"):
        one_layer(leaky("rising : boolean", threshold=threshold))


@pytest.mark.parametrize("threshold", ["v >= 1", "1 < v", "(v > 1) and 1.5 > I", "v**2 <= I"])
def test_these_thresholds_are_comparisons(threshold):
    assert one_layer(leaky(threshold=threshold)).neurons["a"].spikes


REFUSED_BY_BRIAN2 = {
    "unit of the equations": (current("I*volt"), "volt|V"),
    "unit of the threshold": (leaky(threshold="v > 1*mV"), "different units"),
    "unit of the reset": (leaky(reset="v = -60*mV"), "v = -60"),
    "unit of an initial value": (leaky(initial={"v": 3 * mV}), "initial value 3. mV of 'v'"),
    "unit of an initial expression": (leaky(initial={"v": "3*mV"}), r"3\s?\*\s?mV"),
    "unit of the refractory period": (leaky(refractory=5 * mV), "efractory"),
    "refractory expression": (leaky(refractory="v"), "efractory"),
    "unknown name in the equations": (current("I + nowhere"), "nowhere"),
    "unknown name in the threshold": (leaky(threshold="v > nowhere"), "'nowhere'"),
    "unknown name in the reset": (leaky(reset="v = nowhere"), "'nowhere'"),
    "name of another line of the reset": (leaky(reset="v = half; half = v/2"), "'half'"),
    "broken threshold": (leaky(threshold="v >"), "'v >' is no expression"),
    "broken reset": (leaky(reset="v = = 0"), "'v = = 0' is no expression"),
    "reset of a subexpression": (leaky("twice = 2*v : 1", reset="twice = 0"), "'twice = 0'"),
    "reset of an index": (leaky(reset="i = 0"), "'i = 0'"),
    "initial values of each neuron": (leaky(initial={"v": np.zeros(3)}), "'v'.*a number"),
    "method": (leaky(method="exactly"), "state updater"),
    "method that does not apply": (current("v**2", method="exact"), "linear"),
}


@pytest.mark.parametrize("name", REFUSED_BY_BRIAN2)
def test_what_makes_no_sense_to_brian2(name):
    model, offender = REFUSED_BY_BRIAN2[name]
    with pytest.raises(ValueError, match=offender) as refusal:
        one_layer(model)
    assert not isinstance(refusal.value, NotDifferentiableError)


def test_a_statement_must_be_an_assignment():
    with pytest.raises(NotDifferentiableError, match=r"statement 'v\[0\] = 1' is no assignment"):
        one_layer(leaky(reset="v[0] = 1"))


def test_event_driven_synapses_are_no_layer():
    trace = SynapseModel("w : 1\ndz/dt = -z/(20*ms) : 1 (event-driven)", on_pre="z += 1")
    with pytest.raises(NotDifferentiableError, match="event-driven equation 'dz/dt"):
        one_layer(trace)


@pytest.mark.parametrize("value", [POLYNOMIAL_PLASTICITY, NeuronGroup, "dv/dt = -v/ms : 1", None])
def test_only_a_neuron_model_makes_a_layer(value):
    with pytest.raises(ValueError, match=f"NeuronModel; found {type(value).__name__}"):
        one_layer(value)


@pytest.mark.parametrize("dt", [0 * ms, -1 * ms, 0.001, 1 * mV])
def test_wrong_time_steps(dt):
    with pytest.raises(ValueError, match=r"time step must be positive|second"):
        one_layer(UNIT_LIF, dt=dt)


@pytest.mark.parametrize("neurons", [0, -3])
def test_a_layer_has_neurons(neurons):
    with pytest.raises(ValueError, match=f"layer 'a'.*at least one neuron: {neurons}"):
        Layer("a", UNIT_LIF, neurons)


@pytest.mark.parametrize("name", ["input", "two words", "a.b", ""])
def test_names_of_layers(name):
    with pytest.raises(ValueError, match=f"layer's name.*'{name}'"):
        Layer(name, UNIT_LIF, 1)


@pytest.mark.parametrize("delay", [-1, 1.5])
def test_delays_are_whole_steps(delay):
    with pytest.raises(ValueError, match=f"delay is a whole number.*{delay}"):
        Connection("input", "a", "I", delay)


def test_unknown_driven_variable():
    with pytest.raises(ValueError, match=r"no variable 'current'.*it has I, v"):
        one_layer(UNIT_LIF, "current")
    with pytest.raises(ValueError, match="no variable 'tau_mem'"):
        one_layer(UNIT_LIF, "tau_mem")


def test_driven_variable_of_all_neurons():
    with pytest.raises(ValueError, match="cannot increment 'I', which all neurons share"):
        one_layer(NeuronModel("dv/dt = (I - v)/(10*ms) : 1\nI : 1 (shared)", "v > 1", "v = 0"))


def two_layers(connections, names=("a", "b"), models=(UNIT_LIF, LEAKY_READOUT)):
    layers = [Layer(name, model, 2) for name, model in zip(names, models, strict=True)]
    return DifferentiableNetwork(layers, connections, inputs=4, dt=1 * ms)


def test_a_source_must_spike():
    with pytest.raises(ValueError, match=r"'b_a\.w': layer 'b' never spikes"):
        two_layers([Connection("input", "a", "I"), Connection("b", "a", "I")])


@pytest.mark.parametrize(
    ("source", "target", "unknown"),
    [("c", "a", "c"), ("a", "c", "c"), ("input", "input", "input"), ("a", "input", "input")],
)
def test_unknown_layers(source, target, unknown):
    with pytest.raises(
        ValueError, match=rf"'{source}_{target}\.w': there is no layer '{unknown}'; there are a, b"
    ):
        two_layers([Connection(source, target, "I")])


def test_name_clashes():
    with pytest.raises(ValueError, match="two layers have the same name"):
        two_layers([], names=("a", "a"))
    with pytest.raises(ValueError, match=r"two connections are called 'a_b\.w'"):
        two_layers([Connection("a", "b", "I"), Connection("a", "b", "v")])
    with pytest.raises(ValueError, match="'a_a' is the name of a layer and of a connection"):
        two_layers([Connection("a", "a", "I")], names=("a", "a_a"))
    counting = leaky("spikes : 1", reset="v = 0; spikes += 1")
    with pytest.raises(ValueError, match="'spikes' of layer 'b' are its spikes"):
        two_layers([], models=(UNIT_LIF, counting))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("b.v", "no layer 'b'"),
        ("v", "no layer 'v'"),
        ("a.u", "layer 'a' has I, v, spikes"),
        ("a.tau_mem", "cannot record 'a.tau_mem'"),
    ],
)
def test_what_is_not_there_cannot_be_recorded(name, message):
    with pytest.raises(ValueError, match=message):
        one_layer(UNIT_LIF, record=[name])
    with pytest.raises(ValueError, match=message):
        one_layer(UNIT_LIF)({"input_a.w": jnp.zeros((4, 3))}, np.zeros((1, 2, 4)), record=[name])


def test_what_never_spikes_has_no_spikes_to_record():
    with pytest.raises(ValueError, match=r"cannot record 'a\.spikes'"):
        one_layer(LEAKY_READOUT, record=["a.spikes"])


WEIGHTS = {"input_a.w": jnp.zeros((4, 3))}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, r"lack 'input_a\.w', of shape \(4, 3\)"),
        ({"input_a.w": jnp.zeros((3, 4))}, r"'input_a\.w' has shape \(3, 4\).*needs \(4, 3\)"),
        ({"input_a.w": jnp.zeros((4, 3), int)}, r"'input_a\.w' is of int32"),
        ({"input_a.w": jnp.zeros((4, 3), bool)}, r"'input_a\.w' is of bool"),
        (WEIGHTS | {"a.tau": 0.01}, r"unknown parameter 'a\.tau'; there are a\.tau_mem, a\.tau_s"),
        (WEIGHTS | {"b.tau": 0.01}, r"unknown parameter 'b\.tau'; there are input_a\.w"),
        (WEIGHTS | {"a_a.w": jnp.zeros((3, 3))}, r"unknown parameter 'a_a\.w'"),
        (WEIGHTS | {"a.tau_mem": np.ones(4)}, r"'a\.tau_mem' has shape \(4,\).*scalar or \(3,\)"),
        (WEIGHTS | {"a.v": 0.0}, r"unknown parameter 'a\.v'"),
    ],
)
def test_wrong_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        one_layer(UNIT_LIF).check(parameters)
    with pytest.raises(ValueError, match=message):
        one_layer(UNIT_LIF)(parameters, np.zeros((1, 2, 4)))


EVENTS = InputSpikes(jnp.zeros((2, 3), int), jnp.zeros((1, 3), int), 4)


@pytest.mark.parametrize(
    ("inputs", "steps", "message"),
    [
        (np.zeros((2, 5, 3)), None, r"inputs have shape \(2, 5, 3\); expected \(batch, steps, 4\)"),
        (np.zeros((5, 4)), None, r"inputs have shape \(5, 4\)"),
        (np.zeros((2, 5, 4)), 6, r"expected \(batch, 6, 4\)"),
        (EVENTS, None, "steps must be given"),
        (dataclasses.replace(EVENTS, units=7), 5, "inputs have 7 units; the network 4"),
        (
            dataclasses.replace(EVENTS, unit=jnp.zeros((1, 2), int)),
            5,
            r"units of spikes have shape \(1, 2\); their steps \(2, 3\)",
        ),
    ],
)
def test_wrong_inputs(inputs, steps, message):
    with pytest.raises(ValueError, match=message):
        one_layer(UNIT_LIF)(WEIGHTS, inputs, steps=steps)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"initial": {"a.u": 0.0}}, r"unknown variable 'a\.u'"),
        ({"initial": {"a.tau_mem": 0.0}}, r"unknown variable 'a\.tau_mem'"),
        ({"initial": {"a.v": np.zeros((2, 4))}}, r"'a\.v' has shape \(2, 4\); expected \(2, 3\)"),
        ({"drive": {"a.v": np.zeros((5, 1, 1))}}, r"drive of unknown parameter 'a\.v'"),
        ({"drive": {"b.tau_mem": np.zeros((5, 1, 1))}}, r"drive of unknown parameter 'b\.tau_mem'"),
        ({"drive": {"a.tau_mem": np.zeros((4, 1, 1))}}, r"\(4, 1, 1\); expected \(5, 2 or 1, 3 or"),
        ({"drive": {"a.tau_mem": np.zeros((5, 3, 1))}}, r"'a\.tau_mem' has shape \(5, 3, 1\)"),
        ({"drive": {"a.tau_mem": np.zeros((5, 2, 2))}}, r"'a\.tau_mem' has shape \(5, 2, 2\)"),
        ({"drive": {"a.tau_mem": np.zeros(5)}}, r"'a\.tau_mem' has shape \(5,\)"),
    ],
)
def test_wrong_initial_values_and_drives(given, message):
    with pytest.raises(ValueError, match=message):
        one_layer(UNIT_LIF)(WEIGHTS, np.zeros((2, 5, 4)), **given)


def test_the_models_of_the_package_are_differentiable():
    """Also those in volts, whose driven variable is a current or a conductance."""
    network = one_layer(CURRENT_LIF, "g_e")
    assert network.weights == {"input_a.w": (4, 3)}
    assert {"tau_m", "v_threshold", "i_background"} <= set(network.neurons["a"].code.parameters)
