"""Checkpoints of a ``dendritic_balance`` run, one file a training, and its log of epochs.

``trainings/<condition>.npz`` holds the state after the last finished epoch, with the losses and
rates of all epochs so far; it is replaced in one step, so a kill leaves the older one. The line of
the epoch in ``log.jsonl`` is written after that: for reading, not for resuming.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.metalearning.lines import append
from bionet.runs import atomic
from bionet.runs.balance_conditions import Condition, state_names
from bionet.runs.balance_training import Progress
from bionet.runs.run_directory import RunDirectory

__all__ = ["CheckpointError", "Checkpoints"]


class CheckpointError(BionetError):
    """A checkpoint that cannot be read; names the file."""


class Checkpoints:
    """The trainings of a run directory.

    Parameters
    ----------
    directory : RunDirectory
    """

    def __init__(self, directory: RunDirectory):
        self._log_path = directory.log_path
        self._folder = directory.path / "trainings"

    def load(self, condition: Condition, fingerprint: str | None = None) -> Progress | None:
        """Return how far a training has come, None if it has not begun.

        Parameters
        ----------
        condition : Condition
        fingerprint : str, optional
            What `bionet.runs.balance_training.fingerprint` says now; None: whatever was asked for.

        Raises
        ------
        CheckpointError
            If its file is damaged, or was written under another configuration.
        """
        path = self._path(condition)
        arrays = self._read(path)
        if arrays is None:
            return None
        try:
            progress = Progress(
                {name: arrays[name] for name in state_names(condition)},
                tuple(arrays["loss"].tolist()),
                tuple(arrays["training_rate"].tolist()),
                arrays["rates"],
            )
            written = str(arrays["fingerprint"])
        except KeyError as error:
            raise _damaged(path) from error
        if fingerprint not in (None, written):
            raise CheckpointError(
                f"{path}: was trained with other settings or other images than the run has now; "
                "restore them, or remove the file, and its training starts anew on resuming"
            )
        return progress

    def save(self, condition: Condition, progress: Progress, images: int, fingerprint: str) -> None:
        """Write a training's checkpoint, then the line of its last epoch.

        Parameters
        ----------
        condition : Condition
        progress : Progress
        images : int
            Training images so far.
        fingerprint : str
            See `load`.
        """
        self._shown_path(condition).unlink(missing_ok=True)  # of a network that has learned since
        self._write(
            self._path(condition),
            loss=progress.loss,
            training_rate=progress.training_rate,
            rates=progress.rates,
            fingerprint=fingerprint,
            **progress.state,
        )
        line = {
            "training": condition.name,
            "images": images,
            "loss": progress.loss[-1],
            "rate": progress.training_rate[-1],
        }
        append(self._log_path, [line])

    def shown(self, condition: Condition) -> dict[str, np.ndarray] | None:
        """Return what was recorded of a trained network, None if nothing was.

        Raises
        ------
        CheckpointError
            If its file is damaged.
        """
        return self._read(self._shown_path(condition))

    def save_shown(self, condition: Condition, arrays: dict[str, np.ndarray]) -> None:
        """Write what was recorded of a trained network."""
        self._write(self._shown_path(condition), **arrays)

    def remove(self) -> None:
        """Remove all checkpoints, once the results hold what is wanted of them."""
        for file in self._folder.glob("*.npz"):
            file.unlink(missing_ok=True)
        atomic.remove_partial_files(self._folder)
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._folder.rmdir()

    def _path(self, condition: Condition) -> Path:
        return self._folder / f"{condition.name}.npz"

    def _shown_path(self, condition: Condition) -> Path:
        return self._folder / f"{condition.name}.shown.npz"

    def _write(self, path, **arrays) -> None:
        self._folder.mkdir(exist_ok=True)
        atomic.remove_partial_files(self._folder)
        with atomic.replacing(path) as file:
            np.savez(file, **arrays)

    def _read(self, path) -> dict[str, np.ndarray] | None:
        try:
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except FileNotFoundError:
            return None
        except Exception as error:  # zipfile, zlib, numpy: each has its own for a damaged file
            raise _damaged(path) from error


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(f"{path}: damaged; remove it, and its training starts anew on resuming")
