"""Brian2 in processes that are bionet's own: the command and the workers, not a user's scripts.

When it is imported, Brian2 makes a debug log and a copy of the script in the temporary folder, and
files of what compilers print when it first asks one; it removes them when the process ends, which
one that is killed does not live to do. It puts a handler before that of Ctrl-C, which fails where
Ctrl-C is ignored, as it is for a command that a shell script started in the background. And it asks
to report every uncaught error as its own. All that can be changed only between Brian2's own
modules, hence the finder. Preferences that a user has written in a file of Brian2's still count.
"""

import logging
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path

__all__ = ["quieten_brian2"]


def quieten_brian2() -> None:
    """Have Brian2 leave no files of this process, and Ctrl-C and uncaught errors as they were.

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
            "brian2": _leaving_handlers(),
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


def _leaving_handlers() -> Callable[[], None]:
    of_errors, of_interrupts = sys.excepthook, signal.getsignal(signal.SIGINT)

    def leave() -> None:
        sys.excepthook = of_errors
        if of_interrupts is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return leave


def _write_no_files() -> None:
    from brian2.core.preferences import prefs

    prefs["logging.file_log"] = False
    prefs["logging.save_script"] = False
    _name_no_files()


def _name_no_files() -> None:
    """Give Brian2 files without a name for what compilers print; it reads them after an error."""
    from brian2.utils.logger import std_silent

    with suppress(OSError):  # no room, or no folder: Brian2 makes its own when it needs them
        for stream in ("stdout", "stderr"):
            file = tempfile.TemporaryFile("w")  # noqa: SIM115
            setattr(std_silent, f"dest_fname_{stream}", f"/dev/fd/{file.fileno()}")
            setattr(std_silent, f"dest_{stream}", file)


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
