"""Derivatives of a neuron's state by its parameters, carried forward in time with the state.

For a neuron with state h, parameters theta and inputs of weights w into the variable d::

    h(t+1)             = F(h(t), theta)
    dh/dtheta (t+1)    = dF/dh dh/dtheta (t) + dF/dtheta
    dh/dw_i   (t+1)    = dF/dh dh/dw_i (t),      and dd/dw_i grows by 1 with a spike of input i

and likewise through the reset, the spike itself held fixed. That is real-time recurrent learning
(Williams & Zipser 1989) of neurons that do not hear each other: nothing is stored of the past, and
nothing of the model is written a second time, since F and the reset are those of its equations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from bionet.gradient.errors import NotDifferentiableError
from bionet.gradient.model_code import Assignment, ModelCode
from bionet.gradient.neuron import DifferentiableNeuron

__all__ = ["ForwardSensitivity", "Sensitivity"]

_DISTANCE = "distance"


class Sensitivity(NamedTuple):
    """Values of a layer's neurons and their derivatives, all by the names of the values.

    Attributes
    ----------
    value : dict of str to array, (..., neurons)
        The state, say.
    by_weight : dict of str to array, (inputs, ..., neurons)
        Derivatives by the weights. What no input reaches has none.
    by_parameter : dict of str to dict of str to array, (..., neurons)
        For each parameter the derivatives by it.
    """

    value: dict
    by_weight: dict
    by_parameter: dict


class ForwardSensitivity:
    """A layer of neurons, each with its own inputs, and the derivatives of its state.

    Parameters
    ----------
    neuron : DifferentiableNeuron
        Without refractoriness, its threshold one comparison.
    driven : str
        Variable that a spike of an input increments by its weight.
    parameters : sequence of str
        The model's parameters by which derivatives are wanted besides the weights.

    Raises
    ------
    ValueError
        If `driven` is no variable that a step writes, or a name is no parameter of the model.
    NotDifferentiableError
        If the model is another than that, or has variables that are no real numbers.
    """

    def __init__(self, neuron: DifferentiableNeuron, driven: str, parameters: Sequence[str] = ()):
        code = neuron.code
        _refuse(code, neuron.model.threshold)
        if driven not in code.state:
            raise ValueError(
                f"the model has no variable {driven!r} for inputs to increment; it has "
                f"{', '.join(sorted(code.state))}"
            )
        for name in parameters:
            if name not in code.parameters:
                raise ValueError(
                    f"{name!r} is no parameter of the model; it has "
                    f"{', '.join(sorted(code.parameters))}"
                )
        self.neuron, self.driven, self.parameters = neuron, driven, tuple(parameters)
        self._update = _sources(code.update, code)
        # where a neuron does not spike, a variable is made from itself
        reset = _sources(code.reset, code)
        self._reset = {v: tuple(dict.fromkeys((*names, v))) for v, names in reset.items()}
        self._compared = {_DISTANCE: _made_from(code.threshold[0].names, code)}
        self._reached = _reached(driven, self._update, self._reset)

    def initial(
        self, inputs: int, shape: tuple[int, ...], dtype, parameters: Mapping
    ) -> Sensitivity:
        """Return the state before the first step, which depends on nothing.

        Parameters
        ----------
        inputs : int
        shape : tuple of int
            (..., neurons).
        dtype : dtype
        parameters : mapping of str to array, (..., neurons)
            Values that differ from the model's own.
        """
        state = self.neuron.initial(shape, dtype, parameters)
        return Sensitivity(
            state,
            {name: jnp.zeros((inputs, *shape), dtype) for name in self._reached},
            {name: {v: jnp.zeros(shape, dtype) for v in state} for name in self.parameters},
        )

    def update(self, before: Sensitivity, parameters: Mapping, step) -> Sensitivity:
        """Return state and derivatives after the equations went on for one time step.

        Parameters
        ----------
        before : Sensitivity
        parameters : mapping of str to array, (..., neurons)
            At least those by which derivatives are wanted.
        step : int
            Number of the time step.
        """
        return _through(
            lambda state, values: self.neuron.update(state, values, step)[0],
            self._update,
            before,
            parameters,
        )

    def distance(self, at: Sensitivity, parameters: Mapping, step) -> Sensitivity:
        """Return how far each neuron is above its threshold, as the value ``distance``."""
        return _through(
            lambda state, values: {_DISTANCE: self.neuron.distances(state, values, step)[0]},
            self._compared,
            at,
            parameters,
        )

    def fires(self, at: Sensitivity, parameters: Mapping, step):
        """Return which neurons are above their threshold, as Brian2 compares, (..., neurons)."""
        return self.neuron.fires(at.value, parameters, step)[0]

    def receive(self, before: Sensitivity, weights, spikes) -> Sensitivity:
        """Return both after the arrival of spikes.

        Parameters
        ----------
        before : Sensitivity
        weights : array, (inputs, ..., neurons)
        spikes : array, (inputs, ..., neurons), or of a shape that broadcasts to it
            How many spikes each input of each neuron has in this step.
        """
        driven = self.driven
        amount = (weights * spikes).sum(axis=0)
        return before._replace(
            value={**before.value, driven: before.value[driven] + amount},
            by_weight={**before.by_weight, driven: before.by_weight[driven] + spikes},
        )

    def reset(self, before: Sensitivity, parameters: Mapping, step, spikes) -> Sensitivity:
        """Return both after the reset of those neurons that spike, (..., neurons)."""
        return _through(
            lambda state, values: self.neuron.reset(state, values, step, spikes),
            self._reset,
            before,
            parameters,
        )


def _through(
    function: Callable, sources: Mapping, before: Sensitivity, parameters: Mapping
) -> Sensitivity:
    """Return what a function of state and parameters makes of a state and its derivatives.

    Neurons do not hear each other, so that one derivative in the direction of ones is that of all
    of them by a variable. `sources` names those by which a value has a derivative at all.
    """
    state, given = before.value, dict(parameters)
    missing = sorted(set(before.by_parameter) - set(given))
    if missing:
        raise KeyError(f"parameters lack {missing[0]!r}, by which derivatives are wanted")
    after = function(state, given)

    def derivative(name: str) -> dict:
        along = [
            {key: (jnp.ones_like if key == name else jnp.zeros_like)(value) for key, value in of}
            for of in (state.items(), given.items())
        ]
        return jax.jvp(function, (state, given), tuple(along))[1]

    by_state = {name: derivative(name) for name in state}

    def carried(old: Mapping, value: str):
        terms = [by_state[name][value] * old[name] for name in sources[value] if name in old]
        return sum(terms[1:], terms[0]) if terms else jnp.zeros_like(next(iter(old.values())))

    by_weight = {
        value: carried(before.by_weight, value)
        for value in after
        if value in before.by_weight or set(sources[value]) & set(before.by_weight)
    }
    by_parameter = {}
    for name, old in before.by_parameter.items():
        direct = derivative(name)
        by_parameter[name] = {value: carried(old, value) + direct[value] for value in after}
    return Sensitivity(after, by_weight, by_parameter)


def _sources(code: Sequence[Assignment], model: ModelCode) -> dict[str, tuple[str, ...]]:
    """Return, for each variable, those that statements make it from; itself if they leave it.

    By all others its derivative is zero, with which nothing need be multiplied.
    """
    known = {name: (name,) for name in model.state}
    for assignment in code:
        known[assignment.target] = _made_from(assignment.names, model, known)
    return {name: known[name] for name in model.state}


def _made_from(names, model: ModelCode, known: Mapping | None = None) -> tuple[str, ...]:
    """Return the variables of the state behind some names, through subexpressions."""
    known = {name: (name,) for name in model.state} if known is None else known
    found: set[str] = set()
    for name in names:
        if name in model.subexpressions:
            found |= set(_made_from(model.subexpressions[name].names, model, known))
        found |= set(known.get(name, ()))
    return tuple(name for name in model.state if name in found)


def _reached(driven: str, *steps: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the variables that depend on the driven one, sooner or later."""
    reached, before = {driven}, set()
    while reached != before:
        before = set(reached)
        for sources in steps:
            reached |= {value for value, names in sources.items() if before & set(names)}
    return tuple(value for value in steps[0] if value in reached)


def _refuse(code: ModelCode, threshold: str) -> None:
    if len(code.threshold) != 1:
        raise NotDifferentiableError(
            f"sensitivities need a threshold of one comparison; found {threshold!r}"
        )
    if code.refractory is not None or code.knows_last_spike:
        raise NotDifferentiableError(
            "sensitivities of a neuron that is refractory or remembers its last spike"
        )
    for name, kind in code.state.items():
        if kind.kind != "f" or name in code.shared:
            raise NotDifferentiableError(
                f"sensitivities of {name!r}, which is not a real number of each neuron"
            )
