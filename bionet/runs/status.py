"""Where a run stands: finished, running or stopped, and how far, from its directory alone."""

import time
from datetime import datetime

from bionet.errors import BionetError
from bionet.runs.hints import command_for
from bionet.runs.kinds import read_configuration
from bionet.runs.run_directory import RunDirectory
from bionet.runs.settings import require_same_settings
from bionet.wording import broken, counted


def describe(directory: RunDirectory) -> tuple[list[str], bool]:
    """Lines on a run that is running, stopped, finished or damaged.

    Returns
    -------
    lines : list of str
        State, last activity, what the kind says, and where to go from there.
    sound : bool
        False if a file is damaged; a line that starts with ``problem:`` names it.
    """
    running, finished = directory.is_locked(), directory.is_finished
    state = "running" if running else "finished" if finished else "stopped"
    lines = [f"{directory.path}: {state}", f"last activity {_since(directory.last_activity())}"]
    problems = []
    for report in _REPORTS:
        try:
            lines += report(directory)
        except (BionetError, OSError, ValueError) as error:
            problems.append(f"problem: {' '.join(map(str.strip, str(error).splitlines()))}")
    lines += dict.fromkeys(problems)  # a damaged config.toml troubles two of them
    if problems:
        pass  # what to do first stands there
    elif finished:
        lines.append(f"draw it with: {command_for('figure', directory.path)}")
    elif not running:
        lines.append(f"go on with: {command_for('resume', directory.path)}")
    return lines, not problems


def _report_of_kind(directory: RunDirectory) -> list[str]:
    kind, _ = read_configuration(directory.config_path)
    return [f"kind: {kind.name}", *map(broken, kind.status(directory).splitlines())]


def _report_of_settings(directory: RunDirectory) -> list[str]:
    changes = require_same_settings(*read_configuration(directory.config_path), directory)
    return [broken(f"since it was started, {change}") for change in changes]


def _report_of_sessions(directory: RunDirectory) -> list[str]:
    sessions = directory.sessions()
    if not sessions:
        return []
    started = sessions[0].get("started", "at an unknown time")
    resumed = len(sessions) - 1
    return [f"started {started}" + (f", resumed {counted(resumed, 'time')}" if resumed else "")]


def _report_of_results(directory: RunDirectory) -> list[str]:
    if not directory.is_finished:
        return []
    names = directory.load_results()
    return [broken(f"results: {directory.results_path} ({counted(len(names), 'array')})")]


_REPORTS = (_report_of_kind, _report_of_settings, _report_of_sessions, _report_of_results)


def _since(moment: float) -> str:
    """Return how long ago a moment was, and its local time."""
    elapsed = max(time.time() - moment, 0.0)
    for seconds, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if elapsed >= 2 * seconds or seconds == 1:
            ago = f"{counted(round(elapsed / seconds), unit)} ago"
            break
    return f"{ago} ({datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S})"
