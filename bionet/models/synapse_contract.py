"""What a synapse model must hold: checked where it is written, by rule and name.

Brian2 sets a variable that nobody gave a value to 0. A coefficient that goes lost between a rule
and its network would therefore be a rule without effect, not an error. Names that a model does not
declare are left to Brian2, which refuses those that the neurons lack too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brian2 import Equations

    from bionet.models.synapse_model import SynapseModel

__all__ = ["changing_variables", "check_contract", "synapse_equations"]

#: What stands for the words of a model's strings while it belongs to no projection.
_WORDS = {"name": "projection", "target": "target_post", "weight": "1"}

#: Given by the projection, not by the model.
_GIVEN_BY_PROJECTION = {"w", "w_initial"}


def synapse_equations(model: SynapseModel) -> Equations:
    """Return the parsed equations of the synapse itself."""
    return _parsed(model, "equations")


def changing_variables(model: SynapseModel) -> set[str]:
    """Return the synapse's variables that change in time: by an equation or at a spike."""
    equations = synapse_equations(model)
    written = _written(model, "on_pre") | _written(model, "on_post")
    return set(equations.diff_eq_names) | (written & set(equations.names))


def check_contract(model: SynapseModel) -> None:
    """Refuse a model that breaks the contract in the docstring of `SynapseModel`.

    Raises
    ------
    ValueError
        Names the model and the variable or parameter.
    """
    equations, changing = synapse_equations(model), changing_variables(model)
    _check_weight(model, equations, changing)
    declared = {side: _parsed(model, f"{side}_equations") for side in ("source", "target")}
    holders = {name: _holder(model, name, place, declared) for name, place in model.carried.items()}
    for name in sorted(set(model.parameters) - set(model.carried)):
        if name not in equations.names:
            raise ValueError(
                f"{model.label} has a parameter {name!r} that its equations lack; they declare "
                f"{', '.join(sorted(equations.names))}. What neurons hold is named in `carried`"
            )
        holders[name] = ("synapse", name)
    for name, (side, variable) in sorted(holders.items()):
        _check_value(model, name, side, variable)
    written = _written_by_side(model)
    for side, group in {"synapse": equations, **declared}.items():
        held = {variable for holder, variable in holders.values() if holder == side}
        if side == "synapse":
            held |= _GIVEN_BY_PROJECTION
        changed = written[side] - _shared_parameters(group)
        for name in sorted(set(group.parameter_names) - held - changed):
            raise ValueError(
                f"{model.label} declares {name!r} of its {side} but gives it no value, and no "
                "statement writes it; `parameters` must hold one (0 if it does nothing)"
            )


def _check_weight(model: SynapseModel, equations: Equations, changing: set[str]) -> None:
    if "w" not in equations.names:
        raise ValueError(
            f"{model.label} has no variable 'w', the weight; its equations declare "
            f"{', '.join(sorted(equations.names)) or 'nothing'}"
        )
    if "w" in equations.subexpr_names:
        raise ValueError(f"{model.label}: 'w' must be a variable that can be set, no subexpression")
    if "w" in model.parameters:
        raise ValueError(
            f"{model.label}: 'w' is given by the projection and none of the model's parameters; "
            "declare 'w_initial' for an initial weight that is an input"
        )
    derived = set(equations.names) - set(equations.parameter_names) - set(model.carried)
    if "w_initial" in derived:
        raise ValueError(f"{model.label}: 'w_initial' must be a parameter, which a projection sets")
    if "w" in _shared_parameters(equations) and "w" in changing:
        raise ValueError(f"{model.label} changes 'w', which it declares as one for all synapses")


def _holder(model, name, place, declared) -> tuple[str, str]:
    if name not in model.parameters:
        raise ValueError(
            f"{model.label}: carried variable {name!r} is none of the synapse's parameters"
        )
    side, _, variable = place.format(**_WORDS).partition(".")
    if side not in declared or variable not in declared[side].names:
        raise ValueError(
            f"{model.label}: parameter {name!r} is carried at {place!r}, which must be "
            "source.VARIABLE or target.VARIABLE of the equations for that neuron"
        )
    return side, variable


def _check_value(model: SynapseModel, name: str, side: str, variable: str) -> None:
    """Refuse a value that cannot be set: of another unit, or of what follows from equations."""
    from brian2 import DimensionMismatchError, get_unit
    from brian2.units.fundamentalunits import fail_for_dimension_mismatch

    from bionet.models.synapse_model import unit_name

    field = "equations" if side == "synapse" else f"{side}_equations"
    declared = [_parsed(model, field, weight)[variable] for weight in ("1", "volt")]
    if declared[0].type == "subexpression":
        raise ValueError(f"{model.label}: parameter {name!r} sets a subexpression of its {side}")
    if declared[0].dim is not declared[1].dim:
        return  # in units of the weight, which the target neuron decides
    value, dimension = model.parameters[name], declared[0].dim
    try:
        fail_for_dimension_mismatch(value, get_unit(dimension))
    except (DimensionMismatchError, TypeError) as error:
        raise ValueError(
            f"{model.label}: parameter {name!r} is {value}, which is no value in units of "
            f"{unit_name(dimension)}, as the equations declare"
        ) from error


def _parsed(model: SynapseModel, field: str, weight: str = _WORDS["weight"]) -> Equations:
    from brian2 import Equations

    try:
        return Equations(getattr(model, field).format(**_WORDS | {"weight": weight}))
    except Exception as error:  # of Brian2's parser, its units, or the words in braces
        raise ValueError(f"{model.label}: {field} do not parse: {error}") from error


def _written_by_side(model: SynapseModel) -> dict[str, set[str]]:
    """Return what the model's statements write in a synapse and in the neurons on both sides."""
    own = _written(model, "on_pre") | _written(model, "on_post")
    source, target = (
        {name.removesuffix(end) for name in own if name.endswith(end)} for end in ("_pre", "_post")
    )
    return {
        "synapse": own,
        "source": source | _written(model, "source_reset"),
        # a name without suffix that the synapse lacks is the target neuron's
        "target": target | own | _written(model, "target_reset"),
    }


def _written(model: SynapseModel, field: str) -> set[str]:
    from brian2.parsing.statements import parse_statement

    try:
        lines = re.split(r"[;\n]", re.sub(r"#.*", "", getattr(model, field).format(**_WORDS)))
        return {parse_statement(line.strip())[0] for line in lines if line.strip()}
    except Exception as error:
        raise ValueError(f"{model.label}: {field} does not parse: {error}") from error


def _shared_parameters(equations: Equations) -> set[str]:
    return {name for name in equations.parameter_names if "shared" in equations[name].flags}
