"""Classification by a small perceptron that reads spike counts, trained with the network.

::

    h = relu(n W_hidden + b_hidden),   logits = h W_out + b_out

n are the spike counts of a layer from some step on. Sagtekin, Giannakakis & Levina (poster): the
counts of one neuron in a stimulus, read by a multi-layer perceptron.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

from bionet.gradient.network_checks import recordable
from bionet.gradient.objectives import AbstractObjective, AbstractRegulariser, cross_entropy

__all__ = ["CountReadout"]


@dataclass(frozen=True)
class CountReadout(AbstractObjective):
    """Cross entropy of a perceptron that reads spike counts, with regularisers.

    Its parameters, beside those of the network: ``"perceptron.w_hidden"`` (neurons, units),
    ``"perceptron.b_hidden"`` (units,), ``"perceptron.w_out"`` (units, classes) and
    ``"perceptron.b_out"`` (classes,).

    Attributes
    ----------
    layer : str
        Whose spikes are counted.
    units : int
        Hidden units of the perceptron.
    from_step : int
        The first time step that counts, for the regularisers, too.
    regularisers : tuple of AbstractRegulariser
        Of the same layer.
    """

    layer: str
    units: int = 32
    from_step: int = 0
    regularisers: tuple[AbstractRegulariser, ...] = ()

    def __post_init__(self):
        if self.units < 1:
            raise ValueError(f"the perceptron has at least one hidden unit; found {self.units}")
        if self.from_step < 0:
            raise ValueError(f"from_step must not be negative; found {self.from_step}")
        for regulariser in self.regularisers:
            if regulariser.layer != self.layer:
                raise ValueError(
                    f"regulariser of layer {regulariser.layer!r}; the counts are {self.layer!r}'s"
                )

    @property
    def record(self) -> tuple[str, ...]:
        """What a network must record."""
        return (f"{self.layer}.spikes",)

    def weights(self, network, classes):
        """Return the shapes of the perceptron's parameters."""
        recordable(network, *self.record)
        if "perceptron" in network.layers:
            raise ValueError("a layer may not be called 'perceptron', which reads the counts")
        neurons = network.layers[self.layer].neurons
        return {
            "perceptron.w_hidden": (neurons, self.units),
            "perceptron.b_hidden": (self.units,),
            "perceptron.w_out": (self.units, classes),
            "perceptron.b_out": (classes,),
        }

    def initial(self, rng: np.random.Generator, neurons: int, classes: int) -> dict:
        """Return initial parameters, float32.

        Normal weights of variance one over the number of units that are read (twice that into the
        hidden units, which are rectified), and biases of width 1 in the hidden units, so that their
        thresholds lie among small counts.
        """
        values = {
            "perceptron.w_hidden": rng.normal(0, np.sqrt(2 / neurons), (neurons, self.units)),
            "perceptron.b_hidden": rng.normal(0, 1, self.units),
            "perceptron.w_out": rng.normal(0, np.sqrt(1 / self.units), (self.units, classes)),
            "perceptron.b_out": np.zeros(classes),
        }
        return {name: value.astype(np.float32) for name, value in values.items()}

    def losses(self, outputs, labels, dt, parameters=None):
        """Return the loss of each sample, see `AbstractObjective.losses`."""
        steps = outputs[self.record[0]].shape[0]
        if self.from_step >= steps:
            raise ValueError(f"from_step must lie below the {steps} steps; found {self.from_step}")
        counts = self._counts(outputs)
        logits = self._logits(counts, parameters)
        loss = cross_entropy(logits, labels)
        duration = (steps - self.from_step) * dt
        for regulariser in self.regularisers:
            loss = loss + regulariser.penalty(counts, duration)
        return loss

    def predictions(self, outputs, parameters=None):
        """Return the class of each sample, (batch,): the largest logit."""
        return self._logits(self._counts(outputs), parameters).argmax(axis=-1)

    def _counts(self, outputs):
        return outputs[self.record[0]][self.from_step :].sum(axis=0)

    def _logits(self, counts, parameters):
        hidden = jax.nn.relu(
            counts @ parameters["perceptron.w_hidden"] + parameters["perceptron.b_hidden"]
        )
        return hidden @ parameters["perceptron.w_out"] + parameters["perceptron.b_out"]
