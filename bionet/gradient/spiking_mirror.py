"""Weight mirror of spiking layers: traces of noisy input, correlated with the spikes they cause.

In the mirror phase of a connection the sources' spike counts in each step are independent normal
numbers x around a mean that is balanced out, and what the targets answer with, y, their spikes (or
v, where they have none), is multiplied with a trace of the input::

    r_j(t) = r_j(t - dt) exp(-dt/tau) + x_j(t)
    dB = eta_B sum over samples and t of y(t) r(t)^T - lambda_B B

A target sees the noise through its weights alone, so by Stein's lemma E[y_i r_j] = sigma^2 W_ji c_i
with a positive factor c_i, how strongly input moves the neuron, threshold and reset included: each
target's row of B comes to point where its weights do, as in a rate network (Akrout et al. 2019,
eq. 7).
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from bionet.gradient.layers import INPUT, Connection
from bionet.gradient.mirror import MirrorRule
from bionet.gradient.network import DifferentiableNetwork

__all__ = ["SpikingMirror"]


class SpikingMirror:
    """Mirror phases of all connections of a network whose feedback mirrors.

    Parameters
    ----------
    network : DifferentiableNetwork
    rule : MirrorRule
    amplitude : float
        Standard deviation of the noise, spikes a step.
    tau : Quantity
        Of the trace; that of the membrane serves well.
    steps : int
        Of a sample of noise.
    batch : int
        Samples.
    answer : str
        Variable of targets that have no spikes.

    Raises
    ------
    ValueError
        If a number makes no sense, or there is nothing to mirror.
    """

    def __init__(
        self,
        network: DifferentiableNetwork,
        rule: MirrorRule,
        *,
        amplitude: float,
        tau,
        steps: int,
        batch: int,
        answer: str = "v",
    ):
        for name, value in {"amplitude": amplitude, "steps": steps, "batch": batch}.items():
            if not value > 0:
                raise ValueError(f"{name} must be positive; found {value}")
        self.rule, self.amplitude, self.steps, self.batch = rule, amplitude, steps, batch
        self._kept = float(np.exp(-np.asarray(network.dt) / np.asarray(tau)))
        self._alone = {c: _alone(network, c, answer) for c in _mirrored(network.connections)}
        if not self._alone:
            raise ValueError("no connection of the network has a weight mirror")

    def updated(self, parameters: dict, key) -> dict:
        """Return the parameters after a batch of noise through each connection by itself.

        Parameters
        ----------
        parameters : dict of str to array
            Of one network.
        key : jax.random key
        """
        new = dict(parameters)
        keys = jax.random.split(key, len(self._alone))
        for (c, alone), own_key in zip(self._alone.items(), keys, strict=True):
            weights = parameters[c.weights]
            shape = (self.batch, self.steps, weights.shape[0])
            noise = self.amplitude * jax.random.normal(own_key, shape, weights.dtype)
            given = {f"{INPUT}_{c.target}.w": weights}
            given |= {k: v for k, v in parameters.items() if k.startswith(f"{c.target}.")}
            (answer,) = alone(given, noise).values()
            trace = self._trace(jnp.swapaxes(noise, 0, 1))
            new[c.feedback_weights] = self.rule.updated(
                parameters[c.feedback_weights], _rows(trace), _rows(answer)
            )
        return new

    def _trace(self, noise):
        """Return r, (steps, batch, sources)."""

        def step(r, x):
            r = self._kept * r + x
            return r, r

        return jax.lax.scan(step, jnp.zeros_like(noise[0]), noise)[1]


def _mirrored(connections: Sequence[Connection]) -> list[Connection]:
    return [c for c in connections if c.feedback.mirrors]


def _alone(network: DifferentiableNetwork, c: Connection, answer: str) -> DifferentiableNetwork:
    """Return the target of a connection with no other input."""
    record = f"{c.target}.{'spikes' if network.neurons[c.target].spikes else answer}"
    return DifferentiableNetwork(
        [network.layers[c.target]],
        [Connection(INPUT, c.target, c.variable)],
        inputs=network.weights[c.weights][0],
        dt=network.dt,
        record=[record],
    )


def _rows(array):
    return array.reshape(-1, array.shape[-1])
