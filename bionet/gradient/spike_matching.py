"""Single students learn online to spike when their teachers do, many of them side by side.

Student and teacher hear the same random inputs. In a step in which one spikes and the other does
not, all that the student learns takes a step of Adam (Kingma & Ba 2015) along lambda e dx/dtheta,
see `bionet.gradient.mismatch_rules`; in all others nothing changes (Braun & Vogels 2021). Every
student has its own moments and its own count of steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bionet.gradient.forward_sensitivity import ForwardSensitivity, Sensitivity
from bionet.gradient.mismatch_rules import MismatchRule
from bionet.gradient.neuron import DifferentiableNeuron

__all__ = ["WEIGHTS", "MatchingState", "SpikeMatching"]

#: The name of the weights among what is learned.
WEIGHTS = "w"
#: Steps whose inputs are drawn together.
DRAWN_TOGETHER = 200
#: So many steps without a mismatch are as good as any more.
_LONG = 2**30
#: Input spikes are drawn by comparing so many random bits with a probability.
_BITS = 16


class MatchingState(NamedTuple):
    """All that a learning step depends on.

    Attributes
    ----------
    learned : dict of str to array
        ``w``, (inputs, rules, teachers), and parameters, (rules, teachers).
    moments : optax state
        Of each student.
    student : Sensitivity
        Of (rules, teachers) students.
    teacher : dict of str to array, (1, teachers)
    student_spikes, teacher_spikes : array of bool, (rules, teachers) and (1, teachers)
        Of the last step.
    inputs : array of bool, (inputs, 1, teachers)
        Of the last step.
    since : array of int, (rules, teachers)
        Steps since the last mismatch.
    step : int
    """

    learned: dict
    moments: optax.OptState
    student: Sensitivity
    teacher: dict
    student_spikes: jax.Array
    teacher_spikes: jax.Array
    inputs: jax.Array
    since: jax.Array
    step: jax.Array


class SpikeCounts(NamedTuple):
    """Spikes over some steps of students, of their teachers, and of both in the same step."""

    student: jax.Array
    teacher: jax.Array
    both: jax.Array


class SpikeMatching:
    """Learning of students from teachers, one student a rule and teacher.

    Parameters
    ----------
    neuron : DifferentiableNeuron
        The model of teachers and students.
    driven : str
        Variable that inputs increment.
    rules : sequence of MismatchRule
    rates : mapping of str to float
        What is learned, ``"w"`` and names of parameters, and the size of Adam's steps: SI units.
    bounds : mapping of str to (float, float)
        Between which a learned parameter is kept.
    probability : array, (inputs,)
        Of a spike of each input in a step.

    Raises
    ------
    ValueError
        If there is no rule, a rate is not positive, bounds are empty, or a probability lies outside
        [0, 1).
    """

    def __init__(
        self,
        neuron: DifferentiableNeuron,
        driven: str,
        rules: Sequence[MismatchRule],
        *,
        rates: Mapping[str, float],
        bounds: Mapping[str, tuple[float, float]],
        probability,
    ):
        self.rules, self.rates, self.bounds = tuple(rules), dict(rates), dict(bounds)
        if not self.rules:
            raise ValueError("there must be at least one rule")
        for name, rate in self.rates.items():
            if not 0 < rate < float("inf"):
                raise ValueError(f"the learning rate of {name!r} must be positive; found {rate}")
        for name, (low, high) in self.bounds.items():
            if not low < high:
                raise ValueError(f"bounds of {name!r} are empty: {low} to {high}")
        self.probability = np.asarray(probability, float)
        if not ((self.probability >= 0) & (self.probability < 1)).all():
            raise ValueError("the probability of an input spike must lie in [0, 1)")
        parameters = tuple(name for name in self.rates if name != WEIGHTS)
        self.sensitivity = ForwardSensitivity(neuron, driven, parameters)
        self.neuron, self.driven = neuron, driven
        self._adam = optax.scale_by_adam()

    def initial(self, students: Mapping, teachers: Mapping) -> MatchingState:
        """Return the state before the first step.

        Parameters
        ----------
        students : mapping of str to array
            ``w``, (inputs, rules, teachers), and all parameters that differ from the model's own,
            (rules, teachers): those that are learned and those that are not.
        teachers : mapping of str to array
            Likewise, with 1 in place of the rules.
        """
        dtype = jnp.result_type(float)
        students, teachers = (
            {name: jnp.asarray(value, dtype) for name, value in each.items()}
            for each in (students, teachers)
        )
        inputs, *shape = students[WEIGHTS].shape
        one = (1, shape[-1])
        learned = {name: students[name] for name in self.rates}
        return MatchingState(
            learned,
            _each(self._adam.init)(learned),
            self.sensitivity.initial(inputs, tuple(shape), dtype, _parameters(students)),
            self.neuron.initial(one, dtype, _parameters(teachers)),
            jnp.zeros(shape, bool),
            jnp.zeros(one, bool),
            jnp.zeros((inputs, *one), bool),
            jnp.full(shape, _LONG, jnp.int32),
            jnp.zeros((), jnp.int32),
        )

    @partial(jax.jit, static_argnames=("self", "steps", "learn"), donate_argnames="state")
    def run(
        self,
        state: MatchingState,
        fixed: Mapping,
        teachers: Mapping,
        key,
        scale=1.0,
        *,
        steps: int,
        learn: bool = True,
    ) -> tuple[MatchingState, SpikeCounts]:
        """Return the state after some steps, and the spikes in them, (rules, teachers) each.

        Parameters
        ----------
        state : MatchingState
            Is used up.
        fixed : mapping of str to array, (rules, teachers)
            Parameters of students that are not learned and differ from the model's own.
        teachers : mapping of str to array
            As for `initial`.
        key : jax.random key
            Inputs follow from it and from the number of the step.
        scale : float
            By which all learning rates are multiplied.
        steps : int
            A multiple of `DRAWN_TOGETHER`.
        learn : bool

        Raises
        ------
        ValueError
            If steps are no such multiple.
        """
        if steps < 1 or steps % DRAWN_TOGETHER:
            raise ValueError(f"steps must be a multiple of {DRAWN_TOGETHER}; found {steps}")
        below = jnp.asarray(np.round(self.probability * 2**_BITS), jnp.uint16)[:, None, None]
        shape = (DRAWN_TOGETHER, *state.inputs.shape)

        def together(carry, _):
            bits = jax.random.bits(jax.random.fold_in(key, carry[0].step), shape, jnp.uint16)
            one = partial(self._step, fixed, teachers, scale, learn)
            return jax.lax.scan(one, carry, bits < below)[0], None

        none = SpikeCounts(*(jnp.zeros(state.since.shape, jnp.int32) for _ in range(3)))
        return jax.lax.scan(together, (state, none), length=steps // DRAWN_TOGETHER)[0]

    def _step(self, fixed, teachers, scale, learn, carry, inputs):
        """Arrival and reset of the last step, then update, threshold and learning of this one."""
        state, counts = carry
        learned, moments, step = state.learned, state.moments, state.step
        values, dtype = {**fixed, **_parameters(learned)}, teachers[WEIGHTS].dtype
        teacher, teacher_spikes = self._teacher(state, teachers)
        student = self.sensitivity.receive(state.student, learned[WEIGHTS], state.inputs)
        student = self.sensitivity.reset(student, values, step, state.student_spikes.astype(dtype))
        student = self.sensitivity.update(student, values, step)
        at = self.sensitivity.distance(student, values, step)
        spikes = self.sensitivity.fires(student, values, step)
        different, since = spikes != teacher_spikes, jnp.minimum(state.since, _LONG) + 1
        if learn:
            learned, moments = self._learned(state, at, different, teacher_spikes, since, scale)
        counts = SpikeCounts(
            counts.student + spikes,
            counts.teacher + teacher_spikes,
            counts.both + (spikes & teacher_spikes),
        )
        since = jnp.where(different, 0, since)
        after = (learned, moments, student, teacher, spikes, teacher_spikes, inputs, since)
        return (MatchingState(*after, step + 1), counts), None

    def _teacher(self, state: MatchingState, teachers):
        values, weights = _parameters(teachers), teachers[WEIGHTS]
        amount = (weights * state.inputs).sum(axis=0)
        after = self.neuron.receive(state.teacher, self.driven, amount, True, None)
        fired = state.teacher_spikes.astype(weights.dtype)
        after = self.neuron.reset(after, values, state.step, fired)
        after, _ = self.neuron.update(after, values, state.step)
        return after, self.neuron.fires(after, values, state.step)[0]

    def _learned(self, state, at, different, target, since, scale):
        """Return what students know, and their moments, once those that differ have learned.

        Few do in a step: one after another costs less than all of them at once.
        """
        rows = (at.value["distance"], different & target, since * self.neuron.code.dt)
        factor = jnp.stack(
            [rule.factor(*row) for rule, *row in zip(self.rules, *rows, strict=True)]
        )
        error = factor * jnp.where(target, -1.0, 1.0)
        slopes = {name: each["distance"] for name, each in at.by_parameter.items()}
        slopes[WEIGHTS] = at.by_weight["distance"]
        slopes = {name: slopes[name] for name in state.learned}

        numbers = jnp.arange(different.size).reshape(different.shape)

        def learn_one(carry):
            waiting, learned, moments = carry
            number = jnp.where(waiting, numbers, waiting.size).min()
            place = tuple(jnp.divmod(number, waiting.shape[1]))
            mine, slope, own = (_at(each, place) for each in (learned, slopes, moments))
            gradient = jax.tree.map(lambda each: _at(error, place) * each, slope)
            direction, own = self._adam.update(gradient, own)
            mine = {name: self._stepped(name, mine[name], direction[name], scale) for name in mine}
            learned, moments = (
                _put(new, each, place) for new, each in ((mine, learned), (own, moments))
            )
            return waiting & (numbers != number), learned, moments

        start = (different, state.learned, state.moments)
        return jax.lax.while_loop(lambda carry: carry[0].any(), learn_one, start)[1:]

    def _stepped(self, name, value, direction, scale):
        value = value - scale * self.rates[name] * direction
        return jnp.clip(value, *self.bounds[name]) if name in self.bounds else value


def _at(tree, place):
    """Return what belongs to one student, of arrays whose last axes are rules and teachers."""
    return jax.tree.map(
        lambda a: jax.lax.dynamic_slice(a, (*[0] * (a.ndim - 2), *place), (*a.shape[:-2], 1, 1)),
        tree,
    )


def _put(new, tree, place):
    """Return arrays in which what belongs to one student is new."""
    return jax.tree.map(
        lambda n, a: jax.lax.dynamic_update_slice(a, n, (*[0] * (a.ndim - 2), *place)), new, tree
    )


def _each(function):
    """Return an optimiser's function for each student on its own."""
    for _ in range(2):
        function = jax.vmap(function, in_axes=-1, out_axes=-1)
    return function


def _parameters(values: Mapping) -> dict:
    return {name: value for name, value in values.items() if name != WEIGHTS}
