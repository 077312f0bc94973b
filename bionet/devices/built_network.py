"""Open a network for compilation: built by a function now, or one that exists already.

A ``brian2.Network`` made on the runtime device holds its connectivity and its initial values in
numpy arrays. To generate C++ from it every array is declared on the C++ device with the value that
it has now, the code is generated, and the network is given back as it was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import numpy as np

from bionet.devices.brian2_state import PRECISIONS, check_nothing_chosen
from bionet.devices.network_objects import Snapshot, array_variables, owners
from bionet.devices.refusals import NetworkError, check_network, clear_errors
from bionet.devices.scope import call_with_scope

__all__ = ["BuiltNetwork", "opened"]


@dataclasses.dataclass(frozen=True)
class BuiltNetwork:
    """A network that was built before it is compiled.

    Attributes
    ----------
    network : brian2.Network
    names : mapping
        What its equations may refer to: the names of the scope that asked for compilation.
    compiled : Snapshot, optional
        The network as it is each time that it is opened; as it then is by default.

    Raises
    ------
    NetworkError
        If it cannot be simulated, or was built for a standalone device.
    TypeError
        If it is no network.
    """

    network: object
    names: Mapping = dataclasses.field(repr=False)
    compiled: Snapshot | None = dataclasses.field(default=None, repr=False, compare=False)

    def __post_init__(self):
        from brian2.devices.device import RuntimeDevice

        check_network(self.network)
        for variable in array_variables(self.network):
            if not isinstance(variable.device, RuntimeDevice):
                raise NetworkError(
                    "the network was built for a standalone device; build it on Brian2's runtime "
                    "device, or give compile_network the function that builds it"
                )

    @property
    def device(self):
        """The runtime device that holds the network's arrays."""
        return next(array_variables(self.network)).device

    def check_precision(self, precision: str) -> None:
        """Raise an error unless the network was made in this precision.

        Raises
        ------
        NetworkError
            If all its state variables have another one.
        """
        types = {
            np.dtype(variable.dtype).name
            for variable in array_variables(self.network)
            if np.dtype(variable.dtype).kind == "f" and not _is_time(variable)
        }
        if types and PRECISIONS[precision] not in types:
            other = next(name for name, dtype in PRECISIONS.items() if dtype in types)
            raise NetworkError(
                f"the network was made in {other} precision, which its arrays keep; give "
                f"compile_network the function that builds it, or precision={other!r}"
            )

    def kept(self) -> BuiltNetwork:
        """Return the network as it is now: what its owner changes later is not seen."""
        return dataclasses.replace(self, compiled=Snapshot(self.network, arrays=True))


@contextmanager
def opened(
    network: Callable | BuiltNetwork,
    names: Mapping | None,
    device,
    settings: Mapping[str, object],
) -> Iterator[tuple]:
    """Give the network on the active device and the names that its equations may refer to.

    After the block, objects that existed before it are as they were.

    Parameters
    ----------
    network : callable or BuiltNetwork
        A function is called; the arrays of a network that exists are lent to the active device.
    names : mapping, optional
        Names for the equations in place of those of the scope.
    device : brian2.devices.Device
        The active device.
    settings : mapping
        Preferences that the function that builds the network must leave as they are.

    Yields
    ------
    network : brian2.Network
    names : mapping
    """
    with ExitStack() as stack:
        stack.enter_context(clear_errors())
        if isinstance(network, BuiltNetwork):
            built, found = network.network, network.names
            here = network.device is device
            stack.callback(Snapshot(built, arrays=here).restore)
            if network.compiled is not None:
                network.compiled.restore()
        else:
            built, found = _called(network, device, settings)
            for clock in (o for o in owners(built) if o.variables.device is not device):
                stack.callback(Snapshot(clock, arrays=True).restore)
        _lend(built, device)
        yield built, found if names is None else names


def _called(build: Callable, device, settings: Mapping[str, object]) -> tuple:
    """Return the network that the function builds, and the names of its scope."""
    from brian2.core.clocks import BaseClock
    from brian2.devices.device import RuntimeDevice

    try:
        network, names = call_with_scope(build)
    finally:
        check_nothing_chosen(device, settings)
    check_network(network)
    for owner in owners(network):
        home = owner.variables.device
        clock = isinstance(owner, BaseClock) and isinstance(home, RuntimeDevice)
        if home is not device and not clock:
            raise NetworkError(
                f"{owner.name!r} was made before the function that builds the network was called; "
                "let the function make all parts anew at each call, or give compile_network the "
                "network itself"
            )
    return network, names


def _lend(network, device) -> None:
    """Declare on a C++ device the arrays that another device holds, with their present values."""
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

    if not isinstance(device, CPPStandaloneDevice):
        return
    foreign = [v for v in array_variables(network) if v.device is not device]
    for variable, values in [(v, np.array(v.get_value())) for v in foreign]:
        _declare(device, variable, values)
    for owner in owners(network):
        owner.variables.device = device
        for pathway in getattr(owner, "_pathways", ()):
            if any(variable is own for variable in foreign for own in pathway.variables.values()):
                pathway._pushspikes_codeobj = None


def _is_time(variable) -> bool:
    """Whether a variable is one of those of time, which are double in every precision."""
    from brian2 import second

    own = variable.name in ("lastspike", "lastupdate") or variable.read_only
    return variable.dim == second.dim and own


def _declare(device, variable, values: np.ndarray) -> None:
    from brian2.core.variables import DynamicArrayVariable

    device.add_array(variable)
    variable.device = device
    if isinstance(variable, DynamicArrayVariable) and values.size == 0:
        return
    device.init_with_zeros(variable, variable.dtype)
    if np.any(values != 0):
        device.fill_with_array(variable, values)
    device.array_cache[variable] = values
