"""Leaky integrate-and-fire neuron in units of its threshold, and a readout that integrates only.

::

    tau_mem dv/dt = -v + I/(1 - exp(-dt/tau_mem)),   tau_syn dI/dt = -I
    v > 1:  v <- 0, and stays there for one time step

The current of a step counts whole: with a = exp(-dt/tau_syn) and b = exp(-dt/tau_mem) a step is
``v <- b v + I, I <- a I`` from old values, as networks that are trained with surrogate gradients
have it (Neftci, Mostafa & Zenke 2019; Kilgore et al. 2025, eq. 1-3). There a spike of one layer
changes v of the next two steps later, here one step later: a connection with ``delay=1`` is theirs.
The refractory period of two steps is that of the spike and the one in which v is held: their
``v(t+1) = (b v + I)(1 - S)`` leaves out the current of one step, too.
"""

from brian2 import ms

from bionet.models.neuron_model import NeuronModel

__all__ = ["LEAKY_READOUT", "UNIT_LIF"]

_CONSTANTS = {"tau_mem": 10 * ms, "tau_syn": 5 * ms}

UNIT_LIF = NeuronModel(
    equations="""
    dv/dt = (I/(1 - exp(-dt/tau_mem)) - v)/tau_mem : 1 (unless refractory)
    dI/dt = -I/tau_syn : 1
    """,
    threshold="v > 1",
    reset="v = 0",
    refractory="2*dt",
    method="exponential_euler",
    parameters=_CONSTANTS,
    source="Kilgore, Kopsick, Ascoli & Adam 2025, eq. 1-3; Neftci, Mostafa & Zenke 2019",
)

LEAKY_READOUT = NeuronModel(
    equations="""
    dv/dt = (I/(1 - exp(-dt/tau_mem)) - v)/tau_mem : 1
    dI/dt = -I/tau_syn : 1
    """,
    threshold="",
    reset="",
    method="exponential_euler",
    parameters=_CONSTANTS,
    source="Kilgore, Kopsick, Ascoli & Adam 2025, readout; Neftci, Mostafa & Zenke 2019",
)
