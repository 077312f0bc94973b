"""Read a `NeuronModel`'s time step from Brian2: nothing of a model is written a second time.

What JAX cannot differentiate is refused here, by name, when a layer is made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from bionet.gradient.errors import NotDifferentiableError
from bionet.gradient.expressions import (
    ExpressionReader,
    names_in,
    noise_error,
    parted,
    statements,
)
from bionet.gradient.model_code import ModelCode
from bionet.gradient.time_names import TIMES, names_of_time
from bionet.gradient.unit_check import check_units
from bionet.gradient.whole_numbers import refuse_changed

if TYPE_CHECKING:
    from brian2 import NeuronGroup, Quantity

    from bionet.models import NeuronModel

__all__ = ["model_code"]

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
        raise noise_error(noise)
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
    with active_device("runtime", {}):
        bare = dataclasses.replace(model, initial={})  # an initial value may need random numbers
        group = bare.group(1, name="neurons", clock=Clock(dt))
        group._network = "none"  # it is read, not run: Brian2 would warn of an unused object
        yield group


def _read(model, group, driven) -> ModelCode:
    from brian2.core.variables import Constant, Subexpression

    group.state_updater.update_abstract_code({})
    lines = group.state_updater.abstract_code.splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("not_refractory =")]
    reader = ExpressionReader(group, _exact_names(model, group, lines))
    update = tuple(reader.assignment(line) for line in lines)
    reset = reader.reset(model.reset)
    threshold = reader.comparisons(model.threshold) if model.threshold else ()
    refractory, is_time = reader.refractory(group._refractory)

    subexpressions, state, parameters, whole = {}, {}, {}, {}
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
            if (kind := np.dtype(variable.dtype)).kind != "f":
                whole[name] = kind
    held = frozenset(
        name
        for name in state
        if getattr(group.variables[name], "conditional_write", None) is not None
    )
    shared = frozenset(name for name in state if group.variables[name].scalar)
    initial = {}
    for name, value in model.initial.items():
        if not isinstance(value, str):
            refuse_changed(name, np.asarray(value), group.variables[name].dtype)
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
        whole=whole,
        shared=shared,
        held=held,
        knows_last_spike="lastspike" in reader.used,
        knows_time=bool(TIMES & reader.used),
        subexpressions=subexpressions,
        initial=initial,
        dt=float(group.clock.dt_),
    )


def _exact_names(model: NeuronModel, group: NeuronGroup, update: list[str]) -> frozenset[str]:
    """Return the names of what must be computed exactly, for it is made of time."""
    from brian2.core.variables import Subexpression

    defined = {
        name: names_in(variable.expr)
        for name, variable in group.variables.items()
        if isinstance(variable, Subexpression)
    }
    by_step = [parted(line) for line in update]
    lasting = {target for target, _ in by_step if target in group.variables}
    for target, value in (*by_step, *map(parted, statements(model.reset))):
        if target not in lasting:
            defined[target] = defined.get(target, frozenset()) | names_in(value)
    conditions = [text for text in (model.threshold, group._refractory) if isinstance(text, str)]
    conditions = [names_in(text) for text in (*conditions, *(v for _, v in by_step)) if text]
    return names_of_time(defined, conditions)


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
