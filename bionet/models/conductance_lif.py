"""Conductance-based leaky integrate-and-fire neuron (Vogels & Abbott 2005; Vaze et al.).

::

    tau_m dv/dt = (v_rest - v) + g_e (E_e - v) + g_i (E_i - v) + i_background
    tau_e dg_e/dt = -g_e          tau_i dg_i/dt = -g_i
    v > v_threshold:  v <- v_reset, then clamped for 5 ms

Conductances are in units of the leak conductance (10 nS), the background current in volts
(20 mV = 200 pA through 10 nS).

Forward Euler for all three. The laboratories' own simulations use it for ``v``, not for the
conductances: at 0.1 ms ``g_e`` decays as one of 4.95 ms would exactly, ``g_i`` as one of 9.95 ms.
``v`` goes the part ``k = dt (1 + g_e + g_i)/tau_m`` of its way in a step. Where k exceeds 1, at 0.1
ms with conductances above 199 in all, it overshoots and may fall below ``E_i``; where the network
of Vaze et al. fires synchronously k reaches 2.6. `bionet.networks.balanced_network` keeps the
largest k of each neuron if asked (``watch_steps``); with
``dataclasses.replace(CONDUCTANCE_LIF, method="exponential_euler")`` no step overshoots.
"""

from brian2 import ms, mV

from bionet.models.neuron_model import NeuronModel

__all__ = ["CONDUCTANCE_LIF"]

CONDUCTANCE_LIF = NeuronModel(
    equations="""
    dv/dt = (v_rest - v + g_e*(E_e - v) + g_i*(E_i - v) + i_background)/tau_m \
        : volt (unless refractory)
    dg_e/dt = -g_e/tau_e : 1
    dg_i/dt = -g_i/tau_i : 1
    i_background : volt (shared, constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    refractory=5 * ms,
    method="euler",
    parameters={
        "v_rest": -60 * mV,
        "v_reset": -60 * mV,
        "v_threshold": -50 * mV,
        "E_e": 0 * mV,
        "E_i": -80 * mV,
        "tau_m": 20 * ms,
        "tau_e": 5 * ms,
        "tau_i": 10 * ms,
    },
    initial={"v": "v_reset + (v_threshold - v_reset)*rand()"},
    source="Vaze, Confavreux & Vogels, neuron equation; constants: Vogels & Abbott 2005",
)
