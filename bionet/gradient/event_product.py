"""What each unit receives in each step from spikes that are given by their times."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bionet.gradient.event_library import event_library_loaded
from bionet.gradient.input_spikes import InputSpikes

__all__ = ["event_product"]


def event_product(spikes: InputSpikes, weights, steps: int):
    """Return the sum of the weights of all spikes of each step.

    On a CPU a compiled function adds a row of weights for each spike; elsewhere the spikes are
    written out densely first, and multiplied in one product. Differentiable by the weights (in
    reverse mode).

    Parameters
    ----------
    spikes : InputSpikes
        Of a batch.
    weights : array, (units, neurons)
        float32 or float64.
    steps : int

    Returns
    -------
    array, (steps, batch, neurons)
        Sums in the order of the spikes in `spikes`, so that the result does not depend on the
        number of threads.

    Raises
    ------
    ValueError
        If steps and units are not equally many.
    """
    batch, events = spikes.step.shape
    if spikes.unit.shape not in ((1, events), (batch, events)):
        raise ValueError(
            f"units of spikes have shape {spikes.unit.shape}; their steps {spikes.step.shape}"
        )
    if jax.default_backend() != "cpu" or not event_library_loaded():
        return jnp.einsum("bti,in->tbn", spikes.dense(steps, weights.dtype), weights)
    step, unit = (array.astype(jnp.int32) for array in (spikes.step, spikes.unit))
    return _received(step, unit, weights, steps)


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _received(step, unit, weights, steps):
    return _call("receive", step, unit, weights, steps)


def _forward(step, unit, weights, steps):
    return _received(step, unit, weights, steps), (step, unit, weights.shape[0])


def _backward(steps, kept, cotangent):
    step, unit, units = kept
    none = [np.zeros(array.shape, jax.dtypes.float0) for array in (step, unit)]
    return *none, _call("credit", step, unit, cotangent, units)


_received.defvjp(_forward, _backward)


def _call(kind: str, step, unit, values, size: int):
    """Call the compiled function; `size` is the first axis of what it returns.

    Networks side by side (``vmap``) that see the same spikes are one call, their neurons one behind
    the other: a spike is then read once for all of them. With spikes of their own they are called
    one after another.
    """

    @jax.custom_batching.custom_vmap
    def product(step, unit, values):
        neurons = values.shape[-1:]
        shape = (size, step.shape[0], *neurons) if kind == "receive" else (size, *neurons)
        function = jax.ffi.ffi_call(
            f"bionet_{kind}_{values.dtype.name}", jax.ShapeDtypeStruct(shape, values.dtype)
        )
        return function(step, unit, values)

    @product.def_vmap
    def of_networks(networks, is_batched, step, unit, values):
        if any(is_batched[:2]):
            arguments = [
                value if batched else jnp.broadcast_to(value, (networks, *value.shape))
                for value, batched in zip((step, unit, values), is_batched, strict=True)
            ]
            return jax.lax.map(lambda own: _call(kind, *own, size), arguments), True
        together = jnp.moveaxis(values, 0, -2)
        result = _call(kind, step, unit, together.reshape(*together.shape[:-2], -1), size)
        result = result.reshape(*result.shape[:-1], networks, values.shape[-1])
        return jnp.moveaxis(result, -2, 0), True

    return product(step, unit, values)
