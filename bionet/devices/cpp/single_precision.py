"""Expressions in single precision throughout: constants are single, too; time stays double.

Brian2 writes constants and literals as ``double``, so that half of the arithmetic of a network in
single precision is double.
"""

from __future__ import annotations

import ast

import numpy as np
from brian2.core.functions import Function
from brian2.core.variables import Constant
from brian2.parsing.rendering import CPPNodeRenderer
from brian2.utils.stringtools import get_identifiers

__all__ = ["DoubleRenderer", "SingleRenderer", "is_single"]

#: Functions of Brian2 that C++ has in single precision.
IN_SINGLE = {
    "abs", "arccos", "arcsin", "arctan", "ceil", "clip", "cos", "cosh", "exp", "expm1", "floor",
    "int", "log", "log10", "log1p", "sin", "sinh", "sqrt", "tan", "tanh",
}  # fmt: skip
#: What a float holds with all its digits.
SMALLEST, LARGEST = 1e-37, 1e38


def is_single(expression: str, variables: dict, double: set[str]) -> bool:
    """Return whether an expression may be computed in single precision.

    Parameters
    ----------
    expression : str
        In Brian2's syntax.
    variables : dict
        What its names stand for.
    double : set of str
        Local variables that are double, or whole numbers.

    Returns
    -------
    bool
        False if it holds time, another variable in double precision, whole numbers (which may
        have more digits than a float), a function that C++ has in double only, or a constant that
        a float cannot hold.
    """
    for name in get_identifiers(expression):
        variable = variables.get(name)
        if isinstance(variable, Function):
            if name not in IN_SINGLE:
                return False
        elif isinstance(variable, Constant):
            if not _fits(variable.value):
                return False
        elif name in double or not _holds_single(variable):
            return False
    numbers = (n.value for n in ast.walk(ast.parse(expression)) if isinstance(n, ast.Constant))
    return all(_fits(number) for number in numbers)


def _holds_single(variable) -> bool:
    dtype = getattr(variable, "dtype", None)
    if dtype is None:
        return True
    return not (dtype == np.float64 or np.issubdtype(dtype, np.integer))


def _fits(number) -> bool:
    size = abs(float(number))
    return size == 0 or SMALLEST < size < LARGEST


class DoubleRenderer(CPPNodeRenderer):
    """Renders literals as they were written: Brian2 has rounded them to single precision.

    A time of 0.1 s would be 0.10000000149 s, one step later.
    """

    def render_Constant(self, node):
        """Render a number with the digits of a float where it is one."""
        if isinstance(node.value, float) and _fits(node.value):
            single = np.float32(node.value)
            if float(single) == node.value:
                return repr(float(str(single)))
        return super().render_Constant(node)


class SingleRenderer(CPPNodeRenderer):
    """Renders constants and literals as ``float``.

    Parameters
    ----------
    variables : dict
        What the names stand for.
    auto_vectorise : set of str
        As Brian2's renderer.
    """

    def __init__(self, variables: dict, auto_vectorise):
        super().__init__(auto_vectorise=auto_vectorise)
        self.variables = variables

    def render_Constant(self, node):
        """Render a number; whole ones stay what they are."""
        text = super().render_Constant(node)
        return f"{text}f" if isinstance(node.value, float) else text

    def render_Name(self, node):
        """Render a constant of the network as a float."""
        text = super().render_Name(node)
        variable = self.variables.get(node.id)
        floating = isinstance(variable, Constant) and isinstance(variable.value, float)
        return f"float({text})" if floating else text

    def render_BinOp(self, node):
        """Render a power with an exponent of the same type: C++ takes an int for double."""
        if isinstance(node.op, ast.Pow):
            exponent = self.render_node(node.right)
            return f"_brian_pow({self.render_node(node.left)}, float({exponent}))"
        return super().render_BinOp(node)

    def render_Call(self, node):
        """Render bounds as floats: Brian2's ``_clip`` compares in double."""
        return super().render_Call(node).replace("_clip(", "bionet::clip(", 1)
