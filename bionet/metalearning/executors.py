"""Worker processes for a search, which never outlive it.

Any `concurrent.futures.Executor` can evaluate a search's trials (threads, a cluster's); these
processes are the default. Each leads its own process group and ignores Ctrl-C, so an
interrupted search decides for itself what to keep. Each also holds the reading end of a pipe whose
only writing end is the parent's: when the parent ends, were it by ``kill -9``, the pipe closes and
the worker kills its whole group, the simulations it has started included. (Linux's "signal me
when my parent dies" would do less: it is bound to the thread that started the worker, and
does not reach the worker's own children.)
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from bionet.quiet_brian2 import quieten_brian2


def available_processors() -> int:
    """Processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        return os.cpu_count() or 1


@contextmanager
def worker_processes(workers: int | None = None) -> Iterator[ProcessPoolExecutor]:
    """Start worker processes, and end them with the block; at once if it ends by an exception.

    Parameters
    ----------
    workers : int or None
        How many; None for one a processor.

    Yields
    ------
    concurrent.futures.ProcessPoolExecutor
        Its processes start fresh (spawned, not forked), when first needed.

    Raises
    ------
    ValueError
        If `workers` is not at least 1.
    """
    if workers is None:
        workers = available_processors()
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers is {workers!r}, it must be a whole number of at least 1")
    context = get_context("spawn")
    leash, held = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start_worker, initargs=(leash,)
    )
    try:
        yield executor
    except BaseException:
        held.close()  # whatever is still computed is not wanted
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        held.close()
        leash.close()


def why_workers_die() -> str:
    """Say what most likely ended a worker process, for an error that says which one."""
    script = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
    if not script.is_file():
        return (
            "killed, out of memory, or unable to import what it was to compute (which, defined in "
            "a notebook or at a prompt, belongs in a module)"
        )
    if "__main__" not in script.read_text(errors="replace"):
        return (
            f'most likely because {script} starts workers outside of `if __name__ == "__main__":`; '
            "each worker imports the script, and would start workers in turn. Put what is to run "
            "once under that line"
        )
    return "killed, or out of memory"


def _start_worker(leash: Connection) -> None:
    os.setpgid(0, 0)
    quieten_brian2()
    # Not enough to be out of the terminal's group: a batch system signals every process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Once one worker has died the executor sends this to the others, which may be sooner than they
    # see the pipe close; a worker that it ended would leave its simulation behind.
    signal.signal(signal.SIGTERM, _end_group)
    threading.Thread(target=_end_with_parent, args=(leash,), daemon=True).start()


def _end_with_parent(leash: Connection) -> None:
    try:
        leash.recv_bytes()  # nothing is ever sent: this returns when the other end closes
    except (EOFError, OSError):
        _end_group()


def _end_group(*_) -> None:
    os.killpg(0, signal.SIGKILL)
