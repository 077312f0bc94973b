"""Small networks drawn at random, as plain data: whatever a fast loop could get silently wrong.

`networks` is the strategy, `sample` the same networks in every process; `random_network_parts`
makes Brian2's objects of them, `random_network_features` says what is in them.
"""

from __future__ import annotations

import random_network_pieces as pieces
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from random_choices import OFTEN, RARE, SOMETIMES, chance, one, whole
from random_network_texts import model_of, stored
from random_projections import WIDE, least, place, projection

__all__ = ["STEPS", "networks", "sample"]

#: Time steps (0.1 ms) of a run: the delays of `random_network_parts` are made for it.
STEPS = 300
SIZES = (1, 5, 16, 63, 64, 65, 100, 130, 600, 1100)
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


@st.composite
def networks(draw) -> dict:
    """Draw a network: groups, sources, projections, inputs and monitors, each a dictionary."""
    n_groups = one(draw, (1, 1, 1, 2))
    groups = [_groups(draw, k, n_groups) for k in range(n_groups)]
    sources = [_sources(draw)] if chance(draw, 30) else []
    n_projections = one(draw, (1, 1, 1, 2, 2, 3))
    projections = [projection(draw, groups, sources) for _ in range(n_projections)]
    onto = _can_be_target(projections) and chance(draw, SOMETIMES)
    inputs = [_inputs(draw, groups)] if chance(draw, SOMETIMES) else []
    monitors = [
        _monitors(draw, groups, sources, projections) for _ in range(one(draw, (0, 1, 1, 2)))
    ]
    return {
        "groups": groups,
        "sources": sources,
        "projections": projections,
        "inputs": inputs,
        "monitors": monitors,
        "onto": [_onto(draw, n_groups, projections)] if onto else [],
        "returned": one(draw, ("everything", "state", "state", "state", "little")),
    }


def _groups(draw, k: int, n_groups: int) -> dict:
    refractory = one(draw, pieces.REFRACTORY) if chance(draw, 75) else "none"
    # most groups should be of the common kind, for which the fast loops are made
    common = chance(draw, 40)
    v = "leak" if common else one(draw, pieces.V)
    thresholds = [
        name
        for name, code in pieces.THRESHOLD.items()
        if (refractory != "none" or not ("refractory" in code or "lastspike" in code))
        and (v == "linked" or "partner" not in code)
    ]
    threshold = "constant" if common else one(draw, thresholds)
    if v == "linked" and chance(draw, OFTEN):
        threshold = "linked"
    # neurons of one block that read those of another
    sizes = SIZES[-2:] if v == "linked" and chance(draw, OFTEN) else SIZES
    method = one(draw, pieces.V[v][1])
    g = one(draw, pieces.G)
    if method == "exact" and g == "decay unless refractory":
        method = "euler"
    unless = refractory != "none" and chance(draw, 50)
    if refractory == "none" and g == "decay unless refractory":
        g = "decay"
    regular = [_regular(draw, refractory) for _ in range(one(draw, (0, 0, 1, 2)))]
    return {
        "n": WIDE if k == 0 and chance(draw, RARE) else one(draw, sizes),
        "v": v,
        "partner": k if chance(draw, OFTEN) else whole(draw, 0, n_groups - 1),
        "g": g,
        "method": "euler" if unless and method in ("heun", "rk2", "rk4") else method,
        "unless refractory": unless,
        "threshold": threshold,
        "reset": one(draw, pieces.RESET),
        "refractory": refractory,
        "event": one(draw, pieces.EVENT) if chance(draw, SOMETIMES) else None,
        "dt": one(draw, (0.2, 0.05)) if chance(draw, RARE) else None,
        "random start": chance(draw, 50),
        "regular": regular,
    }


def _regular(draw, refractory: str) -> dict:
    allowed = [what for what in pieces.REGULAR if refractory != "none" or what != "bookkeeping"]
    return {
        "what": one(draw, allowed),
        "dt": one(draw, (None, None, 1.0, 0.3)),
        # between update and threshold half of the time
        "when": one(draw, (*SLOTS, *4 * pieces.BEFORE_THRESHOLD)),
        "order": one(draw, (0, 0, -1, 1)),
    }


def _sources(draw) -> dict:
    return {
        "kind": one(draw, ("poisson", "generator")),
        "n": one(draw, SIZES),
        "varied": chance(draw, 50),
    }


def _inputs(draw, groups: list[dict]) -> dict:
    return {
        "target": f"cells{whole(draw, 0, len(groups) - 1)}",
        "variable": one(draw, ("g", "v")),
        "N": one(draw, (1, 40)),
        "when": one(draw, ("synapses", "after_groups", "start")),
    }


def _monitors(draw, groups: list[dict], sources: list[dict], projections: list[dict]) -> dict:
    if any(map(least, projections)) and chance(draw, SOMETIMES):
        return _of_synapses(draw, projections)
    if sources and chance(draw, SOMETIMES):
        kind = one(draw, ("spikes", "rate"))
        return {"kind": kind, "of": "source0", "part": None, "variables": [], "record": True}
    names = [f"cells{k}" for k in range(len(groups))]
    at = place(draw, groups, names)
    group = groups[names.index(at["of"])]
    kind = one(draw, ("spikes", "rate", "state", "state", *["events"] * bool(group["event"])))
    known = ["not_refractory", "lastspike"] if group["refractory"] != "none" else []
    known = [*known, "v", "g", "fatigue", "count", "flag"]
    variables = sorted({one(draw, known) for _ in range(3)})
    monitor = {"kind": kind, "of": at["of"], "part": at["part"]}
    if kind == "rate":
        return monitor
    if kind == "state":
        some = sorted({0, at["n"] // 2, at["n"] - 1})
        return monitor | {
            "variables": variables,
            "record": some if group["n"] == WIDE or chance(draw, 50) else True,
            "dt": one(draw, (None, 0.3, 1.0)),
            "when": one(draw, ("start", "end", "after_groups", "thresholds")),
        }
    return monitor | {
        "part": None if kind == "events" else at["part"],
        # Brian2 names the number of spikes so
        "variables": [v for v in variables if v != "count"] if chance(draw, 50) else [],
        "record": kind == "events" or chance(draw, 50),
    }


def _can_be_target(projections: list[dict]) -> list[int]:
    """Return the projections whose synapses can be targets: some exist, and their w is written."""
    written = ("static", "event-driven", "clock-driven", "typed")
    return [k for k, p in enumerate(projections) if least(p) and p["model"] in written]


def _onto(draw, n_groups: int, projections: list[dict]) -> dict:
    k = one(draw, _can_be_target(projections))
    return {
        "source": f"cells{whole(draw, 0, n_groups - 1)}",
        "target": f"p{k}",
        "synapses": whole(draw, 1, min(20, least(projections[k]))),
        "delay": one(draw, ("none", "several steps")),
    }


def _of_synapses(draw, projections: list[dict]) -> dict:
    k = one(draw, [k for k, data in enumerate(projections) if least(data)])
    known = stored(model_of(projections[k], k))
    known = [v for v in known if v not in ("x", "y") or projections[k]["model"] == "clock-driven"]
    return {
        "kind": "state",
        "of": f"p{k}",
        "part": None,
        "variables": [*known, "i", "j"] if chance(draw, 50) else known or ["i"],
        "record": list(range(min(least(projections[k]), 4))),
        "dt": one(draw, (None, 1.0)),
        "when": one(draw, ("start", "end")),
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
