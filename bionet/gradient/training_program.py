"""What a trainer compiles: an epoch and an evaluation of one network, as functions of its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import optax

from bionet.gradient.constraints import dales_law, noisy
from bionet.gradient.input_spikes import InputSpikes
from bionet.gradient.network import DifferentiableNetwork
from bionet.gradient.objectives import AbstractObjective
from bionet.gradient.training_state import TrainingState, all_finite
from bionet.gradient.transforms import AbstractTransform, values_of

__all__ = ["TrainingProgram"]


@dataclass(frozen=True, eq=False)
class TrainingProgram:
    """The pure functions of one network that JAX traces.

    Attributes
    ----------
    network : DifferentiableNetwork
    objective : AbstractObjective
    optimiser : optax.GradientTransformation
    transforms : mapping of str to AbstractTransform
    own_weights : mapping of str to tuple of int
        Shapes of the objective's own parameters.
    steps, classes, batch, piece : int
        See `bionet.gradient.Trainer`; `piece` divides `batch`.
    dt : float
        Time step, s.
    traced : dict of str to int
        How often each function was traced, counted on.
    """

    network: DifferentiableNetwork
    objective: AbstractObjective
    optimiser: optax.GradientTransformation
    transforms: Mapping[str, AbstractTransform]
    own_weights: Mapping[str, tuple[int, ...]]
    steps: int
    classes: int
    batch: int
    piece: int
    dt: float
    traced: dict[str, int]

    def epoch(self, own, samples, labels, order, _):
        """Train one network for an epoch.

        Returns its state, the losses of batches, hits, and for each batch whether gradients and
        new parameters were finite numbers, by their names.
        """
        self.traced["epoch"] += 1
        state, key, signs, noise = own
        gradient = jax.value_and_grad(self._piece_loss, has_aux=True)

        def update(carry, xs):
            state, (index, number) = carry, xs
            parameters = state.parameters

            def add(total, piece):
                (loss, right), slope = gradient(parameters, _taken(samples, piece), labels[piece])
                return jax.tree.map(jnp.add, total, (slope, loss, right)), None

            zero = (jax.tree.map(jnp.zeros_like, parameters), jnp.zeros(()), jnp.zeros((), int))
            pieces = index.reshape(-1, self.piece)
            kinds = jax.eval_shape(lambda z, piece: add(z, piece)[0], zero, pieces[0])
            zero = jax.tree.map(lambda z, kind: z.astype(kind.dtype), zero, kinds)
            (slope, loss, right), _ = jax.lax.scan(add, zero, pieces)
            slope = jax.tree.map(lambda g: g / self.batch, slope)
            change, optimiser = self.optimiser.update(slope, state.optimiser, parameters)
            parameters = optax.apply_updates(parameters, change)
            if noise is not None:
                parameters = noisy(parameters, jax.random.fold_in(key, number), noise)
            # A neuron whose v is no number never spikes, and clamping makes 0 of -inf: the loss
            # alone would tell neither, nor what the last update of an epoch did.
            sound = all_finite(slope, parameters)
            parameters = dales_law(parameters, signs)
            return TrainingState(parameters, optimiser), (loss / self.batch, right, sound)

        numbers = jnp.arange(order.shape[0])
        state, (loss, right, sound) = jax.lax.scan(update, state, (order, numbers))
        return state, loss, right.sum(), sound

    def _piece_loss(self, parameters, inputs, labels):
        values = values_of(parameters, self.transforms)
        outputs = self.network(
            self.of_network(values), inputs, steps=self.steps, record=self.objective.record
        )
        loss = self.objective.losses(outputs, labels, self.dt, values).sum()
        return loss, (self.objective.predictions(outputs, values) == labels).sum()

    def of_network(self, parameters: Mapping) -> dict:
        """Return the parameters that are the network's, not the objective's."""
        return {name: v for name, v in parameters.items() if name not in self.own_weights}

    def evaluation(self, state, samples, labels, layers):
        """Show all samples to one network; return the sum of losses, confusion, and counts."""
        self.traced["evaluation"] += 1
        n = labels.shape[0]
        pieces = -(-n // self.piece)
        index = jnp.arange(pieces * self.piece).reshape(pieces, self.piece)
        record = (*self.objective.record, *(f"{layer}.spikes" for layer in layers))
        values = values_of(state.parameters, self.transforms)

        def show(total, index):
            there = index < n
            taken = jnp.minimum(index, n - 1)
            outputs = self.network(
                self.of_network(values), _taken(samples, taken), steps=self.steps,
                record=tuple(dict.fromkeys(record)),
            )  # fmt: skip
            label = labels[taken]
            losses = self.objective.losses(outputs, label, self.dt, values)
            real = jax.nn.one_hot(label, self.classes) * there[:, None]
            guess = jax.nn.one_hot(self.objective.predictions(outputs, values), self.classes)
            counts = {
                layer: real.T @ outputs[f"{layer}.spikes"].sum(axis=0).astype(real.dtype)
                for layer in layers
            }
            new = (jnp.where(there, losses, 0).sum().astype(jnp.float32), real.T @ guess, counts)
            return jax.tree.map(lambda a, b: a + b.astype(a.dtype), total, new), None

        sizes = {layer: self.network.layers[layer].neurons for layer in layers}
        zero = (
            jnp.zeros(()),
            jnp.zeros((self.classes, self.classes)),
            {layer: jnp.zeros((self.classes, size)) for layer, size in sizes.items()},
        )
        return jax.lax.scan(show, zero, index)[0]

    def record(self, parameters, samples, name):
        """Return what one network does with samples, (steps, n, neurons)."""
        own = self.of_network(parameters)
        return self.network(own, samples, steps=self.steps, record=(name,))[name]


def _taken(samples, index):
    """Return some of the samples."""
    if isinstance(samples, InputSpikes):
        unit = samples.unit if samples.unit.shape[0] == 1 else samples.unit[index]
        return InputSpikes(samples.step[index], unit, samples.units)
    return samples[index]
