"""The lines of a run that call the objects of a step by name, in place of Brian2's list of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from bionet.devices.cpp.text import rendered

__all__ = ["FlatRun", "without_calls"]

CLEAR = re.compile(r"(\w+)\.clear\(\);")
ADD = re.compile(r"\w+\.add\(&(\w+), (\w+)\);")
#: Without progress reports: those ask for the time at every object.
RUN = re.compile(r"(\w+)\.run\((.+), NULL, [^,]+\);")


def without_calls(lines: Sequence[str], functions: set[str]) -> list[str]:
    """Return the lines of a run without those that add some functions to the network."""
    return [x for x in lines if not ((found := ADD.fullmatch(x)) and found[2] in functions)]


class FlatRun:
    """One run of a network.

    Parameters
    ----------
    lines : sequence of str
        Brian2's lines in ``main``: clear the network, add its objects, run.

    Raises
    ------
    ValueError
        If they are others than Brian2 2.10 and 2.11 write, progress is reported, or there is
        nothing to run.
    """

    def __init__(self, lines: Sequence[str]):
        cleared = [found[1] for x in lines if (found := CLEAR.fullmatch(x))]
        run = [(k, found) for k, x in enumerate(lines) if (found := RUN.fullmatch(x))]
        added = [found.groups() for x in lines if (found := ADD.fullmatch(x))]
        if len(cleared) != 1 or len(run) != 1 or not added:
            raise ValueError("progress is reported, or there is no object")
        self.network = cleared[0]
        at, found = run[0]
        self.clocks = tuple(dict.fromkeys(clock for clock, _ in added))
        self.calls = [
            (clock, [function for _, function in calls if function != "NULL"])
            for clock, calls in groupby(added, key=lambda call: call[0])
        ]
        others = [x for x in lines[:at] if not (CLEAR.fullmatch(x) or ADD.fullmatch(x))]
        self.lines = [*others, f"bionet::run_{self.network}({found[2]});", *lines[at + 1 :]]

    @property
    def declaration(self) -> str:
        """The line that declares its function."""
        return f"void run_{self.network}(double duration);"

    def text(self) -> str:
        """Return its function."""
        return rendered("run.cpp", network=self.network, clocks=self.clocks, calls=self.calls)
