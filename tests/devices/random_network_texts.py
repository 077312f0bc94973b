"""The equations of a drawn network, and the names of its variables."""

from __future__ import annotations

from brian2 import Equations
from random_network_pieces import (
    GROUP,
    OF_A_SUM,
    ON_POST,
    ON_PRE,
    SUMS,
    SYNAPSE,
    WITH_V,
    G,
    V,
)

__all__ = ["equations", "model_of", "outputs", "pathways_of", "spike_counts", "stored"]


def equations(group: dict, k: int, projections: list[dict]) -> str:
    """Return the equations of the `k`-th group."""
    summed = [n for n in range(SUMS) if f"cells{k}.{n}" in _summed_into(projections)]
    right, _ = V[group["v"]]
    for n in summed:
        right = right.replace("+ g", f"+ g + 0.02*total{n}", 1)
    flag = " (unless refractory)" if group["unless refractory"] else ""
    lines = [f"dv/dt = {right} : 1{flag}", G[group["g"]], GROUP, WITH_V.get(group["v"], "")]
    return "\n".join([*lines, *(f"total{n} : 1" for n in summed)])


def _summed_into(projections: list[dict]) -> set[str]:
    return {f"{p['target']['of']}.{n}" for n, p in enumerate(projections) if p["summed"] != "none"}


def model_of(data: dict, k: int) -> str:
    """Return the equations of a projection."""
    lines = [SYNAPSE[data["model"]]]
    if data["pre"] == "integer" or data["again"] == "integer":
        lines.append("label_seen : integer")
    if data["summed"] != "none":
        lines.append(f"total{k}_post = {OF_A_SUM[data['summed']]} : 1 (summed)")
    return "\n".join(lines)


def pathways_of(data: dict) -> dict[str, str]:
    """Return the statements of each pathway of a projection, in Brian2's order."""
    weight = str(data["literal"]) if data["model"] == "none" else "w"
    codes = {"pre": ON_PRE[data["pre"]].replace("W", weight)}
    if data["again"]:
        codes["again"] = ON_PRE[data["again"]].replace("W", weight)
    if data["post"] != "none":
        codes["post"] = ON_POST[data["post"]]
    return codes


def outputs(drawn: dict, prefix: str) -> list[str]:
    """Return the names of the variables of a drawn network that a call shall return.

    Asking for a variable is a reason to keep it, so not all networks are asked for all that Brian2
    keeps for itself, and some for little.
    """
    little, everything = (drawn["returned"] == amount for amount in ("little", "everything"))
    names = []
    for k, group in enumerate(drawn["groups"]):
        own = stored(equations(group, k, drawn["projections"]))
        names += [f"cells{k}.{v}" for v in (("v", "count") if little else own)]
        if everything and group["refractory"] != "none":
            names += [f"cells{k}.lastspike", f"cells{k}.not_refractory"]
    for k, data in enumerate(drawn["projections"]):
        name = f"p{k}_synapses"
        own = stored(model_of(data, k))
        names += [f"{name}.{v}" for v in own if not little or v == "w"]
        if everything:
            own = ["_synaptic_pre", "_synaptic_post", "N_incoming", "N_outgoing"]
            own += ["lastupdate"] * (data["model"] == "event-driven")
            own += ["copy"] * data["multisynaptic"]
            names += [f"{name}.{v}" for v in own]
            names += [f"{name}_{p}.delay" for p in pathways_of(data)]
    for k, data in enumerate(drawn["monitors"]):
        names += [f"monitor{k}.{v}" for v in _recorded(data)]
    return [prefix + name for name in names]


def _recorded(monitor: dict) -> list[str]:
    variables = monitor.get("variables", [])
    if monitor["kind"] == "rate":
        return ["N", "t", "rate"]
    if monitor["kind"] == "state":
        return ["N", "t", *variables]
    return ["N", "count", *(["i", "t", *variables] if monitor["record"] else [])]


def spike_counts(drawn: dict, prefix: str) -> list[str]:
    """Return the outputs that count the spikes of a drawn network."""
    return [f"{prefix}cells{k}.count" for k in range(len(drawn["groups"]))]


def stored(text: str) -> list[str]:
    """Return the variables that equations store, those of other groups and sums left out."""
    found = Equations(text)
    kept = [
        name
        for name, equation in found.items()
        if name in found.diff_eq_names
        or (name in found.parameter_names and "linked" not in equation.flags)
        or "constant over dt" in equation.flags
    ]
    return sorted(kept)
