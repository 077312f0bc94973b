"""The settings that a run was made with, and which of them may be others when it goes on.

``began.toml`` holds what the last session began with. ``config.toml`` is compared with it, key by
key, before a run is resumed or drawn: a kind names what may change (`Kind.may_change`: more
generations, more seeds, what is measured at the end); anything else would mix two runs into one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bionet.runs import atomic
from bionet.runs.configuration import (
    ConfigurationError,
    from_table,
    load_toml,
    shown,
    to_table,
    to_toml,
)
from bionet.runs.hints import command_for
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory

__all__ = ["Change", "record_settings", "require_same_settings"]


@dataclass(frozen=True)
class Change:
    """A setting that is not what it was; ``None`` stands for a key that is not there."""

    key: str
    before: Any
    now: Any

    def __str__(self):
        before, now = (
            "left out" if value is None else shown(value) for value in (self.before, self.now)
        )
        return f"{self.key} was {before}, is {now} now"


def record_settings(kind: Kind, configuration: Any, directory: RunDirectory) -> None:
    """Write down what a session begins with (under the lock)."""
    atomic.write_text(directory.began_path, to_toml(kind.name, configuration))


def require_same_settings(kind: Kind, configuration: Any, directory: RunDirectory) -> list[Change]:
    """Refuse settings that were changed and must not be; return those that may.

    Parameters
    ----------
    kind : Kind
    configuration : dataclass
        What ``config.toml`` says now.
    directory : RunDirectory
        Of a finished run nothing may have changed: its results are those of what it was.

    Raises
    ------
    ConfigurationError
        One line with the keys, what they were and what they are.
    """
    config, finished = directory.config_path, directory.is_finished
    if not directory.began_path.is_file():
        _require_recorded_checksum(kind, configuration, directory)
        return []
    changes = _changes(kind, configuration, directory)
    refused = [change for change in changes if change.key not in kind.may_change]
    if refused:
        raise ConfigurationError(
            f"{config}: {'; '.join(map(str, refused))}: a run goes on with what it began "
            f"with; put it back, or {_start_anew(directory)}"
        )
    if changes and finished:
        raise ConfigurationError(
            f"{config}: {'; '.join(map(str, changes))}, but this run is finished; put it back, or "
            f"move {directory.results_path.name} away and go on with: "
            f"{command_for('resume', directory.path)}"
        )
    return changes


def _changes(kind: Kind, configuration: Any, directory: RunDirectory) -> list[Change]:
    began = load_toml(directory.began_path)
    if (name := began.pop("kind", None)) != kind.name:
        return [Change("kind", name, kind.name)]
    # read, so that a key which this bionet has and an earlier one had not stands for its default
    before = dict(_flat(to_table(from_table(kind.configuration, began, directory.began_path))))
    now = dict(_flat(to_table(configuration)))
    return [
        Change(key, before.get(key), now.get(key))
        for key in before | now
        if before.get(key) != now.get(key)
    ]


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and values; of tables in an array, with their numbers."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for number, item in enumerate(value):
                yield from _flat(item, f"{prefix}{name}[{number}].")
        else:
            yield prefix + name, value


def _require_recorded_checksum(kind: Kind, configuration: Any, directory: RunDirectory) -> None:
    """Refuse a run of an earlier bionet, which wrote down a checksum alone, if it is another.

    The results of a finished run are those of its last session.
    """
    texts = (directory.config_path.read_bytes(), to_toml(kind.name, configuration).encode())
    now = {hashlib.sha256(text).hexdigest() for text in texts}
    sessions = directory.sessions()[-1 if directory.is_finished else 0 :]
    if any(session.get("configuration_sha256") not in now for session in sessions):
        raise ConfigurationError(
            f"{directory.config_path}: is not what this run began with, and the bionet that began "
            f"it did not record which key it is; put it back, or {_start_anew(directory)}"
        )


def _start_anew(directory: RunDirectory) -> str:
    return f"start a new run: {command_for('run', directory.config_path)} --out NEW_DIRECTORY"
