"""What a `DifferentiableNetwork` refuses: names that are not there, shapes that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from bionet.gradient.feedback import BACKPROPAGATION
from bionet.gradient.input_spikes import InputSpikes
from bionet.gradient.moments import MOST_STEPS
from bionet.gradient.whole_numbers import check_whole, refuse_changed
from bionet.wording import counted

if TYPE_CHECKING:
    from bionet.gradient.network import DifferentiableNetwork

__all__ = [
    "SPIKES",
    "check_connections",
    "check_events",
    "check_neurons",
    "check_parameters",
    "check_times",
    "checked_drive",
    "checked_initial",
    "checked_inputs",
    "recordable",
]

#: Recorded under this name: 1 where a neuron spikes in a step.
SPIKES = "spikes"


def check_connections(network: DifferentiableNetwork) -> None:
    """Refuse connections of layers that are not there, and names that are taken twice."""
    populations = network.populations
    for name, own in populations.items():
        if not name.isidentifier() or name in network.layers:
            raise ValueError(
                f"inputs: the name of a population is an identifier and no layer's: {name!r}"
            )
        if own.stop != int(own.stop) or own.stop <= own.start:
            raise ValueError(f"inputs: {name!r} must have at least one unit, and whole ones")
    seen = set()
    for c in network.connections:
        unknown = [name for name in (c.source, c.target) if name not in network.layers]
        if unknown and (c.source not in populations or c.target not in network.layers):
            raise ValueError(
                f"connection {c.weights!r}: there is no layer {unknown[-1]!r}; "
                f"there are {', '.join(network.layers)}, and inputs {', '.join(populations)}"
            )
        if c.weights in seen:
            raise ValueError(f"two connections are called {c.weights!r}")
        if c.source in populations and c.feedback != BACKPROPAGATION:
            raise ValueError(f"connection {c.weights!r}: no error goes back to inputs")
        seen.add(c.weights)
    for name in (*network.layers, *populations):
        if f"{name}.w" in seen:
            raise ValueError(f"{name!r} is the name of a layer and of a connection")


def check_neurons(network: DifferentiableNetwork) -> None:
    """Refuse variables that are called as the spikes are, and sources that never spike."""
    for name, neuron in network.neurons.items():
        if SPIKES in (*neuron.code.state, *neuron.code.parameters, *neuron.code.subexpressions):
            raise ValueError(f"{SPIKES!r} of layer {name!r} are its spikes: rename the variable")
    for c in network.connections:
        if c.source not in network.populations and not network.neurons[c.source].spikes:
            raise ValueError(f"connection {c.weights!r}: layer {c.source!r} never spikes")


def check_parameters(network: DifferentiableNetwork, parameters: Mapping) -> None:
    """Refuse parameters that do not fit, see `DifferentiableNetwork.check`."""
    needed = network.weights | network.feedback_weights
    for name, shape in needed.items():
        if name not in parameters:
            raise ValueError(f"parameters lack {name!r}, of shape {shape}")
        if np.shape(parameters[name]) != shape:
            raise ValueError(
                f"{name!r} has shape {np.shape(parameters[name])}; the network needs {shape}"
            )
        if jnp.result_type(parameters[name]) not in (jnp.float32, jnp.float64):
            raise ValueError(
                f"{name!r} is of {jnp.result_type(parameters[name])}; weights are float32 or "
                "float64"
            )
    for name in set(parameters) - set(needed):
        layer, _, parameter = name.partition(".")
        known = network.neurons[layer].code.parameters if layer in network.neurons else ()
        if parameter not in known:
            names = [f"{layer}.{p}" for p in known] or list(needed)
            raise ValueError(f"unknown parameter {name!r}; there are {', '.join(names)}")
        shape = np.shape(parameters[name])
        if shape not in ((), (network.layers[layer].neurons,)):
            raise ValueError(
                f"{name!r} has shape {shape}; it may be a scalar or "
                f"({network.layers[layer].neurons},)"
            )
        refuse_changed(name, parameters[name], network.neurons[layer].code.whole.get(parameter))


def checked_inputs(network: DifferentiableNetwork, inputs, steps: int | None):
    """Return the numbers of samples and of steps, and the inputs; dense ones time first."""
    if steps is not None:
        check_whole("steps", steps, 0, MOST_STEPS)
    if isinstance(inputs, InputSpikes):
        if steps is None:
            raise ValueError("steps must be given with InputSpikes")
        check_events(network, inputs)
        return inputs.batch, steps, inputs
    shape = np.shape(inputs)
    if len(shape) != 3 or shape[2] != network.inputs or steps not in (None, shape[1]):
        wanted = "steps" if steps is None else steps
        raise ValueError(f"inputs have shape {shape}; expected (batch, {wanted}, {network.inputs})")
    return shape[0], shape[1], jnp.swapaxes(jnp.asarray(inputs), 0, 1)


def check_events(network: DifferentiableNetwork, spikes: InputSpikes) -> None:
    """Refuse spikes of units that are not there, and of steps that 32 bits do not hold."""
    if spikes.units != network.inputs:
        raise ValueError(
            f"inputs have {counted(spikes.units, 'unit')}; the network {network.inputs}"
        )
    check_whole("steps of input spikes", spikes.step)
    check_whole("units of input spikes", spikes.unit, 0, spikes.units - 1)


def check_times(network: DifferentiableNetwork, steps: int, dtype) -> None:
    """Refuse more steps than single precision can tell apart, where a model asks for the time."""
    most = int(2 / jnp.finfo(dtype).eps)
    asking = [name for name, neuron in network.neurons.items() if neuron.code.knows_time]
    if asking and steps > most:
        raise ValueError(
            f"layer {asking[0]!r} asks for the time, of which {jnp.dtype(dtype).name} tells apart "
            f"{most} steps; found {steps}: use float64"
        )


def checked_initial(initial: Mapping, state: Mapping) -> dict:
    """Return initial values in the shapes of the state that they take the place of."""
    values = {}
    for name, value in initial.items():
        if name not in state:
            raise ValueError(f"initial value for unknown variable {name!r}")
        refuse_changed(name, value, state[name].dtype)
        try:
            values[name] = jnp.broadcast_to(value, state[name].shape).astype(state[name].dtype)
        except ValueError:
            raise ValueError(
                f"initial value of {name!r} has shape {np.shape(value)}; "
                f"expected {state[name].shape}"
            ) from None
    return values


def checked_drive(network: DifferentiableNetwork, drive: Mapping, steps: int, batch: int) -> dict:
    """Return what changes in time as arrays."""
    for name, value in drive.items():
        layer, _, parameter = name.partition(".")
        if layer not in network.neurons or parameter not in network.neurons[layer].code.parameters:
            raise ValueError(f"drive of unknown parameter {name!r}")
        shape, full = np.shape(value), (steps, batch, network.layers[layer].neurons)
        fits = len(shape) == 3 and shape[0] == steps
        if not fits or any(n not in (1, m) for n, m in zip(shape[1:], full[1:], strict=True)):
            raise ValueError(
                f"drive {name!r} has shape {shape}; expected ({steps}, {batch} or 1, "
                f"{full[2]} or 1)"
            )
        refuse_changed(name, value, network.neurons[layer].code.whole.get(parameter))
    return {name: jnp.asarray(value) for name, value in drive.items()}


def recordable(network: DifferentiableNetwork, name: str) -> tuple[str, str, str]:
    """Return a recorded name, its layer and its variable."""
    layer, _, variable = name.partition(".")
    if layer not in network.layers:
        raise ValueError(f"cannot record {name!r}: there is no layer {layer!r}")
    code = network.neurons[layer].code
    known = [*code.state, *code.subexpressions, *([SPIKES] if code.threshold else [])]
    if variable not in known:
        raise ValueError(f"cannot record {name!r}; layer {layer!r} has {', '.join(known)}")
    return name, layer, variable
