"""What is in a drawn network, by name: a difference in what never occurs would never be found."""

from __future__ import annotations

import random_network_pieces as pieces
from random_network_texts import pathways_of
from random_projections import WIDE

__all__ = ["FEATURES", "PIECES", "covering", "features"]


def _groups(test):
    return lambda drawn: any(test(group) for group in drawn["groups"])


def _projections(test):
    return lambda drawn: any(test(projection) for projection in drawn["projections"])


def _monitors(test):
    return lambda drawn: any(test(monitor) for monitor in drawn["monitors"])


def _regular(test):
    return _groups(lambda group: any(test(regular) for regular in group["regular"]))


def _connected(*ways):
    return _projections(lambda p: any(call in ways for call in p["connect"]))


def _delayed(*ways):
    return _projections(lambda p: any(delay in ways for delay in p["delays"]))


def _target_of(drawn: dict, projection: dict) -> dict:
    return drawn["groups"][int(projection["target"]["of"][-1])]


def _two_names(projection: dict) -> bool:
    """Whether code reads or writes one variable as that of the source and as that of the target."""
    if projection["source"]["of"] != projection["target"]["of"]:
        return False
    codes = [*pathways_of(projection).values(), pieces.OF_A_SUM[projection["summed"]] or ""]
    codes = [code.replace("twice", "v") for code in codes]  # which is a multiple of it
    return any(f"{v}_pre" in code and f"{v}_post" in code for code in codes for v in ("v", "g"))


def _pair_twice(projection: dict) -> bool:
    pairs = [
        tuple(pair) for call in projection["connect"] if isinstance(call, list) for pair in call
    ]
    multiple = {"all twice", "twice each", "some twice"}
    known = {call for call in projection["connect"] if isinstance(call, str)}
    return bool(known & multiple) or len(set(pairs)) < len(pairs)


def _written_in_refractoriness(drawn: dict) -> bool:
    for p in drawn["projections"]:
        target = _target_of(drawn, p)
        for code in pathways_of(p).values():
            v = "v_post " in code and target["unless refractory"]
            g = "g_post " in code and target["g"] == "decay unless refractory"
            if v or g:
                return True
    return False


#: Name to whether a drawn network has it.
FEATURES = {
    "two synapses of one pair": _projections(_pair_twice),
    "two synapses of each pair, all to all": _connected("all twice"),
    "all to all": _connected("all to all"),
    "one to one": _connected("one to one"),
    "consecutive targets": _connected("neighbours", "dense part"),
    "pairs given one by one": _projections(
        lambda p: any(isinstance(c, list) for c in p["connect"])
    ),
    "connect() called twice": _projections(lambda p: len(p["connect"]) > 1),
    "empty last rows": _connected("no last rows", "dense part"),
    "no synapses": _projections(lambda p: set(map(str, p["connect"])) == {"nothing"}),
    "recurrent": _projections(lambda p: p["source"]["of"] == p["target"]["of"]),
    "one variable under two names": _projections(_two_names),
    "source is a part of a group": _projections(lambda p: p["source"]["part"]),
    "target is a part of a group": _projections(lambda p: p["target"]["part"]),
    "more than 65 535 neurons": _groups(lambda g: g["n"] == WIDE),
    "delay of several steps": _delayed("several steps"),
    "delay of less than half a step": _delayed("less than half a step"),
    "delay longer than the run": _delayed("longer than the run"),
    "different delays": _delayed("by expression", "random", "mostly one"),
    "equal delays in an array": _delayed("assigned once"),
    "delayed post pathway": _projections(
        lambda p: p["post"] != "none" and pieces.DELAY[p["delays"][-1]] is not None
    ),
    "several pathways": _projections(lambda p: p["again"]),
    "order of pathways": _projections(lambda p: any(p["orders"])),
    "post pathway reads the source": _projections(
        lambda p: "_pre" in (pieces.ON_POST[p["post"]] or "")
    ),
    "pathway writes its source": _projections(
        lambda p: p["pre"] == "to source" or p["post"] == "to the source"
    ),
    "event-driven": _projections(lambda p: p["model"] == "event-driven"),
    "clock-driven": _projections(lambda p: p["model"] == "clock-driven"),
    "shared variable of synapses": _projections(lambda p: p["model"] == "shared"),
    "integer and boolean of synapses": _projections(lambda p: p["model"] == "typed"),
    "summed variable": _projections(lambda p: p["summed"] != "none"),
    "gap junctions": _projections(lambda p: p["summed"] == "gap junction"),
    "random numbers in a synapse": _projections(
        lambda p: {p["pre"], p["again"]} & {"random", "gaussian"}
    ),
    "multisynaptic index": _projections(lambda p: p["multisynaptic"]),
    "synapses onto synapses": lambda drawn: bool(drawn["onto"]),
    "synapses write an unless-refractory variable": _written_in_refractoriness,
    "custom event": _groups(lambda g: g["event"]),
    "synapses of a custom event": _projections(lambda p: p["on event"]),
    "written between update and threshold": _regular(
        lambda r: (
            r["when"] in ("after_groups", "before_thresholds") and r["what"] in ("push", "clip")
        )
    ),
    "run_regularly in order": _regular(lambda r: r["order"]),
    "run_regularly with another step": _regular(lambda r: r["dt"]),
    "shared variable written": _regular(lambda r: r["what"] == "shared"),
    "random numbers in the threshold": _groups(lambda g: g["threshold"].startswith("random")),
    "stateful function in the threshold": _groups(lambda g: g["threshold"] == "stateful"),
    "function in the threshold": _groups(lambda g: g["threshold"] in ("function", "of time")),
    "noise": _groups(lambda g: g["v"] in ("noisy", "two noises")),
    "random subexpression": _groups(lambda g: g["v"] == "jittered"),
    "timed array": _groups(lambda g: g["v"] == "timed"),
    "linked variable": _groups(lambda g: g["v"] == "linked"),
    "threshold reads other neurons": _groups(lambda g: g["threshold"] == "linked"),
    "threshold reads other blocks": lambda drawn: any(
        g["threshold"] == "linked" and 512 < g["n"] < WIDE and drawn["groups"][g["partner"]] is g
        for g in drawn["groups"]
    ),
    "two resets write one variable": _groups(lambda g: g["event"] and g["reset"] == "of others"),
    "several blocks of neurons": _groups(lambda g: 512 < g["n"] < WIDE),
    "clock of its own": _groups(lambda g: g["dt"]),
    "PoissonInput": lambda drawn: bool(drawn["inputs"]),
    "PoissonGroup": lambda drawn: any(s["kind"] == "poisson" for s in drawn["sources"]),
    "SpikeGeneratorGroup": lambda drawn: any(s["kind"] == "generator" for s in drawn["sources"]),
    "SpikeMonitor": _monitors(lambda m: m["kind"] == "spikes"),
    "SpikeMonitor of variables": _monitors(lambda m: m["kind"] == "spikes" and m["variables"]),
    "EventMonitor": _monitors(lambda m: m["kind"] == "events"),
    "PopulationRateMonitor": _monitors(lambda m: m["kind"] == "rate"),
    "StateMonitor": _monitors(lambda m: m["kind"] == "state" and m["of"].startswith("cells")),
    "StateMonitor of synapses": _monitors(lambda m: m["of"].startswith("p")),
    "StateMonitor with another step": _monitors(lambda m: m["kind"] == "state" and m["dt"]),
    "monitor of a part of a group": _monitors(lambda m: m["part"]),
    "monitor of not_refractory": _monitors(lambda m: "not_refractory" in m.get("variables", ())),
    "monitor of lastspike": _monitors(lambda m: "lastspike" in m.get("variables", ())),
    "monitor of i and j": _monitors(lambda m: "j" in m.get("variables", ())),
    "everything returned": lambda drawn: drawn["returned"] == "everything",
    "little returned": lambda drawn: drawn["returned"] == "little",
}
FEATURES |= {
    f"refractory: {kind}": _groups(lambda g, kind=kind: g["refractory"] == kind)
    for kind in pieces.REFRACTORY
}
#: Every piece of equations, connectivity and delay: in a large sample each must occur.
PIECES = (
    *(
        f"{what}: {kind}"
        for what in ("v", "g", "threshold", "reset")
        for kind in getattr(pieces, what.upper())
    ),
    *(f"regular: {kind}" for kind in pieces.REGULAR),
    *(f"event: {kind}" for kind in pieces.EVENT),
    *(f"synapse: {kind}" for kind in pieces.SYNAPSE),
    *(f"on_pre: {kind}" for kind in pieces.ON_PRE),
    *(f"on_post: {kind}" for kind in pieces.ON_POST),
    *(f"summed: {kind}" for kind in pieces.OF_A_SUM),
    *(f"connect: {kind}" for kind in pieces.CONNECT),
    *(f"delay: {kind}" for kind in pieces.DELAY),
)


def features(drawn: dict) -> set[str]:
    """Return which of `FEATURES` and `PIECES` are in a drawn network."""
    found = {name for name, has in FEATURES.items() if has(drawn)}
    for group in drawn["groups"]:
        found |= {f"{what}: {group[what]}" for what in ("v", "g", "threshold", "reset", "event")}
        found |= {f"regular: {regular['what']}" for regular in group["regular"]}
    for p in drawn["projections"]:
        found |= {f"on_pre: {p['pre']}", f"on_pre: {p['again']}", f"on_post: {p['post']}"}
        found |= {f"synapse: {p['model']}", f"summed: {p['summed']}"}
        found |= {f"connect: {call}" for call in p["connect"] if isinstance(call, str)}
        found |= {f"delay: {delay}" for delay in p["delays"]}
    return found & {*FEATURES, *PIECES}


def covering(networks: dict[str, dict], size: int) -> dict[str, dict]:
    """Return `size` of the networks, each in turn the one with most that the others lack."""
    lacking = {name: features(drawn) for name, drawn in networks.items()}
    chosen = {}
    while len(chosen) < min(size, len(networks)):
        name = max(lacking, key=lambda name: len(lacking[name]))
        chosen[name], found = networks[name], lacking.pop(name)
        lacking = {other: has - found for other, has in lacking.items()}
    return chosen
