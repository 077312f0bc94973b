"""Making a run directory: whole or not at all, and never over an existing one."""

import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bionet.runs import atomic
from bionet.runs.configuration import to_toml
from bionet.runs.hints import command_for
from bionet.runs.run_directory import ExistingRunDirectoryError, RunDirectory

# No creation takes an hour: what is older was left by a killed process.
_STALE = 3600.0  # s


def default_path(config: str | Path) -> Path:
    """Where a configuration's run goes by default: ``runs/<its folder>_<its name>``."""
    config = Path(os.path.abspath(config))
    return Path("runs") / "_".join(part for part in (config.parent.name, config.stem) if part)


def create_run_directory(
    path: str | Path, kind: str, configuration: Any, session: dict[str, Any]
) -> RunDirectory:
    """Make a new run directory.

    It is built under a hidden name beside `path` and renamed, so that a process killed meanwhile
    leaves no half of one.

    Parameters
    ----------
    path : str or Path
        May be an empty directory; its parents are made.
    kind : str
        The kind's name.
    configuration : dataclass
        Written resolved, see `bionet.runs.configuration.to_toml`.
    session : dict
        The first entry of ``environment.json``, see `bionet.runs.provenance.session`.

    Raises
    ------
    ExistingRunDirectoryError
        If something is there already.
    """
    path = Path(path)
    refuse_existing(path)
    parent = path.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(parent, path.name)
    building = parent / f"{_prefix(path.name)}{secrets.token_hex(8)}"
    building.mkdir()
    try:
        _fill(RunDirectory(building), kind, configuration, session)
        try:
            # Fails onto a directory that is not empty, as another process may just have made: two
            # runs cannot both get the name.
            os.rename(building, path)
        except OSError:
            refuse_existing(path)
            raise
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    atomic.sync_directory(parent)
    return RunDirectory(path)


def refuse_existing(path: Path) -> None:
    """Raise `ExistingRunDirectoryError` if there is anything at `path` but an empty directory."""
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() or path.is_symlink():
        raise ExistingRunDirectoryError(
            f"{path}: exists already; choose another directory with --out, or go on with it: "
            f"{command_for('resume', path)}"
        )


def _fill(directory: RunDirectory, kind: str, configuration: Any, session: dict[str, Any]) -> None:
    for path in (directory.config_path, directory.began_path):
        atomic.write_text(path, to_toml(kind, configuration))
    atomic.write_json(directory.environment_path, {"sessions": [session]})
    directory.figures_path.mkdir()


def _prefix(name: str) -> str:
    return f".{name}.creating-"


def _remove_stale(parent: Path, name: str) -> None:
    for left in parent.iterdir():
        with suppress(FileNotFoundError):  # another process may be removing it too
            if left.name.startswith(_prefix(name)) and time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
