"""The command ``bionet``: run, resume, status, figure and doctor."""

import argparse
import errno
import logging
import os
import re
import signal
import sys
import textwrap
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from bionet.errors import BionetError
from bionet.quiet_brian2 import quieten_brian2
from bionet.runs import actions
from bionet.runs.configuration import ConfigurationError
from bionet.runs.kinds import KINDS
from bionet.runs.run_directory import ExistingRunDirectoryError, NoRunDirectoryError

DONE, FAILED, REFUSED, INTERRUPTED, UNREAD = 0, 1, 2, 130, 141

EXIT_STATUS = """exit status:
  0    done
  1    an expected failure, told in one line
  2    refused before anything was written: a configuration, a run directory,
       the command line
  130  interrupted; a run can be resumed
  141  whoever read the output closed it; a run can be resumed
"""

CONFIG = """CONFIG.toml:
  A text file of keys and values. Its key "kind" says what is run, one of
    {kinds}.
  Quantities are text with units: target_rate = "10 Hz". A key that is left out
  has its default, or is told to be missing. All keys of a run, with those
  defaults, stand in DIR/config.toml. Examples: protocols/*/*.toml
"""

# More processes than any machine has processors: what was meant was something else.
MOST_WORKERS = 10_000

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
    if arguments is None:  # the process is the command's own
        quieten_brian2()
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = _parser().parse_args(given)
    try:
        with _termination_as_interrupt(), _silent_loggers():
            status = _act(parsed, given)
            sys.stdout.flush()
            return status
    except BrokenPipeError:  # bionet status DIR | head
        return _unread()
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
    # In one line, but with every space of a path that is to be pasted.
    print(f"bionet: {' '.join(map(str.strip, message.splitlines()))}", file=sys.stderr)
    return exit_status


def _unread() -> int:
    """Send what is still to be written nowhere, so that Python does not complain when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    return UNREAD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bionet",
        description="Run, resume and draw protocols of biophysical networks.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bionet {version('bionet')}")
    parsers = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    run = parsers.add_parser(
        "run",
        help="start the protocol of a TOML file",
        epilog=f"{CONFIG.format(kinds=_wrapped(KINDS))}\n{EXIT_STATUS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument(
        "config", type=Path, metavar="CONFIG.toml", help="what is run and how, see below"
    )
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
            type=_workers,
            metavar="N",
            help="simulation processes at a time (default: the processors there are)",
        )
    parsers.add_parser("doctor", help="say which devices work on this machine")
    return parser


def _wrapped(names: Iterable[str]) -> str:
    return "\n    ".join(textwrap.wrap(", ".join(names), 74))


def _workers(text: str) -> int:
    # digits of other scripts are no numbers here; longer than six cannot be meant
    if not re.fullmatch("[0-9]{1,6}", text) or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(
            f"expected a positive integer up to {MOST_WORKERS}; found {text!r}"
        )
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
