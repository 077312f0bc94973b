"""The same network as a ``brian2.Network``: trained in JAX, then simulated in Brian2 or in C++.

Layers become groups of the same models, connections all-to-all synapses, one sample's spikes a
``SpikeGeneratorGroup``. An input spike of step n reaches its targets in step n, after their state
update, in both simulators; what is recorded is the value at the end of a step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bionet.gradient.input_spikes import InputSpikes
from bionet.gradient.layers import Connection, Layer
from bionet.gradient.network import DifferentiableNetwork
from bionet.gradient.network_checks import SPIKES, recordable
from bionet.wording import counted

if TYPE_CHECKING:
    from brian2 import Clock, Network, NeuronGroup, Quantity

    from bionet.models import NeuronModel

__all__ = ["brian2_network"]


def brian2_network(
    network: DifferentiableNetwork,
    parameters: Mapping,
    spikes,
    *,
    steps: int | None = None,
    initial: Mapping | None = None,
    record: Sequence[str] | None = None,
) -> Network:
    """Build the network in Brian2, on the device that is active there.

    Its objects are the group ``input`` (or one for each population of inputs), a group for each
    layer under the layer's name, and synapses ``<source>_<target>`` with weights ``w``, source
    neuron by source neuron. All of them share a clock of their own; Brian2's default clock is left
    alone.

    Parameters
    ----------
    network : DifferentiableNetwork
    parameters : mapping of str to array
        As for `DifferentiableNetwork.check`: weights, and what differs from the models' values.
    spikes : InputSpikes of one sample, or array, (steps, inputs)
        Number of spikes of each input unit in each step, 0 or 1.
    steps : int, optional
        Number of time steps; needed with `InputSpikes`, whose later spikes are left out.
    initial : mapping of str to array, optional
        Initial values ``"<layer>.<variable>"``, one number or (neurons,), SI units, that differ
        from the models'. Random ones of the models are drawn by Brian2.
    record : sequence of str, optional
        What to monitor instead of the network's own `record`: ``"hidden.spikes"`` becomes the
        ``SpikeMonitor`` ``hidden_spikes``, ``"readout.v"`` the ``StateMonitor`` ``readout_v``.

    Raises
    ------
    ValueError
        If an input unit spikes twice in a step, or a name or a shape does not fit; names it.

    Examples
    --------
    >>> simulated = brian2_network(network, parameters, spikes, steps=100, record=["readout.v"])
    >>> simulated.run(100 * network.dt)
    >>> simulated["readout_v"].v.shape
    (10, 100)
    """
    from brian2 import Clock, Network

    network.check(parameters)
    record = network.record if record is None else tuple(record)
    recorded = [recordable(network, name) for name in record]
    _check_names(network, recorded)
    unit, step = _input_spikes(network, spikes, steps)
    models = {
        name: _with_values(layer, network, parameters, initial or {})
        for name, layer in network.layers.items()
    }
    clock = Clock(network.dt)
    groups = {
        name: _generator(name, own, unit, step, clock) for name, own in network.populations.items()
    }
    for name, layer in network.layers.items():
        groups[name] = models[name].group(layer.neurons, name=name, clock=clock)
    synapses = [_synapses(c, groups, parameters[c.weights], clock) for c in network.connections]
    monitors = [_monitor(groups[layer], variable) for _, layer, variable in recorded]
    return Network(*groups.values(), *synapses, *monitors)


def _check_names(network: DifferentiableNetwork, recorded: Sequence) -> None:
    """Refuse two objects of the same name, which Brian2 would only when they run."""
    names = [*network.populations, *network.layers]
    names += [f"{c.source}_{c.target}" for c in network.connections]
    names += [f"{layer}_{variable}" for _, layer, variable in recorded]
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise ValueError(f"two objects of the Brian2 network would be called {twice!r}")


def _input_spikes(network: DifferentiableNetwork, spikes, steps: int | None):
    """Return unit and time step of each spike, in the order of time."""
    if isinstance(spikes, InputSpikes):
        if spikes.units != network.inputs:
            raise ValueError(
                f"spikes have {counted(spikes.units, 'unit')}; the network {network.inputs}"
            )
        if spikes.batch != 1:
            raise ValueError(f"Brian2 simulates one sample; found {spikes.batch}")
        if steps is None:
            raise ValueError("steps must be given with InputSpikes")
        spikes = np.asarray(spikes.dense(steps))[0]
    counts = np.asarray(spikes)
    if counts.ndim != 2 or counts.shape[1] != network.inputs or steps not in (None, len(counts)):
        wanted = "steps" if steps is None else steps
        raise ValueError(f"spikes have shape {counts.shape}; expected ({wanted}, {network.inputs})")
    wrong = np.argwhere((counts != 0) & (counts != 1))
    if wrong.size:
        step, unit = wrong[0]
        raise ValueError(
            f"input unit {unit} has {counts[step, unit]:g} spikes in step {step}; a "
            "SpikeGeneratorGroup allows one spike a unit and step"
        )
    step, unit = np.nonzero(counts)
    return unit, step


def _generator(name: str, own: slice, unit, step, clock: Clock):
    from brian2 import SpikeGeneratorGroup

    its = (unit >= own.start) & (unit < own.stop)
    return SpikeGeneratorGroup(
        own.stop - own.start,
        unit[its] - own.start,
        step[its] * clock.dt,
        clock=clock,
        name=name,
    )


def _with_values(
    layer: Layer, network: DifferentiableNetwork, parameters: Mapping, initial: Mapping
) -> NeuronModel:
    """Return the layer's model with the values that differ from its own."""
    from brian2 import Equations

    model, prefix = layer.model, f"{layer.name}."
    declared = Equations(model.equations)
    values: dict[str, Quantity] = {}
    for full in (name for name in parameters if name.startswith(prefix)):
        name, value = full.removeprefix(prefix), np.asarray(parameters[full], float)
        if full in network.weights:
            continue
        if name in declared:
            if value.ndim and "shared" in declared[name].flags:
                raise ValueError(
                    f"{full!r} is shared by all neurons of the layer in Brian2: it cannot have a "
                    "value for each"
                )
            values[name] = _quantity(value, declared[name].dim)
        elif name in model.parameters:
            model, values = _with_constant(model, name, value, values)
        else:
            raise ValueError(f"{full!r} is a unit or constant of Brian2, which has its own value")
    state = network.neurons[layer.name].code.state
    start = {}
    for full in (name for name in initial if name.startswith(prefix)):
        name, value = full.removeprefix(prefix), np.asarray(initial[full], float)
        _check_initial(full, name in state, value, layer.neurons)
        start[name] = _quantity(value, declared[name].dim)
    stray = [name for name in initial if name.partition(".")[0] not in network.layers]
    if stray:
        raise ValueError(f"initial value for unknown variable {stray[0]!r}")
    # parameters first: expressions of initial values may name them
    others = {k: v for k, v in model.initial.items() if k not in values and k not in start}
    return dataclasses.replace(model, initial={**values, **others, **start})


def _with_constant(model: NeuronModel, name: str, value, values: Mapping):
    """Return the model with another value of a constant, or one for each neuron."""
    from brian2 import get_dimensions

    from bionet.models.synapse_model import unit_name

    dimension = get_dimensions(model.parameters[name])
    if not value.ndim:
        return model.replaced(**{name: _quantity(value, dimension)}), values
    constants = {k: v for k, v in model.parameters.items() if k != name}
    equations = f"{model.equations}\n{name} : {unit_name(dimension)} (constant)"
    model = dataclasses.replace(model, equations=equations, parameters=constants)
    return model, {**values, name: _quantity(value, dimension)}


def _check_initial(full: str, known: bool, value, neurons: int) -> None:
    if not known:
        raise ValueError(f"initial value for unknown variable {full!r}")
    if value.shape not in ((), (neurons,)):
        raise ValueError(
            f"initial value of {full!r} has shape {value.shape}; it may be a number or ({neurons},)"
        )


def _synapses(connection: Connection, groups: Mapping[str, NeuronGroup], weights, clock: Clock):
    from brian2 import Synapses

    from bionet.models.synapse_model import unit_name

    source, target = groups[connection.source], groups[connection.target]
    dimension = target.variables[connection.variable].dim
    synapses = Synapses(
        source,
        target,
        f"w : {unit_name(dimension)} (constant)",
        on_pre=f"{connection.variable}_post += w",
        delay=connection.delay * clock.dt,
        clock=clock,
        name=connection.weights.removesuffix(".w"),
        namespace={},
    )
    weights = np.asarray(weights, float)
    i, j = np.indices(weights.shape).reshape(2, -1)
    synapses.connect(i=i, j=j)
    synapses.w = _quantity(weights.ravel(), dimension)
    return synapses


def _monitor(group: NeuronGroup, variable: str):
    from brian2 import SpikeMonitor, StateMonitor

    name = f"{group.name}_{variable}"
    if variable == SPIKES:
        return SpikeMonitor(group, name=name)
    return StateMonitor(group, variable, record=True, when="end", name=name)


def _quantity(value, dimension):
    from brian2 import Quantity

    return Quantity(value, dim=dimension)
