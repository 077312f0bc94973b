"""Brian2's strings as compiled Python, in Brian2's order of operations.

Operations become calls of `bionet.gradient.arithmetic`: their derivatives are finite, and what
depends on time is computed exactly. What JAX has no derivative for is refused by name.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from math import isfinite
from types import CodeType
from typing import Any

from bionet.gradient.errors import NotDifferentiableError
from bionet.gradient.model_code import Assignment, Comparison

__all__ = ["ExpressionReader", "names_in", "noise_error", "parted", "statements"]

#: Brian2 functions that draw random numbers: a step must be a function of its state.
_RANDOM = ("rand", "randn", "poisson")
#: Operators by the calls that stand for them, and those of what is to be computed exactly.
_CALLS = {
    ast.Mult: "_product",
    ast.Div: "_quotient",
    ast.Pow: "_power",
    ast.Mod: "_remainder",
    ast.FloorDiv: "_whole_quotient",
}
_EXACT_CALLS = _CALLS | {
    ast.Mult: "_exact_product",
    ast.Div: "_exact_quotient",
    ast.FloorDiv: "_exact_whole_quotient",
}


class ExpressionReader:
    """Turns Brian2's strings into Python code, and refuses what JAX has no derivative for.

    Parameters
    ----------
    group : NeuronGroup
        One neuron of the model.
    exact : set of str
        Names that are computed exactly as Brian2 does it, and with them all that they are part of.
    """

    def __init__(self, group, exact: frozenset[str] = frozenset()):
        self._group, self._exact = group, exact
        self.used: set[str] = set()
        self.resolved: dict[str, Any] = {}
        self._temporary: set[str] = set()

    def assignment(self, line: str, *, random: bool = False) -> Assignment:
        """Return a statement."""
        target, value = parted(line)
        code, names = self._compiled(value, random, exact=target in self._exact)
        return Assignment(target, code, names)

    def reset(self, code: str) -> tuple[Assignment, ...]:
        """Return the statements of a reset."""
        from brian2.core.variables import ArrayVariable

        assignments = []
        for line in statements(code):
            assignments.append(assignment := self.assignment(line))
            variable = self._group.variables.get(assignment.target)
            if variable is None:
                self._temporary.add(assignment.target)
            elif not isinstance(variable, ArrayVariable) or variable.read_only:
                raise ValueError(f"reset {line!r} writes to what is no variable of the model")
        self._temporary.clear()
        return tuple(assignments)

    def comparisons(self, condition: str) -> tuple[Comparison, ...]:
        """Return the comparisons that a threshold is made of."""
        tree = ast.parse(condition.strip(), mode="eval").body
        parts = (
            tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
        )
        return tuple(self._comparison(part, condition) for part in parts)

    def _comparison(self, part, condition: str) -> Comparison:
        if not isinstance(part, ast.Compare) or len(part.ops) != 1:
            raise self._no_comparison(condition)
        left, right, operator = part.left, part.comparators[0], part.ops[0]
        if isinstance(operator, ast.Lt | ast.LtE):
            left, right = right, left
        elif not isinstance(operator, ast.Gt | ast.GtE):
            raise self._no_comparison(condition)
        distance, names = self._compiled(f"({ast.unparse(left)}) - ({ast.unparse(right)})")
        condition, _ = self._compiled(ast.unparse(part))
        return Comparison(distance, condition, names)

    def _no_comparison(self, condition: str) -> NotDifferentiableError:
        return NotDifferentiableError(
            f"threshold {condition!r}: a surrogate needs a distance from the threshold, so it must "
            "be a comparison (such as v > v_threshold), or several joined by 'and'"
        )

    def refractory(self, refractory) -> tuple[Assignment | None, bool]:
        """Return what keeps a neuron refractory, and whether it is a length of time."""
        from brian2 import Quantity, second
        from brian2.parsing.expressions import parse_expression_dimensions

        if refractory is False:
            return None, False
        if isinstance(refractory, Quantity):
            if not isfinite(refractory):
                raise ValueError(f"refractory must be finite; found {refractory}")
            return self.assignment(f"refractory = {float(refractory / second)!r}"), True
        code = self.assignment(f"refractory = {refractory}")
        variables = {name: self._resolve(name) for name in code.names}
        is_time = parse_expression_dimensions(refractory, variables) is second.dim
        return code, is_time

    def _compiled(
        self, expression: str, random: bool = False, *, exact: bool = False
    ) -> tuple[CodeType, frozenset[str]]:
        from brian2.parsing.rendering import NumpyNodeRenderer

        tree = ast.parse(expression, mode="eval")
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call)}
        names = names_in(expression)
        for name in called:
            self._check_function(name, random)
        for name in names:
            self._resolve(name)
        exact = exact or bool(names & self._exact)
        ordered = self._in_brian2s_order(expression) if exact else expression
        python = ast.parse(NumpyNodeRenderer().render_expr(ordered), mode="eval")
        calls = _EXACT_CALLS if exact else _CALLS
        python = ast.fix_missing_locations(_Calls(calls).visit(python))
        return compile(python, f"<{expression}>", "eval"), names

    def _in_brian2s_order(self, expression: str) -> str:
        """Return an expression as Brian2 evaluates it: what neurons share is put together first."""
        from brian2 import prefs
        from brian2.codegen.optimisation import ArithmeticSimplifier
        from brian2.core.functions import DEFAULT_FUNCTIONS
        from brian2.core.variables import AuxiliaryVariable
        from brian2.parsing.bast import brian_ast
        from brian2.parsing.rendering import NodeRenderer

        if not prefs.codegen.loop_invariant_optimisations:
            return expression
        found = {name: found for name, found in self.resolved.items() if found is not None}
        temporary = {name: AuxiliaryVariable(name) for name in self._temporary}
        variables = {**DEFAULT_FUNCTIONS, **self._group.variables, **found, **temporary}
        tree = ArithmeticSimplifier(variables).render_node(brian_ast(expression, variables))
        return NodeRenderer().render_node(tree)

    def _check_function(self, name: str, random: bool) -> None:
        from brian2.core.functions import DEFAULT_FUNCTIONS

        if self._group.namespace.get(name) is not None or name not in DEFAULT_FUNCTIONS:
            raise NotDifferentiableError(
                f"function {name!r}: JAX cannot differentiate it; a model for training may call "
                f"{', '.join(sorted(set(DEFAULT_FUNCTIONS) - set(_RANDOM)))}"
            )
        if name in _RANDOM and not random:
            raise NotDifferentiableError(
                f"function {name!r}: a step must be a function of its state; give noise as an input"
            )

    def _resolve(self, name: str):
        if name.startswith("_") or name in ("True", "False") or name in self._temporary:
            return None
        self.used.add(name)
        if name not in self.resolved:
            if name == "xi" or name.startswith("xi_"):
                raise noise_error(name)
            try:
                self.resolved[name] = self._group._resolve(name, {}, user_identifier=True)
            except KeyError as error:
                raise ValueError(
                    f"{name!r} is neither a variable nor a parameter of the model"
                ) from error
        return self.resolved[name]


def noise_error(name: str) -> NotDifferentiableError:
    """Return what is said of a noise."""
    return NotDifferentiableError(
        f"noise {name!r}: a step must be a function of its state; give noise as an input"
    )


def parted(line: str) -> tuple[str, str]:
    """Return the target of a statement, and the expression of its new value."""
    tree = ast.parse(line.strip()).body[0]
    if isinstance(tree, ast.AugAssign):
        value = ast.BinOp(ast.Name(tree.target.id, ast.Load()), tree.op, tree.value)
        return tree.target.id, ast.unparse(value)
    if isinstance(tree, ast.Assign) and isinstance(tree.targets[0], ast.Name):
        return tree.targets[0].id, ast.unparse(tree.value)
    raise NotDifferentiableError(f"statement {line.strip()!r} is no assignment")


class _Calls(ast.NodeTransformer):
    """Puts calls in the place of operators."""

    def __init__(self, calls: Mapping[type, str]):
        self._calls = calls

    def visit_BinOp(self, node):
        """Return the call, or the operation if there is none for it."""
        self.generic_visit(node)
        call = self._calls.get(type(node.op))
        if call is None:
            return node
        return ast.Call(ast.Name(call, ast.Load()), [node.left, node.right], [])


def names_in(expression: str) -> frozenset[str]:
    """Return the names in an expression, those of functions left out."""
    nodes = list(ast.walk(ast.parse(expression.strip(), mode="eval")))
    called = {n.func.id for n in nodes if isinstance(n, ast.Call)}
    return frozenset(n.id for n in nodes if isinstance(n, ast.Name)) - called


def statements(code: str) -> list[str]:
    """Return the statements of a code block, without comments."""
    lines = [part.split("#")[0].strip() for line in code.splitlines() for part in line.split(";")]
    return [line for line in lines if line]
