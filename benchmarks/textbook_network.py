"""The named peer: the benchmarks' network as a script in plain Brian2 writes it, C++ standalone.

Written like Brian2's own STDP examples: each synapse has its traces and brings them up to date
itself (event-driven), constants and seed are compiled in, spikes go to monitors, and flags,
directories and outputs are Brian2's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plastic_network import COEFFICIENTS, Size

if TYPE_CHECKING:
    from brian2 import Network, NeuronGroup

__all__ = [
    "NEURON",
    "build_standalone",
    "build_textbook",
    "constants",
    "populations",
    "standalone_device",
]

NEURON = """
    dv/dt = (v_rest - v + g_e*(E_e - v) + g_i*(E_i - v) + I_bg)/tau_m : volt (unless refractory)
    dg_e/dt = -g_e/tau_e : 1
    dg_i/dt = -g_i/tau_i : 1
"""
PLASTIC_SYNAPSE = """
    w : 1
    dapre/dt = -apre/tau : 1 (event-driven)
    dapost/dt = -apost/tau : 1 (event-driven)
"""
ON_PRE = """
    g_e_post += w
    apre += 1
    w = clip(w + alpha + kappa*apost, 0, w_max)
"""
ON_POST = """
    apost += 1
    w = clip(w + beta + gamma*apre, 0, w_max)
"""


def build_textbook(
    directory: Path,
    size: Size,
    duration: float,
    coefficients: Mapping[str, float] = COEFFICIENTS,
    seed: int = 1,
) -> None:
    """Generate and compile the project.

    Parameters
    ----------
    directory : Path
        Where it goes; the program in it is ``main``.
    size : Size
    duration : float
        s, compiled in, like the coefficients and the seed.
    coefficients : mapping of str to float
    seed : int
    """
    build_standalone(
        directory, lambda: _network(size, constants() | dict(coefficients)), duration, seed
    )


def build_standalone(
    directory: Path, network: Callable[[], Network], duration: float, seed: int = 1
) -> None:
    """Generate and compile a project of plain Brian2.

    Parameters
    ----------
    directory : Path
        Where it goes; the program in it is ``main``.
    network : callable
        What stands in the script before ``run``; returns the network.
    duration : float
        s, compiled in, like the seed.
    seed : int
    """
    import brian2

    with standalone_device(directory) as device:
        brian2.seed(seed)
        network().run(duration * brian2.second)
        device.build(directory=str(directory), compile=True, run=False, with_output=False)


def constants() -> dict:
    """Return what the equations of neurons and synapses name."""
    from brian2 import ms, mV

    return {
        "v_rest": -60 * mV,
        "v_reset": -60 * mV,
        "v_threshold": -50 * mV,
        "E_e": 0 * mV,
        "E_i": -80 * mV,
        "I_bg": 20 * mV,
        "tau_m": 20 * ms,
        "tau_e": 5 * ms,
        "tau_i": 10 * ms,
        "tau": 20 * ms,
        "w_max": 1.0,
    }


def populations(size: Size, namespace: Mapping) -> tuple[NeuronGroup, NeuronGroup]:
    """Return excitatory and inhibitory neurons, between reset and threshold."""
    from brian2 import NeuronGroup, ms

    groups = tuple(
        NeuronGroup(
            n,
            NEURON,
            threshold="v > v_threshold",
            reset="v = v_reset",
            refractory=5 * ms,
            method="euler",
            namespace=namespace,
            name=name,
        )
        for name, n in (("exc", size.n_exc), ("inh", size.n_inh))
    )
    for group in groups:
        group.v = "v_reset + (v_threshold - v_reset)*rand()"
    return groups


def _network(size: Size, namespace: Mapping) -> Network:
    from brian2 import Network, SpikeMonitor, Synapses

    exc, inh = populations(size, namespace)
    ee = Synapses(
        exc, exc, PLASTIC_SYNAPSE, on_pre=ON_PRE, on_post=ON_POST, namespace=namespace, name="ee"
    )
    ee.connect(condition="i != j", p=size.probability)
    ee.w = 0.3
    ei = Synapses(exc, inh, on_pre="g_e_post += 0.3", name="ei")
    ei.connect(p=size.probability)
    ie = Synapses(inh, exc, on_pre="g_i_post += 3", name="ie")
    ie.connect(p=size.probability)
    ii = Synapses(inh, inh, on_pre="g_i_post += 3", name="ii")
    ii.connect(condition="i != j", p=size.probability)
    monitors = [SpikeMonitor(group, name=f"{group.name}_spikes") for group in (exc, inh)]
    return Network(exc, inh, ee, ei, ie, ii, *monitors)


@contextmanager
def standalone_device(directory: Path) -> Iterator:
    """Make Brian2's C++ standalone device the active one within a ``with`` block."""
    from brian2 import get_device, set_device
    from brian2.devices.device import reset_device

    set_device("cpp_standalone", directory=str(directory), build_on_run=False)
    device = get_device()
    try:
        yield device
    finally:
        device.reinit()
        reset_device()
