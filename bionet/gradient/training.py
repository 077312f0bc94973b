"""Training of one network or of many that differ in numbers only, by surrogate gradients.

A `Trainer` holds what is fixed and compiled: the network, the objective, the optimiser. An epoch is
one compiled call that scans over shuffled batches; several networks (a sweep over initial values,
cell types, noise) go through it together, spread over the devices there are. State goes in and
comes out, so that a training can be stopped and resumed exactly anywhere between epochs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bionet.gradient.errors import refuse_divergence
from bionet.gradient.input_spikes import InputSpikes
from bionet.gradient.network import DifferentiableNetwork
from bionet.gradient.network_checks import check_events, recordable
from bionet.gradient.objectives import AbstractObjective
from bionet.gradient.over_networks import first_axis, over_networks
from bionet.gradient.training_program import TrainingProgram
from bionet.gradient.training_state import EpochMetrics, Evaluation, TrainingState
from bionet.gradient.transforms import AbstractTransform, free_of, values_of
from bionet.gradient.whole_numbers import check_labels, check_whole
from bionet.wording import counted

__all__ = ["EpochMetrics", "Evaluation", "Trainer", "TrainingState"]

#: Samples that go through the network at a time: their state stays in a core's cache.
PIECE = 32


class Trainer:
    """Trains networks that share everything but numbers.

    Parameters
    ----------
    network : DifferentiableNetwork
    objective : AbstractObjective
    optimiser : optax.GradientTransformation
    steps : int
        Time steps of a sample.
    classes : int
    batch : int
        Samples an update.
    piece : int
        Samples that go through the network at a time; gradients are summed over the pieces of a
        batch. Largest divisor of `batch` that is not larger.
    at_once : int, optional
        Networks that a device computes side by side (``vmap``); 1 on a CPU, whose caches would
        overflow, all of them elsewhere.
    devices : sequence of jax.Device, optional
        Over which several networks are spread; all by default.
    transforms : mapping of str to AbstractTransform, optional
        Of parameters that stay within bounds, see `bionet.gradient.transforms`. The optimiser, and
        the state, have their free numbers.

    Raises
    ------
    ValueError
        If a number makes no sense.
    """

    def __init__(
        self,
        network: DifferentiableNetwork,
        objective: AbstractObjective,
        optimiser: optax.GradientTransformation,
        *,
        steps: int,
        classes: int,
        batch: int = 256,
        piece: int = PIECE,
        at_once: int | None = None,
        devices=None,
        transforms: Mapping[str, AbstractTransform] | None = None,
    ):
        for name, value in {"steps": steps, "classes": classes, "batch": batch}.items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1; found {value}")
            check_whole(name, value)
        for name in objective.record:
            recordable(network, name)
        own_weights = objective.weights(network, classes)
        self.transforms = dict(transforms or {})
        self.network, self.objective, self.optimiser = network, objective, optimiser
        self.steps, self.classes, self.batch = steps, classes, batch
        self._devices = list(jax.devices() if devices is None else devices)
        #: How often each compiled function was traced, for whoever doubts that it was once.
        self.traced = {"epoch": 0, "evaluation": 0}
        piece = max(d for d in range(1, min(piece, batch) + 1) if batch % d == 0)
        self._program = TrainingProgram(
            *(network, objective, optimiser, self.transforms, own_weights),
            *(steps, classes, batch, piece, float(np.asarray(network.dt)), self.traced),
        )
        self._epoch = over_networks(self._program.epoch, self._devices, shared=3, at_once=at_once)
        self._record = jax.jit(self._program.record, static_argnums=2)
        self._evaluate = over_networks(
            self._program.evaluation, self._devices, shared=2, at_once=at_once
        )

    def begun(self, parameters: Mapping) -> TrainingState:
        """Return the state of networks of which nothing is trained.

        Parameters
        ----------
        parameters : mapping of str to array, (networks, ...)

        Raises
        ------
        ValueError
            If the parameters do not fit the network or the objective, or lie outside their bounds;
            names which.
        """
        parameters = {name: jnp.asarray(value) for name, value in parameters.items()}
        sizes = {name: np.shape(value)[:1] for name, value in parameters.items()}
        if len(set(sizes.values())) != 1 or () in sizes.values():
            raise ValueError(f"the first axis of all parameters is that of the networks: {sizes}")
        for name, shape in self._program.own_weights.items():
            found = np.shape(parameters[name])[1:] if name in parameters else None
            if found != shape:
                raise ValueError(f"{name!r} of the objective needs shape {shape}; found {found}")
        self.network.check(
            self._program.of_network({n: value[0] for n, value in parameters.items()})
        )
        free = free_of(parameters, self.transforms)
        return TrainingState(free, jax.vmap(self.optimiser.init)(free))

    def values(self, state: TrainingState) -> dict:
        """Return the parameters of a state, their bounds and units given back, (networks, ...)."""
        return values_of(state.parameters, self.transforms)

    def check(self, samples, labels) -> None:
        """Refuse samples and labels that do not fit together.

        Parameters
        ----------
        samples : InputSpikes or array, (n, steps, inputs)
        labels : array of int, (n,)

        Raises
        ------
        ValueError
            Says what is wrong: the number of labels, their type, one that is out of range, or a
            spike of a unit that is not there.
        """
        check_labels(labels, _number(samples), self.classes)
        if isinstance(samples, InputSpikes):
            check_events(self.network, samples)

    def epoch(
        self,
        state: TrainingState,
        samples,
        labels,
        *,
        seed: int,
        number: int,
        signs: Mapping | None = None,
        noise=None,
        noise_seeds=None,
    ) -> tuple[TrainingState, EpochMetrics]:
        """Train all networks for one epoch: once through the samples, in a new random order.

        The order, the same for all networks, and the noise, each network's own, follow from the
        seed and the number of the epoch alone. What does not fill a batch is left out until the
        next epoch's order.

        Parameters
        ----------
        state : TrainingState
        samples : InputSpikes or array, (n, steps, inputs)
        labels : array of int, (n,)
        seed : int
        number : int
            Of the epoch, counted from 1.
        signs : mapping of str to array, (networks, ...), optional
            See `bionet.gradient.constraints.dales_law`; applied after each update.
        noise : array, (networks,), optional
            Standard deviation of what is added to every parameter (to its free number, if it has
            a transform) after each update, before `signs` are.
        noise_seeds : array of int, (networks,), optional
            Beside `seed`, what the noise of each network follows from; its number by default.

        Raises
        ------
        DivergedError
            If a loss, its gradient, or a parameter after the update is no longer a number; names
            which, epoch, batch and network.
        ValueError
            If there are fewer samples than a batch has.
        """
        self.check(samples, labels)
        if not 0 <= seed < 2**32:
            raise ValueError(f"seed must lie in [0, 2**32); found {seed}")
        if unknown := sorted(set(signs or {}) - set(state.parameters)):
            raise ValueError(
                f"signs of unknown parameter {unknown[0]!r}; there are "
                f"{', '.join(sorted(state.parameters))}"
            )
        if both := sorted(set(signs or {}) & set(self.transforms)):
            raise ValueError(f"{both[0]!r} has a sign and a transform: one of them")
        n = _number(samples)
        if n < self.batch:
            raise ValueError(f"a batch of {self.batch} is not filled by {counted(n, 'sample')}")
        order = np.random.default_rng([seed, number]).permutation(n)
        order = order[: n - n % self.batch].reshape(-1, self.batch).astype(np.int32)
        networks = _networks(state)
        seeds = np.arange(networks) if noise_seeds is None else np.asarray(noise_seeds)
        keys = _keys(np.uint32(seed), number, seeds.astype(np.uint32))
        noise = None if noise is None else _one_each(noise, networks)
        own = (state, keys, dict(signs or {}), noise)
        labels = jnp.asarray(labels, jnp.int32)
        new, loss, right, sound = self._epoch(own, samples, labels, order)
        loss = np.asarray(loss, float)
        refuse_divergence(number, loss, *sound)
        return new, EpochMetrics(loss, np.asarray(right) / order.size)

    def evaluate(
        self, state: TrainingState, samples, labels, *, layers: tuple[str, ...] = ()
    ) -> Evaluation:
        """Show samples to all networks.

        Parameters
        ----------
        state : TrainingState
        samples : InputSpikes or array, (n, steps, inputs)
        labels : array of int, (n,)
        layers : tuple of str
            Whose spikes are counted.
        """
        self.check(samples, labels)
        for layer in layers:
            recordable(self.network, f"{layer}.spikes")
        labels = jnp.asarray(labels, jnp.int32)
        loss, confusion, counts = self._evaluate(state, samples, labels, option=layers)
        samples_a_class = np.bincount(np.asarray(labels), minlength=self.classes)
        with np.errstate(invalid="ignore"):
            spikes = {
                layer: np.asarray(count, float) / samples_a_class[:, None]
                for layer, count in counts.items()
            }
        loss = np.asarray(loss, float) / labels.size
        return Evaluation(loss, np.asarray(confusion).astype(int), spikes)

    def record(self, parameters: Mapping, samples, name: str) -> np.ndarray:
        """Return what one network does with samples.

        Parameters
        ----------
        parameters : mapping of str to array
            Of one network, without an axis of networks: values, not free numbers.
        samples : InputSpikes or array, (n, steps, inputs)
        name : str
            Such as ``"hidden.spikes"``.

        Returns
        -------
        ndarray, (n, steps, neurons)
        """
        return np.swapaxes(np.asarray(self._record(dict(parameters), samples, name)), 0, 1)


@jax.jit
def _keys(seed, number, seeds):
    key = jax.random.fold_in(jax.random.key(seed), number)
    return jax.vmap(partial(jax.random.fold_in, key))(seeds)


def _one_each(values, networks: int):
    try:
        return jnp.broadcast_to(jnp.asarray(values, float), (networks,))
    except ValueError:
        raise ValueError(
            f"noise has shape {np.shape(values)} for {counted(networks, 'network')}"
        ) from None


def _networks(state: TrainingState) -> int:
    return first_axis(state.parameters)


def _number(samples) -> int:
    return samples.batch if isinstance(samples, InputSpikes) else len(samples)
