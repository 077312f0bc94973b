"""Small networks drawn at random, as plain data: whatever a fast loop could get silently wrong.

`networks` is the strategy, `sample` the same networks in every process; `random_network_parts`
makes Brian2's objects of them, `random_network_features` says what is in them.
"""

from __future__ import annotations

import random_network_pieces as pieces
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from random_network_texts import model_of, stored

__all__ = ["STEPS", "WIDE", "networks", "sample"]

#: Time steps (0.1 ms) of a run: the delays of `random_network_parts` are made for it.
STEPS = 300
WIDE = 70_000  # neurons: more than 16 bits count
SIZES = (1, 5, 16, 63, 64, 65, 100, 130)
SLOTS = (
    "start",
    "before_groups",
    "after_groups",
    "before_thresholds",
    "after_thresholds",
    "before_synapses",
    "after_synapses",
    "before_resets",
    "after_resets",
    "end",
)
#: How often what is rare occurs, in percent.
RARE, SOMETIMES = 6, 20


def _chance(draw, percent: int) -> bool:
    return draw(st.integers(0, 99)) >= 100 - percent


def _one(draw, of):
    return draw(st.sampled_from(sorted(of) if isinstance(of, dict) else of))


@st.composite
def networks(draw) -> dict:
    """Draw a network: groups, sources, projections, inputs and monitors, each a dictionary."""
    n_groups = _one(draw, (1, 1, 1, 2))
    groups = [draw(_groups(n_groups, k == 0)) for k in range(n_groups)]
    sources = [draw(_sources())] if _chance(draw, 30) else []
    projections = []
    for k in range(_one(draw, (1, 1, 1, 2, 2, 3))):
        projections.append(draw(_projections(groups, sources, projections, k)))
    onto = _can_be_target(projections) and _chance(draw, SOMETIMES)
    inputs = [draw(_inputs(groups))] if _chance(draw, SOMETIMES) else []
    monitors = [
        draw(_monitors(groups, sources, projections)) for _ in range(_one(draw, (0, 1, 1, 2)))
    ]
    return {
        "groups": groups,
        "sources": sources,
        "projections": projections,
        "inputs": inputs,
        "monitors": monitors,
        "onto": [_onto(draw, n_groups, projections)] if onto else [],
        "returned": _one(draw, ("everything", "state", "little")),
    }


@st.composite
def _groups(draw, n_groups: int, first: bool) -> dict:
    refractory = _one(draw, pieces.REFRACTORY) if _chance(draw, 75) else "none"
    # most groups should be of the common kind, for which the fast loops are made
    common = _chance(draw, 40)
    thresholds = [
        name
        for name, code in pieces.THRESHOLD.items()
        if refractory != "none" or not ("refractory" in code or "lastspike" in code)
    ]
    threshold = "constant" if common else _one(draw, thresholds)
    v = "leak" if common else _one(draw, [v for v in pieces.V if v != "linked" or n_groups > 1])
    method = _one(draw, pieces.V[v][1])
    g = _one(draw, pieces.G)
    if method == "exact" and g == "decay unless refractory":
        method = "euler"
    unless = refractory != "none" and draw(st.booleans())
    if refractory == "none" and g == "decay unless refractory":
        g = "decay"
    regular = [draw(_regular(refractory)) for _ in range(_one(draw, (0, 0, 1, 2)))]
    return {
        "n": WIDE if first and _chance(draw, RARE) else _one(draw, SIZES),
        "v": v,
        "g": g,
        "method": "euler" if unless and method in ("heun", "rk2", "rk4") else method,
        "unless refractory": unless,
        "threshold": threshold,
        "reset": _one(draw, pieces.RESET),
        "refractory": refractory,
        "event": _one(draw, pieces.EVENT) if _chance(draw, SOMETIMES) else None,
        "dt": _one(draw, (0.2, 0.05)) if _chance(draw, RARE) else None,
        "random start": draw(st.booleans()),
        "regular": regular,
    }


@st.composite
def _regular(draw, refractory: str) -> dict:
    allowed = [what for what in pieces.REGULAR if refractory != "none" or what != "bookkeeping"]
    return {
        "what": _one(draw, allowed),
        "dt": _one(draw, (None, None, 1.0, 0.3)),
        # between update and threshold half of the time
        "when": _one(draw, (*SLOTS, *4 * pieces.BEFORE_THRESHOLD)),
        "order": _one(draw, (0, 0, -1, 1)),
    }


@st.composite
def _sources(draw) -> dict:
    return {
        "kind": _one(draw, ("poisson", "generator")),
        "n": _one(draw, SIZES),
        "varied": draw(st.booleans()),
    }


def _place(draw, groups: list[dict], names: list[str], sources: list[dict] = ()) -> dict:
    name = _one(draw, names)
    of = sources if name.startswith("source") else groups
    whole = of[int(name[-1])]
    n, part = whole["n"], None
    # of these groups Brian2 has no parts
    divisible = whole.get("v") != "linked" and whole.get("kind") != "generator"
    if n > 2 and divisible and _chance(draw, SOMETIMES):
        start = draw(st.integers(0, min(n, 100) - 2))
        part = [start, draw(st.integers(start + 1, n))] if n != WIDE else [n - 200, n - start // 2]
    return {"of": name, "part": part, "n": part[1] - part[0] if part else n}


@st.composite
def _projections(draw, groups: list, sources: list, earlier: list, k: int) -> dict:
    cells = [f"cells{n}" for n in range(len(groups))]
    places = [*cells, *(f"source{n}" for n in range(len(sources)))]
    source = _place(draw, groups, places, sources)
    target = source if source["of"] in cells and _chance(draw, 25) else _place(draw, groups, cells)
    from_cells = source["of"] in cells
    refractory = groups[int(target["of"][-1])]["refractory"] != "none"
    model = _one(draw, pieces.SYNAPSE)
    posts = [p for p, code in pieces.ON_POST.items() if _fits(code or "", model, from_cells)]
    post = _statement(draw, posts, model)
    pres = [
        p
        for p, code in pieces.ON_PRE.items()
        if _fits(code, model, from_cells)
        and (refractory or "fractory" not in code + p)
        and (refractory or "lastspike" not in code)
    ]
    again = _one(draw, pres) if _chance(draw, SOMETIMES) else None
    n_pathways = 1 + (again is not None) + (post != "none")
    sums = [s for s in pieces.OF_A_SUM if _fits(pieces.OF_A_SUM[s] or "", model, from_cells)]
    summed = _one(draw, sums) if _chance(draw, 30) else "none"
    event = from_cells and groups[int(source["of"][-1])]["event"]
    wide = WIDE in (
        groups[int(target["of"][-1])]["n"],
        from_cells and groups[int(source["of"][-1])]["n"],
    )
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
        "connect": _connect(draw, source["n"], target["n"], wide),
        "multisynaptic": _chance(draw, SOMETIMES),
        "delays": [_delay(draw) for _ in range(n_pathways)],
        "orders": [_one(draw, (0, 0, 0, -1, 1)) for _ in range(n_pathways)],
        "on event": bool(event) and draw(st.booleans()),
    }


def _statement(draw, names: list[str], model: str) -> str:
    """Draw one of the statements, half of the time the one that is made for the model."""
    own = {"event-driven": "trace", "clock-driven": "trace", "typed": "counted"}.get(model)
    return own if own in names and draw(st.booleans()) else _one(draw, names)


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
    return 0.1 if model == "shared" else _one(draw, (0.1, "0.05 + 0.01*(i % 9)", "0.2*rand()"))


def _delay(draw) -> str:
    return "none" if draw(st.booleans()) else _one(draw, pieces.DELAY)


def _connect(draw, n_source: int, n_target: int, wide: bool) -> list:
    """Draw the calls of connect; a list of pairs may hold one twice."""
    calls = []
    for _ in range(2 if _chance(draw, SOMETIMES) else 1):
        if wide or _chance(draw, 15):
            edge = lambda n: st.one_of(st.integers(0, n - 1), st.integers(max(0, n - 9), n - 1))  # noqa: E731
            pair = st.tuples(edge(n_source), edge(n_target)).map(list)
            pairs = draw(st.lists(pair, min_size=1, max_size=30))
            calls.append(pairs + pairs[: draw(st.integers(0, 2))])
        else:
            calls.append(_one(draw, pieces.CONNECT))
    return calls


@st.composite
def _inputs(draw, groups: list[dict]) -> dict:
    return {
        "target": f"cells{draw(st.integers(0, len(groups) - 1))}",
        "variable": _one(draw, ("g", "v")),
        "N": _one(draw, (1, 40)),
        "when": _one(draw, ("synapses", "after_groups", "start")),
    }


@st.composite
def _monitors(draw, groups: list[dict], sources: list[dict], projections: list[dict]) -> dict:
    if any(map(_least, projections)) and _chance(draw, SOMETIMES):
        return _of_synapses(draw, projections)
    if sources and _chance(draw, SOMETIMES):
        kind = _one(draw, ("spikes", "rate"))
        return {"kind": kind, "of": "source0", "part": None, "variables": [], "record": True}
    names = [f"cells{k}" for k in range(len(groups))]
    place = _place(draw, groups, names)
    group = groups[names.index(place["of"])]
    kind = _one(draw, ("spikes", "rate", "state", "state", *["events"] * bool(group["event"])))
    known = ["not_refractory", "lastspike"] if group["refractory"] != "none" else []
    drawn = st.sampled_from(["v", "g", "fatigue", "count", "flag", *3 * known])
    variables = draw(st.lists(drawn, min_size=1, max_size=3, unique=True))
    monitor = {"kind": kind, "of": place["of"], "part": place["part"]}
    if kind == "rate":
        return monitor
    if kind == "state":
        some = sorted({0, place["n"] // 2, place["n"] - 1})
        return monitor | {
            "variables": variables,
            "record": some if group["n"] == WIDE or draw(st.booleans()) else True,
            "dt": _one(draw, (None, 0.3, 1.0)),
            "when": _one(draw, ("start", "end", "after_groups", "thresholds")),
        }
    return monitor | {
        "part": None if kind == "events" else place["part"],
        # Brian2 names the number of spikes so
        "variables": [v for v in variables if v != "count"] if draw(st.booleans()) else [],
        "record": kind == "events" or draw(st.booleans()),
    }


def _least(projection: dict) -> int:
    """Return how many synapses a projection has at the least: a monitor must not ask for more."""
    first = projection["connect"][0]
    if first in ("all to all", "all twice"):
        return projection["source"]["n"] * projection["target"]["n"]
    return 0 if isinstance(first, str) else len(first)


def _can_be_target(projections: list[dict]) -> list[int]:
    """Return the projections whose synapses can be targets: some exist, and their w is written."""
    written = ("static", "event-driven", "clock-driven", "typed")
    return [k for k, p in enumerate(projections) if _least(p) and p["model"] in written]


def _onto(draw, n_groups: int, projections: list[dict]) -> dict:
    k = _one(draw, _can_be_target(projections))
    return {
        "source": f"cells{draw(st.integers(0, n_groups - 1))}",
        "target": f"p{k}",
        "synapses": draw(st.integers(1, min(20, _least(projections[k])))),
        "delay": _one(draw, ("none", "several steps")),
    }


def _of_synapses(draw, projections: list[dict]) -> dict:
    k = _one(draw, [k for k, data in enumerate(projections) if _least(data)])
    known = stored(model_of(projections[k], k))
    known = [v for v in known if v not in ("x", "y") or projections[k]["model"] == "clock-driven"]
    return {
        "kind": "state",
        "of": f"p{k}",
        "part": None,
        "variables": [*known, "i", "j"] if draw(st.booleans()) else known or ["i"],
        "record": list(range(min(_least(projections[k]), 4))),
        "dt": _one(draw, (None, 1.0)),
        "when": _one(draw, ("start", "end")),
    }


def sample(size: int, first: int = 0) -> dict[str, dict]:
    """Return `size` networks by the prefixes of their names, the same in every process.

    Each has a seed of its own: in one series Hypothesis varies what it drew before.
    """
    return {f"n{number}_": _drawn(number) for number in range(first, first + size)}


def _drawn(number: int) -> dict:
    drawn = []

    @seed(number)
    @settings(
        max_examples=2,  # the first is the simplest one
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(networks())
    def collect(network):
        drawn.append(network)

    collect()
    return drawn[-1]
