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
        ({"equations": "w : 1\nw_initial = 1 : 1"}, "'stdp': 'w_initial' must be a parameter"),
        (
            {"equations": COEFFICIENT, "parameters": {"a": 1 * ms}},
            r"'stdp': parameter 'a' is 1\. ms, which is no value in units of 1,",
        ),
        (
            {"equations": COEFFICIENT, "parameters": {"a": "one"}},
            "'stdp': parameter 'a' is one, which is no value",
        ),
        (
            {
                "parameters": {"tau": 20.0},
                "carried": {"tau": "source.{name}_tau"},
                "source_equations": "{name}_tau : second (shared, constant)",
            },
            r"'stdp': parameter 'tau' is 20\.0, which is no value in units of second",
        ),
        (
            {"equations": "w : 1\nb = 2*w : 1", "parameters": {"b": 1.0}},
            "'stdp': parameter 'b' sets a subexpression of its synapse",
        ),
    ],
)
def test_what_breaks_the_contract_is_refused_by_model_and_name(changed, message):
    correct = SynapseModel("w : {weight}", on_pre="{target} += w", name="stdp")
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(correct, **changed)


@pytest.mark.parametrize("flags", ["(shared, constant)", "(constant)", "(shared)", ""])
@pytest.mark.parametrize("unit", ["1", "{weight}"])
def test_a_coefficient_without_a_value_is_refused_however_it_is_declared(flags, unit):
    """It would be 0, and the rule without effect."""
    equations = f"w : {{weight}}\na : {unit} {flags}"
    rule = {"on_pre": "{target} += w\nw = clip(w + a, 0, 1)", "name": "growth"}
    assert SynapseModel(equations, parameters={"a": 0.1}, **rule).plastic
    with pytest.raises(ValueError, match=r"'growth' declares 'a' of its synapse.* no value"):
        SynapseModel(equations, **rule)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_coefficient_of_a_neuron_without_a_value_is_refused(side):
    equations = {f"{side}_equations": "{name}_a : 1 (constant)"}
    with pytest.raises(ValueError, match=f"'projection_a' of its {side}.* no value"):
        SynapseModel("w : 1", on_pre="{target} += w", **equations)


@pytest.mark.parametrize(
    "changed",
    [
        {"equations": "w : 1\nu : 1", "on_pre": "u += 0.1\n{target} += w*u"},
        {"source_equations": "{name}_n : 1", "source_reset": "{name}_n += 1"},
        {"source_equations": "{name}_n : 1", "on_post": "{name}_n_pre += 1"},
        {"target_equations": "{name}_n : 1", "target_reset": "{name}_n += 1"},
        {"target_equations": "{name}_n : 1", "on_post": "{name}_n_post += 1"},
        {"target_equations": "{name}_n : 1", "on_pre": "{name}_n += w"},
    ],
)
def test_what_a_statement_writes_needs_no_value(changed):
    dataclasses.replace(STATIC_SYNAPSE, **changed)


def test_a_value_in_units_of_the_weight_may_have_the_target_neurons_unit():
    equations = "w : {weight}\na : {weight} (constant)"
    for value in (0.1, 0.1 * mV):
        SynapseModel(equations, on_pre="{target} += w\nw += a", parameters={"a": value})


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
