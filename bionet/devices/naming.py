"""From the names that callers use (``"ee.alpha"``, ``"spikes.t"``) to Brian2 variables.

A builder may define aliases for its network: another name for a variable, and how many elements one
value of the alias stands for.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping

import numpy as np

from bionet.devices.network_objects import referent
from bionet.devices.signature import InputVariable, OutputVariable, nearest, unit_name

__all__ = [
    "define_aliases",
    "find_variable",
    "index_variables",
    "input_variable",
    "key_of",
    "output_variable",
]

# what Brian2 computes from a SpatialNeuron's morphology when it is made
MORPHOLOGY = (
    "length",
    "distance",
    "area",
    "volume",
    "diameter",
    "r_length_1",
    "r_length_2",
    "x",
    "y",
    "z",
)
_aliases: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def define_aliases(network, aliases: Mapping[str, tuple[str, int]]) -> None:
    """Give variables of a ``brian2.Network`` further names.

    Parameters
    ----------
    network : brian2.Network
    aliases : mapping of str to (str, int)
        Alias to the variable's own name (``"owner.variable"``) and the number of consecutive
        elements that one value of the alias stands for.
    """
    _aliases[network] = dict(aliases)


def resolve(network, name: str) -> tuple[object, str, int]:
    """Return the Brian2 object, the name of its variable, and the alias's repeat.

    Raises
    ------
    ValueError
        If the network has no such object or the object no such variable.
    """
    aliases = _aliases.get(network, {})
    own_name, repeat = aliases.get(name, (name, 1))
    owners = {obj.name: obj for obj in _all_objects(network.objects)}
    owner_name, _, variable = own_name.rpartition(".")
    if owner_name.replace(".", "_") in owners:
        owner_name = owner_name.replace(".", "_")  # synapses.post is named synapses_post
    if owner_name not in owners:
        raise ValueError(
            f"{name!r}: the network has no object named {owner_name!r}"
            f"{nearest(owner_name, owners)}; it has {', '.join(sorted(owners))}"
            if owner_name
            else f"{name!r} is no variable; write 'object.variable', such as 'exc.v'"
        )
    if variable == "delay" and hasattr(owners[owner_name], "_pathways"):
        owner_name = f"{owner_name}_pre"  # as Brian2's own synapses.delay: that of the pathway
    variables = owners[owner_name].variables
    if variable not in variables:
        public = [v for v in variables if not v.startswith("_")]
        public += [a.partition(".")[2] for a in aliases if a.startswith(f"{owner_name}.")]
        raise ValueError(
            f"{name!r}: {owner_name!r} has no variable {variable!r}{nearest(variable, public)}; "
            f"it has {', '.join(sorted(public))}"
        )
    return owners[owner_name], variable, repeat


def find_variable(network, name: str):
    """Return the Brian2 object, its ``ArrayVariable`` behind `name`, and the alias's repeat.

    Raises
    ------
    ValueError
        If there is none, or if it is computed (a subexpression) or compiled in (a constant).
    """
    from brian2.core.variables import ArrayVariable, Subexpression

    owner, variable_name, repeat = resolve(network, name)
    variable = owner.variables[variable_name]
    if isinstance(variable, Subexpression):
        raise ValueError(
            f"{name!r} is computed from other variables ({variable.expr}) and stored nowhere; "
            "record it with a StateMonitor, or name what it is computed from"
        )
    if not isinstance(variable, ArrayVariable):
        raise ValueError(
            f"{name!r} is a constant that is compiled in; declare it in the equations as "
            "'(shared, constant)' to set it at run time"
        )
    return owner, variable, repeat


def index_variables(network, name: str) -> list:
    """Return the arrays of indices through which an object shows a variable of another object.

    ``synapses.v_pre`` is the neurons' ``v`` at each synapse's presynaptic index. What the object
    shows is ``array[first[second[...]]]``; an empty list for a variable of its own.
    """
    owner, variable_name, _ = resolve(network, name)
    path = []
    index = owner.variables.indices[variable_name]
    while index not in ("_idx", "0"):
        path.append(owner.variables[index])
        index = owner.variables.indices[index]
        if owner.variables.get(index) is path[-1]:
            break
    return path


def key_of(variable) -> tuple[str, str]:
    """Return the names of a variable's holder and of itself, unique within a network.

    The pathways of ``Synapses`` share one owner in Brian2's eyes, and have a ``delay`` each.
    """
    owner = referent(variable.owner)
    for pathway in getattr(owner, "_pathways", ()):
        if pathway.variables.get("delay") is variable:
            return pathway.name, "delay"  # Brian2 2.11 names it after its pathway
    return owner.name, variable.name


def input_variable(network, name: str, array_name) -> InputVariable:
    """Describe an input.

    Parameters
    ----------
    network : brian2.Network
    name : str
    array_name : callable
        The device's name for the array of a variable.

    Raises
    ------
    ValueError
        If it is no variable that may be set.
    """
    from brian2.core.variables import DynamicArrayVariable

    owner, variable, repeat = find_variable(network, name)
    if variable.read_only:
        raise ValueError(f"{name!r} cannot be an input: Brian2 declares it read-only")
    dynamic = isinstance(variable, DynamicArrayVariable)
    if dynamic and variable.ndim != 1:
        raise ValueError(f"{name!r} cannot be an input: it is what a monitor records")
    holder = referent(variable.owner)
    own_name = f"{holder.name}.{variable.name}"
    if holder is not owner and key_of(variable)[0] != owner.name:
        raise ValueError(
            f"{name!r} cannot be an input: {owner.name!r} only reads it, it is {own_name!r}"
        )
    if why := _why_without_effect(network, owner, variable):
        raise ValueError(f"{name!r} cannot be an input: {why}")
    return InputVariable(
        name=name,
        variable=".".join(key_of(variable)),
        array=array_name(variable),
        size=None if dynamic else int(variable.size),
        repeat=repeat,
        dtype=np.dtype(variable.dtype).str,
        unit=_unit(variable),
    )


def _why_without_effect(network, owner, variable) -> str:
    """Return why what a call gives for a variable would be overwritten or never read; or ''."""
    from brian2 import SpatialNeuron

    name = key_of(variable)[1]
    if name.startswith("_"):
        return "Brian2 keeps it for itself"
    if isinstance(owner, SpatialNeuron) and name in MORPHOLOGY:
        return (
            f"it follows from the neuron's morphology, as do {', '.join(MORPHOLOGY)}; compile a "
            "network with another morphology"
        )
    cable = isinstance(owner, SpatialNeuron) and name == "Ic"
    # of a group and of synapses that are written "name = ... (constant over dt)"
    updater = getattr(owner, "subexpression_updater", None)
    lines = updater.abstract_code.splitlines() if updater is not None else ()
    computed = cable or any(line.partition("=")[0].strip() == name for line in lines)
    if name == "not_refractory" and getattr(owner, "_refractory", False) is not False:
        computed = True
    if computed:
        return "it is computed from other variables in every step"
    for obj in _all_objects(network.objects):
        if getattr(obj, "target_var", None) is variable:
            return f"it is the sum that {obj.name!r} computes in every step"
    return ""


def output_variable(network, name: str, array_name) -> OutputVariable:
    """Describe an output; parameters and errors as for `input_variable`."""
    from brian2.core.variables import DynamicArrayVariable

    owner, variable, _ = find_variable(network, name)
    dynamic = isinstance(variable, DynamicArrayVariable)
    shown_by_index = owner.variables.indices[resolve(network, name)[1]]
    return OutputVariable(
        name=name,
        variable=".".join(key_of(variable)),
        array=array_name(variable),
        dtype=np.dtype(variable.dtype).str,
        ndim=variable.ndim if dynamic else 1,
        dynamic=dynamic,
        scalar=bool(variable.scalar) or shown_by_index == "0",
        unit=_unit(variable),
    )


def _unit(variable) -> str:
    return unit_name(variable.dim)


def _all_objects(objects: Iterable):
    for obj in objects:
        yield obj
        yield from _all_objects(obj.contained_objects)
