"""Spiking networks of a ``weight_transport`` run: hidden layers of LIF neurons, a leaky readout.

Images come in as latencies, weights learn by surrogate gradients, and errors go back from layer to
layer by one rule, through time as in the network that runs forward. Where the rule is the weight
mirror, there is a phase of noise before the first epoch and after each.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.weight_transport_configuration import WeightTransport
from bionet.runs.weight_transport_learners import (
    AbstractLearner,
    Measured,
    optimiser_of,
)

if TYPE_CHECKING:
    from bionet.gradient import DifferentiableNetwork

__all__ = ["SpikingLearner", "spiking_network"]

READOUT = "readout"


class SpikingLearner(AbstractLearner):
    """Networks of spiking neurons, see `bionet.models.unit_lif`.

    Parameters
    ----------
    configuration : WeightTransport
    rule : str
    devices : list of jax.Device
    train, test : (InputSpikes, labels)
    """

    def __init__(self, configuration: WeightTransport, rule: str, devices, train, test):
        import jax
        from brian2 import second

        from bionet.gradient import Classification, Trainer
        from bionet.gradient.feedback import BACKPROPAGATION, FEEDBACK_RULES
        from bionet.gradient.mirror import MirrorRule
        from bionet.gradient.over_networks import over_networks
        from bionet.gradient.spiking_mirror import SpikingMirror

        spiking, mirror = configuration.spiking, configuration.mirror
        self._seed, self._mirror, self._gain = configuration.training.seed, mirror, spiking.gain
        self._spiking, self._test, self._train = spiking, test, train
        self._rule = FEEDBACK_RULES[rule]
        self._network = spiking_network(configuration, self._rule)
        self._exact = spiking_network(configuration, BACKPROPAGATION)
        self._objective = Classification(f"{READOUT}.v")
        self._trainer = Trainer(
            self._network,
            self._objective,
            optimiser_of(configuration, rule),
            steps=spiking.steps,
            classes=configuration.data.classes,
            batch=configuration.training.batch,
            devices=devices,
        )
        inner = [c for c in self._network.connections if c.source != "input"]
        self._inner = inner
        self.connections = tuple(f"{_shown(c.source)} to {_shown(c.target)}" for c in inner)
        self.hidden = tuple(_shown(c.source) for c in inner)
        self._angles = over_networks(self._one_measurement, devices, shared=2)
        if self._rule.mirrors:
            self._phase = SpikingMirror(
                self._network,
                MirrorRule(mirror.rate, mirror.decay, mirror.centred),
                amplitude=mirror.amplitude,
                tau=spiking.tau_mem * second,
                steps=spiking.steps,
                batch=configuration.training.batch,
            )
            self._mirrored = over_networks(self._one_mirror_phase, devices, shared=0)
        few = configuration.measurement.samples
        self._few = (jax.tree.map(lambda a: a[:few] if len(a) > 1 else a, train[0]), train[1][:few])

    def begun(self, repeats):
        """Return untrained networks; those of a repeat begin alike whatever the rule."""
        each = [self._initial(repeat) for repeat in repeats]
        state = self._trainer.begun({name: np.stack([p[name] for p in each]) for name in each[0]})
        return self._after_noise(state, 0, repeats, self._mirror.before)

    def epoch(self, state, number, repeats):
        """Return the networks after an epoch, noise included, and their mean losses in it."""
        state, metrics = self._trainer.epoch(state, *self._train, seed=self._seed, number=number)
        state = self._after_noise(state, number, repeats, self._mirror.between)
        return state, np.asarray(metrics.loss).mean(axis=1)

    def measured(self, state):
        """Return accuracy, angles of weights, and of the gradients of the weights onto layers."""
        found = self._angles(state.parameters, *self._few)
        weight_angle, gradient_angle = (np.asarray(each, float) for each in found)
        accuracy = self._trainer.evaluate(state, *self._test).accuracy
        return Measured(accuracy, weight_angle, gradient_angle)

    def _initial(self, repeat: int) -> dict[str, np.ndarray]:
        """Return the weights before training: normal, then the feedback weights likewise."""
        rng = np.random.default_rng([self._seed, repeat])
        scale = self._gain * (1 - np.exp(-self._spiking.step / self._spiking.tau_mem))
        parameters = {
            name: rng.normal(0, scale / np.sqrt(shape[0]), shape)
            for name, shape in self._network.weights.items()
        }
        for name, shape in self._network.feedback_weights.items():
            parameters[name] = rng.normal(0, scale / np.sqrt(shape[1]), shape)
        return {name: value.astype(np.float32) for name, value in parameters.items()}

    def _after_noise(self, state, number: int, repeats: Sequence[int], batches: int):
        from bionet.gradient.rate_training import noise_keys

        if not self._rule.mirrors or not batches:
            return state
        keys = noise_keys(self._seed, number, repeats)
        return self._mirrored((state, keys), option=batches)

    def _one_mirror_phase(self, own, batches: int):
        import jax
        import jax.numpy as jnp

        from bionet.gradient import TrainingState

        state, key = own

        def reflect(parameters, number):
            return self._phase.updated(parameters, jax.random.fold_in(key, number)), None

        parameters, _ = jax.lax.scan(reflect, state.parameters, jnp.arange(batches))
        return TrainingState(parameters, state.optimiser)

    def _one_measurement(self, parameters, spikes, labels, _):
        import jax
        import jax.numpy as jnp

        from bionet.gradient.alignment import angle

        own, exact = (
            jax.grad(partial(self._loss, network))(parameters, spikes, labels)
            for network in (self._network, self._exact)
        )
        onto = {c.target: c.weights for c in self._network.connections}
        weight_angles = [
            angle(
                c.feedback.matrix(parameters[c.weights], parameters.get(c.feedback_weights)),
                parameters[c.weights].T,
            )
            for c in self._inner
        ]
        gradient_angles = [angle(own[onto[c.source]], exact[onto[c.source]]) for c in self._inner]
        return jnp.array(weight_angles), jnp.array(gradient_angles)

    def _loss(self, network, parameters, spikes, labels):
        needed = network.weights | network.feedback_weights
        own = {name: value for name, value in parameters.items() if name in needed}
        outputs = network(own, spikes, steps=self._spiking.steps, record=self._objective.record)
        return self._objective.losses(outputs, labels, self._spiking.step).mean()


def spiking_network(configuration: WeightTransport, rule) -> DifferentiableNetwork:
    """Return the network whose errors go back by a rule.

    Parameters
    ----------
    configuration : WeightTransport
    rule : AbstractFeedbackRule
        Of all connections but that from the inputs.
    """
    from brian2 import second

    from bionet.gradient import Connection, DifferentiableNetwork, Layer, fast_sigmoid
    from bionet.models import LEAKY_READOUT, UNIT_LIF

    table, data = configuration.spiking, configuration.data
    constants = {"tau_mem": table.tau_mem * second, "tau_syn": table.tau_syn * second}
    lif, surrogate = UNIT_LIF.replaced(**constants), fast_sigmoid(table.slope)
    layers = [
        Layer(f"hidden_{k}", lif, n, surrogate)
        for k, n in enumerate(configuration.network.hidden, start=1)
    ]
    layers.append(Layer(READOUT, LEAKY_READOUT.replaced(**constants), data.classes))
    connections = [Connection("input", layers[0].name, "I")]
    connections += [
        Connection(a.name, b.name, "I", feedback=rule) for a, b in itertools.pairwise(layers)
    ]
    return DifferentiableNetwork(
        layers,
        connections,
        inputs=data.inputs,
        dt=table.step * second,
        record=[f"{READOUT}.v"],
    )


def _shown(layer: str) -> str:
    return "output" if layer == READOUT else layer.replace("_", " ")
