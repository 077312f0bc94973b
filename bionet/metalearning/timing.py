"""How long each evaluation took: kept apart from the log, since times are no state."""

import os
import time
from pathlib import Path

from bionet.metalearning.checksums import checked_line
from bionet.metalearning.evaluation import Trial
from bionet.metalearning.lines import append_line, open_for_appending


class TimingLog:
    """One line an evaluation, in order of arrival.

    A line holds generation, candidate and trial, ``wall_time`` (seconds the problem took in its
    worker) and ``finished`` (seconds since 1970, UTC). After a kill the last ones may be missing.

    Parameters
    ----------
    path : path
        The file; lines are added to an existing one.

    Raises
    ------
    LogError
        If the file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self._descriptor = open_for_appending(self.path)

    def append(self, trial: Trial, wall_time: float) -> None:
        """Write one line; LogError if the disk is full."""
        entry = {
            "generation": trial.generation,
            "candidate": trial.candidate,
            "trial": trial.index,
            "wall_time": round(wall_time, 6),
            "finished": round(time.time(), 3),
        }
        append_line(self._descriptor, self.path, checked_line(entry))

    def __enter__(self) -> "TimingLog":
        return self

    def __exit__(self, *exception) -> None:
        os.close(self._descriptor)
