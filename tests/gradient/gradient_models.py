"""Neuron models of the tests: resonators, and every kind of refractoriness and of method."""

import dataclasses

import numpy as np
from brian2 import Hz, ms

from bionet.models import NeuronModel

RESONATE_AND_FIRE = NeuronModel(
    equations="""
    dx/dt = b*x - omega*y : 1
    dy/dt = omega*x + b*y : 1
    """,
    threshold="y > 1",
    reset="x = 0; y = 0",
    method="euler",
    parameters={"b": -20 * Hz, "omega": 2 * np.pi * 40 * Hz},
    source="Izhikevich 2001",
)


def leaky(equations="", **changed):
    """Return a current-driven leaky neuron without units, with more equations and other rules."""
    fields = {
        "threshold": "v > 1",
        "reset": "v = 0",
        "method": "exponential_euler",  # exact solutions take sympy half a second each
        "parameters": {"tau": 10 * ms, "tau_syn": 5 * ms},
    }
    held = "(unless refractory)" if "refractory" in changed else ""
    return NeuronModel(
        equations=f"""
        dv/dt = (I - v)/tau : 1 {held}
        dI/dt = -I/tau_syn : 1
        {equations}
        """,
        **fields | changed,
    )


def resonate_and_fire(method):
    return dataclasses.replace(RESONATE_AND_FIRE, method=method)


#: The upstroke of a spike is an equation: a spike is where it begins.
EXPONENTIAL = NeuronModel(
    equations="""
    dv/dt = (I - v + slope*exp((v - 0.8)/slope))/tau : 1
    dI/dt = -I/tau_syn : 1
    """,
    threshold="v > 1.2",
    reset="v = 0",
    method="rk4",
    parameters={"tau": 10 * ms, "tau_syn": 5 * ms, "slope": 0.2},
)

#: A spike lasts while v is high, as in models with a sodium current, and nothing is reset.
REFRACTORY_WHILE_HIGH = NeuronModel(
    equations="""
    dv/dt = (I - v - 2*h)/tau : 1
    dh/dt = (int(v > 1) - h)/tau : 1
    dI/dt = -I/tau_syn : 1
    """,
    threshold="v > 1",
    reset="",
    refractory="v > 0.9",
    method="euler",
    parameters={"tau": 10 * ms, "tau_syn": 5 * ms},
)

#: Threshold, counter and flag change at every spike; the reset uses a name of its own.
ADAPTIVE = leaky(
    """
    dtheta/dt = -theta/(50*ms) : 1
    spike_count : integer
    tired : boolean
    """,
    threshold="v > 1 + theta and I > 1.5",
    reset="""
    rise = 0.2 + 0.01*spike_count  # grows with every spike
    v -= 1; theta += rise
    spike_count += 1
    tired = spike_count > 5
    """,
)

#: The synaptic current is cut while the neuron is refractory: an equation that says so itself.
DEAF_WHILE_REFRACTORY = leaky(
    "heard = I*int(not_refractory) : 1",
    refractory=3 * ms,
    threshold="v + 0.1*heard > 1",
    method="rk2",
)
