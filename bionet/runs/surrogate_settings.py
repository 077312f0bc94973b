"""The settings that the networks of a run that trains them began with, and keep."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from bionet.runs import atomic

__all__ = ["require_same_settings"]

#: What may change when a run is resumed: where its files lie, how long and how it is trained.
FREE = ("data.folder", "training.epochs", "training.at_a_time")


def require_same_settings(
    configuration: Any, folder: Path, *, free: Collection[str] = FREE
) -> None:
    """Write down what the networks are trained with, or refuse what differs from that.

    Parameters
    ----------
    configuration : dataclass
        Of tables.
    folder : Path
        Of the checkpoints.
    free : collection of str
        What may change, as ``"table.key"``; by default what `surrogate_training` allows.

    Raises
    ------
    CheckpointError
        If a setting was changed; names it.
    """
    from bionet.gradient import CheckpointError
    from bionet.runs.configuration import to_table

    tables = json.loads(json.dumps(to_table(configuration)))
    settings = {
        f"{table}.{key}": value
        for table, values in tables.items()
        for key, value in values.items()
        if f"{table}.{key}" not in free
    }
    path = folder / "settings.json"
    if not path.is_file():
        atomic.write_json(path, settings)
        return
    begun = json.loads(path.read_text())
    changed = [key for key in settings | begun if settings.get(key) != begun.get(key)]
    if changed:
        raise CheckpointError(
            f"{path}: these networks began with another {', '.join(changed)}; put it back, or "
            f"remove {folder} to start anew"
        )
