"""Commands that messages suggest, with paths as a shell takes them: to be pasted."""

import shlex
from pathlib import Path

__all__ = ["command_for"]


def command_for(action: str, path: str | Path) -> str:
    """Return the command that does something with a run directory or a configuration.

    Parameters
    ----------
    action : str
        ``"resume"``, ``"figure"``, ``"run"``.
    path : str or Path
    """
    text = str(path)
    return shlex.join(["bionet", action, f"./{text}" if text.startswith("-") else text])
