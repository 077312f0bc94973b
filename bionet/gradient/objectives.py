"""What a network is trained for: a classification loss of its readout, and regularisers.

Everything is a sum over the samples of a batch divided by their number, so that a batch may be
worked off in pieces.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jax
import jax.numpy as jnp

from bionet.gradient.network_checks import recordable
from bionet.wording import counted

if TYPE_CHECKING:
    from bionet.gradient.network import DifferentiableNetwork

__all__ = [
    "AbstractObjective",
    "AbstractRegulariser",
    "Classification",
    "MeanRateTarget",
    "RateTarget",
    "SpikeCount",
    "UnitSpikeCount",
]


class AbstractRegulariser(ABC):
    """A penalty on the spikes of a layer."""

    layer: str

    @abstractmethod
    def penalty(self, counts, duration: float):
        """Return the penalty of each sample.

        Parameters
        ----------
        counts : array, (batch, neurons)
            Spikes of each neuron.
        duration : float
            Of a sample, s.

        Returns
        -------
        array, (batch,)
        """


@dataclass(frozen=True)
class SpikeCount(AbstractRegulariser):
    """`weight` times the number of spikes of the layer in a sample (SpyTorch's lower-bound L1)."""

    layer: str
    weight: float

    def penalty(self, counts, duration):
        """Return the penalty of each sample, (batch,)."""
        return self.weight * counts.sum(axis=-1)


@dataclass(frozen=True)
class UnitSpikeCount(AbstractRegulariser):
    """`weight` times the mean over the layer's neurons of their squared spike counts."""

    layer: str
    weight: float

    def penalty(self, counts, duration):
        """Return the penalty of each sample, (batch,)."""
        return self.weight * (counts**2).mean(axis=-1)


@dataclass(frozen=True)
class RateTarget(AbstractRegulariser):
    """`weight` times the squared distance of the layer's mean rate from `rate` (Hz)."""

    layer: str
    weight: float
    rate: float

    def penalty(self, counts, duration):
        """Return the penalty of each sample, (batch,)."""
        return self.weight * (counts.mean(axis=-1) / duration - self.rate) ** 2


@dataclass(frozen=True)
class MeanRateTarget(AbstractRegulariser):
    """`weight` times the squared distance (Hz^2) of the mean rate of all samples from `rate` (Hz).

    The mean is over the samples that go through the network together: those of an update where a
    `Trainer` has a ``piece`` as large as its batch. It leaves the layer free to respond to some
    samples more than to others, which `RateTarget`, sample by sample, does not.
    """

    layer: str
    weight: float
    rate: float

    def penalty(self, counts, duration):
        """Return the penalty of each sample, (batch,): the same number for all."""
        distance = counts.mean() / duration - self.rate
        return jnp.broadcast_to(self.weight * distance**2, counts.shape[:1])


class AbstractObjective(ABC):
    """A loss of what a network records, sample by sample, and a class for each sample."""

    regularisers: tuple[AbstractRegulariser, ...]

    @property
    @abstractmethod
    def record(self) -> tuple[str, ...]:
        """What a network must record."""

    @abstractmethod
    def weights(self, network: DifferentiableNetwork, classes: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the objective's own parameters, trained with the network's.

        Raises
        ------
        ValueError
            If the network does not fit.
        """

    @abstractmethod
    def losses(self, outputs, labels, dt: float, parameters=None):
        """Return the loss of each sample.

        Parameters
        ----------
        outputs : mapping of str to array, (steps, batch, neurons)
        labels : array of int, (batch,)
        dt : float
            Time step, s.
        parameters : mapping of str to array
            With the objective's own among them.

        Returns
        -------
        array, (batch,)
        """

    @abstractmethod
    def predictions(self, outputs, parameters=None):
        """Return the class of each sample, (batch,)."""


def cross_entropy(logits, labels):
    """Return minus the logarithm of the softmax at the labels; other logits may be -infinity.

    Parameters
    ----------
    logits : array, (..., batch, classes)
    labels : array of int, (batch,)

    Returns
    -------
    array, (..., batch)
    """
    chosen = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    return -jnp.where(chosen, jax.nn.log_softmax(logits), 0).sum(axis=-1)


@dataclass(frozen=True)
class Classification(AbstractObjective):
    """Cross entropy of a readout, a unit a class, with regularisers.

    Attributes
    ----------
    readout : str
        The recorded variable, such as ``"readout.v"``.
    over_time : str
        ``"max"``: the logit is the maximum over time (Kilgore et al.'s code; SpyTorch).
        ``"each_step"``: the loss is the mean over time of that in each step (Kilgore et al.'s
        text). The prediction is the unit with the largest maximum in either case.
    ties : str
        Which of several equal maxima has the gradient of ``"max"``: ``"first"`` in time (as in
        PyTorch, hence in Kilgore et al.'s code), or ``"shared"`` among all. They differ where a
        readout rests at 0, its first value: shared, a sample without hidden spikes still teaches.
    regularisers : tuple of AbstractRegulariser
    """

    readout: str = "readout.v"
    over_time: Literal["max", "each_step"] = "max"
    ties: Literal["first", "shared"] = "first"
    regularisers: tuple[AbstractRegulariser, ...] = ()

    def __post_init__(self):
        if self.over_time not in ("max", "each_step"):
            raise ValueError(f"over_time is 'max' or 'each_step'; found {self.over_time!r}")
        if self.ties not in ("first", "shared"):
            raise ValueError(f"ties is 'first' or 'shared'; found {self.ties!r}")

    @property
    def record(self) -> tuple[str, ...]:
        """What a network must record."""
        layers = dict.fromkeys(f"{r.layer}.spikes" for r in self.regularisers)
        return (self.readout, *layers)

    def weights(self, network, classes):
        """Return no shapes: there are no parameters but the network's."""
        recordable(network, self.readout)
        readout = network.layers[self.readout.partition(".")[0]]
        if readout.neurons != classes:
            raise ValueError(
                f"layer {readout.name!r} has {counted(readout.neurons, 'neuron')} for "
                f"{counted(classes, 'class')}"
            )
        return {}

    def losses(self, outputs, labels, dt, parameters=None):
        """Return the loss of each sample, see `AbstractObjective.losses`."""
        traces = outputs[self.readout]
        logits = traces if self.over_time == "each_step" else self._maxima(traces)
        loss = cross_entropy(logits, labels)
        if self.over_time == "each_step":
            loss = loss.mean(axis=0)
        for regulariser in self.regularisers:
            counts = outputs[f"{regulariser.layer}.spikes"].sum(axis=0)
            loss = loss + regulariser.penalty(counts, traces.shape[0] * dt)
        return loss

    def _maxima(self, traces):
        if self.ties == "shared":
            return traces.max(axis=0)
        first = jax.lax.stop_gradient(traces).argmax(axis=0)
        return jnp.take_along_axis(traces, first[None], axis=0)[0]

    def predictions(self, outputs, parameters=None):
        """Return the class of each sample, (batch,): the unit with the largest maximum."""
        return outputs[self.readout].max(axis=0).argmax(axis=-1)
