"""What a synapse model must hold: checked where it is written, by rule and name.

Brian2 sets a variable that nobody gave a value to 0. A coefficient that goes lost between a rule
and its network would therefore be a rule without effect, not an error.
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
    held = {("synapse", name) for name in set(model.parameters) - set(model.carried)}
    for name, place in model.carried.items():
        held.add(_holder(model, name, place, declared))
    for name in sorted(set(model.parameters) - set(model.carried)):
        if name not in equations.names:
            raise ValueError(
                f"{model.label} has a parameter {name!r} that its equations lack; they declare "
                f"{', '.join(sorted(equations.names))}. What neurons hold is named in `carried`"
            )
    for side, group in {"synapse": equations, **declared}.items():
        for name in sorted(_shared_parameters(group)):
            given = side == "synapse" and name in _GIVEN_BY_PROJECTION
            if not given and (side, name) not in held:
                raise ValueError(
                    f"{model.label} declares {name!r} of its {side} as (shared, constant) but "
                    "gives it no value; `parameters` must hold one (0 if it does nothing)"
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


def _parsed(model: SynapseModel, field: str) -> Equations:
    from brian2 import Equations

    try:
        return Equations(getattr(model, field).format(**_WORDS))
    except Exception as error:  # of Brian2's parser, its units, or the words in braces
        raise ValueError(f"{model.label}: {field} do not parse: {error}") from error


def _written(model: SynapseModel, field: str) -> set[str]:
    from brian2.parsing.statements import parse_statement

    try:
        lines = re.split(r"[;\n]", re.sub(r"#.*", "", getattr(model, field).format(**_WORDS)))
        return {parse_statement(line.strip())[0] for line in lines if line.strip()}
    except Exception as error:
        raise ValueError(f"{model.label}: {field} does not parse: {error}") from error


def _shared_parameters(equations: Equations) -> set[str]:
    return {name for name in equations.parameter_names if "shared" in equations[name].flags}
