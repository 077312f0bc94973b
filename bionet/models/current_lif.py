"""Current-based leaky integrate-and-fire neuron (Vogels & Abbott 2005, CUBA).

::

    tau_m dv/dt = (v_rest - v) + g_e + g_i + i_background
    tau_e dg_e/dt = -g_e          tau_i dg_i/dt = -g_i
    v > v_threshold:  v <- v_reset, then clamped for 5 ms

All currents are in volts, as the depolarisation that they would hold. Linear, so solved exactly.
Inhibitory weights are negative.
"""

from brian2 import ms, mV

from bionet.models.neuron_model import NeuronModel

__all__ = ["CURRENT_LIF"]

CURRENT_LIF = NeuronModel(
    equations="""
    dv/dt = (v_rest - v + g_e + g_i + i_background)/tau_m : volt (unless refractory)
    dg_e/dt = -g_e/tau_e : volt
    dg_i/dt = -g_i/tau_i : volt
    i_background : volt (shared, constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    refractory=5 * ms,
    method="exact",
    parameters={
        "v_rest": -49 * mV,
        "v_reset": -60 * mV,
        "v_threshold": -50 * mV,
        "tau_m": 20 * ms,
        "tau_e": 5 * ms,
        "tau_i": 10 * ms,
    },
    initial={"v": "v_reset + (v_threshold - v_reset)*rand()"},
    source="Vogels & Abbott 2005, current-based model; Brette et al. 2007, benchmark 2",
)
