"""A synapse model is a value: what it accepts, how it changes, what it makes (behaviour)."""

import dataclasses
import pickle

import pytest
from brian2 import Hz, get_unit, ms, mV, volt

from bionet.models import (
    CONDUCTANCE_LIF,
    CURRENT_LIF,
    POLYNOMIAL_PLASTICITY,
    STATIC_SYNAPSE,
    inhibitory_plasticity,
)


def test_carried_names_must_be_parameters():
    with pytest.raises(ValueError, match=r"carried variable 'tau' is none of the synapse's"):
        dataclasses.replace(STATIC_SYNAPSE, carried={"tau": "source.tau"})


def test_replaced_refuses_what_is_no_parameter():
    with pytest.raises(ValueError, match=r"'alhpa' is no parameter of the synapse; it has alpha"):
        POLYNOMIAL_PLASTICITY.replaced(alhpa=1)


def test_replaced_changes_one_parameter_and_not_the_model():
    changed = POLYNOMIAL_PLASTICITY.replaced(alpha=0.5)
    assert changed.parameters["alpha"] == 0.5
    assert POLYNOMIAL_PLASTICITY.parameters["alpha"] == 0.0
    assert changed.parameters["tau_pre"] == 20 * ms


def test_values_cannot_be_changed_in_place():
    with pytest.raises(TypeError):
        POLYNOMIAL_PLASTICITY.parameters["alpha"] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        POLYNOMIAL_PLASTICITY.on_pre = ""


def test_only_a_model_with_postsynaptic_events_is_plastic():
    assert POLYNOMIAL_PLASTICITY.plastic
    assert not STATIC_SYNAPSE.plastic


@pytest.mark.parametrize("model", [POLYNOMIAL_PLASTICITY, inhibitory_plasticity(5 * Hz)])
def test_pickles(model):
    again = pickle.loads(pickle.dumps(model))
    assert again.on_pre == model.on_pre
    assert dict(again.parameters) == dict(model.parameters)
    assert dict(again.carried) == dict(model.carried)


def test_two_projections_of_one_neuron_keep_their_traces_apart():
    model = POLYNOMIAL_PLASTICITY.extend_source(CONDUCTANCE_LIF, "ee")
    model = POLYNOMIAL_PLASTICITY.extend_target(model, "ee")
    model = POLYNOMIAL_PLASTICITY.extend_target(model, "ie")
    group = model.group(1, name="cells")
    traces = {"ee_z_source", "ee_z_target", "ie_z_target"}
    assert traces <= set(group.variables)
    assert all(f"{trace} += 1" in model.reset for trace in traces)


@pytest.mark.parametrize(
    ("neuron", "variable", "unit"), [(CONDUCTANCE_LIF, "g_e", 1), (CURRENT_LIF, "g_i", volt)]
)
def test_weight_takes_the_unit_of_what_it_increments(neuron, variable, unit):
    group = neuron.group(1, name="cells")
    synapses = STATIC_SYNAPSE.synapses(group, group, name="ee", target_variable=variable)
    assert get_unit(synapses.variables["w"].dim) == unit
    synapses.connect()
    synapses.w = 2 * mV if unit is volt else 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 3 * ms}, "rate must be a positive rate"),
        ({"rate": 0 * Hz}, "rate must be a positive rate"),
        ({"rate": 3 * Hz, "tau": 20 * Hz}, "tau must be a positive time"),
        ({"rate": 3 * Hz, "tau": -20 * ms}, "tau must be a positive time"),
    ],
)
def test_inhibitory_plasticity_refuses_wrong_units(arguments, message):
    with pytest.raises(ValueError, match=message):
        inhibitory_plasticity(**arguments)
