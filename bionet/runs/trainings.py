"""What kinds of protocol that train in JAX do alike: what they need, log, read again and remove."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bionet.runs import atomic
from bionet.runs.run_directory import RunDirectory

__all__ = ["finished_part", "latest_lines", "log_lines", "remove_checkpoints", "require_jax"]


def require_jax(kind: str) -> None:
    """Refuse to begin without JAX and optax.

    Raises
    ------
    ConfigurationError
        Names the package that is missing and how to install it.
    """
    from bionet.runs.configuration import ConfigurationError

    for package in ("jax", "optax"):
        if importlib.util.find_spec(package) is None:
            raise ConfigurationError(
                f"kind {kind} needs the package {package!r}: pip install 'bionet[gradient]'"
            )


def log_lines(directory: RunDirectory, lines: Iterable[Mapping[str, Any]]) -> None:
    """Add lines to the log; for reading, not for resuming."""
    from bionet.metalearning.lines import append

    append(directory.log_path, lines)


def latest_lines(directory: RunDirectory, key: str) -> dict[Any, dict[str, Any]]:
    """Return the log's last line for each value of a key.

    Raises
    ------
    LogError
        If a whole line is damaged.
    """
    from bionet.metalearning.lines import latest_entries

    remedy = "It is a record only: remove the line to read the others; the run goes on without it"
    return latest_entries(directory.log_path, key, remedy)


def finished_part(path: Path) -> dict[str, np.ndarray] | None:
    """Return the arrays of a finished part of a run; None if there are none yet.

    Raises
    ------
    CheckpointError
        If the file is damaged; names it.
    """
    from bionet.gradient import CheckpointError

    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except Exception as error:  # zipfile, zlib, numpy: each has its own for a damaged file
        raise CheckpointError(f"{path}: damaged; remove it, and resume") from error


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a finished run, which its results stand for."""
    for ending in ("npz", "txt", "json"):
        for file in folder.glob(f"*.{ending}"):
            file.unlink(missing_ok=True)
    atomic.remove_partial_files(folder)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
