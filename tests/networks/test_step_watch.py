"""Steps of forward Euler that are too long: closed form, and behaviour of a watched network."""

import dataclasses

import numpy as np
import pytest
from brian2 import Network, StateMonitor, ms, mV

from bionet.devices import compile_network
from bionet.models import CONDUCTANCE_LIF, CURRENT_LIF
from bionet.networks import balanced_network
from bionet.networks.step_watch import EQUATIONS, euler_step, watch_steps

ROUNDING_TOLERANCE = 1e-12
DT, TAU_M = 1e-4, 0.02
SILENT = dataclasses.replace(CONDUCTANCE_LIF, threshold="v > 0*volt")


def after_one_step(neuron, g_i):
    """Start cells at -60 mV with such inhibition; their watch and their potentials."""
    model = neuron.extended(EQUATIONS) if neuron.method == "euler" else neuron
    cells = model.group(len(g_i), name="cells")
    cells.v, cells.g_i = -60 * mV, g_i
    monitor = StateMonitor(cells, "v", record=True, when="end")
    objects = [watch_steps(cells, neuron)] if neuron.method == "euler" else []
    network = Network(cells, monitor, *objects)
    network.run(0.1 * ms)
    return cells, np.asarray(monitor.v)[:, 0]


@pytest.mark.parametrize("g_i", [0.0, 50.0, 150.0, 198.0, 202.0, 540.0])
def test_the_watch_tells_when_a_step_overshoots(g_i):
    """Closed form: k = dt (1 + g_i)/tau_m; the potential goes that part of the way to v_inf."""
    cells, v = after_one_step(SILENT, [g_i])
    k = DT * (1 + g_i) / TAU_M
    v_inf = (-0.06 - 0.08 * g_i) / (1 + g_i)
    np.testing.assert_allclose(cells.largest_step[0], k, rtol=ROUNDING_TOLERANCE)
    np.testing.assert_allclose(v[0], -0.06 + k * (v_inf + 0.06), rtol=ROUNDING_TOLERANCE)
    assert (v[0] < -0.08) == (k > 1.01)  # v_inf is a little above E_i


def test_exponential_euler_does_not_overshoot():
    """What the model's docstring says to do about it."""
    _, v = after_one_step(dataclasses.replace(SILENT, method="exponential_euler"), [540.0])
    assert -0.08 < v[0] < -0.078


def test_steps_of_a_refractory_neuron_do_not_count():
    model = CONDUCTANCE_LIF.extended(EQUATIONS)
    cells = model.group(1, name="cells")
    cells.v, cells.g_i = -40 * mV, 540
    network = Network(cells, watch_steps(cells, CONDUCTANCE_LIF))
    network.run(0.1 * ms)  # overshoots: v is not above threshold afterwards
    assert cells.largest_step[0] > 1
    cells.largest_step, cells.v, cells.g_i = 0, -40 * mV, 0
    network.run(0.1 * ms)
    cells.g_i, cells.largest_step = 540, 0
    network.run(4 * ms)
    assert cells.largest_step[0] == 0


def test_expression_of_the_step():
    assert euler_step(CONDUCTANCE_LIF) == "dt*((g_e + g_i + 1)/tau_m)"
    with pytest.raises(ValueError, match="integrated by 'exact', not by 'euler'"):
        euler_step(CURRENT_LIF)
    with pytest.raises(ValueError, match=r"no differential equation of 'u'; .* g_e, g_i, v"):
        euler_step(CONDUCTANCE_LIF, "u")


def test_a_watched_network_is_the_same_network():
    def network(watched):
        return lambda: balanced_network(
            n_exc=8, n_inh=4, connection_probability=0.5, w_ii=400.0, watch_steps=watched
        )

    outputs = ["exc.v", "inh.v", "exc.spike_count", "ii.i"]
    plain = compile_network(network(False), 0.05, device="runtime", outputs=outputs)
    watched = compile_network(
        network(True), 0.05, device="runtime", outputs=[*outputs, "inh.largest_step"]
    )
    one, other = plain({}, seed=1), watched({}, seed=1)
    for name in outputs:
        np.testing.assert_array_equal(one[name], other[name])
    assert other["inh.largest_step"].max() > 1
