"""A network of layers as one pure function of its parameters, its inputs and its initial state.

Every layer goes through the slots of Brian2's time step (state update, threshold, arrival of
spikes, reset) inside ``lax.scan``. Layers that act on one another, in whatever circle, share one
scan; a layer that only receives runs after those that it listens to, all its input being summed
before in one product, which gives the same numbers in less time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from bionet.gradient.event_product import event_product
from bionet.gradient.input_spikes import InputSpikes
from bionet.gradient.layers import INPUT, Connection, Layer
from bionet.gradient.neuron import DifferentiableNeuron

if TYPE_CHECKING:
    from brian2 import Quantity

__all__ = ["DifferentiableNetwork"]

#: Recorded under this name: 1 where a neuron spikes in a step.
SPIKES = "spikes"


class DifferentiableNetwork:
    """Layers of neuron models with dense connections, differentiable by all its parameters.

    Parameters
    ----------
    layers : sequence of Layer
    connections : sequence of Connection
    inputs : int
        Number of input units.
    dt : Quantity
        Time step.
    record : sequence of str
        What a run returns: ``"hidden.spikes"``, ``"readout.v"``, any variable or subexpression of
        a layer, by its value at the end of each step.

    Raises
    ------
    NotDifferentiableError
        If a model holds what JAX cannot differentiate; names it.
    ValueError
        If a name is taken twice or is no layer, variable or parameter.

    Examples
    --------
    >>> network = DifferentiableNetwork(
    ...     [Layer("hidden", UNIT_LIF, 100), Layer("readout", LEAKY_READOUT, 10)],
    ...     [Connection("input", "hidden", "I"), Connection("hidden", "readout", "I")],
    ...     inputs=784, dt=1*ms, record=["readout.v"])
    >>> parameters = {"input_hidden.w": w1, "hidden_readout.w": w2}
    >>> outputs = network(parameters, latency_spikes(latencies), steps=100)
    >>> outputs["readout.v"].shape
    (100, 256, 10)
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        connections: Sequence[Connection],
        *,
        inputs: int,
        dt: Quantity,
        record: Sequence[str] = (),
    ):
        self.layers = {layer.name: layer for layer in layers}
        self.connections = tuple(connections)
        self.inputs, self.dt, self.record = inputs, dt, tuple(record)
        if len(self.layers) < len(layers):
            raise ValueError("two layers have the same name")
        self._check_connections()
        self.neurons = {
            name: DifferentiableNeuron(
                layer.model,
                dt,
                layer.surrogate,
                reset_gradient=layer.reset_gradient,
                driven=tuple(sorted({c.variable for c in self.connections if c.target == name})),
            )
            for name, layer in self.layers.items()
        }
        self._check_variables()
        self._check_sources()
        for name in self.record:
            self._recordable(name)
        self._stages = _stages(list(self.layers), self.connections)

    @property
    def weights(self) -> dict[str, tuple[int, int]]:
        """Shapes of all weights, (source neurons, target neurons), by their names."""
        return {
            c.weights: (self._size(c.source), self.layers[c.target].neurons)
            for c in self.connections
        }

    def check(self, parameters: Mapping) -> None:
        """Refuse parameters that do not fit the network.

        Parameters
        ----------
        parameters : mapping of str to array
            Weights ``"<source>_<target>.w"``, and whatever of ``"<layer>.<parameter>"`` differs
            from the model's value: a scalar or (neurons,), SI units.

        Raises
        ------
        ValueError
            If weights are missing or have a wrong shape or type, or a name is unknown; names it.
        """
        for name, shape in self.weights.items():
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
        for name in set(parameters) - set(self.weights):
            layer, _, parameter = name.partition(".")
            known = self.neurons[layer].code.parameters if layer in self.neurons else ()
            if parameter not in known:
                names = [f"{layer}.{p}" for p in known] or list(self.weights)
                raise ValueError(f"unknown parameter {name!r}; there are {', '.join(names)}")
            shape = np.shape(parameters[name])
            if shape not in ((), (self.layers[layer].neurons,)):
                raise ValueError(
                    f"{name!r} has shape {shape}; it may be a scalar or "
                    f"({self.layers[layer].neurons},)"
                )

    def initial_state(
        self,
        batch: int,
        parameters: Mapping | None = None,
        *,
        dtype=jnp.float32,
        key=None,
        given: Sequence[str] = (),
    ) -> dict:
        """Return the state before the first step, ``"<layer>.<variable>"`` to array.

        Parameters
        ----------
        batch : int
        parameters : mapping, optional
            As for `check`.
        dtype : dtype
        key : jax.random key, optional
            For models whose initial values are random.
        given : sequence of str
            What will have other values than the models', so that these may stay random.
        """
        state = {}
        for number, (name, neuron) in enumerate(self.neurons.items()):
            own = None if key is None else jax.random.fold_in(key, number)
            shape = (batch, self.layers[name].neurons)
            values = neuron.initial(
                shape,
                dtype,
                _own(parameters or {}, name),
                own,
                given=_own(dict.fromkeys(given), name),
            )
            state |= {f"{name}.{variable}": value for variable, value in values.items()}
        return state

    def __call__(
        self,
        parameters: Mapping,
        inputs,
        *,
        steps: int | None = None,
        initial: Mapping | None = None,
        drive: Mapping | None = None,
        record: Sequence[str] | None = None,
        smooth: bool = False,
        key=None,
    ) -> dict:
        """Simulate a batch of samples.

        Parameters
        ----------
        parameters : mapping of str to array
            As for `check`. Their dtype, float32 or float64, is that of the simulation.
        inputs : InputSpikes or array, (batch, steps, inputs)
            Number of spikes of each input unit in each step.
        steps : int, optional
            Number of time steps; needed with `InputSpikes`.
        initial : mapping of str to array, optional
            Initial values ``"<layer>.<variable>"``, (batch, neurons), that differ from the models'.
        drive : mapping of str to array, optional
            Parameters of a layer that change in time, ``"<layer>.<parameter>"`` to
            (steps, batch or 1, neurons or 1), SI units.
        record : sequence of str, optional
            What to return instead of the network's own `record`.
        smooth : bool
            Spikes are the smooth steps that belong to the surrogates: the network whose true
            gradients those of the spiking network are modelled on.
        key : jax.random key, optional
            For models whose initial values are random.

        Returns
        -------
        dict of str to array
            What `record` names, (steps, batch, neurons).

        Raises
        ------
        ValueError
            If a shape does not fit or a name is unknown.
        """
        self.check(parameters)
        batch, steps, spikes = self._checked_inputs(inputs, steps)
        dtype = jnp.result_type(*[parameters[name] for name in self.weights] or [float])
        given = initial or {}
        state = self.initial_state(batch, parameters, dtype=dtype, key=key, given=tuple(given))
        state |= self._checked_initial(given, state)
        drive = self._checked_drive(drive or {}, steps, batch)
        recorded = [self._recordable(n) for n in (self.record if record is None else record)]
        trains, outputs = {}, {}
        for stage in self._stages:
            received = {
                c.weights: _delayed(self._product(spikes if c.source == INPUT else trains[c.source],
                                          parameters[c.weights], steps), c.delay)
                for c in self.connections
                if c.target in stage and c.source not in stage
            }  # fmt: skip
            run = self._scan(stage, parameters, state, received, drive, steps, recorded, smooth)
            trains |= {name: run.pop(name) for name in stage if name in run}
            outputs |= run
        return {name: outputs[name] for name, _, _ in recorded}

    def _scan(self, stage, parameters, state, received, drive, steps, recorded, smooth) -> dict:
        """Run the layers of one stage; return their spikes by layer, and what is recorded."""
        inner = [c for c in self.connections if c.target in stage and c.source in stage]
        heard = {c.source for c in self.connections if c.target not in stage}
        own = {name: _own(parameters, name) for name in stage}
        states = {name: _own(state, name) for name in stage}
        driven = {name: _own(drive, name) for name in stage}
        waiting = {
            c.weights: jnp.zeros(
                (c.delay, *jnp.shape(_any(states[c.source]))), _real(states[c.source])
            )
            for c in inner
            if c.delay
        }

        def step(carry, xs):
            states, waiting = carry
            number, received, driven = xs
            values = {name: {**own[name], **driven[name]} for name in stage}
            new, active, spikes = {}, {}, {}
            for name in stage:
                neuron = self.neurons[name]
                new[name], active[name] = neuron.update(states[name], values[name], number)
                if neuron.spikes:
                    spikes[name] = neuron.spike(
                        new[name], values[name], number, active[name], smooth=smooth
                    )
            arriving, waiting = _arrivals(inner, spikes, waiting)
            for c in self.connections:
                if c.weights in received:
                    amount = received[c.weights]
                elif c in inner:
                    amount = arriving[c] @ parameters[c.weights]
                else:
                    continue
                new[c.target] = self.neurons[c.target].receive(
                    new[c.target], c.variable, amount, active[c.target], spikes.get(c.target)
                )
            for name in spikes:
                new[name] = self.neurons[name].reset(
                    new[name], values[name], number, spikes[name], smooth=smooth
                )
            out = {name: spikes[name] for name in stage if name in heard}
            for full, layer, variable in recorded:
                if layer in stage:
                    out[full] = (
                        spikes[layer]
                        if variable == SPIKES
                        else self.neurons[layer].value(
                            variable, new[layer], values[layer], number, active[layer],
                            spikes.get(layer),
                        )
                    )  # fmt: skip
            return (new, waiting), out

        numbers = jnp.arange(steps, dtype=jnp.int32)
        return jax.lax.scan(step, (states, waiting), (numbers, received, driven))[1]

    def _product(self, spikes, weights, steps: int):
        if isinstance(spikes, InputSpikes):
            return event_product(spikes, weights, steps)
        flat = spikes.reshape(-1, spikes.shape[-1]) @ weights
        return flat.reshape(*spikes.shape[:-1], weights.shape[-1])

    def _size(self, name: str) -> int:
        return self.inputs if name == INPUT else self.layers[name].neurons

    def _checked_inputs(self, inputs, steps: int | None):
        if isinstance(inputs, InputSpikes):
            if inputs.units != self.inputs:
                raise ValueError(f"inputs have {inputs.units} units; the network {self.inputs}")
            if steps is None:
                raise ValueError("steps must be given with InputSpikes")
            return inputs.batch, steps, inputs
        shape = np.shape(inputs)
        if len(shape) != 3 or shape[2] != self.inputs or steps not in (None, shape[1]):
            wanted = "steps" if steps is None else steps
            raise ValueError(
                f"inputs have shape {shape}; expected (batch, {wanted}, {self.inputs})"
            )
        return shape[0], shape[1], jnp.swapaxes(jnp.asarray(inputs), 0, 1)

    def _checked_initial(self, initial: Mapping, state: Mapping) -> dict:
        values = {}
        for name, value in initial.items():
            if name not in state:
                raise ValueError(f"initial value for unknown variable {name!r}")
            try:
                values[name] = jnp.broadcast_to(value, state[name].shape).astype(state[name].dtype)
            except ValueError:
                raise ValueError(
                    f"initial value of {name!r} has shape {np.shape(value)}; "
                    f"expected {state[name].shape}"
                ) from None
        return values

    def _checked_drive(self, drive: Mapping, steps: int, batch: int) -> dict:
        for name, value in drive.items():
            layer, _, parameter = name.partition(".")
            if layer not in self.neurons or parameter not in self.neurons[layer].code.parameters:
                raise ValueError(f"drive of unknown parameter {name!r}")
            shape, full = np.shape(value), (steps, batch, self.layers[layer].neurons)
            fits = len(shape) == 3 and shape[0] == steps
            if not fits or any(n not in (1, m) for n, m in zip(shape[1:], full[1:], strict=True)):
                raise ValueError(
                    f"drive {name!r} has shape {shape}; expected ({steps}, {batch} or 1, "
                    f"{full[2]} or 1)"
                )
        return {name: jnp.asarray(value) for name, value in drive.items()}

    def _check_connections(self) -> None:
        seen = set()
        for c in self.connections:
            unknown = [name for name in (c.source, c.target) if name not in self.layers]
            if unknown and (c.source != INPUT or c.target not in self.layers):
                raise ValueError(
                    f"connection {c.weights!r}: there is no layer {unknown[-1]!r}; "
                    f"there are {', '.join(self.layers)}"
                )
            if c.weights in seen:
                raise ValueError(f"two connections are called {c.weights!r}")
            seen.add(c.weights)
        for name in self.layers:
            if f"{name}.w" in seen:
                raise ValueError(f"{name!r} is the name of a layer and of a connection")

    def _check_variables(self) -> None:
        for name, neuron in self.neurons.items():
            if SPIKES in (*neuron.code.state, *neuron.code.parameters, *neuron.code.subexpressions):
                raise ValueError(
                    f"{SPIKES!r} of layer {name!r} are its spikes: rename the variable"
                )

    def _check_sources(self) -> None:
        for c in self.connections:
            if c.source != INPUT and not self.neurons[c.source].spikes:
                raise ValueError(f"connection {c.weights!r}: layer {c.source!r} never spikes")

    def _recordable(self, name: str) -> tuple[str, str, str]:
        layer, _, variable = name.partition(".")
        if layer not in self.layers:
            raise ValueError(f"cannot record {name!r}: there is no layer {layer!r}")
        code = self.neurons[layer].code
        known = [*code.state, *code.subexpressions, *([SPIKES] if code.threshold else [])]
        if variable not in known:
            raise ValueError(f"cannot record {name!r}; layer {layer!r} has {', '.join(known)}")
        return name, layer, variable


def _own(values: Mapping, layer: str) -> dict:
    """Return what belongs to a layer, without its name."""
    prefix = f"{layer}."
    return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}


def _delayed(received, delay: int):
    """Shift what is received, (steps, ...), to later steps."""
    if not delay:
        return received
    silence = jnp.zeros_like(received[:delay])
    return jnp.concatenate([silence, received[: received.shape[0] - len(silence)]])


def _arrivals(inner, spikes, waiting) -> tuple[dict, dict]:
    """Return the spikes that arrive in this step, and those that wait for later ones."""
    arriving, later = {}, {}
    for c in inner:
        if c.delay:
            arriving[c] = waiting[c.weights][0]
            queue = [waiting[c.weights][1:], spikes[c.source][None]]
            later[c.weights] = jnp.concatenate(queue)
        else:
            arriving[c] = spikes[c.source]
    return arriving, later


def _any(state: Mapping):
    return max(state.values(), key=jnp.size)


def _real(state: Mapping):
    return next(v.dtype for v in state.values() if jnp.issubdtype(v.dtype, jnp.floating))


def _stages(names: list[str], connections: Sequence[Connection]) -> list[tuple[str, ...]]:
    """Return groups of layers that act on one another, each after those it listens to."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    number = {name: k for k, name in enumerate(names)}
    edges = [(number[c.source], number[c.target]) for c in connections if c.source != INPUT]
    matrix = np.zeros((len(names), len(names)), dtype=np.int8)
    for source, target in edges:
        matrix[source, target] = 1
    _, label = connected_components(csr_array(matrix), directed=True, connection="strong")
    waiting = {int(k): {int(label[s]) for s, t in edges if label[t] == k} - {int(k)} for k in label}
    stages, done = [], set()
    while waiting:
        ready = next(k for k in waiting if waiting[k] <= done)
        stages.append(tuple(name for name in names if label[number[name]] == ready))
        done.add(ready)
        del waiting[ready]
    return stages
