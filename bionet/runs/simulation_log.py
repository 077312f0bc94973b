"""What a ``simulation`` run has finished: a log line a seed, and beside it the seed's arrays.

The arrays of a seed are written whole into ``seeds/<seed>.npz`` before its line is appended to
``log.jsonl``. They stay there until ``results.npz`` holds those of all seeds: a seed with a line
but without arrays, its own or the results, is simulated again, and its last line counts. A line
that a kill left half written is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bionet.errors import BionetError
from bionet.metalearning.lines import append_line, open_for_appending
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
        SeedsLogError
            If a whole line of the log is damaged.
        """
        if not self._path.exists():
            return {}
        content = self._path.read_bytes()
        lines = content[: content.rfind(b"\n") + 1].splitlines()
        entries = {}
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                entries[int(entry["seed"])] = entry
            except (ValueError, KeyError, TypeError) as error:
                raise SeedsLogError(
                    f"{self._path}: line {number} is damaged; remove it, and its seed is simulated "
                    "again on resuming"
                ) from error
        if self._directory.is_finished:
            return entries
        return {seed: entry for seed, entry in entries.items() if self._part(seed).is_file()}

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
        descriptor = open_for_appending(self._path)
        try:
            append_line(
                descriptor, self._path, json.dumps({"seed": seed, **entry}, allow_nan=False)
            )
        finally:
            os.close(descriptor)

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
