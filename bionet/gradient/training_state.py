"""What goes into an epoch of training and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["EpochMetrics", "Evaluation", "TrainingState", "all_finite"]


@partial(jax.tree_util.register_dataclass, data_fields=("parameters", "optimiser"), meta_fields=())
@dataclass(frozen=True)
class TrainingState:
    """All that an epoch starts from, but the seed and the number of the epoch.

    Attributes
    ----------
    parameters : dict of str to array, (networks, ...)
    optimiser : pytree of arrays, (networks, ...)
    """

    parameters: dict
    optimiser: Any


@dataclass(frozen=True)
class EpochMetrics:
    """What came out of an epoch of training.

    Attributes
    ----------
    loss : ndarray, (networks, batches)
        Mean over each batch, before its update.
    accuracy : ndarray, (networks,)
        Over all batches, before their updates.
    """

    loss: np.ndarray
    accuracy: np.ndarray


@dataclass(frozen=True)
class Evaluation:
    """What networks do with samples that they do not learn from.

    Attributes
    ----------
    loss : ndarray, (networks,)
    confusion : ndarray of int, (networks, classes, classes)
        Number of samples of the class (row) that were taken for the class (column).
    spikes : dict of str to ndarray, (networks, classes, neurons)
        Mean number of spikes of each neuron of a layer in a sample of the class.
    """

    loss: np.ndarray
    confusion: np.ndarray
    spikes: dict[str, np.ndarray]

    @property
    def accuracy(self) -> np.ndarray:
        """Fraction of the samples that were classified correctly, (networks,)."""
        right = np.trace(self.confusion, axis1=1, axis2=2)
        return right / self.confusion.sum(axis=(1, 2))

    @property
    def class_accuracy(self) -> np.ndarray:
        """The same for each class, (networks, classes); NaN for a class without samples."""
        right = np.diagonal(self.confusion, axis1=1, axis2=2)
        with np.errstate(invalid="ignore"):
            return right / self.confusion.sum(axis=2)


def all_finite(*trees: dict) -> tuple[dict, ...]:
    """Return whether all numbers of each array are finite, by the names of the arrays."""
    return tuple({name: jnp.isfinite(v).all() for name, v in tree.items()} for tree in trees)
