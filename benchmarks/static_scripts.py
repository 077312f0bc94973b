"""Two static networks as scripts in plain Brian2 write them; bionet compiles the same objects.

`vogels_abbott` is the benchmark that Auryn brings along (Vogels & Abbott 2005, conductances): 3200
excitatory and 800 inhibitory neurons, connection probability 0.02, weights 0.4 and 5.1 in units of
the leak conductance, background 20 mV, one delay of 0.8 ms. In `various_delays` the delay of each
synapse is uniform between 0.1 and 5 ms; all else is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from plastic_network import Size
from textbook_network import constants, populations

if TYPE_CHECKING:
    from brian2 import Network

__all__ = ["DEFAULT_SIZE", "SCRIPTS", "compile_script", "various_delays", "vogels_abbott"]

DEFAULT_SIZE = Size(3200, 800, 0.02)
#: What a spike of a population adds to its targets.
EFFECTS = {"exc": "g_e_post += 0.4", "inh": "g_i_post += 5.1"}


def vogels_abbott(size: Size) -> Network:
    """Return the network with one delay."""
    from brian2 import Network, ms

    return Network(_objects(size, delay=0.8 * ms))


def various_delays(size: Size) -> Network:
    """Return the network in which each synapse has a delay of its own."""
    from brian2 import Network, Synapses

    objects = _objects(size)
    for synapses in (obj for obj in objects if isinstance(obj, Synapses)):
        synapses.delay = "0.1*ms + 4.9*ms*rand()"
    return Network(objects)


#: What a network is called in the tables, and the function of its size that makes it.
SCRIPTS = {"Vogels-Abbott": vogels_abbott, "various delays": various_delays}


def _objects(size: Size, **delay) -> list:
    from brian2 import SpikeMonitor, Synapses

    groups = populations(size, constants())
    objects = [*groups, *(SpikeMonitor(group, name=f"{group.name}_spikes") for group in groups)]
    for source in groups:
        for target in groups:
            name = f"{source.name}_{target.name}"
            synapses = Synapses(source, target, on_pre=EFFECTS[source.name], name=name, **delay)
            condition = "i != j" if source is target else None
            synapses.connect(condition=condition, p=size.probability)
            objects.append(synapses)
    return objects


def compile_script(script: Callable[[Size], Network], size: Size, precision: str = "double", **how):
    """Return one of the networks as bionet compiles it.

    Parameters
    ----------
    script : callable
        One of `SCRIPTS`.
    size : Size
    precision : {"double", "single"}
    **how
        More of what ``compile_network`` takes.

    Returns
    -------
    bionet.devices.CppNetwork
        Outputs ``exc_spikes.N`` and ``inh_spikes.N``.
    """
    from bionet.devices import compile_network

    outputs = ["exc_spikes.N", "inh_spikes.N"]
    return compile_network(partial(script, size), 1.0, outputs=outputs, precision=precision, **how)
