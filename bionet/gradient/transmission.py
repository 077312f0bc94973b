"""What spikes do to the variables that they increment: products of spikes with weights."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp

from bionet.gradient.event_product import event_product
from bionet.gradient.feedback import BACKPROPAGATION, feedback_product
from bionet.gradient.input_spikes import InputSpikes
from bionet.gradient.layers import Connection

__all__ = ["carried", "from_inputs"]


def from_inputs(spikes, own: slice, weights, steps: int):
    """Return what a population of inputs does to its targets in each step.

    Parameters
    ----------
    spikes : InputSpikes or array, (steps, batch, inputs)
        Of all populations.
    own : slice
        Which inputs the population is.
    weights : array, (units of the population, targets)
    steps : int

    Returns
    -------
    array, (steps, batch, targets)
    """
    if not isinstance(spikes, InputSpikes):
        return _product(spikes[..., own], weights)
    others = [(own.start, spikes.units - own.stop), (0, 0)]
    return event_product(spikes, jnp.pad(weights, others), steps)


def carried(spikes, connection: Connection, parameters: Mapping):
    """Return what a layer's spikes do to its targets; errors go back by the connection's rule.

    Parameters
    ----------
    spikes : array, (..., sources)
    connection : Connection
    parameters : mapping of str to array
        With the connection's weights, and its feedback weights where its rule has some.

    Returns
    -------
    array, (..., targets)
    """
    weights, rule = parameters[connection.weights], connection.feedback
    if rule == BACKPROPAGATION:  # the plain product, which has forward-mode derivatives, too
        return _product(spikes, weights)
    return feedback_product(spikes, weights, parameters.get(connection.feedback_weights), rule)


def _product(spikes, weights):
    flat = spikes.reshape(-1, spikes.shape[-1]) @ weights
    return flat.reshape(*spikes.shape[:-1], weights.shape[-1])
