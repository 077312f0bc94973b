"""Train networks for some epochs: metrics after each, a checkpoint after each, exact resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from bionet.gradient.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from bionet.gradient.training import Evaluation, Trainer, TrainingState
from bionet.wording import counted

__all__ = ["History", "train"]


@dataclass(frozen=True)
class History:
    """What was measured while networks were trained, E epochs so far.

    Attributes
    ----------
    loss, accuracy : ndarray, (networks, E)
        Of the training samples, before each update.
    test_loss : ndarray, (networks, E + 1)
        Index 0 is before training. Empty, as the next two, without test samples.
    confusion : ndarray, (networks, E + 1, classes, classes)
        See `bionet.gradient.Evaluation`.
    spikes : dict of str to ndarray, (networks, E + 1, classes, neurons)
        Mean spike counts of test samples, by layer.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    test_loss: np.ndarray
    confusion: np.ndarray
    spikes: dict[str, np.ndarray]

    @property
    def epochs(self) -> int:
        """Epochs finished."""
        return self.loss.shape[1]

    @property
    def test_accuracy(self) -> np.ndarray:
        """Fraction of test samples that were classified correctly, (networks, E + 1)."""
        return np.trace(self.confusion, axis1=2, axis2=3) / self.confusion.sum(axis=(2, 3))


def train(
    trainer: Trainer,
    parameters: Mapping,
    samples: Any,
    labels: Any,
    *,
    epochs: int,
    seed: int = 0,
    test: tuple[Any, Any] | None = None,
    layers: tuple[str, ...] = (),
    signs: Mapping | None = None,
    noise: Any = None,
    noise_seeds: Any = None,
    checkpoint: str | Path | None = None,
    on_epoch: Callable[[History], None] | None = None,
) -> tuple[TrainingState, History]:
    """Train networks, or go on with a training where its checkpoint stands.

    Parameters
    ----------
    trainer : Trainer
    parameters : mapping of str to array, (networks, ...)
        Initial values, see `DifferentiableNetwork.check`.
    samples, labels
        See `Trainer.epoch`.
    epochs : int
        In all, those of the checkpoint included.
    seed : int
    test : (samples, labels), optional
        Evaluated before the first epoch and after each.
    layers : tuple of str
        Whose spikes are counted then.
    signs, noise, noise_seeds
        See `Trainer.epoch`.
    checkpoint : path, optional
        Written after each epoch, and read first if it is there. The optimiser and its learning rate
        may be others then, as long as their state has the same shapes.
    on_epoch : callable, optional
        Called with the history after each epoch.

    Returns
    -------
    state : TrainingState
        Of which `Trainer.values` gives the parameters.
    history : History

    Raises
    ------
    DivergedError
        If a loss is no longer a number; the checkpoint of the epoch before is kept.
    CheckpointError
        If the checkpoint is damaged, another training's, or of more epochs.
    ValueError
        If shapes do not fit or a label is out of range.
    """
    trainer.check(samples, labels)
    if test is not None:
        trainer.check(*test)
    state = trainer.begun(parameters)
    prints = {
        "fingerprint": _fingerprint(
            *(seed, parameters, samples, labels, signs, noise, noise_seeds),
            settings=(
                *(trainer.steps, trainer.batch, trainer.classes, trainer.objective),
                *sorted(trainer.transforms.items()),
            ),
        ),
        "fingerprint_test": _fingerprint(test, dict.fromkeys(layers, 0)),
    }
    found = None if checkpoint is None else load_checkpoint(checkpoint, state)
    if found is None:
        history = _history(trainer, state, test, layers)
    else:
        state, arrays = found
        if any(str(arrays.get(name)) != value for name, value in prints.items()):
            raise CheckpointError(
                f"{checkpoint}: another training's (other samples, initial values or settings); "
                "remove it to start anew"
            )
        history = _history_of(arrays)
    if history.epochs > epochs:
        raise CheckpointError(
            f"{checkpoint}: has {counted(history.epochs, 'epoch')} behind it; asked for were "
            f"{epochs}"
        )
    while history.epochs < epochs:
        state, metrics = trainer.epoch(
            state,
            samples,
            labels,
            seed=seed,
            number=history.epochs + 1,
            signs=signs,
            noise=noise,
            noise_seeds=noise_seeds,
        )
        evaluation = None if test is None else trainer.evaluate(state, *test, layers=layers)
        history = _longer(history, metrics, evaluation)
        if checkpoint is not None:
            save_checkpoint(checkpoint, state, **prints, **_arrays_of(history))
        if on_epoch is not None:
            on_epoch(history)
    return state, history


def _history(trainer, state, test, layers) -> History:
    """Return what is known before the first epoch."""
    networks = jax.tree.leaves(state)[0].shape[0]
    nothing = np.zeros((networks, 0))
    if test is None:
        empty = np.zeros((networks, 0, trainer.classes, trainer.classes), int)
        return History(nothing, nothing, nothing, empty, {})
    first = trainer.evaluate(state, *test, layers=layers)
    return History(
        nothing,
        nothing,
        first.loss[:, None],
        first.confusion[:, None],
        {layer: spikes[:, None] for layer, spikes in first.spikes.items()},
    )


def _longer(history: History, metrics, evaluation: Evaluation | None) -> History:
    def joined(before, value):
        return np.concatenate([before, np.asarray(value)[:, None]], axis=1)

    trained = (
        joined(history.loss, metrics.loss.mean(axis=1)),
        joined(history.accuracy, metrics.accuracy),
    )
    if evaluation is None:
        return History(*trained, history.test_loss, history.confusion, history.spikes)
    return History(
        *trained,
        joined(history.test_loss, evaluation.loss),
        joined(history.confusion, evaluation.confusion),
        {layer: joined(history.spikes[layer], new) for layer, new in evaluation.spikes.items()},
    )


def _arrays_of(history: History) -> dict[str, np.ndarray]:
    arrays = {name: getattr(history, name) for name in _PLAIN}
    return arrays | {f"spikes.{layer}": spikes for layer, spikes in history.spikes.items()}


def _history_of(arrays: Mapping[str, np.ndarray]) -> History:
    spikes = {
        name.removeprefix("spikes."): array
        for name, array in arrays.items()
        if name.startswith("spikes.")
    }
    return History(**{name: arrays[name] for name in _PLAIN}, spikes=spikes)


_PLAIN = ("loss", "accuracy", "test_loss", "confusion")


def _fingerprint(*decisive, settings: tuple = ()) -> str:
    """Return a hash of numbers that decide a training or its test."""
    digest = hashlib.sha256(repr(settings).encode())
    for place, leaf in jax.tree_util.tree_leaves_with_path(decisive):
        array = np.asarray(leaf)
        digest.update(f"{jax.tree_util.keystr(place)}{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]
