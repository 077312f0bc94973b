"""A `NeuronModel` as differentiable functions of its state: update, spike, receive, reset.

The four are Brian2's slots of a time step, in its order: state update, threshold, arrival of
spikes, reset. Everything is an array of shape (..., neurons); everything is in SI units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from bionet.gradient.arithmetic import finite
from bionet.gradient.functions import FUNCTIONS, timestep
from bionet.gradient.model_code import Assignment, ModelCode
from bionet.gradient.moments import MOST_STEPS, moment
from bionet.gradient.namespace import Namespace, RandomFunctions
from bionet.gradient.reading import model_code
from bionet.gradient.surrogates import Surrogate, spike

if TYPE_CHECKING:
    from brian2 import Quantity

    from bionet.models import NeuronModel

__all__ = ["DifferentiableNeuron"]

#: When a neuron that never spiked did so last, s: as Brian2 has it.
_LONG_AGO = -1e4
#: What the two kinds of refractoriness keep between steps, and what a model may ask for.
_LAST_STEP, _NOT_REFRACTORY, _LAST_SPIKE = "_last_step", "not_refractory", "lastspike"


class DifferentiableNeuron:
    """The functions of one neuron model.

    Parameters
    ----------
    model : NeuronModel
    dt : Quantity
        Time step.
    surrogate : Surrogate
        Derivative of a spike by the distance from the threshold.
    reset_gradient : bool
        Whether gradients flow through the reset's dependence on the spike. Without (the usual
        choice), a reset cuts off what a variable was before and nothing else.
    driven : tuple of str
        Variables that synapses increment.

    Raises
    ------
    NotDifferentiableError
        If the model holds what JAX cannot differentiate; names it.
    ValueError
        If it is no model, or the strings make no sense to Brian2.
    """

    def __init__(
        self,
        model: NeuronModel,
        dt: Quantity,
        surrogate: Surrogate,
        *,
        reset_gradient: bool = False,
        driven: tuple[str, ...] = (),
    ):
        self.model = model
        self.code: ModelCode = model_code(model, dt, driven=driven)
        self.surrogate, self.reset_gradient = surrogate, reset_gradient
        held = self.code.held
        # in the order of the code: the same program in every process
        self._updated_by_step = _targets(self.code.update, self.code.state)
        self._written_by_reset = _targets(self.code.reset, self.code.state)
        #: Variables whose update must also be known for a refractory neuron.
        self._twice = tuple(
            a.target
            for a in self.code.update
            if a.target in self.code.state
            and a.target not in held
            and self.code.depends_on(a.names, _NOT_REFRACTORY)
        )

    @property
    def spikes(self) -> bool:
        """Whether the model has a threshold."""
        return bool(self.code.threshold)

    def initial(
        self, shape: tuple[int, ...], dtype, parameters: Mapping, key=None, *, given=()
    ) -> dict:
        """Return the state before the first step.

        Parameters
        ----------
        shape : tuple of int
            (..., neurons).
        dtype : dtype
            Of all real variables.
        parameters : mapping of str to array
            Values that differ from the model's own.
        key : jax.random key, optional
            For initial values that are random.
        given : collection of str
            Variables whose initial values do not matter, for they are given elsewhere.

        Raises
        ------
        ValueError
            If an initial value is random and there is no key.
        """
        random = RandomFunctions(key, shape, dtype)
        state = {
            name: jnp.zeros(
                (*shape[:-1], 1) if name in self.code.shared else shape, _dtype(kind, dtype)
            )
            for name, kind in self.code.state.items()
        }
        space = self._space(state, parameters, 0, shape[-1])
        space.functions = {**FUNCTIONS, **random.functions()}
        for name, assignment in self.code.initial.items():
            if name not in given:
                state[name] = space[name] = _as(space.value(assignment), state[name])
        if self.code.knows_last_spike:
            state[_LAST_SPIKE] = jnp.full(shape, _LONG_AGO, dtype)
        if self.code.refractory is not None and self.code.refractory_is_time:
            # whole steps, for differences of times would be rounded in single precision
            steps = max(round(_LONG_AGO / self.code.dt), -MOST_STEPS)
            state[_LAST_STEP] = jnp.full(shape, steps, jnp.int32)
        elif self.code.refractory is not None:
            state[_NOT_REFRACTORY] = jnp.ones(shape, bool)
        return state

    def update(self, state: Mapping, parameters: Mapping, step) -> tuple[dict, object]:
        """Return the state after one time step, and which neurons are not refractory.

        Parameters
        ----------
        state : mapping of str to array
        parameters : mapping of str to array
            Values that differ from the model's own.
        step : int or Moment
            Number of the time step.
        """
        active = self._not_refractory(state, parameters, step)
        neurons = max((np.shape(v)[-1] for v in state.values() if np.ndim(v)), default=1)
        free = self._updated(state, parameters, step, True, neurons)
        new = dict(state)
        for name in self._updated_by_step:
            value = free[name]
            if active is not True and name in self.code.held:
                value = jnp.where(active, value, state[name])
            new[name] = value
        if active is not True and self._twice:
            bound = self._updated(state, parameters, step, False, neurons)
            for name in self._twice:
                new[name] = jnp.where(active, free[name], bound[name])
        if _NOT_REFRACTORY in state:
            new[_NOT_REFRACTORY] = active
        return {name: _as(new[name], state[name]) for name in new}, active

    def spike(self, state: Mapping, parameters: Mapping, step, active, *, smooth: bool = False):
        """Return which neurons spike, 1 or 0; with `smooth` the smooth step in between.

        Parameters
        ----------
        state, parameters, step
            As for `update`.
        active : array of bool or True
            Which neurons are not refractory.
        smooth : bool
        """
        fires, spikes = self.fires(state, parameters, step, active), None
        for fired, x in zip(fires, self.distances(state, parameters, step, active), strict=True):
            one = spike(x, self.surrogate, fires=fired, smooth=smooth)
            spikes = one if spikes is None else spikes * one
        return spikes if active is True else jnp.where(active, spikes, 0)

    def fires(self, state: Mapping, parameters: Mapping, step, active=True) -> list:
        """Return whether each comparison of the threshold holds."""
        space = self._space(state, parameters, step, _neurons(state))
        space[_NOT_REFRACTORY] = active
        return [space.evaluate(comparison.condition) for comparison in self.code.threshold]

    def distances(self, state: Mapping, parameters: Mapping, step, active=True) -> list:
        """Return how far each comparison of the threshold is on its spiking side."""
        space = self._space(state, parameters, step, _neurons(state))
        space[_NOT_REFRACTORY] = active
        return [space.evaluate(comparison.distance) for comparison in self.code.threshold]

    def receive(self, state: Mapping, variable: str, amount, active, spikes) -> dict:
        """Return the state with `amount` added to a variable, where that is not held.

        Brian2 holds a variable ``(unless refractory)`` against synapses, too, from the very step
        in which the neuron spikes.
        """
        value = state[variable] + jnp.asarray(amount, state[variable].dtype)
        if variable in self.code.held and active is not True:
            open_ = active if spikes is None else active & (jax.lax.stop_gradient(spikes) < 0.5)
            value = jnp.where(open_, value, state[variable])
        return {**state, variable: value}

    def reset(self, state: Mapping, parameters: Mapping, step, spikes, *, smooth=False) -> dict:
        """Return the state after the reset of those neurons that spike."""
        fixed = jax.lax.stop_gradient(spikes)
        space = self._space(state, parameters, step, _neurons(state))
        space[_NOT_REFRACTORY] = False
        now = moment(step, self.code.dt)
        space[_LAST_SPIKE] = now.t  # Brian2's threshold has set it already
        for assignment in self.code.reset:
            space.assign(assignment)
        new = dict(state)
        for name in self._written_by_reset:
            before, after = state[name], space[name]
            if smooth:
                weight = spikes if self.reset_gradient else fixed
                new[name] = before + weight * (after - before)
                continue
            new[name] = jnp.where(fixed > 0, after, before)
            if self.reset_gradient and jnp.issubdtype(before.dtype, jnp.floating):
                # an upstroke that overflowed has no jump to speak of
                new[name] += (spikes - fixed) * finite(jax.lax.stop_gradient(after - before))
        if _LAST_SPIKE in state:
            new[_LAST_SPIKE] = jnp.where(fixed > 0.5, now.t, state[_LAST_SPIKE])
        if _LAST_STEP in state:
            new[_LAST_STEP] = jnp.where(fixed > 0.5, now.step, state[_LAST_STEP])
        if _NOT_REFRACTORY in state:
            new[_NOT_REFRACTORY] = state[_NOT_REFRACTORY] & (fixed < 0.5)
        return {name: _as(new[name], state[name]) for name in new}

    def value(self, name: str, state: Mapping, parameters: Mapping, step, active, spikes):
        """Return a variable or subexpression of the model at the end of a step, for recording."""
        space = self._space(state, parameters, step, _neurons(state))
        if spikes is not None:
            active = active & (jax.lax.stop_gradient(spikes) < 0.5)
        space[_NOT_REFRACTORY] = active
        return space[name]

    def _not_refractory(self, state, parameters, step):
        if self.code.refractory is None:
            return True
        space = self._space(state, parameters, step, _neurons(state))
        value = space.value(self.code.refractory)
        if not self.code.refractory_is_time:
            return state[_NOT_REFRACTORY] | jnp.logical_not(value)
        elapsed = moment(step, self.code.dt).step - state[_LAST_STEP]
        most = MOST_STEPS * self.code.dt
        value = min(value, most) if isinstance(value, float) else jnp.minimum(value, most)
        return elapsed >= timestep(value, self.code.dt)

    def _updated(self, state, parameters, step, not_refractory: bool, neurons: int):
        space = self._space(state, parameters, step, neurons)
        # a Python bool: int(not_refractory) folds away, and a decay stays a constant
        space[_NOT_REFRACTORY] = not_refractory
        for assignment in self.code.update:
            space.assign(assignment)
        return space

    def _space(self, state, parameters, step, neurons: int) -> Namespace:
        space = Namespace(self.code.subexpressions)
        space.update(self.code.parameters)
        space.update(parameters)
        space.update(state)
        now = moment(step, self.code.dt)
        space.update(dt=self.code.dt, t=now.t, t_in_timesteps=now.step, N=neurons)
        space["i"] = jnp.arange(neurons)
        return space


def _targets(code: tuple[Assignment, ...], state: Mapping) -> tuple[str, ...]:
    """Return the variables that statements write, but for what is temporary."""
    return tuple(dict.fromkeys(a.target for a in code if a.target in state))


def _neurons(state: Mapping) -> int:
    return max((np.shape(value)[-1] for value in state.values() if np.ndim(value)), default=1)


def _dtype(kind: np.dtype, real):
    if kind.kind == "f":
        return real
    return jnp.int32 if kind.kind in "iu" else bool


def _as(value, before):
    """Return a new value in the shape and dtype that a scan carries."""
    return jnp.broadcast_to(jnp.asarray(value, before.dtype), before.shape)
