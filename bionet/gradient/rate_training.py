"""Training of rate networks that differ in numbers only, by whatever brings their errors back.

An epoch is one compiled call that scans over shuffled batches; networks are spread over the devices
there are. Where the rule is the weight mirror, a batch of noise goes through every layer after
each update (Akrout et al. 2019), and some before the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bionet.gradient.errors import refuse_divergence
from bionet.gradient.mirror import MirrorRule, uniform_noise
from bionet.gradient.over_networks import over_networks
from bionet.gradient.rate_network import RateNetwork
from bionet.gradient.training_state import TrainingState, all_finite
from bionet.gradient.whole_numbers import check_labels
from bionet.wording import counted

__all__ = ["RateTrainer", "decaying", "noise_keys"]


def decaying(optimiser: optax.GradientTransformation, decay: float, endings: tuple[str, ...]):
    """Return the optimiser with ``- decay * parameter`` added to some parameters' updates.

    Parameters
    ----------
    optimiser : optax.GradientTransformation
    decay : float
        lambda, in [0, 1); the part of itself that a parameter loses in each update.
    endings : tuple of str
        Endings of the names of the parameters that decay.

    Raises
    ------
    ValueError
        If the decay is out of range.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must lie in [0, 1); found {decay}")
    if not decay:
        return optimiser

    def which(parameters):
        return {name: name.endswith(endings) for name in parameters}

    return optax.chain(optimiser, optax.add_decayed_weights(-decay, mask=which))


class RateTrainer:
    """Trains rate networks of one shape and one rule.

    Parameters
    ----------
    network : RateNetwork
    optimiser : optax.GradientTransformation
    batch : int
        Samples an update.
    mirror : MirrorRule, optional
        Needed where the network's rule is the weight mirror.
    amplitude : float
        Of the mirror's noise, see `uniform_noise`.
    devices : sequence of jax.Device, optional
        Over which several networks are spread; all by default.

    Raises
    ------
    ValueError
        If a number makes no sense, or the mirror is missing.
    """

    def __init__(
        self,
        network: RateNetwork,
        optimiser: optax.GradientTransformation,
        *,
        batch: int = 128,
        mirror: MirrorRule | None = None,
        amplitude: float = 0.05,
        devices=None,
    ):
        if batch < 1:
            raise ValueError(f"batch must be at least 1; found {batch}")
        if network.rule.mirrors and mirror is None:
            raise ValueError("the weight mirror needs a MirrorRule")
        if not amplitude > 0:
            raise ValueError(f"amplitude must be positive; found {amplitude}")
        self.network, self.optimiser, self.batch = network, optimiser, batch
        self.mirror, self.amplitude = mirror, amplitude
        devices = list(jax.devices() if devices is None else devices)
        self._epoch = over_networks(self._one_epoch, devices, shared=3)
        self._mirrored = over_networks(self._one_mirror_phase, devices, shared=0)
        self._evaluate = over_networks(self._one_evaluation, devices, shared=2)
        self._angles = over_networks(self._one_measurement, devices, shared=2)

    def begun(self, parameters: Mapping) -> TrainingState:
        """Return the state of networks of which nothing is trained.

        Parameters
        ----------
        parameters : mapping of str to array, (networks, ...)
        """
        parameters = {name: jnp.asarray(value) for name, value in parameters.items()}
        return TrainingState(parameters, jax.vmap(self.optimiser.init)(parameters))

    def epoch(self, state: TrainingState, images, labels, *, seed: int, number: int, seeds):
        """Train all networks for one epoch: once through the samples, in a new random order.

        What does not fill a batch is left out until the next epoch's order.

        Parameters
        ----------
        state : TrainingState
        images : array, (n, inputs)
        labels : array of int, (n,)
        seed : int
            With `number`, what the order, the same for all networks, follows from.
        number : int
            Of the epoch, counted from 1.
        seeds : array of int, (networks,)
            What the mirror's noise of each network follows from, beside the two.

        Returns
        -------
        state : TrainingState
        loss : ndarray, (networks, batches)
            Mean over each batch, before its update.

        Raises
        ------
        DivergedError
            If a loss, its gradient, or a parameter after the update is no longer a number.
        ValueError
            If there are fewer samples than a batch has, or a label is out of range.
        """
        n = len(images)
        check_labels(labels, n, self.network.sizes[-1])
        if n < self.batch:
            raise ValueError(f"a batch of {self.batch} is not filled by {counted(n, 'sample')}")
        order = np.random.default_rng([seed, number]).permutation(n)
        order = order[: n - n % self.batch].reshape(-1, self.batch).astype(np.int32)
        own = (state, noise_keys(seed, number, seeds))
        new, loss, sound = self._epoch(own, images, jnp.asarray(labels, jnp.int32), order)
        loss = np.asarray(loss, float)
        refuse_divergence(number, loss, *sound)
        return new, loss

    def mirrored(self, state: TrainingState, *, seed: int, number: int, seeds, batches: int):
        """Return the state after a mirror phase.

        Parameters
        ----------
        state : TrainingState
        seed, number, seeds
            What the noise follows from, as for `epoch`.
        batches : int
            Of noise.
        """
        return self._mirrored((state, noise_keys(seed, number, seeds)), option=batches)

    def accuracy(self, state: TrainingState, images, labels) -> np.ndarray:
        """Return the fraction of samples that each network classifies correctly, (networks,)."""
        check_labels(labels, len(images), self.network.sizes[-1])
        right = self._evaluate(state.parameters, images, jnp.asarray(labels, jnp.int32))
        return np.asarray(right, float) / len(images)

    def angles(self, state: TrainingState, images, labels) -> tuple[np.ndarray, np.ndarray]:
        """Return the angles of `RateNetwork.weight_angles` and `delta_angles` of each network.

        Returns
        -------
        weights : ndarray, (networks, layers)
        deltas : ndarray, (networks, hidden layers)
        """
        check_labels(labels, len(images), self.network.sizes[-1])
        found = self._angles(state.parameters, images, jnp.asarray(labels, jnp.int32))
        return tuple(np.asarray(each, float) for each in found)

    def _one_epoch(self, own, images, labels, order, _):
        state, key = own
        gradient = jax.value_and_grad(
            lambda parameters, x, y: self.network.losses(parameters, x, y).mean()
        )

        def update(state, batch):
            index, number = batch
            loss, slope = gradient(state.parameters, images[index], labels[index])
            change, optimiser = self.optimiser.update(slope, state.optimiser, state.parameters)
            parameters = optax.apply_updates(state.parameters, change)
            if self.network.rule.mirrors:
                parameters = self._reflected(parameters, jax.random.fold_in(key, number))
            return TrainingState(parameters, optimiser), (loss, all_finite(slope, parameters))

        numbers = jnp.arange(order.shape[0])
        state, (loss, sound) = jax.lax.scan(update, state, (order, numbers))
        return state, loss, sound

    def _one_mirror_phase(self, own, batches):
        state, key = own

        def reflect(parameters, number):
            return self._reflected(parameters, jax.random.fold_in(key, number)), None

        parameters, _ = jax.lax.scan(reflect, state.parameters, jnp.arange(batches))
        return TrainingState(parameters, state.optimiser)

    def _reflected(self, parameters, key):
        """Feed a batch of noise to each layer by itself."""
        new = dict(parameters)
        keys = jax.random.split(key, len(self.network.layers))
        for layer, own_key in zip(self.network.layers, keys, strict=True):
            weights, feedback = parameters[f"{layer}.w"], parameters[f"{layer}.feedback"]
            noise = uniform_noise(
                own_key, (self.batch, weights.shape[0]), self.amplitude, weights.dtype
            )
            answer = jax.nn.sigmoid(noise @ weights + parameters[f"{layer}.bias"])
            new[f"{layer}.feedback"] = self.mirror.updated(feedback, noise, answer)
        return new

    def _one_evaluation(self, parameters, images, labels, _):
        return (self.network.logits(parameters, images).argmax(axis=-1) == labels).sum()

    def _one_measurement(self, parameters, images, labels, _):
        return (
            self.network.weight_angles(parameters),
            self.network.delta_angles(parameters, images, labels),
        )


@jax.jit
def _folded(seed, number, seeds):
    key = jax.random.fold_in(jax.random.key(seed), number)
    return jax.vmap(partial(jax.random.fold_in, key))(seeds)


def noise_keys(seed: int, number: int, seeds):
    """Return a random key for each network's noise in an epoch.

    Parameters
    ----------
    seed : int
    number : int
        Of the epoch.
    seeds : sequence of int, (networks,)
    """
    return _folded(np.uint32(seed), number, np.asarray(seeds, np.uint32))
