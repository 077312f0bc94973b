"""Leaky integrate-and-fire neuron whose response to an input is a difference of exponentials.

::

    tau_m dv/dt = -v + s (tau_m - tau_s)/tau_s,   tau_s ds/dt = -s
    a spike with weight w: s <- s + w;   v > 1:  v <- v + v_reset - 1

v is in units of the threshold. A spike with weight w at time 0 adds w (exp(-t/tau_m) -
exp(-t/tau_s)) to it. The reset takes from v what lies between threshold and v_reset: what went
beyond the threshold stays, and inputs from before the spike go on having their effect.
"""

from brian2 import ms

from bionet.models.neuron_model import NeuronModel

__all__ = ["DOUBLE_EXPONENTIAL_LIF"]

DOUBLE_EXPONENTIAL_LIF = NeuronModel(
    equations="""
    dv/dt = s*(1/tau_s - 1/tau_m) - v/tau_m : 1
    ds/dt = -s/tau_s : 1
    """,
    threshold="v > 1",
    reset="v += v_reset - 1",
    method="exact",
    parameters={"tau_m": 20 * ms, "tau_s": 5 * ms, "v_reset": 0},
    source="Braun & Vogels 2021, Online learning of neural computations from sparse temporal "
    "feedback, NeurIPS",
)
