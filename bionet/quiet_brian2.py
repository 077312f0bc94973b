"""Brian2 in processes that are bionet's own: the command and the workers, not a user's scripts.

When it is imported, Brian2 makes a debug log and a copy of the script in the temporary folder and
removes them when the process ends, which one that is killed does not live to do; and it puts a
handler before that of Ctrl-C, which fails where Ctrl-C is ignored, as it is for a command that a
shell script started in the background. Both can be changed only between Brian2's own modules, hence
the finder. Preferences that a user has written in a file of Brian2's still count.
"""

import logging
import signal
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path

__all__ = ["quieten_brian2"]


def quieten_brian2() -> None:
    """Have Brian2 write no files in this process, and leave Ctrl-C ignored where it is.

    A worker may have imported Brian2 already, with the script that it belongs to.
    """
    if "brian2" in sys.modules:
        _remove_files()
    else:
        sys.meta_path.insert(0, _Brian2Finder())


class _Brian2Finder(MetaPathFinder):
    """Finds two modules of Brian2 as they are found anyway, and acts when they have been run."""

    def __init__(self):
        self._acts: dict[str, Callable[[], None]] = {
            "brian2": _leave_ignored_interrupts(),
            "brian2.utils.logger": _write_no_files,
        }

    def find_spec(self, fullname, path, target=None):
        act = self._acts.pop(fullname, None)
        if act is None:
            return None
        spec = find_spec(fullname)
        run = spec.loader.exec_module

        def run_and_act(module):
            run(module)
            act()

        spec.loader.exec_module = run_and_act
        return spec


def _leave_ignored_interrupts() -> Callable[[], None]:
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    def leave() -> None:
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return leave


def _write_no_files() -> None:
    from brian2.core.preferences import prefs

    prefs["logging.file_log"] = False
    prefs["logging.save_script"] = False


def _remove_files() -> None:
    from brian2.utils.logger import BrianLogger

    handler, BrianLogger.file_handler = BrianLogger.file_handler, None
    if handler is not None:
        logging.getLogger("brian2").removeHandler(handler)
        handler.close()
    for name in ("tmp_log", "tmp_script"):
        path = getattr(BrianLogger, name)
        setattr(BrianLogger, name, None)
        if path is not None:
            Path(path).unlink(missing_ok=True)
