"""Which loop each object got, said in words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

__all__ = ["explanation"]

WIDTH = 100
#: Of the plastic network of benchmarks/, in times as long (README.md of this folder).
COSTS = {
    "rows": "a factor of about 1.7 where synapses are most of the work",
    "fusion": "a factor of up to 1.6 where neurons are",
    "blocks of neurons": "a factor of up to 1.6 where neurons are",
    "chunks of neurons": "a factor of up to 1.6 where neurons are",
    "release step": "nearly nothing",
    "common factor": "about a tenth",
}
HEADING = "In the order of a time step:"


def explanation(loops: Sequence[dict]) -> str:
    """Return the text of ``compiled.explain()``.

    Parameters
    ----------
    loops : sequence of dict
        ``object``: its name; ``loop``: what it got; ``why_not``: for each faster loop that it did
        not get, its name, the reason and what that costs.

    Returns
    -------
    str
        A line for each object, indented lines for what it did not get.
    """
    if not loops:
        return "all objects have Brian2's own loops"
    width = max(len(loop["object"]) for loop in loops)
    lines = [HEADING]
    for loop in loops:
        lines += _hanging(f"  {loop['object']:<{width}}  ", loop["loop"])
        for reason in loop["why_not"]:
            lines += _hanging(f"  {'':<{width}}    no ", reason + _cost(reason))
    return "\n".join(lines)


def _cost(reason: str) -> str:
    costs = [cost for name, cost in COSTS.items() if reason.startswith(name)]
    return f" (costs {costs[0]})" if costs else ""


def _hanging(first: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))
