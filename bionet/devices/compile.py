"""compile_network: a Brian2 network becomes a function of its parameters and its seed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bionet.devices.compiled import CompiledNetwork, CppNetwork
from bionet.devices.cpp.optimisations import Optimisations
from bionet.devices.signature import check_duration

if TYPE_CHECKING:
    from brian2 import Network, Quantity

__all__ = ["DEVICES", "compile_network"]

DEVICES = ("cpp", "runtime")


def compile_network(
    network: Callable[[], Network] | Network,
    duration: Quantity | float,
    *,
    device: str = "cpp",
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    precision: str = "double",
    namespace: Mapping[str, object] | None = None,
    strict: bool = False,
    reordering: str = "none",
    without: Sequence[str] = (),
) -> CompiledNetwork:
    """Compile a network once into a function of its parameters and its seed.

    Parameters
    ----------
    network : callable or brian2.Network
        A function without arguments that returns a ``brian2.Network``: every call of the result
        then draws its connectivity, initial values and noise from the call's seed. Constants are
        found in the scope of the function that made the network. Draw random values with Brian2's
        ``rand()`` and ``randn()``: what the function draws with numpy is compiled in, the same for
        every seed. Device, precision and compiler flags are chosen here, not in the function.
        Or a network that exists already: its connectivity and initial values are kept as they are
        now, the seed reaches the noise only, and it is given back as it came.
    duration : Quantity or float
        Simulated time, or seconds.
    device : {"cpp", "runtime"}
        Where it runs. ``"cpp"``: an optimised program, built once and cached. ``"runtime"``:
        Brian2 in this process, for small networks and machines without a compiler; a function is
        called anew at each call, and what it reads from its module is read then.
    inputs : sequence of str
        Variables that each call may set, such as ``"ee.alpha"`` or ``"exc.v"``. Assignments to an
        input within the network count as its default.
    outputs : sequence of str
        Variables that each call returns, such as ``"exc.spike_count"``, ``"ee.w"`` or
        ``"spikes.t"``.
    precision : {"double", "single"}
        Type of the state variables; time is always double. A network that exists already has the
        precision in which it was made.
    namespace : mapping of str to object, optional
        What the equations may refer to, in place of the names of the scope.
    strict : bool
        C++ only: whether each operation rounds as it is written. Results then have the bits of
        Brian2's own loops compiled the same way, whichever optimisations are on. Otherwise, as
        with Brian2's own flags, sums of three terms may differ in the last bit.
    reordering : {"none", "allowed"}
        C++ only: whether exponential decays may become a common factor, which rounds differently.
    without : sequence of str
        C++ only: names of optimisations that are switched off (`bionet.devices.OPTIMISATIONS`).

    Returns
    -------
    CompiledNetwork
        ``compiled(inputs, seed) -> Outcome``; ``compiled.explain()`` says which loop each object
        got. The devices round differently (C++ is compiled with
        -ffast-math, as Brian2's own is): most arrays agree to 1e-12 of their scale;
        ``SpatialNeuron.Ic``, a small difference of potentials times ``Cm/dt``, to 1e-6, on either
        device as near to the exact solution of the discretised equations.

    Raises
    ------
    NetworkError
        If the network cannot be simulated, or not on this device: it has run already, is empty,
        runs Python code (``network_operation``) that a compiled program does not have, names a
        constant that is not known, or has two functions of one name. A ``ValueError``, too.
    ValueError
        If the device, the precision, the duration, an input or an output is wrong.
    TypeError
        If `network` is neither a network nor a function that returns one.
    CompilationError
        If there is no compiler, or it refuses the code.
    CacheError
        If the build cache cannot be written.

    Examples
    --------
    >>> from brian2 import Network, NeuronGroup, ms, mV, second
    >>> def network():
    ...     tau = 10*ms
    ...     cells = NeuronGroup(100, '''dv/dt = (drive - v)/tau : volt
    ...                                 drive : volt (shared, constant)
    ...                                 spikes : integer''',
    ...                         threshold='v > 10*mV', reset='v = 0*mV; spikes += 1',
    ...                         method='exact', name='cells')
    ...     cells.v = 'rand()*10*mV'
    ...     return Network(cells)
    >>> simulate = compile_network(network, 1*second, device="runtime",
    ...                            inputs=["cells.drive"], outputs=["cells.spikes"])
    >>> int(simulate({"cells.drive": 5*mV}, seed=1)["cells.spikes"].sum())
    0
    """
    seconds = check_duration(duration)
    if precision not in ("double", "single"):
        raise ValueError(f"precision must be 'double' or 'single', got {precision!r}")
    inputs, outputs = _names("inputs", inputs), _names("outputs", outputs)
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}; got {device!r}")
    optimisations = Optimisations(strict, reordering, without)
    if namespace is not None:
        if not isinstance(namespace, Mapping):
            raise ValueError(f"namespace must map names to values, got {namespace!r}")
        namespace = dict(namespace)
    if not callable(network):
        from bionet.devices.built_network import BuiltNetwork

        scope = sys._getframe(1)
        network = BuiltNetwork(network, {**scope.f_globals, **scope.f_locals})
        network.check_precision(precision)
    arguments = (network, seconds, inputs, outputs, precision, namespace)
    if device == "cpp":
        from bionet.devices import cpp_build

        return CppNetwork(*cpp_build.build(*arguments, optimisations))
    from bionet.devices import runtime

    return runtime.build(*arguments)


def _names(kind: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of inputs or outputs, each once.

    Raises
    ------
    ValueError
        If they are no names, or one stands there twice.
    """
    if isinstance(names, str):
        raise ValueError(f"{kind} must be a sequence of names, got the text {names!r}")
    try:
        names = tuple(names)
    except TypeError:
        raise ValueError(f"{kind} must be a sequence of names, got {names!r}") from None
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"{kind} must be a sequence of names, got {name!r} among them")
        if names.count(name) > 1:
            raise ValueError(f"{kind} name {name!r} twice")
    return names
