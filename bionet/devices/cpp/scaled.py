"""Variables that decay exponentially, all neurons by the same factor, and the code that uses them.

See ``scale.h``. All that reads or writes such a variable is made anew: the state's loop, the code
of synapses, the reset. One that anything else reads stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bionet.devices.cpp.generator import LoopGenerator

__all__ = ["Scaled", "decaying"]


@dataclass(frozen=True)
class Scaled:
    """A variable x = scale * y.

    Attributes
    ----------
    variable : ArrayVariable
    array : str
        Its array in C++.
    data_type : str
        The type of its elements.
    factor : str
        What x is multiplied by in a step.
    """

    variable: object
    array: str
    data_type: str
    factor: str

    @property
    def name(self) -> str:
        """The name of its `Scale` in C++."""
        return f"bionet::scale_of{self.array}"

    @property
    def definition(self) -> str:
        """The line that defines it."""
        return f"Scale<{self.data_type}> {self.name.removeprefix('bionet::')};"

    @property
    def finish(self) -> str:
        """The line that ends the scaling after a run."""
        return f"{self.name}.finish({self.array}, {self.variable.size});"


def decaying(generator: LoopGenerator) -> dict[str, str]:
    """Return the variables that a state update multiplies by one factor, and the factors.

    Parameters
    ----------
    generator : LoopGenerator
        That of the state updater.

    Returns
    -------
    dict
        Name of the variable to its factor in C++.
    """
    statements = generator.vector_statements[None]
    scalar = {s.var for s in generator.scalar_statements[None]}
    found = {}
    for statement in statements:
        name = statement.var.removeprefix("_")
        if statement.op != ":=" or name not in generator.variables:
            continue
        final = [s for s in statements if s.var == name]
        if [(s.op, s.expr) for s in final] != [("=", statement.var)]:
            continue
        used = sum(bool(re.search(rf"\b{statement.var}\b", s.expr)) for s in statements)
        variable = generator.variables[name]
        own = generator.variable_indices[name] == "_idx" and not variable.scalar
        if used != 1 or not own or getattr(variable, "conditional_write", None) is not None:
            continue
        factor = _factor(statement.expr, name, scalar)
        if factor is not None:
            found[name] = factor
    return found


def _factor(expression: str, name: str, scalar: set[str]) -> str | None:
    """Return the factor of a decay as Brian2's integrators write it, None if it is none."""
    euler = re.fullmatch(rf"\(?(\w+) \* (\(- {name}\)|{name})\)? \+ {name}", expression)
    if euler and euler[1] in scalar:
        return f"1 {'+' if euler[2] == name else '-'} {euler[1]}"
    exact = re.fullmatch(rf"(\w+) \* {name}|{name} \* (\w+)", expression)
    factor = exact and (exact[1] or exact[2])
    return factor if factor in scalar else None
