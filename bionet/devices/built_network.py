"""Compile a network that exists already: lend its arrays to another device, and take them back.

A ``brian2.Network`` made on the runtime device holds its connectivity and its initial values in
numpy arrays. To generate C++ from it every array is declared on the C++ device with the value that
it has now, the code is generated, and the network is given back as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from bionet.devices.brian2_state import call_with_scope

__all__ = ["BuiltNetwork", "opened"]


_IN_TRANSIT = "bionet"


@dataclass(frozen=True)
class BuiltNetwork:
    """A network that was built before it is compiled.

    Attributes
    ----------
    network : brian2.Network
    names : dict
        What its equations may refer to: the names of the scope that asked for compilation.
    state : dict
        What each object held when the network was first opened; empty until then.

    Raises
    ------
    ValueError
        If it was built for a standalone device.
    """

    network: object
    names: dict = field(repr=False)
    state: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self):
        from brian2.devices.device import RuntimeDevice

        for variable in _array_variables(self.network):
            if not isinstance(variable.device, RuntimeDevice):
                raise ValueError(
                    "the network was built for a standalone device; build it on Brian2's runtime "
                    "device, or give compile_network the function that builds it"
                )

    @property
    def device(self):
        """The runtime device that holds the network's arrays."""
        return next(_array_variables(self.network)).device


@contextmanager
def opened(network: Callable | BuiltNetwork) -> Iterator[tuple]:
    """Give the network on the active device and the names that its equations may refer to.

    Parameters
    ----------
    network : callable or BuiltNetwork
        A function is called; a built network is lent to the active device inside the block.

    Yields
    ------
    network : brian2.Network
    names : dict
    """
    if not isinstance(network, BuiltNetwork):
        yield call_with_scope(network)
        return
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
    from brian2.devices.device import get_device

    if isinstance(get_device(), CPPStandaloneDevice):
        lent = _lent_to_cpp(network.network)
    else:
        lent = _as_compiled(network)
    with lent:
        yield network.network, network.names


@contextmanager
def _as_compiled(built: BuiltNetwork) -> Iterator[None]:
    """Set the network to its state when it was compiled, and give it back as it came in."""
    came_in = _state(built.network)
    if built.state:
        _set_state(built.network, built.state)
    else:
        built.state.update(came_in)
    try:
        yield
    finally:
        _set_state(built.network, came_in)


def _state(network) -> dict:
    """Return what Brian2 stores of a network, without leaving it among the user's own states."""
    network.store(_IN_TRANSIT)
    return network._stored_state.pop(_IN_TRANSIT)


def _set_state(network, state: dict) -> None:
    network._stored_state[_IN_TRANSIT] = state
    try:
        network.restore(_IN_TRANSIT)
    finally:
        del network._stored_state[_IN_TRANSIT]


@contextmanager
def _lent_to_cpp(network) -> Iterator[None]:
    from brian2.devices.device import get_device

    device = get_device()
    variables = list(_array_variables(network))
    values = [np.array(variable.get_value()) for variable in variables]
    lenders = [variable.device for variable in variables]
    tables = [obj.variables for obj in _owners(network)]
    table_lenders = [table.device for table in tables]
    pathways = [p for obj in _owners(network) for p in getattr(obj, "_pathways", ())]
    pushers = [pathway._pushspikes_codeobj for pathway in pathways]
    time = network.t_
    try:
        for variable, value in zip(variables, values, strict=True):
            _declare(device, variable, value)
        for table in tables:
            table.device = device
        for pathway in pathways:
            pathway._pushspikes_codeobj = None
        yield
    finally:
        for variable, lender in zip(variables, lenders, strict=True):
            variable.device = lender
        for table, lender in zip(tables, table_lenders, strict=True):
            table.device = lender
        for pathway, pusher in zip(pathways, pushers, strict=True):
            pathway._pushspikes_codeobj = pusher
        for obj in _owners(network):
            _forget_code(obj)
        network.t_ = time


def _declare(device, variable, value: np.ndarray) -> None:
    """Declare an array on the C++ device, with its present value."""
    from brian2.core.variables import DynamicArrayVariable

    device.add_array(variable)
    variable.device = device
    if isinstance(variable, DynamicArrayVariable) and value.size == 0:
        return
    device.init_with_zeros(variable, variable.dtype)
    if np.any(value != 0):
        device.fill_with_array(variable, value)
    device.array_cache[variable] = value


def _forget_code(obj) -> None:
    """Drop code objects of the lent device; the network's next run makes its own."""
    code_objects = getattr(obj, "_code_objects", None)
    if code_objects is not None:
        code_objects.clear()


def _owners(network) -> list:
    """Return the network's objects, what they contain or refer to, and their clocks, once each."""
    found: dict[int, object] = {}

    def visit(obj):
        if id(obj) in found or getattr(obj, "variables", None) is None:
            return
        found[id(obj)] = obj
        for contained in getattr(obj, "contained_objects", ()):
            visit(contained)
        for attribute in ("source", "target", "clock"):
            referred = getattr(obj, attribute, None)
            if referred is not None:
                visit(referred)

    for obj in network.objects:
        visit(obj)
    return list(found.values())


def _array_variables(network) -> Iterator:
    from brian2.core.variables import ArrayVariable

    seen = set()
    for obj in _owners(network):
        for variable in obj.variables.values():
            if isinstance(variable, ArrayVariable) and id(variable) not in seen:
                seen.add(id(variable))
                yield variable
