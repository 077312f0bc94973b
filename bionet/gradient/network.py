"""A network of layers as one pure function of its parameters, its inputs and its initial state.

Every layer goes through the slots of Brian2's time step (state update, threshold, arrival of
spikes, reset) inside ``lax.scan``. Layers that act on one another, in whatever circle, share one
scan; a layer that only receives runs after those that it listens to, all its input being summed
before in one product, which gives the same numbers in less time.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from bionet.gradient.layers import INPUT, Connection, Layer
from bionet.gradient.moments import moments
from bionet.gradient.network_checks import (
    SPIKES,
    check_connections,
    check_neurons,
    check_parameters,
    check_times,
    checked_drive,
    checked_initial,
    checked_inputs,
    recordable,
)
from bionet.gradient.neuron import DifferentiableNeuron
from bionet.gradient.stages import arrivals, delayed, stages
from bionet.gradient.transmission import carried, from_inputs

if TYPE_CHECKING:
    from brian2 import Quantity

__all__ = ["DifferentiableNetwork"]


class DifferentiableNetwork:
    """Layers of neuron models with dense connections, differentiable by all its parameters.

    Parameters
    ----------
    layers : sequence of Layer
    connections : sequence of Connection
    inputs : int or mapping of str to int
        Number of input units, whose name as a source is ``"input"``; or those of several
        populations by their names, which lie one behind the other in the inputs of a call.
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

    Notes
    -----
    Time is Brian2's: the number of the step times dt. What is made of ``t`` and ``lastspike`` is
    rounded as in Brian2, so that in double precision conditions on time hold in the same steps. In
    single precision t is rounded once more: a condition whose two sides are equal but for the last
    digits may hold a step apart.

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
        inputs: int | Mapping[str, int],
        dt: Quantity,
        record: Sequence[str] = (),
    ):
        self.layers = {layer.name: layer for layer in layers}
        self.connections = tuple(connections)
        sizes = dict(inputs) if isinstance(inputs, Mapping) else {INPUT: inputs}
        ends = list(itertools.accumulate(sizes.values()))
        #: Which of the input units each population is.
        self.populations = {
            name: slice(end - size, end)
            for (name, size), end in zip(sizes.items(), ends, strict=True)
        }
        self.inputs, self.dt, self.record = sum(sizes.values()), dt, tuple(record)
        if len(self.layers) < len(layers):
            raise ValueError("two layers have the same name")
        check_connections(self)
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
        check_neurons(self)
        for name in self.record:
            recordable(self, name)
        self._stages = stages(list(self.layers), self.connections)

    @property
    def weights(self) -> dict[str, tuple[int, int]]:
        """Shapes of all weights, (source neurons, target neurons), by their names."""
        return {
            c.weights: (self._size(c.source), self.layers[c.target].neurons)
            for c in self.connections
        }

    @property
    def feedback_weights(self) -> dict[str, tuple[int, int]]:
        """Shapes of all feedback weights, (target neurons, source neurons), by their names."""
        return {
            c.feedback_weights: (self.layers[c.target].neurons, self._size(c.source))
            for c in self.connections
            if c.feedback.has_weights
        }

    def check(self, parameters: Mapping) -> None:
        """Refuse parameters that do not fit the network.

        Parameters
        ----------
        parameters : mapping of str to array
            Weights ``"<source>_<target>.w"``, feedback weights ``"<source>_<target>.feedback"``
            where a connection has some, and whatever of ``"<layer>.<parameter>"`` differs from the
            model's value: a scalar or (neurons,), SI units.

        Raises
        ------
        ValueError
            If weights are missing or have a wrong shape or type, or a name is unknown; names it.
        """
        check_parameters(self, parameters)

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
        batch, steps, spikes = checked_inputs(self, inputs, steps)
        dtype = jnp.result_type(*[parameters[name] for name in self.weights] or [float])
        check_times(self, steps, dtype)
        given = initial or {}
        state = self.initial_state(batch, parameters, dtype=dtype, key=key, given=tuple(given))
        state |= checked_initial(given, state)
        drive = checked_drive(self, drive or {}, steps, batch)
        recorded = [recordable(self, n) for n in (self.record if record is None else record)]
        trains, outputs = {}, {}
        with jax.default_matmul_precision("highest"):  # GPUs would round, and shift spikes
            for stage in self._stages:
                received = self._received(stage, parameters, spikes, trains, steps)
                run = self._scan(
                    stage, parameters, state, received, drive, (steps, batch), recorded, smooth
                )
                trains |= {name: run.pop(name) for name in stage if name in run}
                outputs |= run
        return {name: outputs[name] for name, _, _ in recorded}

    def _received(self, stage, parameters, spikes, trains, steps: int) -> dict:
        """Return what a stage receives in each step from inputs and from stages before it."""
        received = {}
        for c in self.connections:
            if c.target in stage and c.source not in stage:
                if c.source in self.populations:
                    own = self.populations[c.source]
                    product = from_inputs(spikes, own, parameters[c.weights], steps)
                else:
                    product = carried(trains[c.source], c, parameters)
                received[c.weights] = delayed(product, c.delay)
        return received

    def _scan(self, stage, parameters, state, received, drive, size, recorded, smooth) -> dict:
        """Run the layers of one stage; return their spikes by layer, and what is recorded."""
        steps, batch = size
        inner = [c for c in self.connections if c.target in stage and c.source in stage]
        heard = {c.source for c in self.connections if c.target not in stage}
        own = {name: _own(parameters, name) for name in stage}
        states = {name: _own(state, name) for name in stage}
        driven = {name: _own(drive, name) for name in stage}
        batch_and_neurons = {name: (batch, self.layers[name].neurons) for name in stage}
        dtype = jnp.result_type(*[parameters[name] for name in self.weights] or [float])
        waiting = {
            c.weights: jnp.zeros((c.delay, *batch_and_neurons[c.source]), dtype)
            for c in inner
            if c.delay
        }

        def step(carry, xs):
            states, waiting = carry
            now, received, driven = xs
            values = {name: {**own[name], **driven[name]} for name in stage}
            new, active, spikes = {}, {}, {}
            for name in stage:
                neuron = self.neurons[name]
                new[name], active[name] = neuron.update(states[name], values[name], now)
                if neuron.spikes:
                    fired = neuron.spike(new[name], values[name], now, active[name], smooth=smooth)
                    # a threshold may ask for the time alone, which all neurons share
                    spikes[name] = jnp.broadcast_to(fired, batch_and_neurons[name])
            arriving, waiting = arrivals(inner, spikes, waiting)
            for c in self.connections:
                if c.weights in received:
                    amount = received[c.weights]
                elif c in inner:
                    amount = carried(arriving[c], c, parameters)
                else:
                    continue
                new[c.target] = self.neurons[c.target].receive(
                    new[c.target], c.variable, amount, active[c.target], spikes.get(c.target)
                )
            for name in spikes:
                new[name] = self.neurons[name].reset(
                    new[name], values[name], now, spikes[name], smooth=smooth
                )
            out = {name: spikes[name] for name in stage if name in heard}
            for full, layer, variable in recorded:
                if layer in stage:
                    value = (
                        spikes[layer]
                        if variable == SPIKES
                        else self.neurons[layer].value(
                            variable, new[layer], values[layer], now, active[layer],
                            spikes.get(layer),
                        )
                    )  # fmt: skip
                    out[full] = jnp.broadcast_to(value, batch_and_neurons[layer])
            return (new, waiting), out

        each = moments(steps, float(self.dt), dtype)
        return jax.lax.scan(step, (states, waiting), (each, received, driven))[1]

    def _size(self, name: str) -> int:
        if name in self.populations:
            own = self.populations[name]
            return own.stop - own.start
        return self.layers[name].neurons


def _own(values: Mapping, layer: str) -> dict:
    """Return what belongs to a layer, without its name."""
    prefix = f"{layer}."
    return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}
