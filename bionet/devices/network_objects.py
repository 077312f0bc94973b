"""What a Brian2 network consists of, and how each part of it is given back as it came.

Generating code and running leave traces in Python, not in arrays only: a ``SpikeGeneratorGroup``
remembers for which time step its spikes are sorted, a clock its last step, a group the network
that it belongs to. A `Snapshot` holds all attributes of all parts.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import numpy as np

__all__ = ["Snapshot", "array_variables", "owners", "referent", "shortest_step"]


def referent(obj):
    """Return the object behind a weak proxy (as Brian2 refers to a group), any other as it is."""
    if isinstance(obj, weakref.ProxyTypes):
        try:
            return obj.__repr__.__self__
        except ReferenceError:
            return None
    return obj


def owners(network) -> list:
    """Return all objects of a network that hold variables, once each, in the order of their names.

    Those that the network contains, directly or not, and those that they refer to: sources and
    targets, groups of linked variables, clocks. Generated code declares arrays in this order, which
    must be the same in every process.
    """
    from brian2.core.variables import Variables

    found = (p for p in _parts(network) if isinstance(getattr(p, "variables", None), Variables))
    return sorted(found, key=_name)


def array_variables(network) -> Iterator:
    """Yield each ``ArrayVariable`` of the `owners` once, those of an owner by their names."""
    from brian2.core.variables import ArrayVariable

    seen = set()
    for owner in owners(network):
        for variable in sorted(owner.variables.values(), key=_name):
            if isinstance(variable, ArrayVariable) and id(variable) not in seen:
                seen.add(id(variable))
                yield variable


def shortest_step(network) -> float:
    """Return the shortest time step of a network's clocks, s; clocks of single events have none."""
    steps = [obj.clock.dt_ for obj in network.sorted_objects if hasattr(obj.clock, "dt_")]
    return float(min(steps, default=1.0))


class Snapshot:
    """All attributes of all parts of a network, and what their lists, sets and tables hold.

    Parameters
    ----------
    network : brian2.Network
        Or one object, with all that belongs to it.
    arrays : bool
        Whether the values of the variables are kept, too, and those of arrays among the attributes.
    """

    def __init__(self, network, *, arrays: bool):
        self._attributes = [(part, dict(vars(part))) for part in _parts(network)]
        self._contents = [
            (container, container.copy())
            for _, attributes in self._attributes
            for container in _containers(attributes.values())
        ]
        self._queues = [
            (part.queue, part.queue._full_state())
            for part, _ in self._attributes
            if getattr(part, "queue", None) is not None
        ]
        self._values, self._own_arrays = [], []
        if arrays:
            own = (v for _, held in self._attributes for v in held.values())
            self._own_arrays = [(v, v.copy()) for v in own if isinstance(v, np.ndarray) and v.ndim]
            self._values = [
                (variable, np.array(variable.get_value())) for variable in array_variables(network)
            ]

    def restore(self) -> None:
        """Give the network back its attributes, and its arrays if they were kept."""
        for part, attributes in self._attributes:
            vars(part).clear()
            vars(part).update(attributes)
        for container, content in self._contents:
            container.clear()
            (container.extend if isinstance(container, list) else container.update)(content)
        for queue, state in self._queues:
            queue._restore_from_full_state(state)
        for variable, values in self._values:
            _set_values(variable, values)
        for array, values in self._own_arrays:
            if array.flags.writeable:
                array[...] = values


def _set_values(variable, values: np.ndarray) -> None:
    from brian2.core.variables import DynamicArrayVariable

    if isinstance(variable, DynamicArrayVariable):
        size = variable.size
        variable.resize(values.shape if values.ndim > 1 else values.shape[0])
        variable.size = size  # resizing sets it; the attribute itself was given back already
    if values.size:
        variable.get_value()[...] = values


def _parts(network) -> list:
    """Return the network and everything of Brian2's that it is made of, in any order."""
    found: dict[int, object] = {}
    waiting = [network]
    while waiting:
        part = referent(waiting.pop())
        if id(part) in found or not _is_part(part):
            continue
        found[id(part)] = part
        attributes = {k: v for k, v in vars(part).items() if k != "namespace"}
        for container in [*_containers(attributes.values())]:
            inside = container.values() if isinstance(container, dict) else container
            waiting += [value for value in inside if _is_part(value)]
        waiting += [value for value in attributes.values() if _is_part(value)]
    return list(found.values())


def _name(part) -> str:
    return getattr(part, "name", "")


def _is_part(obj) -> bool:
    from brian2.core.base import BrianObject
    from brian2.core.network import Network
    from brian2.core.variables import Variable, Variables
    from brian2.groups.group import Indexing, VariableOwner

    kinds = (BrianObject, Network, Variable, Variables, VariableOwner, Indexing)
    try:
        return isinstance(obj, kinds)
    except ReferenceError:  # a proxy of an object that is gone
        return False


def _containers(values) -> Iterator:
    """Yield the lists, sets and dictionaries among `values`, and those within them."""
    seen = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if not isinstance(value, list | set | dict) or id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        waiting += value.values() if isinstance(value, dict) else value
