"""A neuron model is a value: what it accepts, how it changes, what it makes (behaviour)."""

import dataclasses
import pickle

import pytest
from brian2 import Hz, Network, ms, mV, second

from bionet.models import CONDUCTANCE_LIF, CURRENT_LIF, NeuronModel

LEAK = NeuronModel(
    equations="dv/dt = -v/tau : volt",
    threshold="v > 1*mV",
    reset="v = 0*mV",
    parameters={"tau": 10 * ms},
    initial={"v": 0.5 * mV},
)


def test_equations_that_do_not_parse():
    with pytest.raises(ValueError, match=r"the neuron's equations do not parse"):
        NeuronModel(equations="dv/dt = ", threshold="", reset="")


def test_initial_value_of_an_unknown_variable():
    with pytest.raises(ValueError, match=r"initial value for 'u', which the equations do not.*v"):
        dataclasses.replace(LEAK, initial={"u": 1 * mV})


def test_a_parameter_that_a_variable_hides():
    with pytest.raises(ValueError, match=r"parameter 'tau' is a variable of the equations"):
        dataclasses.replace(LEAK, equations=f"{LEAK.equations}\ntau : second (constant)")


def test_replaced_changes_one_parameter_and_not_the_model():
    faster = LEAK.replaced(tau=5 * ms)
    assert faster.parameters["tau"] == 5 * ms
    assert LEAK.parameters["tau"] == 10 * ms
    assert faster.equations == LEAK.equations


def test_replaced_refuses_what_is_no_parameter():
    with pytest.raises(ValueError, match=r"'tua' is no parameter of the model; it has tau"):
        LEAK.replaced(tua=5 * ms)


def test_extended_appends_equations_resets_and_initial_values():
    counting = LEAK.extended("n : 1", "n += 1", n=2)
    assert counting.reset.splitlines() == ["v = 0*mV", "n += 1"]
    assert counting.initial["n"] == 2
    group = counting.group(3, name="cells")
    assert list(group.n[:]) == [2, 2, 2]
    assert "n" not in LEAK.equations


def test_extended_refuses_an_initial_value_without_equation():
    with pytest.raises(ValueError, match=r"initial value for 'n'"):
        LEAK.extended("m : 1", n=2)


def test_values_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        LEAK.threshold = "v > 2*mV"
    with pytest.raises(TypeError):
        LEAK.parameters["tau"] = 1 * ms
    with pytest.raises(TypeError):
        LEAK.initial["v"] = 1 * mV


@pytest.mark.parametrize("model", [LEAK, CONDUCTANCE_LIF, CURRENT_LIF])
def test_pickles(model):
    again = pickle.loads(pickle.dumps(model))
    assert again.equations == model.equations
    assert dict(again.parameters) == dict(model.parameters)
    assert dict(again.initial) == dict(model.initial)


def test_dimension_of_a_variable():
    model = NeuronModel(equations="v : volt\nr : Hz", threshold="", reset="")
    assert model.dimension_of("v") is mV.dim
    assert model.dimension_of("r") is Hz.dim
    with pytest.raises(KeyError):
        model.dimension_of("w")


def test_group_without_threshold_never_spikes_and_decays():
    silent = dataclasses.replace(LEAK, threshold="", reset="", method="exact")
    group = silent.group(2, name="cells")
    assert group.name == "cells"
    assert len(group) == 2
    Network(group).run(0.01 * second, namespace={})
    assert float(group.v[0]) == pytest.approx(0.5e-3 * 2.718281828459045**-1)
