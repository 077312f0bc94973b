"""Closed forms of neurons that respond to a spike with a kernel: Brian2 against the formulas."""

import numpy as np
from brian2 import Hz, Network, StateMonitor, ms

from bionet.models import DOUBLE_EXPONENTIAL_LIF, RESONATE_AND_FIRE

STEP = 1e-4

# Some hundred multiplications.
ROUNDING_TOLERANCE = 1e-10


def potential(model, variable, duration, **initial):
    """Return a variable at the start of each step, and the times, s."""
    group = model.group(1, name="cells")
    for name, value in initial.items():
        setattr(group, name, value)
    monitor = StateMonitor(group, variable, record=True, name="potential")
    Network(group, monitor).run(duration, namespace={})
    return np.array(getattr(monitor, variable)[0]), np.array(monitor.t)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=ROUNDING_TOLERANCE, atol=ROUNDING_TOLERANCE)


def test_leaky_neuron_responds_with_a_difference_of_exponentials():
    """A spike of weight w gives w (exp(-t/tau_m) - exp(-t/tau_s)) (Braun & Vogels 2021)."""
    model = DOUBLE_EXPONENTIAL_LIF.replaced(tau_m=30 * ms, tau_s=7 * ms)
    v, t = potential(model, "v", 100 * ms, s=0.8)
    close(v, 0.8 * (np.exp(-t / 0.03) - np.exp(-t / 0.007)))
    assert v.max() > 0.3


def test_leaky_neuron_keeps_what_exceeds_the_threshold():
    """After a spike v falls by 1 - v_reset, and the current goes on."""
    model = DOUBLE_EXPONENTIAL_LIF.replaced(tau_m=30 * ms, tau_s=7 * ms, v_reset=-0.5)
    v, t = potential(model, "v", 50 * ms, v=1.3, s=0.8)
    fired = t[1:] - STEP  # the first step's: reset is after the update
    expected = (1.3 + 0.8) * np.exp(-t / 0.03) - 0.8 * np.exp(-t / 0.007)
    expected[1:] += (-0.5 - 1) * np.exp(-fired / 0.03)
    close(v, expected)


def test_resonator_responds_with_a_damped_sine():
    """Im z = w exp(b t) sin(omega t) (Izhikevich 2001)."""
    model = RESONATE_AND_FIRE.replaced(b=-40 * Hz, omega=90 * Hz)
    y, t = potential(model, "y", 100 * ms, x=0.8)
    close(y, 0.8 * np.exp(-40 * t) * np.sin(90 * t))
    assert y.min() < -0.1


def test_resonator_forgets_its_inputs_when_it_spikes():
    """Afterwards Im z = exp(b t) (y_reset cos(omega t) + x_reset sin(omega t))."""
    model = RESONATE_AND_FIRE.replaced(b=-40 * Hz, omega=90 * Hz, x_reset=0.3, y_reset=-0.6)
    y, t = potential(model, "y", 50 * ms, x=0.8, y=1.3)
    after = t[1:] - STEP
    close(y[1:], np.exp(-40 * after) * (-0.6 * np.cos(90 * after) + 0.3 * np.sin(90 * after)))
