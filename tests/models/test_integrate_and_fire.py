"""Closed forms of both integrate-and-fire models: decay, conductances, regular firing."""

import math

import numpy as np
import pytest
from brian2 import Network, SpikeMonitor, StateMonitor, ms, mV

from bionet.models import CONDUCTANCE_LIF, CURRENT_LIF

STEP = 1e-4
REFRACTORY = 5e-3
TAU = 0.020

# Some hundred multiplications.
ROUNDING_TOLERANCE = 1e-10


def run(model, duration, **initial):
    """Return the potentials at the start of each step, V, and the spike times, s."""
    group = model.group(1, name="cells")
    for name, value in initial.items():
        setattr(group, name, value)
    potential = StateMonitor(group, "v", record=True, name="potential")
    spikes = SpikeMonitor(group, name="spikes")
    Network(group, potential, spikes).run(duration, namespace={})
    return np.array(potential.v[0]), np.array(spikes.t)


def test_conductance_neuron_decays_to_rest_by_euler_steps():
    """v_n = v_rest + (v_0 - v_rest)(1 - dt/tau_m)^n; decays of 0.5% a step."""
    v, spikes = run(CONDUCTANCE_LIF, 30 * ms, v=-52 * mV)
    expected = -0.060 + 0.008 * (1 - STEP / TAU) ** np.arange(v.size)
    np.testing.assert_allclose(v, expected, rtol=ROUNDING_TOLERANCE)
    assert spikes.size == 0


@pytest.mark.parametrize(
    ("variable", "reversal", "tau"), [("g_e", 0.0, 5e-3), ("g_i", -0.08, 1e-2)]
)
def test_conductance_pulls_towards_its_reversal_potential(variable, reversal, tau):
    """Euler written out: dv = dt (v_rest - v + g (E - v))/tau_m, dg = -dt g/tau."""
    v, _ = run(CONDUCTANCE_LIF, 20 * ms, v=-60 * mV, **{variable: 0.05})
    expected, g = [-0.060], 0.05
    for _ in range(v.size - 1):
        last = expected[-1]
        expected.append(last + STEP * (-0.060 - last + g * (reversal - last)) / TAU)
        g -= STEP * g / tau
    np.testing.assert_allclose(v, expected, rtol=ROUNDING_TOLERANCE)
    assert (v[-1] > -0.060) == (reversal > -0.060)


def test_conductance_neuron_fires_regularly():
    """Interval: the 50 refractory steps, then Euler steps from reset until above threshold."""
    _, spikes = run(CONDUCTANCE_LIF, 200 * ms, v=-60 * mV, i_background=20 * mV)
    steps_to_threshold = math.floor(math.log(0.5) / math.log(1 - STEP / TAU)) + 1
    interval = REFRACTORY + STEP * (steps_to_threshold - 1)
    assert spikes.size > 8
    np.testing.assert_allclose(np.diff(spikes), interval, rtol=ROUNDING_TOLERANCE)


def test_current_neuron_follows_the_exact_solution():
    """A current of 5 ms on a membrane of 20 ms: a difference of exponentials."""
    v, spikes = run(CURRENT_LIF.replaced(v_rest=-60 * mV), 40 * ms, v=-60 * mV, g_e=10 * mV)
    t, tau_e = STEP * np.arange(v.size), 5e-3
    expected = -0.060 + 0.010 * tau_e / (TAU - tau_e) * (np.exp(-t / TAU) - np.exp(-t / tau_e))
    np.testing.assert_allclose(v, expected, rtol=ROUNDING_TOLERANCE)
    assert spikes.size == 0


def test_current_neuron_fires_at_the_rate_of_the_closed_form():
    """Interval 5 ms + tau ln((v_inf - v_reset)/(v_inf - v_threshold)), up to one time step."""
    _, spikes = run(CURRENT_LIF, 400 * ms, v=-60 * mV)
    interval = REFRACTORY + TAU * math.log(11 / 1)
    assert spikes.size > 5
    assert np.all(np.abs(np.diff(spikes) - interval) <= STEP)


@pytest.mark.parametrize("model", [CONDUCTANCE_LIF, CURRENT_LIF])
def test_initial_potentials_lie_between_reset_and_threshold(model):
    v = np.array(model.group(200, name="cells").v)
    assert np.all((v >= -0.060) & (v <= -0.050))
    assert np.ptp(v) > 5e-3
