"""The settings that the networks of a ``surrogate_training`` run began with, and keep."""

from __future__ import annotations

import json
from pathlib import Path

from bionet.runs import atomic
from bionet.runs.surrogate_configuration import SurrogateTraining

__all__ = ["require_same_settings"]

#: What may change when a run is resumed: where its files lie, how long and how it is trained.
FREE = ("data.folder", "training.epochs", "training.at_a_time")


def require_same_settings(configuration: SurrogateTraining, folder: Path) -> None:
    """Write down what the networks are trained with, or refuse what differs from that.

    Parameters
    ----------
    configuration : SurrogateTraining
    folder : Path
        Of the checkpoints.

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
        if f"{table}.{key}" not in FREE
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
