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
    UNIT_LIF,
    SynapseModel,
    inhibitory_plasticity,
)
from bionet.models.superspike import superspike


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


@pytest.mark.parametrize(
    ("equations", "on_pre", "on_post", "plastic"),
    [
        ("w : 1", "{target} += w", "", False),
        ("w : 1 (shared, constant)", "{target} += w  # w = 1 would be another", "", False),
        ("w : 1\nseen = 2*w : 1", "{target} += w; {name}_count_pre += 1", "w_post += 1", False),
        ("w : 1", "{target} += w; w += 0.1", "", True),
        ("w : 1", "{target} += w", "w = clip(w + 0.1, 0, 1)", True),
        ("w : 1 (shared, constant)\nu : 1", "u *= 0.9\n{target} += w*u", "", True),
        ("w : 1\ndz/dt = -z/(20*ms) : 1 (event-driven)", "{target} += w*z", "", True),
        ("dw/dt = -w/second : 1 (clock-driven)", "{target} += w", "", True),
    ],
)
def test_plastic_is_what_changes_a_synapse(equations, on_pre, on_post, plastic):
    assert SynapseModel(equations, on_pre=on_pre, on_post=on_post).plastic is plastic


def test_the_models_of_the_package_are_what_they_are_taken_for():
    assert POLYNOMIAL_PLASTICITY.plastic
    assert superspike(UNIT_LIF, "I").plastic
    assert not STATIC_SYNAPSE.plastic


COEFFICIENT = "w : {weight}\na : 1 (shared, constant)"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"equations": "g : 1"}, r"'stdp' has no variable 'w', the weight; .* declare g"),
        ({"equations": "w = 2*x : 1\nx : 1"}, "'stdp': 'w' must be a variable that can be set"),
        ({"equations": "w = 2*"}, "'stdp': equations do not parse"),
        ({"equations": "w : {wieght}"}, "'stdp': equations do not parse: 'wieght'"),
        ({"on_pre": "{target} += w\nw + 1"}, "'stdp': on_pre does not parse"),
        ({"parameters": {"a": 1.0}}, "'stdp' has a parameter 'a' that its equations lack; .* w"),
        ({"parameters": {"w": 1.0}}, "'stdp': 'w' is given by the projection"),
        ({"equations": COEFFICIENT}, "'stdp' declares 'a' of its synapse .* no value"),
        (
            {"source_equations": "{name}_tau : second (shared, constant)"},
            "'stdp' declares 'projection_tau' of its source .* no value",
        ),
        (
            {"parameters": {"tau": 1 * ms}, "carried": {"tau": "source.{name}_tau"}},
            "'stdp': parameter 'tau' is carried at 'source.{name}_tau', which must be",
        ),
        (
            {
                "parameters": {"tau": 1 * ms},
                "carried": {"tau": "{name}_tau"},
                "source_equations": "{name}_tau : second (shared, constant)",
            },
            "'stdp': parameter 'tau' is carried at '{name}_tau', which must be source.VARIABLE",
        ),
        (
            {"equations": "w : 1 (shared, constant)", "on_post": "w = 0"},
            "'stdp' changes 'w', which it declares as one for all synapses",
        ),
    ],
)
def test_what_breaks_the_contract_is_refused_by_model_and_name(changed, message):
    correct = SynapseModel("w : {weight}", on_pre="{target} += w", name="stdp")
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(correct, **changed)


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
