"""SuperSpike: weights that follow an error, an eligibility and a presynaptic trace.

::

    dW_ij/dt = e_i lambda_ij,       lambda_ij = alpha * [h(v_i) (epsilon * S_j)]
    e_i = alpha * (S_target,i - S_i)                          of output neurons
    e_k = sum_i B_ki e_i                                      of hidden neurons

(Zenke & Ganguli, SuperSpike: Supervised learning in multilayer spiking neural networks, Neural
Comput 30:1514, 2018). h is the surrogate derivative at the distance of neuron i from its threshold,
and epsilon its response to a spike of weight one, without threshold and refractoriness: of a
`NeuronModel`, its equations linearised where the neuron is. alpha is a double exponential. B feeds
the error back: the transposed output weights (symmetric), or any other fixed matrix. Left out, h
and alpha are 1 and no filter: with symmetric feedback that is the error passed straight through
the weights (`through_weights`; Braun, NENS report 2020).

Order in a time step, the same as in `bionet.models.superspike`: the neurons' equations and the
traces go on by a step, and e decays; dW grows by dt e lambda, lambda being that of the step before;
lambda takes up h (epsilon * S) of this step; threshold; spikes arrive, and enter epsilon * S and e;
reset. Without alpha, dW grows by (S_target - S) (epsilon * S) of one and the same step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp

from bionet.gradient.errors import NotDifferentiableError
from bionet.gradient.layers import INPUT
from bionet.gradient.moments import moments
from bionet.gradient.network import DifferentiableNetwork
from bionet.gradient.neuron import DifferentiableNeuron
from bionet.gradient.spike_train_filter import DoubleExponential
from bionet.gradient.stages import delayed
from bionet.gradient.surrogates import Surrogate

__all__ = ["SuperSpike", "through_weights"]

#: What stands for h where there is none.
_ONE = Surrogate("one", 1.0, jnp.ones_like, lambda u: u)


class SuperSpike:
    """The rule for a network of one layer, or of a hidden and an output layer.

    Parameters
    ----------
    network : DifferentiableNetwork
        From the input to its first layer and from that to a second one, if there is one.
    surrogate : Surrogate, optional
        h, whose ``scale`` is threshold minus rest for neurons in volts; without it h = 1.
    kernel : DoubleExponential, optional
        alpha; without it, nothing is filtered.

    Raises
    ------
    ValueError
        If the network has other connections, or more layers.
    NotDifferentiableError
        If a layer never spikes.
    """

    def __init__(
        self,
        network: DifferentiableNetwork,
        *,
        surrogate: Surrogate | None = None,
        kernel: DoubleExponential | None = None,
    ):
        names = list(network.layers)
        chain = [(source, name) for source, name in zip([INPUT, *names], names, strict=False)]
        found = {(c.source, c.target): c for c in network.connections}
        if (
            len(names) > 2
            or sorted(found) != sorted(chain)
            or len(network.connections) > len(chain)
        ):
            raise ValueError(
                "SuperSpike is for one layer, or two of which the second hears the first; found "
                + ", ".join(f"{c.source} to {c.target}" for c in network.connections)
            )
        for name, neuron in network.neurons.items():
            if not neuron.spikes:
                raise NotDifferentiableError(f"layer {name!r} never spikes: it has no error")
        self.network, self.kernel = network, kernel
        self.dt = float(network.dt)
        self.chain = tuple(found[pair] for pair in chain)
        factor = _ONE if surrogate is None else surrogate
        self._free = {
            c.target: DifferentiableNeuron(
                _without_refractoriness(network.layers[c.target].model),
                network.dt,
                factor,
                driven=(c.variable,),
            )
            for c in self.chain
        }

    def __call__(self, parameters: Mapping, inputs, target, *, feedback=None) -> tuple[dict, dict]:
        """Return what the rule adds to the weights over some samples, per unit of learning rate.

        Parameters
        ----------
        parameters : mapping of str to array
            See `DifferentiableNetwork.check`.
        inputs : array, (batch, steps, inputs)
        target : array, (steps, batch, outputs)
            Spikes that the last layer should have.
        feedback : array, (outputs, hidden), optional
            B transposed; the output weights transposed by default.

        Returns
        -------
        updates : dict of str to array
            By the weights' names, the mean over samples of the changes.
        spikes : dict of str to array, (steps, batch, neurons)
            Of each layer.

        Raises
        ------
        ValueError
            If a shape does not fit.
        """
        layers = [c.target for c in self.chain]
        outputs = self.network(parameters, inputs, record=[f"{name}.spikes" for name in layers])
        spikes = {name: outputs[f"{name}.spikes"] for name in layers}
        output = spikes[layers[-1]]
        if jnp.shape(target) != output.shape:
            raise ValueError(f"target has shape {jnp.shape(target)}; expected {output.shape}")
        errors = {layers[-1]: self._error(jnp.asarray(target, output.dtype) - output)}
        if len(layers) == 2:
            weights = parameters[self.chain[1].weights]
            back = weights.T if feedback is None else jnp.asarray(feedback, output.dtype)
            if back.shape != weights.T.shape:
                raise ValueError(f"feedback has shape {back.shape}; expected {weights.T.shape}")
            errors[layers[0]] = errors[layers[-1]] @ back
        sources = [jnp.swapaxes(jnp.asarray(inputs, output.dtype), 0, 1), spikes[layers[0]]]
        updates = {
            c.weights: self._update(c, parameters, delayed(heard, c.delay), errors[c.target])
            for c, heard in zip(self.chain, sources, strict=False)
        }
        return updates, spikes

    def _error(self, difference):
        if self.kernel is None:
            return difference
        return self.kernel.filtered(difference, self.dt)

    def _update(self, connection, parameters, heard, error):
        """Return the mean over the batch of what the weights of one connection should add."""
        name, weights = connection.target, parameters[connection.weights]
        neuron, free = self.network.neurons[name], self._free[name]
        own = {
            key.removeprefix(f"{name}."): value
            for key, value in parameters.items()
            if key.startswith(f"{name}.")
        }
        batch, (inputs, neurons) = heard.shape[1], weights.shape
        state = neuron.initial((batch, neurons), weights.dtype, own)
        nothing = jnp.zeros((inputs, batch, neurons), weights.dtype)
        real = [key for key in free.code.state if jnp.issubdtype(state[key].dtype, jnp.floating)]
        traces = {key: nothing for key in real}
        eligibility = () if self.kernel is None else (nothing, nothing)

        def step(carry, here):
            state, traces, eligibility, total = carry
            now, arriving, error = here
            traces, response = _responses(free, state, traces, own, now)
            if self.kernel is None:
                total = total + jnp.einsum("bn,ibn->in", error, response)
            else:
                eligible = self._eligible(eligibility)
                total = total + self.dt * jnp.einsum("bn,ibn->in", error, eligible)
                eligibility = self._taken_up(eligibility, response)
            new, active = neuron.update(state, own, now)
            spikes = neuron.spike(new, own, now, active)
            new = neuron.receive(new, connection.variable, arriving @ weights, active, spikes)
            new = neuron.reset(new, own, now, spikes)
            driven = traces[connection.variable] + arriving.T[:, :, None]
            return (new, {**traces, connection.variable: driven}, eligibility, total), None

        steps = moments(heard.shape[0], self.dt, weights.dtype)
        begin = (state, traces, eligibility, jnp.zeros_like(weights))
        with jax.default_matmul_precision("highest"):
            (_, _, _, total), _ = jax.lax.scan(step, begin, (steps, heard, error))
        return total / batch

    def _eligible(self, eligibility):
        slow, fast = eligibility
        rise, decay = self.kernel.rise, self.kernel.decay
        return (decay * slow - rise * fast) / (decay - rise)

    def _taken_up(self, eligibility, response):
        rise, decay = self.kernel.decays(self.dt)
        slow, fast = eligibility
        return decay * slow + (1 - decay) * response, rise * fast + (1 - rise) * response


def through_weights(network: DifferentiableNetwork) -> SuperSpike:
    """Return the rule without surrogate and without filters: error spikes times filtered input.

    With symmetric feedback a hidden neuron's error is ``W_out^T (S_target - S)``, passed straight
    through the weights (Braun, NENS report 2020).

    Parameters
    ----------
    network : DifferentiableNetwork
    """
    return SuperSpike(network)


def _responses(free: DifferentiableNeuron, state, traces, parameters, now):
    """Return the traces a step later, and h times the response to each input."""
    real = {key: state[key] for key in traces}

    def forward(values):
        new, _ = free.update(values, parameters, now)
        return {key: new[key] for key in traces}, free.spike(new, parameters, now, True)

    _, along = jax.linearize(forward, real)
    return jax.vmap(along)(traces)


def _without_refractoriness(model):
    return dataclasses.replace(
        model, equations=model.equations.replace("(unless refractory)", ""), refractory=False
    )
