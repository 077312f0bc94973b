"""Which loop each object got, said in words."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["explanation"]

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
        lines.append(f"  {loop['object']:<{width}}  {loop['loop']}")
        lines += [f"  {'':<{width}}    no {reason}" for reason in loop["why_not"]]
    return "\n".join(lines)
