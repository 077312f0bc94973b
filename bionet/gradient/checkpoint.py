"""Checkpoints of a training: one npz file, replaced in one step, without pickled objects."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from bionet.errors import BionetError

__all__ = ["CheckpointError", "load_checkpoint", "save_checkpoint"]

_STATE = "state"


class CheckpointError(BionetError):
    """A checkpoint that is damaged, or of another training; names the file."""


def save_checkpoint(path: str | Path, state: Any, **arrays: Any) -> None:
    """Write a checkpoint; a process that is killed meanwhile leaves the older one.

    Parameters
    ----------
    path : path
        Ends in ``.npz``.
    state : pytree of arrays
        Such as a `bionet.gradient.TrainingState`.
    **arrays : array_like
        What else belongs to it.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open(partial, "wb") as file:
            np.savez(file, **_named(state), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load_checkpoint(path: str | Path, like: Any) -> tuple[Any, dict[str, np.ndarray]] | None:
    """Read a checkpoint; None if there is none.

    Parameters
    ----------
    path : path
    like : pytree of arrays
        A state of the same structure and shapes.

    Returns
    -------
    state : pytree of arrays
    arrays : dict of str to ndarray
        What else was saved.

    Raises
    ------
    CheckpointError
        If the file is damaged, or its arrays are not those of `like`.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except Exception as error:  # zipfile, zlib, numpy: each has its own for a damaged file
        raise CheckpointError(f"{path}: damaged; remove it to start anew") from error
    leaves = []
    for name, leaf in _named(like).items():
        saved = arrays.pop(name, None)
        if saved is None or saved.shape != leaf.shape or saved.dtype != leaf.dtype:
            found = "nothing" if saved is None else f"{saved.dtype} of shape {saved.shape}"
            raise CheckpointError(
                f"{path}: another training's: {name.removeprefix(_STATE)} is {found}, expected "
                f"{leaf.dtype} of shape {leaf.shape}"
            )
        leaves.append(saved)
    return jax.tree.unflatten(jax.tree.structure(like), leaves), arrays


def _named(state: Any) -> Mapping[str, np.ndarray]:
    """Return the leaves of a state by their places in it."""
    return {
        f"{_STATE}{jax.tree_util.keystr(place)}": np.asarray(leaf)
        for place, leaf in jax.tree_util.tree_leaves_with_path(state)
    }
