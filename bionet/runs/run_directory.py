"""A run directory: all that one run was asked, did and found, and a lock for who works on it.

It holds ``config.toml`` (resolved: every default filled in), ``began.toml`` (what it was when the
last session began), ``environment.json`` (one entry a session, see `bionet.runs.provenance`),
``log.jsonl`` and ``timing.jsonl`` (written by the kind of protocol), ``results.npz`` (written last,
so its presence means finished) and ``figures/``.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bionet.errors import BionetError
from bionet.runs import atomic
from bionet.runs.configuration import from_table, load_toml
from bionet.runs.hints import command_for

# A status check holds the lock for an instant; longer than that, it is another run.
_LOCK_PATIENCE = 1.0  # s


class RunDirectoryError(BionetError):
    """A run directory that is missing, damaged or in use; names it and what to do."""


class NoRunDirectoryError(RunDirectoryError):
    """A path at which there is no run directory."""


class ExistingRunDirectoryError(RunDirectoryError):
    """A run directory that would have been overwritten."""


@dataclass(frozen=True)
class RunDirectory:
    """The files of one run.

    Attributes
    ----------
    path : Path
        The directory; `bionet.runs.creation.create_run_directory` makes a new one, `open` checks
        an existing one.
    """

    path: Path

    @property
    def config_path(self) -> Path:
        """The resolved configuration, ``config.toml``."""
        return self.path / "config.toml"

    @property
    def began_path(self) -> Path:
        """What the last session began with, ``began.toml``, see `bionet.runs.settings`."""
        return self.path / "began.toml"

    @property
    def environment_path(self) -> Path:
        """The provenance, ``environment.json``."""
        return self.path / "environment.json"

    @property
    def log_path(self) -> Path:
        """The log a run is resumed from, ``log.jsonl``."""
        return self.path / "log.jsonl"

    @property
    def has_log(self) -> bool:
        """Whether anything was logged; a kill may leave a file of no bytes."""
        return self.log_path.is_file() and self.log_path.stat().st_size > 0

    @property
    def timing_path(self) -> Path:
        """Wall-clock times, ``timing.jsonl``: no state, so they may differ between equal runs."""
        return self.path / "timing.jsonl"

    @property
    def results_path(self) -> Path:
        """The arrays of a finished run, ``results.npz``."""
        return self.path / "results.npz"

    @property
    def figures_path(self) -> Path:
        """Where the figures go, ``figures/``."""
        return self.path / "figures"

    @classmethod
    def open(cls, path: str | Path) -> "RunDirectory":
        """Open the run directory at `path`.

        Raises
        ------
        NoRunDirectoryError
            If there is none.
        """
        directory = cls(Path(path))
        if not directory.path.is_dir():
            raise NoRunDirectoryError(f"{path}: there is no such run directory")
        if not directory.config_path.is_file():
            raise NoRunDirectoryError(f"{path}: not a run directory: it has no config.toml")
        return directory

    def load_configuration[T](self, configuration: type[T]) -> T:
        """Read ``config.toml`` as the kind's dataclass (without Brian2).

        Raises
        ------
        ConfigurationError
            If the file is damaged; names the key.
        """
        table = load_toml(self.config_path)
        table.pop("kind", None)
        return from_table(configuration, table, self.config_path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this process; the lock ends with it, even if it is killed.

        Raises
        ------
        RunDirectoryError
            If another process holds it.
        """
        from filelock import Timeout

        try:
            lock = self._lock().acquire(timeout=_LOCK_PATIENCE)
        except Timeout:
            raise RunDirectoryError(
                f"{self.path}: another bionet process is running it; wait for it or stop it first"
            ) from None
        with lock:
            atomic.remove_partial_files(self.path)
            yield

    def is_locked(self) -> bool:
        """Whether a process is running or resuming this directory now."""
        from filelock import Timeout

        if not self._lock_path.exists():
            return False
        try:
            with self._lock().acquire(blocking=False):
                return False
        except Timeout:
            return True
        except OSError:
            return False  # someone else's run, which we may only read: its lock cannot be asked

    @property
    def _lock_path(self) -> Path:
        return self.path / "run.lock"

    def _lock(self):
        from filelock import FileLock

        return FileLock(self._lock_path, thread_local=False)

    @property
    def is_finished(self) -> bool:
        """Whether the results are there."""
        return self.results_path.is_file()

    def last_activity(self) -> float:
        """Time of the last write to one of its files (s since the epoch)."""
        files = [path for path in self.path.iterdir() if path != self._lock_path and path.is_file()]
        return max((path.stat().st_mtime for path in files), default=self.path.stat().st_mtime)

    def sessions(self) -> list[dict[str, Any]]:
        """Entries of ``environment.json``, the oldest first; none if the file is missing.

        Raises
        ------
        RunDirectoryError
            If the file is damaged.
        """
        try:
            sessions = json.loads(self.environment_path.read_text(encoding="utf-8"))["sessions"]
            if not isinstance(sessions, list) or not all(isinstance(s, dict) for s in sessions):
                raise ValueError("its sessions are not a list of objects")
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError) as error:
            raise RunDirectoryError(
                f"{self.environment_path}: damaged ({type(error).__name__}); it is a record only: "
                "restore it, or move it away to go on without it"
            ) from error
        return sessions

    def add_session(self, session: dict[str, Any]) -> None:
        """Append an entry to ``environment.json`` (while holding the lock)."""
        atomic.write_json(self.environment_path, {"sessions": [*self.sessions(), session]})

    def record(self, **facts: Any) -> None:
        """Add facts, such as compiler flags, to the session that is running (under the lock).

        Parameters
        ----------
        **facts
            Names and values JSON can hold. A name already there is replaced.
        """
        *earlier, current = self.sessions() or [{}]
        atomic.write_json(self.environment_path, {"sessions": [*earlier, {**current, **facts}]})

    def save_results(self, **arrays: Any) -> None:
        """Write ``results.npz``, replacing an older one at once.

        Parameters
        ----------
        **arrays : array_like
            Numbers, booleans or text in any shape; units belong in the names' documentation.

        Raises
        ------
        ValueError
            If an array holds Python objects, which npz could only pickle, or has a name that
            ``numpy.savez`` keeps for itself; names it.
        """
        converted = {name: np.asarray(array) for name, array in arrays.items()}
        for name, array in converted.items():
            if array.dtype.hasobject:
                raise ValueError(f"result {name!r} holds Python objects, not numbers or text")
            if name in ("file", "allow_pickle"):
                raise ValueError(f"a result cannot be named {name!r}")
        with atomic.replacing(self.results_path) as file:
            np.savez(file, **converted)

    def load_results(self) -> dict[str, np.ndarray]:
        """Arrays of ``results.npz``; nothing pickled is ever loaded.

        Raises
        ------
        RunDirectoryError
            If there are none yet, or the file is damaged.
        """
        try:
            with np.load(self.results_path, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except FileNotFoundError:
            raise RunDirectoryError(
                f"{self.path}: has no results yet; go on with: {command_for('resume', self.path)}"
            ) from None
        except PermissionError:
            raise
        except Exception as error:  # zipfile, zlib, numpy: each has its own for a damaged file
            raise RunDirectoryError(
                f"{self.results_path}: damaged; move it away and make it again with: "
                f"{command_for('resume', self.path)}"
            ) from error
