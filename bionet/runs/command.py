"""The command ``bionet``: run, resume, status, figure and doctor.

Exit status: 0 done; 1 an expected failure, told in one line; 2 a configuration, run directory or
command line refused before anything was written; 130 interrupted.
"""

import argparse
import errno
import logging
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bionet.errors import BionetError
from bionet.runs import actions
from bionet.runs.configuration import ConfigurationError
from bionet.runs.run_directory import ExistingRunDirectoryError, NoRunDirectoryError

DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130

_REFUSALS = (ConfigurationError, ExistingRunDirectoryError, NoRunDirectoryError)

# What the file system refuses is the user's to put right, not a fault of the program.
_FILE_SYSTEM_REFUSES = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``bionet``; default: the process's own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = _parser().parse_args(given)
    try:
        with _termination_as_interrupt(), _silent_loggers():
            return _act(parsed, given)
    except BionetError as error:
        return _tell(str(error), REFUSED if isinstance(error, _REFUSALS) else FAILED)
    except KeyboardInterrupt as interrupt:
        return _tell("".join(["interrupted", *map(str, interrupt.args)]), INTERRUPTED)
    except OSError as error:
        if error.errno not in _FILE_SYSTEM_REFUSES:
            raise
        return _tell(f"{error.filename or 'a file'}: {error.strerror}", FAILED)


def _act(parsed: argparse.Namespace, given: list[str]) -> int:
    match parsed.action:
        case "run":
            actions.run(parsed.config, parsed.out, parsed.workers, given)
        case "resume":
            actions.resume(parsed.directory, parsed.workers, given)
        case "status":
            return DONE if actions.status(parsed.directory) else FAILED
        case "figure":
            actions.figure(parsed.directory)
        case "doctor":
            return DONE if actions.doctor() else FAILED
    return DONE


def _tell(message: str, exit_status: int) -> int:
    print(f"bionet: {' '.join(message.split())}", file=sys.stderr)
    return exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bionet", description="Run, resume and draw protocols of biophysical networks."
    )
    parsers = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    run = parsers.add_parser("run", help="start the protocol of a TOML file")
    run.add_argument("config", type=Path, metavar="CONFIG.toml")
    run.add_argument(
        "--out", type=Path, metavar="DIR", help="new run directory (default: in runs/)"
    )
    resume = parsers.add_parser("resume", help="go on after a crash or Ctrl-C")
    status = parsers.add_parser("status", help="say where a run stands")
    figure = parsers.add_parser("figure", help="draw a run's figures from what it saved")
    for on_directory in (resume, status, figure):
        on_directory.add_argument("directory", type=Path, metavar="DIR")
    for working in (run, resume):
        working.add_argument(
            "--workers",
            type=_positive,
            metavar="N",
            help="simulation processes at a time (default: the processors there are)",
        )
    parsers.add_parser("doctor", help="say which devices work on this machine")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a positive integer; found {text!r}")
    return int(text)


@contextmanager
def _silent_loggers() -> Iterator[None]:
    """Keep loggers that cannot write (a full disk) from burying the one line that says so."""
    before = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        yield
    finally:
        logging.raiseExceptions = before


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM, which batch systems send, end a run as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set a signal's handler
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
