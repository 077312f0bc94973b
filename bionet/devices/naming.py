"""From the names that callers use (``"ee.alpha"``, ``"spikes.t"``) to Brian2 variables.

A builder may define aliases for its network: another name for a variable, and how many elements one
value of the alias stands for.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping

import numpy as np

from bionet.devices.signature import InputVariable, OutputVariable, nearest, unit_name

__all__ = ["define_aliases", "find_variable", "input_variable", "output_variable"]

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
    if owner_name not in owners:
        raise ValueError(
            f"{name!r}: the network has no object named {owner_name!r}"
            f"{nearest(owner_name, owners)}; it has {', '.join(sorted(owners))}"
            if owner_name
            else f"{name!r} is no variable; write 'object.variable', such as 'exc.v'"
        )
    if variable == "delay" and f"{owner_name}_pre" in owners:
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
    """Return the Brian2 ``ArrayVariable`` behind `name` and the alias's repeat.

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
    return variable, repeat


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

    variable, repeat = find_variable(network, name)
    if variable.read_only:
        raise ValueError(f"{name!r} cannot be an input: Brian2 declares it read-only")
    dynamic = isinstance(variable, DynamicArrayVariable)
    if dynamic and variable.ndim != 1:
        raise ValueError(f"{name!r} cannot be an input: it is what a monitor records")
    return InputVariable(
        name=name,
        variable=f"{variable.owner.name}.{variable.name}",
        array=array_name(variable),
        size=None if dynamic else int(variable.size),
        repeat=repeat,
        integer=np.dtype(variable.dtype).kind != "f",
        unit=_unit(variable),
    )


def output_variable(network, name: str, array_name) -> OutputVariable:
    """Describe an output; parameters and errors as for `input_variable`."""
    from brian2.core.variables import DynamicArrayVariable

    variable, _ = find_variable(network, name)
    dynamic = isinstance(variable, DynamicArrayVariable)
    return OutputVariable(
        name=name,
        variable=f"{variable.owner.name}.{variable.name}",
        array=array_name(variable),
        dtype=np.dtype(variable.dtype).str,
        ndim=variable.ndim if dynamic else 1,
        dynamic=dynamic,
        scalar=bool(variable.scalar),
        unit=_unit(variable),
    )


def _unit(variable) -> str:
    return unit_name(variable.dim)


def _all_objects(objects: Iterable):
    for obj in objects:
        yield obj
        yield from _all_objects(obj.contained_objects)
