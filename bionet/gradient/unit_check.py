"""Brian2's own check of a model's units, which it would make when the model runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brian2 import NeuronGroup

    from bionet.models import NeuronModel

__all__ = ["check_units"]


def check_units(model: NeuronModel, group: NeuronGroup, resolved: Mapping) -> None:
    """Refuse strings of a model whose units do not fit.

    Parameters
    ----------
    model : NeuronModel
    group : NeuronGroup
        One such neuron.
    resolved : mapping of str to Variable
        What the names in the strings stand for.

    Raises
    ------
    DimensionMismatchError
        Names the string, and both units.
    """
    from brian2.core.functions import DEFAULT_FUNCTIONS
    from brian2.equations.unitcheck import check_dimensions, check_units_statements
    from brian2.parsing.expressions import parse_expression_dimensions
    from brian2.units.fundamentalunits import fail_for_dimension_mismatch

    names = {**DEFAULT_FUNCTIONS, **group.variables, **resolved}
    group.equations.check_units(group, run_namespace={})
    check_units_statements(model.reset, names)
    if model.threshold:
        parse_expression_dimensions(model.threshold, names)
    for name, value in model.initial.items():
        expected = group.variables[name].dim
        if isinstance(value, str):
            check_dimensions(value, expected, names)
        else:
            message = f"initial value {value} of {name!r} has another unit than the variable"
            fail_for_dimension_mismatch(value, expected, message)
