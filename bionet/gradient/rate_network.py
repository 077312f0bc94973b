"""A feed-forward network of sigmoid units, whose errors come back by any feedback rule.

Each layer is ``phi(x @ w + bias)``, phi the logistic function, the last one included. The loss is
that of Akrout et al. (2019): the cross entropy of each output unit with its target, 1 for the
sample's class and 0 otherwise, summed over the units: the error at the output is phi - target.
All weights and biases, and the feedback weights, begin as normal numbers of variance
1/(sources + targets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from bionet.gradient.alignment import angle
from bionet.gradient.feedback import BACKPROPAGATION, AbstractFeedbackRule, feedback_product

__all__ = ["RateNetwork"]


class RateNetwork:
    """Layers of sigmoid units as pure functions of their parameters.

    The parameters of layer k = 1, 2, ... are ``"layer_k.w"``, (sources, targets),
    ``"layer_k.bias"``, (targets,), and ``"layer_k.feedback"``, (targets, sources), where the rule
    has feedback weights. Those of the first layer carry no error (there is nothing below it), but
    learn like the others.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, classes.
    rule : AbstractFeedbackRule

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is not positive.
    """

    def __init__(self, sizes: Sequence[int], rule: AbstractFeedbackRule = BACKPROPAGATION):
        self.sizes, self.rule = tuple(sizes), rule
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"sizes must be two or more, each at least 1; found {self.sizes}")
        if not isinstance(rule, AbstractFeedbackRule):
            raise ValueError(f"rule must be a feedback rule; found {rule!r}")

    @property
    def layers(self) -> tuple[str, ...]:
        """Their names, the inputs left out."""
        return tuple(f"layer_{k}" for k in range(1, len(self.sizes)))

    def initial(self, seed) -> dict[str, np.ndarray]:
        """Return the parameters before training, float32.

        Parameters
        ----------
        seed : int or sequence of int
            Networks that differ in the rule alone begin with the same weights and biases.
        """
        rng, parameters = np.random.default_rng(seed), {}
        pairs = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        for layer, (n, m) in zip(self.layers, pairs, strict=True):
            parameters[f"{layer}.w"] = rng.normal(0, (n + m) ** -0.5, (n, m))
            parameters[f"{layer}.bias"] = rng.normal(0, (n + m) ** -0.5, m)
        for layer, (n, m) in zip(self.layers, pairs, strict=True):
            if self.rule.has_weights:
                parameters[f"{layer}.feedback"] = rng.normal(0, (n + m) ** -0.5, (m, n))
        return {name: value.astype(np.float32) for name, value in parameters.items()}

    def logits(self, parameters: Mapping, x, added: Sequence | None = None):
        """Return the net input of the output units, (samples, classes).

        Parameters
        ----------
        parameters : mapping of str to array
        x : array, (samples, inputs)
        added : sequence of array, (samples, units), optional
            One for each layer, to be added to its net input.
        """
        for k, layer in enumerate(self.layers):
            if k:
                x = jax.nn.sigmoid(x)
            product = feedback_product(
                x, parameters[f"{layer}.w"], parameters.get(f"{layer}.feedback"), self.rule
            )
            x = product + parameters[f"{layer}.bias"]
            if added is not None:
                x = x + added[k]
        return x

    def losses(self, parameters: Mapping, x, labels, added: Sequence | None = None):
        """Return the loss of each sample, (samples,), in nats.

        Parameters
        ----------
        parameters, x, added
            As for `logits`.
        labels : array of int, (samples,)
        """
        logits = self.logits(parameters, x, added)
        target = jax.nn.one_hot(labels, self.sizes[-1], dtype=logits.dtype)
        # -t log phi - (1 - t) log(1 - phi), summed over the units
        return (jax.nn.softplus(logits) - target * logits).sum(axis=-1)

    def deltas(self, parameters: Mapping, x, labels) -> list:
        """Return the error at the net input of each layer, (samples, units)."""
        zeros = [jnp.zeros((x.shape[0], n), x.dtype) for n in self.sizes[1:]]
        return jax.grad(lambda added: self.losses(parameters, x, labels, added).sum())(zeros)

    def weight_angles(self, parameters: Mapping):
        """Return each layer's angle between what carries errors and the transposed weights.

        Parameters
        ----------
        parameters : mapping of str to array

        Returns
        -------
        array, (layers,)
            Degrees.
        """
        angles = []
        for layer in self.layers:
            weights = parameters[f"{layer}.w"]
            matrix = self.rule.matrix(weights, parameters.get(f"{layer}.feedback"))
            angles.append(angle(matrix, weights.T))
        return jnp.array(angles)

    def delta_angles(self, parameters: Mapping, x, labels):
        """Return each hidden layer's angle between its error and that of backpropagation.

        Parameters
        ----------
        parameters : mapping of str to array
        x : array, (samples, inputs)
        labels : array of int, (samples,)

        Returns
        -------
        array, (hidden layers,)
            Degrees; of the errors of all samples as one vector.
        """
        exact = RateNetwork(self.sizes, BACKPROPAGATION)
        own = {k: v for k, v in parameters.items() if not k.endswith(".feedback")}
        pairs = zip(self.deltas(parameters, x, labels), exact.deltas(own, x, labels), strict=True)
        return jnp.array([angle(*pair) for pair in list(pairs)[:-1]])
