"""Progress of a long run: a live bar on a terminal, plain lines where the output goes to a file."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TextIO

from bionet.wording import broken, counted, duration

# A log file gets a line when this part of the total is done, or after this time.
_PART_A_LINE = 0.1
_TIME_A_LINE = 60.0  # s


class ProgressBar(Protocol):
    """What `progress_bar` gives: ``update(n)`` counts on, ``write(line)`` prints a line."""

    def update(self, n: int = 1) -> None:
        """Count `n` more units; 0 shows that time goes by."""

    def write(self, line: str) -> None:
        """Print a line of its own, above the bar if there is one, broken at 80 columns."""


@contextmanager
def progress_bar(
    total: int | None,
    description: str,
    unit: str = "step",
    *,
    initial: int = 0,
    stream: TextIO | None = None,
) -> Iterator[ProgressBar]:
    """Show how far a loop has come.

    Parameters
    ----------
    total : int or None
        Number of units in all; ``None`` if not known.
    description : str
        What is being done.
    unit : str
        Name of what is counted, such as ``"evaluation"``.
    initial : int
        Units done before, by a session that is now resumed.
    stream : text file, optional
        Default: standard error.
    """
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield _Lines(stream, total, description, unit, done=initial)
        return
    from tqdm import tqdm

    with tqdm(
        total=total,
        desc=description,
        unit=f" {unit}",
        initial=initial,
        file=stream,
        dynamic_ncols=True,
    ) as bar:
        yield _Bar(bar, stream)


@dataclass
class _Bar:
    bar: object
    stream: TextIO

    def update(self, n: int = 1) -> None:
        if n:
            self.bar.update(n)
        else:
            self.bar.refresh()

    def write(self, line: str) -> None:
        self.bar.write(broken(line), file=self.stream)


@dataclass
class _Lines:
    stream: TextIO
    total: int | None
    description: str
    unit: str
    done: int = 0

    def __post_init__(self):
        self._initial = self._printed_done = self.done
        self._started = self._printed_at = time.monotonic()

    def update(self, n: int = 1) -> None:
        self.done += n
        now = time.monotonic()
        part = 0.0 if not self.total else (self.done - self._printed_done) / self.total
        finished = self.total is not None and self.done >= self.total
        if part >= _PART_A_LINE or finished or now - self._printed_at >= _TIME_A_LINE:
            self._printed_done, self._printed_at = self.done, now
            self.write(self._line(now - self._started))

    def write(self, line: str) -> None:
        print(broken(line), file=self.stream, flush=True)

    def _line(self, elapsed: float) -> str:
        if not self.total:
            return f"{self.description}: {counted(self.done, self.unit)}, {duration(elapsed)}"
        percent = 100 * self.done / self.total
        said = f"{self.description}: {self.done}/{counted(self.total, self.unit)} ({percent:.0f} %)"
        said = f"{said}, {duration(elapsed)}"
        done = self.done - self._initial
        if not done:  # no pace yet
            return said
        return f"{said}, {duration(elapsed / done * max(self.total - self.done, 0))} left"
