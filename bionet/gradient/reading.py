"""Read a `NeuronModel`'s time step from Brian2: nothing of a model is written a second time.

What JAX cannot differentiate is refused here, by name, when a layer is made.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING, Any

import numpy as np

from bionet.gradient.errors import NotDifferentiableError
from bionet.gradient.model_code import Assignment, Comparison, ModelCode
from bionet.gradient.unit_check import check_units

if TYPE_CHECKING:
    from brian2 import NeuronGroup, Quantity

    from bionet.models import NeuronModel

__all__ = ["model_code"]

#: Brian2 functions that draw random numbers: a step must be a function of its state.
_RANDOM = ("rand", "randn", "poisson")
#: Names that a step provides itself.
_STEP = ("t", "dt", "t_in_timesteps", "i", "N", "not_refractory", "lastspike")


def model_code(model: NeuronModel, dt: Quantity, *, driven: tuple[str, ...] = ()) -> ModelCode:
    """Read a model's time step from Brian2.

    Parameters
    ----------
    model : NeuronModel
    dt : Quantity
        Time step.
    driven : tuple of str
        Variables that synapses increment.

    Raises
    ------
    NotDifferentiableError
        If the model holds a random number, a function that is not one of Brian2's own (a
        ``TimedArray``, say), a threshold that is no comparison, an event besides the spike, or a
        variable that is linked or constant over a time step; names it.
    ValueError
        If the model is not a `NeuronModel`, or its strings make no sense to Brian2.
    """
    from brian2 import DimensionMismatchError
    from brian2.stateupdaters.base import UnsupportedEquationsException

    from bionet.models import NeuronModel

    _refuse_what_is_no_neuron(model, NeuronModel)
    try:
        with _brian2_group(model, dt) as group:
            return _read(model, group, driven)
    except SyntaxError as error:
        raise ValueError(f"{(error.text or '').strip()!r} is no expression: {error.msg}") from error
    except (
        DimensionMismatchError,
        KeyError,
        TypeError,
        UnsupportedEquationsException,
    ) as error:
        reason = error.args[0] if isinstance(error, KeyError) else error
        raise ValueError(f"Brian2 refuses the model: {reason}") from error


def _refuse_what_is_no_neuron(model, neuron_model: type) -> None:
    if isinstance(model, neuron_model):
        if str(model.method).startswith("gsl"):
            raise NotDifferentiableError(
                f"method {model.method!r}: the GNU Scientific Library chooses its steps itself"
            )
        if model.events:
            raise NotDifferentiableError(
                f"event {sorted(model.events)[0]!r}: only spikes have a surrogate derivative; "
                "a model for training has no other events"
            )
        _refuse_equations(model)
        return
    equations = getattr(model, "equations", None)
    if isinstance(equations, str) and "event-driven" in equations:
        line = next(line for line in equations.splitlines() if "event-driven" in line)
        raise NotDifferentiableError(
            f"event-driven equation {line.strip()!r}: it has no value in the steps between "
            "spikes; write it as a variable of the neuron that decays in every step"
        )
    raise ValueError(f"a layer is made of a NeuronModel; found {type(model).__name__}")


def _refuse_equations(model: NeuronModel) -> None:
    from brian2 import Equations

    equations = Equations(model.equations)
    for noise in sorted(equations.stochastic_variables):
        raise _noise(noise)
    for name, equation in equations.items():
        if "linked" in equation.flags:
            raise NotDifferentiableError(f"variable {name!r} is linked to another group")
        if "constant over dt" in equation.flags:
            raise NotDifferentiableError(
                f"variable {name!r} is constant over dt; leave the flag out"
            )


@contextmanager
def _brian2_group(model: NeuronModel, dt: Quantity) -> Iterator[NeuronGroup]:
    """One such neuron, in a Brian2 that nothing else of the process sees."""
    from brian2 import Clock, second

    from bionet.devices.brian2_state import active_device

    if float(dt / second) <= 0:
        raise ValueError(f"the time step must be positive; found {dt}")
    with active_device("runtime"):
        bare = dataclasses.replace(model, initial={})  # an initial value may need random numbers
        group = bare.group(1, name="neurons", clock=Clock(dt))
        group._network = "none"  # it is read, not run: Brian2 would warn of an unused object
        yield group


def _read(model, group, driven) -> ModelCode:
    from brian2.core.variables import Constant, Subexpression

    group.state_updater.update_abstract_code({})
    lines = group.state_updater.abstract_code.splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("not_refractory =")]
    reader = _Reader(group)
    update = tuple(reader.assignment(line) for line in lines)
    reset = reader.reset(model.reset)
    threshold = reader.comparisons(model.threshold) if model.threshold else ()
    refractory, is_time = reader.refractory(group._refractory)

    subexpressions, state, parameters = {}, {}, {}
    written = {a.target for a in (*update, *reset)} | set(driven)
    for name in group.equations:
        variable = group.variables[name]
        if isinstance(variable, Subexpression):
            subexpressions[name] = reader.assignment(f"{name} = {variable.expr}")
            continue
        if name in written:
            state[name] = np.dtype(variable.dtype)
        elif name not in _STEP:
            parameters[name] = 0.0
    held = frozenset(
        name
        for name in state
        if getattr(group.variables[name], "conditional_write", None) is not None
    )
    shared = frozenset(name for name in state if group.variables[name].scalar)
    initial = {}
    for name, value in model.initial.items():
        assignment = reader.assignment(f"{name} = {_plain(name, value)}", random=True)
        if name in state:
            initial[name] = assignment
        elif isinstance(value, str):
            raise NotDifferentiableError(
                f"initial value {value!r} of {name!r}, which never changes: give its values as "
                "parameters of the network"
            )
        else:
            parameters[name] = float(np.asarray(value))
    check_units(model, group, reader.resolved)
    for name in sorted(reader.used):
        if isinstance(found := reader.resolved[name], Constant) and name not in _STEP:
            parameters[name] = _number(found)
    unknown = [name for name in driven if name not in state]
    if unknown:
        raise ValueError(
            f"the model has no variable {unknown[0]!r} for synapses to increment; it has "
            f"{', '.join(sorted(state))}"
        )
    alike = [name for name in driven if name in shared]
    if alike:
        raise ValueError(f"synapses cannot increment {alike[0]!r}, which all neurons share")
    return ModelCode(
        update=update,
        threshold=threshold,
        reset=reset,
        refractory=refractory,
        refractory_is_time=is_time,
        state=state,
        parameters=parameters,
        shared=shared,
        held=held,
        remembers_last_spike=is_time or "lastspike" in reader.used,
        subexpressions=subexpressions,
        initial=initial,
        dt=float(group.clock.dt_),
    )


class _Reader:
    """Turns Brian2's strings into Python code, and refuses what JAX has no derivative for."""

    def __init__(self, group):
        self._group = group
        self.used: set[str] = set()
        self.resolved: dict[str, Any] = {}
        self._temporary: set[str] = set()

    def assignment(self, line: str, *, random: bool = False) -> Assignment:
        tree = ast.parse(line.strip()).body[0]
        if isinstance(tree, ast.AugAssign):
            value = ast.BinOp(ast.Name(tree.target.id, ast.Load()), tree.op, tree.value)
            target = tree.target.id
        elif isinstance(tree, ast.Assign) and isinstance(tree.targets[0], ast.Name):
            target, value = tree.targets[0].id, tree.value
        else:
            raise NotDifferentiableError(f"statement {line.strip()!r} is no assignment")
        code, names = self._compiled(ast.unparse(value), random)
        return Assignment(target, code, names)

    def reset(self, code: str) -> tuple[Assignment, ...]:
        from brian2.core.variables import ArrayVariable

        assignments = []
        for line in _statements(code):
            assignments.append(assignment := self.assignment(line))
            variable = self._group.variables.get(assignment.target)
            if variable is None:
                self._temporary.add(assignment.target)
            elif not isinstance(variable, ArrayVariable) or variable.read_only:
                raise ValueError(f"reset {line!r} writes to what is no variable of the model")
        self._temporary.clear()
        return tuple(assignments)

    def comparisons(self, condition: str) -> tuple[Comparison, ...]:
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
        code, names = self._compiled(f"({ast.unparse(left)}) - ({ast.unparse(right)})")
        return Comparison(code, names, isinstance(operator, ast.GtE | ast.LtE))

    def _no_comparison(self, condition: str) -> NotDifferentiableError:
        return NotDifferentiableError(
            f"threshold {condition!r}: a surrogate needs a distance from the threshold, so it must "
            "be a comparison (such as v > v_threshold), or several joined by 'and'"
        )

    def refractory(self, refractory) -> tuple[Assignment | None, bool]:
        from brian2 import Quantity, second
        from brian2.parsing.expressions import parse_expression_dimensions

        if refractory is False:
            return None, False
        if isinstance(refractory, Quantity):
            return self.assignment(f"refractory = {float(refractory / second)!r}"), True
        code = self.assignment(f"refractory = {refractory}")
        variables = {name: self._resolve(name) for name in code.names}
        is_time = parse_expression_dimensions(refractory, variables) is second.dim
        return code, is_time

    def _compiled(self, expression: str, random: bool = False) -> tuple[CodeType, frozenset[str]]:
        from brian2.parsing.rendering import NumpyNodeRenderer

        tree = ast.parse(expression, mode="eval")
        called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call)}
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - called
        for name in called:
            self._check_function(name, random)
        for name in names:
            self._resolve(name)
        python = NumpyNodeRenderer().render_expr(expression)
        return compile(python, f"<{expression}>", "eval"), frozenset(names)

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
                raise _noise(name)
            try:
                self.resolved[name] = self._group._resolve(name, {}, user_identifier=True)
            except KeyError as error:
                raise ValueError(
                    f"{name!r} is neither a variable nor a parameter of the model"
                ) from error
        return self.resolved[name]


def _noise(name: str) -> NotDifferentiableError:
    return NotDifferentiableError(
        f"noise {name!r}: a step must be a function of its state; give noise as an input"
    )


def _statements(code: str) -> list[str]:
    lines = [part.split("#")[0].strip() for line in code.splitlines() for part in line.split(";")]
    return [line for line in lines if line]


def _plain(name: str, value) -> str:
    """Return an initial value as an expression in SI units."""
    if isinstance(value, str):
        return value
    if np.ndim(value):
        raise ValueError(f"initial value of {name!r}: it must be a number or an expression")
    return repr(float(np.asarray(value)))


def _number(constant) -> float:
    value = constant.get_value()
    return value if isinstance(value, bool) else float(value)
