"""Projections drawn at random, as plain data: connectivity, delays, pathways and what they do."""

from __future__ import annotations

import random_network_pieces as pieces
from random_choices import SOMETIMES, chance, one, whole

__all__ = ["WIDE", "least", "place", "projection"]

WIDE = 70_000  # neurons: more than 16 bits count
#: From so many on, not every connectivity: a program should run for a blink.
MANY = 200


def place(draw, groups: list[dict], names: list[str], sources: list[dict] = ()) -> dict:
    """Draw one of the groups or sources of some names, or a part of it.

    Returns
    -------
    dict
        ``of``: its name; ``part``: first neuron and end, or None; ``n``: number of neurons.
    """
    name = one(draw, names)
    of = sources if name.startswith("source") else groups
    owner = of[int(name[-1])]
    n, part = owner["n"], None
    # of these groups Brian2 has no parts
    divisible = owner.get("v") != "linked" and owner.get("kind") != "generator"
    if n > 2 and divisible and chance(draw, SOMETIMES):
        start = whole(draw, 0, min(n, 100) - 2)
        part = [start, whole(draw, start + 1, n)] if n != WIDE else [n - 200, n - start // 2]
    return {"of": name, "part": part, "n": part[1] - part[0] if part else n}


def projection(draw, groups: list[dict], sources: list[dict]) -> dict:
    """Draw the synapses from one group or source to a group."""
    cells = [f"cells{n}" for n in range(len(groups))]
    places = [*cells, *(f"source{n}" for n in range(len(sources)))]
    source = place(draw, groups, places, sources)
    target = source if source["of"] in cells and chance(draw, 25) else place(draw, groups, cells)
    from_cells = source["of"] in cells
    refractory = groups[int(target["of"][-1])]["refractory"] != "none"
    model = one(draw, pieces.SYNAPSE)
    posts = [p for p, code in pieces.ON_POST.items() if _fits(code or "", model, from_cells)]
    post = _statement(draw, posts, model)
    pres = [
        p
        for p, code in pieces.ON_PRE.items()
        if _fits(code, model, from_cells)
        and (refractory or "fractory" not in code + p)
        and (refractory or "lastspike" not in code)
    ]
    again = one(draw, pres) if chance(draw, SOMETIMES) else None
    n_pathways = 1 + (again is not None) + (post != "none")
    sums = [s for s in pieces.OF_A_SUM if _fits(pieces.OF_A_SUM[s] or "", model, from_cells)]
    summed = one(draw, sums) if chance(draw, 30) else "none"
    event = from_cells and groups[int(source["of"][-1])]["event"]
    return {
        "source": source,
        "target": target,
        "model": model,
        "weight": _weight(draw, model),
        "literal": 0.15,
        "pre": _statement(draw, pres, model),
        "again": again,
        "post": post,
        "summed": summed,
        "connect": _connect(draw, source["n"], target["n"]),
        "multisynaptic": chance(draw, SOMETIMES),
        "delays": [_delay(draw) for _ in range(n_pathways)],
        "orders": [one(draw, (0, 0, 0, -1, 1)) for _ in range(n_pathways)],
        "on event": bool(event) and chance(draw, 50),
    }


def _statement(draw, names: list[str], model: str) -> str:
    """Draw one of the statements, half of the time the one that is made for the model."""
    own = {"event-driven": "trace", "clock-driven": "trace", "typed": "counted"}.get(model)
    return own if own in names and chance(draw, 50) else one(draw, names)


def _fits(code: str, model: str, from_cells: bool) -> bool:
    """Whether a statement finds its variables: w, traces x and y, counts, the source's own."""
    words = set(code.replace("(", " ").replace(")", " ").replace("*", " ").split())
    if not from_cells and "_pre" in code:
        return False
    if words & {"x", "y"} and model not in ("event-driven", "clock-driven"):
        return False
    if words & {"c", "effect", "on"}:
        return model == "typed"
    writes_w = "w = " in code
    reads_w = "w" in words
    return not (
        (writes_w and model in ("none", "constant", "shared")) or (reads_w and model == "none")
    )


def _weight(draw, model: str):
    return 0.1 if model == "shared" else one(draw, (0.1, "0.05 + 0.01*(i % 9)", "0.2*rand()"))


def _delay(draw) -> str:
    return "none" if chance(draw, 50) else one(draw, pieces.DELAY)


def _connect(draw, n_source: int, n_target: int) -> list:
    """Draw the calls of connect; a list of pairs may hold one twice."""
    ways, listed = list(pieces.CONNECT), 15
    if max(n_source, n_target) > MANY:
        ways = [way for way in ways if way in pieces.FEW_EACH]
        listed = 50 if max(n_source, n_target) < WIDE // 2 else 100
    calls = []
    for _ in range(2 if chance(draw, SOMETIMES) else 1):
        calls.append(_pairs(draw, n_source, n_target) if chance(draw, listed) else one(draw, ways))
    return calls


def _pairs(draw, n_source: int, n_target: int) -> list:
    pairs = []
    for _ in range(whole(draw, 1, 20)):
        first, last = chance(draw, 50), chance(draw, 50)
        i = whole(draw, max(0, n_source - 9) if first else 0, n_source - 1)
        j = whole(draw, max(0, n_target - 9) if last else 0, n_target - 1)
        pairs.append([i, j])
    return pairs + pairs[: whole(draw, 0, 2)]


def least(projection: dict) -> int:
    """Return how many synapses a projection has at the least: a monitor must not ask for more."""
    first = projection["connect"][0]
    if first in ("all to all", "all twice"):
        return projection["source"]["n"] * projection["target"]["n"]
    return 0 if isinstance(first, str) else len(first)
