"""What a run needs of memory at the least, compared with what there is before anything is made.

A kind estimates it from below (`Kind.memory`): the largest of its arrays. A run that asks for more
than the whole machine has would fail late, in a directory that cannot be resumed.
"""

from __future__ import annotations

from typing import Any

from bionet.runs.configuration import ConfigurationError
from bionet.runs.kind import Kind

__all__ = ["require_memory"]


def require_memory(kind: Kind, configuration: Any) -> None:
    """Refuse a configuration whose arrays this machine's memory cannot hold.

    Parameters
    ----------
    kind : Kind
    configuration : dataclass

    Raises
    ------
    ConfigurationError
        Names the keys that the largest of the arrays follows from, its size and the memory.
    """
    import psutil

    there = psutil.virtual_memory().total
    needed = kind.memory(configuration)
    keys = max(needed, key=needed.__getitem__, default="")
    if needed and needed[keys] > there:
        raise ConfigurationError(
            f"{keys}: need {_gigabytes(needed[keys])} of memory or more; this machine has "
            f"{_gigabytes(there)}"
        )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.3g} GB"
