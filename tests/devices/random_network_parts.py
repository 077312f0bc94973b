"""From a drawn network, plain data, to Brian2's objects and to the names of all their variables.

The name of every object starts with the network's prefix, so that many networks share one program.
"""

from __future__ import annotations

import numpy as np
from brian2 import (
    EventMonitor,
    Network,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    PopulationRateMonitor,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Subgroup,
    Synapses,
    TimedArray,
    linked_var,
    ms,
)
from random_network_pieces import (
    ASSIGNED,
    CONNECT,
    DELAY,
    EVENT,
    REFRACTORY,
    REGULAR,
    RESET,
    THRESHOLD,
    every_third,
)
from random_network_texts import equations, model_of, pathways_of

__all__ = ["build", "network_of"]


def network_of(networks: dict[str, dict]):
    """Return a function that builds one ``brian2.Network`` of several drawn ones.

    Parameters
    ----------
    networks : dict of str to dict
        Prefix of its names to the drawn network.
    """

    def build_all():
        return Network(*(obj for prefix, drawn in networks.items() for obj in build(drawn, prefix)))

    return build_all


def build(drawn: dict, prefix: str) -> list:
    """Return the objects of one drawn network."""
    groups = [
        _group(group, f"{prefix}cells{k}", drawn, k) for k, group in enumerate(drawn["groups"])
    ]
    for group, data in zip(groups, drawn["groups"], strict=True):
        if data["v"] == "linked":
            other = groups[data["partner"]]
            group.partner = linked_var(
                other, "v", index=(7 * np.arange(data["n"]) + 3) % len(other)
            )
    sources = [_source(data, f"{prefix}source{k}") for k, data in enumerate(drawn["sources"])]
    parts = {f"cells{k}": group for k, group in enumerate(groups)}
    parts |= {f"source{k}": source for k, source in enumerate(sources)}
    objects = [*groups, *sources]
    for k, data in enumerate(drawn["projections"]):
        made = _projection(data, f"{prefix}p{k}_", parts, k)
        parts[f"p{k}"] = made[-1]
        objects += made
    for k, data in enumerate(drawn["onto"]):
        objects.append(_onto(data, f"{prefix}onto{k}", parts))
    for data in drawn["inputs"]:
        objects.append(_input(data, parts))
    for k, data in enumerate(drawn["monitors"]):
        objects += _monitor(data, f"{prefix}monitor{k}", parts)
    return objects


def _group(data: dict, name: str, drawn: dict, k: int):
    n = data["n"]
    names = {"every_third": every_third}
    if data["v"] == "timed":
        values = np.array([0.5, 1.5, 0.0, 2.0, 1.0])
        names["stimulus"] = TimedArray(values, dt=3 * ms, name=f"{name}_stimulus")
    group = NeuronGroup(
        n,
        equations(data, k, drawn["projections"]),
        threshold=THRESHOLD[data["threshold"]],
        reset=RESET[data["reset"]],
        refractory=REFRACTORY[data["refractory"]],
        events={"rise": EVENT[data["event"]]} if data["event"] else None,
        method=data["method"],
        dt=data["dt"] * ms if data["dt"] else None,
        namespace=names,
        name=name,
    )
    spread = np.arange(n) % 17 / 16
    group.drive = 0.9 + spread
    group.label = np.arange(n) % 5
    group.theta = 1 - 0.1 * spread
    group.pause = (0.3 + spread) * ms
    group.flag = np.arange(n) % 3 == 0
    group.v = "1.1*rand()" if data["random start"] else spread[::-1]
    if data["event"]:
        group.run_on_event("rise", "fatigue += 0.5")
    for number, regular in enumerate(data["regular"]):
        group.run_regularly(
            REGULAR[regular["what"]],
            dt=regular["dt"] * ms if regular["dt"] else None,
            when=regular["when"],
            order=regular["order"],
            name=f"{name}_regular{number}",
        )
    return group


def _source(data: dict, name: str):
    n = data["n"]
    if data["kind"] == "poisson":
        rates = "(20 + 10*(i % 5))*Hz" if data["varied"] else 60 / (1000 * ms)
        return PoissonGroup(n, rates=rates, name=name)
    indices = [k % n for k in range(2 * n)]
    times = [0.1 * (1 + 7 * (k // n) + 3 * (k % n)) for k in range(2 * n)]
    period = (0.1 * (8 + 3 * n + 7)) * ms if data["varied"] else 0 * ms
    times = [t for t in times if not data["varied"] or t * ms < period]
    return SpikeGeneratorGroup(n, indices[: len(times)], times * ms, period=period, name=name)


def _end(place: dict, parts: dict, name: str):
    """Return the group, or its part, at one end of a projection, and what is new of that."""
    group = parts[place["of"]]
    if not place["part"]:
        return group, []
    start, stop = place["part"]
    part = Subgroup(group, start, stop, name=name)
    return part, [part]


def _projection(data: dict, name: str, parts: dict, k: int) -> list:
    source, new_source = _end(data["source"], parts, f"{name}from")
    if data["source"] == data["target"]:
        target, new_target = source, []
    else:
        target, new_target = _end(data["target"], parts, f"{name}to")
    pathways = pathways_of(data)
    delay = {
        pathway: DELAY[which]
        for pathway, which in zip(pathways, (*data["delays"], "none"), strict=False)
        if which not in ASSIGNED and DELAY[which] is not None
    }
    synapses = Synapses(
        source,
        target,
        model_of(data, k),
        on_pre={p: code for p, code in pathways.items() if p != "post"},
        on_post={"post": pathways["post"]} if "post" in pathways else None,
        delay=delay or None,
        on_event={"pre": "rise"} if data["on event"] else "spike",
        method="euler" if data["model"] == "clock-driven" else None,
        multisynaptic_index="copy" if data["multisynaptic"] else None,
        namespace={},
        name=f"{name}synapses",
    )
    for call in data["connect"]:
        synapses.connect(**_call(call))
    if "w" in synapses.variables:
        synapses.w = data["weight"]
    for pathway, which in zip(pathways, data["delays"], strict=False):
        if which in ASSIGNED:
            getattr(synapses, pathway).delay = DELAY[which]
    for pathway, order in zip(pathways, data["orders"], strict=False):
        getattr(synapses, pathway).order = order
    return [*new_source, *new_target, synapses]


def _call(call: str | list) -> dict:
    """Return the arguments of one call of connect."""
    if isinstance(call, str):
        return CONNECT[call]
    pairs = np.array(call)
    return {"i": pairs[:, 0], "j": pairs[:, 1]}


def _onto(data: dict, name: str, parts: dict):
    """Return synapses whose targets are synapses."""
    made = Synapses(
        parts[data["source"]],
        parts[data["target"]],
        on_pre="w_post = clip(w_post + 0.02, 0, 1)",
        delay=DELAY[data["delay"]],
        namespace={},
        name=name,
    )
    n = data["synapses"]
    made.connect(i=np.arange(n) % len(parts[data["source"]]), j=np.arange(n)[::-1])
    return made


def _input(data: dict, parts: dict):
    return PoissonInput(
        parts[data["target"]],
        data["variable"],
        N=data["N"],
        rate=300 / (1000 * ms),
        weight=0.05,
        when=data["when"],
    )


def _monitor(data: dict, name: str, parts: dict) -> list:
    of, new = _end(data, parts, f"{name}of")
    if data["kind"] == "rate":
        return [*new, PopulationRateMonitor(of, name=name)]
    variables, record = data["variables"], data["record"]
    if data["kind"] == "spikes":
        return [*new, SpikeMonitor(of, variables=variables or None, record=record, name=name)]
    if data["kind"] == "events":
        return [*new, EventMonitor(of, "rise", variables=variables or None, name=name)]
    dt = data["dt"] * ms if data["dt"] else None
    return [*new, StateMonitor(of, variables, record, dt=dt, when=data["when"], name=name)]
