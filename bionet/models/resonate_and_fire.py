"""Resonate-and-fire neuron: subthreshold oscillations that are damped, and a threshold.

::

    dz/dt = (b + i omega) z,   z = x + i y;   a spike with weight c: x <- x + c
    y > 1:  z <- x_reset + i y_reset

b < 0 is the damping (1/s) and omega the angular frequency (rad/s): 2 pi times the frequency of the
oscillations. x acts as a current and y as a potential, both in units of the threshold. Inputs from
before a spike are forgotten with it. Izhikevich's own reset is z = i, the threshold itself.
"""

import numpy as np
from brian2 import Hz

from bionet.models.neuron_model import NeuronModel

__all__ = ["RESONATE_AND_FIRE"]

RESONATE_AND_FIRE = NeuronModel(
    equations="""
    dx/dt = b*x - omega*y : 1  # real and imaginary part of (b + i omega) z
    dy/dt = omega*x + b*y : 1
    """,
    threshold="y > 1",
    reset="""
    x = x_reset
    y = y_reset
    """,
    method="exact",
    parameters={"b": -50 * Hz, "omega": 2 * np.pi * 10 * Hz, "x_reset": 0, "y_reset": 1},
    source="Izhikevich 2001, Resonate-and-fire neurons, Neural Networks 14:883",
)
