"""What a ``simulation`` run has finished: a log line a seed, and beside it the seed's arrays.

The arrays of a seed are written whole into ``seeds/<seed>.npz`` before its line is appended to
``log.jsonl``. They stay there until ``results.npz`` holds those of all seeds: a seed with a line
but without arrays, its own or the results, is simulated again, and its last line counts. A line
that a kill left half written is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bionet.errors import BionetError
from bionet.metalearning.lines import append, latest_entries
from bionet.runs import atomic
from bionet.runs.run_directory import RunDirectory

__all__ = ["SeedsLog"]


class SeedsLogError(BionetError):
    """A log of seeds, or the arrays of a seed, that cannot be read; names the file."""


class SeedsLog:
    """The finished seeds of a run directory.

    Parameters
    ----------
    directory : RunDirectory
    """

    def __init__(self, directory: RunDirectory):
        self._directory = directory
        self._path = directory.log_path
        self._folder = directory.path / "seeds"

    def finished(self) -> dict[int, dict[str, Any]]:
        """Return the last log line of each seed whose arrays are there.

        Raises
        ------
        LogError
            If a whole line is damaged.
        """
        remedy = "Remove it, and its seed is simulated again on resuming"
        finished = latest_entries(self._path, "seed", remedy)
        if self._directory.is_finished:
            return finished
        return {seed: entry for seed, entry in finished.items() if self._part(seed).is_file()}

    def add(self, seed: int, entry: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Write a finished seed: its arrays, then its line.

        Raises
        ------
        OSError, LogError
            If they cannot be written; what was finished before stays.
        """
        self._folder.mkdir(exist_ok=True)
        with atomic.replacing(self._part(seed)) as file:
            np.savez(file, **arrays)
        append(self._path, [{"seed": seed, **entry}])

    def arrays(self, seed: int) -> dict[str, np.ndarray]:
        """Return the arrays of a finished seed.

        Raises
        ------
        SeedsLogError
            If they are damaged.
        """
        try:
            with np.load(self._part(seed), allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except Exception as error:  # zipfile, zlib, numpy: each has its own for a damaged file
            raise SeedsLogError(
                f"{self._part(seed)}: damaged; remove it, and seed {seed} is simulated again on "
                "resuming"
            ) from error

    def remove_arrays(self) -> None:
        """Remove the arrays of single seeds, once the results hold them all."""
        for part in self._folder.glob("*.npz"):
            part.unlink(missing_ok=True)
        atomic.remove_partial_files(self._folder)
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._folder.rmdir()

    def _part(self, seed: int) -> Path:
        return self._folder / f"{seed}.npz"
