"""What a ``weight_transport`` run needs of the networks of one rule, whatever they are made of.

A learner begins networks, trains them for an epoch, and measures how well they classify and how far
their feedback is from backpropagation's. Networks are its state's first axis.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bionet.runs.weight_transport_configuration import SpikingTable, WeightTransport

if TYPE_CHECKING:
    from bionet.gradient import InputSpikes
    from bionet.gradient.training_state import TrainingState
    from bionet.stimuli import ImageSet

__all__ = ["AbstractLearner", "Measured", "RateLearner", "images_of", "inputs_of", "learner_of"]


@dataclass(frozen=True)
class Measured:
    """What networks can do, and their angles.

    Attributes
    ----------
    accuracy : ndarray, (networks,)
        Fraction of the test images.
    weight_angle : ndarray, (networks, connections)
        Between what carries errors back and the transposed forward weights, degrees.
    delta_angle : ndarray, (networks, hidden layers)
        Between what a layer is taught and what backpropagation would teach it, degrees.
    """

    accuracy: np.ndarray
    weight_angle: np.ndarray
    delta_angle: np.ndarray


class AbstractLearner(ABC):
    """Networks of one rule.

    Attributes
    ----------
    connections : tuple of str
        Of which weight angles are measured.
    hidden : tuple of str
        Hidden layers, of which delta angles are measured.
    """

    connections: tuple[str, ...]
    hidden: tuple[str, ...]

    @abstractmethod
    def begun(self, repeats: Sequence[int]) -> TrainingState:
        """Return untrained networks, one a repeat, after a first mirror phase if there is one."""

    @abstractmethod
    def epoch(
        self, state: TrainingState, number: int, repeats: Sequence[int]
    ) -> tuple[TrainingState, np.ndarray]:
        """Return the networks after an epoch, counted from 1, and their mean losses in it."""

    @abstractmethod
    def measured(self, state: TrainingState) -> Measured:
        """Return what the networks can do."""


class RateLearner(AbstractLearner):
    """Networks of sigmoid units, `bionet.gradient.rate_network`.

    Parameters
    ----------
    configuration : WeightTransport
    rule : str
    devices : list of jax.Device
    train, test : (images, labels)
        Images (n, pixels), labels (n,), both on a device already.
    """

    def __init__(self, configuration: WeightTransport, rule: str, devices, train, test):
        from bionet.gradient.feedback import FEEDBACK_RULES
        from bionet.gradient.mirror import MirrorRule
        from bionet.gradient.rate_network import RateNetwork
        from bionet.gradient.rate_training import RateTrainer

        data, mirror = configuration.data, configuration.mirror
        hidden = configuration.network.hidden
        self.hidden = tuple(f"hidden {k}" for k in range(1, len(hidden) + 1))
        layers = ("input", *self.hidden, "output")
        self.connections = tuple(f"{a} to {b}" for a, b in itertools.pairwise(layers))
        self._seed, self._mirror = configuration.training.seed, mirror
        self._train, self._test = train, test
        self._first = configuration.measurement.samples
        self._network = RateNetwork((data.inputs, *hidden, data.classes), FEEDBACK_RULES[rule])
        self._trainer = RateTrainer(
            self._network,
            optimiser_of(configuration, rule),
            batch=configuration.training.batch,
            mirror=MirrorRule(mirror.rate, mirror.decay, mirror.centred),
            amplitude=mirror.amplitude,
            devices=devices,
        )

    def begun(self, repeats):
        """Return untrained networks; those of a repeat begin alike whatever the rule."""
        each = [self._network.initial([self._seed, repeat]) for repeat in repeats]
        state = self._trainer.begun({name: np.stack([p[name] for p in each]) for name in each[0]})
        if self._network.rule.mirrors and self._mirror.before:
            state = self._trainer.mirrored(
                state, seed=self._seed, number=0, seeds=repeats, batches=self._mirror.before
            )
        return state

    def epoch(self, state, number, repeats):
        """Return the networks after an epoch and their mean losses in it."""
        state, loss = self._trainer.epoch(
            state, *self._train, seed=self._seed, number=number, seeds=repeats
        )
        return state, loss.mean(axis=1)

    def measured(self, state):
        """Return accuracy, angles of the weights of each layer and of the errors at hidden ones."""
        few = [array[: self._first] for array in self._train]
        return Measured(
            self._trainer.accuracy(state, *self._test), *self._trainer.angles(state, *few)
        )


def optimiser_of(configuration: WeightTransport, rule: str) -> Any:
    """Return a rule's optimiser; for Kolen & Pollack's with the decay of both weights."""
    import optax

    from bionet.gradient.rate_training import decaying

    rules = configuration.rules
    rate = rules.learning_rates[rules.names.index(rule)]
    optimiser = getattr(optax, configuration.training.optimiser)(rate)
    if rule != "kolen_pollack":
        return optimiser
    return decaying(optimiser, rules.decay, (".w", ".feedback"))


def images_of(configuration: WeightTransport, split: str) -> ImageSet:
    """Return all images of a split.

    Parameters
    ----------
    configuration : WeightTransport
    split : {"train", "test"}

    Raises
    ------
    StimulusError
        If files are missing, damaged or cannot be downloaded.
    """
    from bionet import stimuli

    return getattr(stimuli, configuration.data.name)(split, configuration.data.folder)


def inputs_of(configuration: WeightTransport, split: str):
    """Return the images of a split as a network takes them, and their labels.

    Parameters
    ----------
    configuration : WeightTransport
    split : {"train", "test"}

    Returns
    -------
    inputs : array, (n, pixels), or InputSpikes of n samples
    labels : array of int, (n,)

    Raises
    ------
    StimulusError
        As `images_of`.
    """
    import jax.numpy as jnp

    kept = slice(getattr(configuration.data, split))
    found = images_of(configuration, split)
    images = found.images[kept].reshape(-1, configuration.data.inputs)
    labels = jnp.asarray(found.labels[kept], jnp.int32)
    if configuration.network.model == "rate":
        return jnp.asarray(images), labels
    return _spikes(configuration.spiking, images), labels


def _spikes(table: SpikingTable, images) -> InputSpikes:
    from bionet.gradient import latency_spikes
    from bionet.stimuli import spike_latencies

    return latency_spikes(
        spike_latencies(images, table.steps, tau=table.tau / table.step, threshold=table.threshold)
    )


def learner_of(configuration: WeightTransport, rule: str, devices, train, test) -> AbstractLearner:
    """Return the learner of a rule; see `RateLearner` and `SpikingLearner` for the parameters."""
    if configuration.network.model == "rate":
        return RateLearner(configuration, rule, devices, train, test)
    from bionet.runs.weight_transport_spiking import SpikingLearner

    return SpikingLearner(configuration, rule, devices, train, test)
