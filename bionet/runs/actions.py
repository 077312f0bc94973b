"""What each action of the command does: run, resume, status, figure, doctor."""

import errno
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bionet.errors import BionetError
from bionet.runs.creation import create_run_directory, default_path, refuse_existing
from bionet.runs.hints import command_for
from bionet.runs.kind import Kind
from bionet.runs.kinds import read_configuration
from bionet.runs.memory import require_memory
from bionet.runs.run_directory import RunDirectory
from bionet.runs.settings import record_settings, require_same_settings
from bionet.wording import broken

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def run(config: Path, out: Path | None, workers: int | None, arguments: Sequence[str]) -> None:
    """Start the protocol of a TOML file in a new run directory.

    Parameters
    ----------
    config : Path
        TOML file.
    out : Path or None
        The new directory; default: `bionet.runs.creation.default_path`.
    workers : int or None
        Simulation processes at a time; default: one a processor.
    arguments : sequence of str
        The command line, for the record.

    Raises
    ------
    ConfigurationError, ExistingRunDirectoryError
        Before anything is written.
    BionetError
        If the disk is full, or the protocol fails in an expected way.
    """
    from bionet.runs.provenance import session

    kind, configuration = read_configuration(config)
    path = default_path(config) if out is None else out
    refuse_existing(path)
    require_memory(kind, configuration)
    kind.check(configuration)
    try:
        directory = create_run_directory(
            path, kind.name, configuration, session(arguments, kind.name, configuration)
        )
    except OSError as error:
        reason = f"cannot make the run directory: {error.strerror}"
        raise BionetError(f"{path}: {reason}; nothing was started") from error
    with directory.locked():
        _start(kind, configuration, directory, workers)


def resume(path: Path, workers: int | None, arguments: Sequence[str]) -> None:
    """Go on with a run where its log ends.

    Raises
    ------
    RunDirectoryError
        If there is no such run, a process is running it, or its results are damaged.
    ConfigurationError
        If ``config.toml`` was changed in a key that must not change, see `bionet.runs.settings`.
    BionetError
        As `run`.
    """
    directory = RunDirectory.open(path)
    kind, configuration = read_configuration(directory.config_path)
    with directory.locked():
        changed = require_same_settings(kind, configuration, directory)
        if directory.is_finished:
            directory.load_results()  # names them if they are damaged
            kind.tidy(directory)
            print(f"{path} is finished; its results are in {directory.results_path}")
            return
        require_memory(kind, configuration)
        kind.check(configuration)
        from bionet.runs.provenance import changes, session

        now = session(arguments, kind.name, configuration)
        earlier = directory.sessions()
        for change in [*changed, *(changes(earlier[0], now) if earlier else [])]:
            print(broken(f"note: since this run was started, {change}"), file=sys.stderr)
        try:
            directory.add_session(now)
            record_settings(kind, configuration, directory)
        except OSError as error:
            _tell_full_disk(error, directory)
            raise
        _start(kind, configuration, directory, workers)


def status(path: Path) -> bool:
    """Print where a run stands; false if something in its directory is damaged."""
    from bionet.runs.status import describe

    lines, sound = describe(RunDirectory.open(path))
    print("\n".join(lines))
    return sound


def figure(path: Path) -> None:
    """Draw a run's figures and print their paths.

    Raises
    ------
    ConfigurationError
        If ``config.toml`` is not what the run was made with.
    """
    directory = RunDirectory.open(path)
    kind, configuration = read_configuration(directory.config_path)
    require_same_settings(kind, configuration, directory)
    directory.figures_path.mkdir(exist_ok=True)
    for drawn in kind.figures(directory):
        print(drawn)


def doctor() -> bool:
    """Print what works on this machine; false if the C++ device does not."""
    from bionet.runs.doctor import examine

    findings = examine()
    print("\n".join(map(str, findings)))
    return bool(findings[0].works)


def _start(kind: Kind, configuration: Any, directory: RunDirectory, workers: int | None) -> None:
    from bionet.metalearning.executors import available_processors

    path = directory.path
    resume = command_for("resume", path)
    print(f"{kind.name} in {path}", flush=True)
    try:
        kind.start(configuration, directory, workers or available_processors())
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"; go on with: {resume}") from None
    except BionetError as error:
        if resume in str(error):
            raise
        kept = "everything finished before is kept; " if directory.has_log else ""
        raise BionetError(f"{error}; {kept}once mended, go on with: {resume}") from error
    except Exception as error:
        _tell_full_disk(error, directory)
        raise
    kind.tidy(directory)
    print(f"results: {directory.results_path}\ndraw them with: {command_for('figure', path)}")


def _tell_full_disk(error: Exception, directory: RunDirectory) -> None:
    """Raise one line that says so if the error was a full disk; return if it was not."""
    full = _disk_full(error)
    if full is None:
        return
    place = full.filename or f"{directory.path} or temporary files in {tempfile.gettempdir()}"
    raise BionetError(
        f"no space left on device while writing {place}; everything "
        f"finished before is kept; free space and run: {command_for('resume', directory.path)}"
    ) from error


def _disk_full(error: BaseException | None) -> OSError | None:
    """Return the full disk (or quota) among an error and its causes, if that was it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _DISK_FULL:
            return error
        error = error.__cause__ or error.__context__
    return None
