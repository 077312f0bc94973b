"""Reference implementation: a model of Brian2's documentation, compiled, against plain Brian2.

The current-based network of Vogels and Abbott ("CUBA" among Brian2's examples) with 100 neurons,
and with initial values and connections that leave nothing to chance.
"""

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeMonitor, Synapses, ms, mV

from bionet.devices import compile_network

N, N_EXC = 100, 80
DURATION = 60 * ms

# Brian2's generated NumPy and the optimised C++ add in another order.
ROUNDING_TOLERANCE = 1e-9


def cuba(we_value=1.62 * mV):
    """Build the network as the example does; the weights are parameters of the synapses."""
    taum = 20 * ms  # noqa: F841 - Brian2 finds these names in the scope, as in the example
    taue = 5 * ms  # noqa: F841
    taui = 10 * ms  # noqa: F841
    Vt = -50 * mV  # noqa: F841
    Vr = -60 * mV  # noqa: F841
    El = -49 * mV  # noqa: F841
    eqs = """
    dv/dt  = (ge+gi-(v-El))/taum : volt (unless refractory)
    dge/dt = -ge/taue : volt
    dgi/dt = -gi/taui : volt
    """
    P = NeuronGroup(
        N, eqs, threshold="v>Vt", reset="v = Vr", refractory=5 * ms, method="exact", name="P"
    )
    P.v = "Vr + (i*37 % 100)/100.0 * (Vt - Vr)"
    Ce = Synapses(P, P, "we : volt (shared, constant)", on_pre="ge_post += we", name="Ce")
    Ci = Synapses(P, P, "wi : volt (shared, constant)", on_pre="gi_post += wi", name="Ci")
    Ce.connect(condition=f"i < {N_EXC} and (7*i + 13*j) % 11 == 0")
    Ci.connect(condition=f"i >= {N_EXC} and (5*i + 3*j) % 7 == 0")
    Ce.we = we_value
    Ci.wi = -9 * mV
    return Network(P, Ce, Ci, SpikeMonitor(P, name="spikes"))


def plain_brian2(we):
    taum, taue, taui = 20 * ms, 5 * ms, 10 * ms
    Vt, El, Vr = -50 * mV, -49 * mV, -60 * mV
    names = {"taum": taum, "taue": taue, "taui": taui, "Vt": Vt, "El": El, "Vr": Vr}
    network = cuba(we)
    network.run(DURATION, namespace=names)
    return np.array(network["spikes"].t), np.array(network["spikes"].i), np.array(network["P"].v)


@pytest.fixture(scope="module", params=[pytest.param("cpp", marks=pytest.mark.compiles), "runtime"])
def compiled(request):
    return compile_network(
        cuba,
        DURATION,
        device=request.param,
        inputs=["Ce.we", "Ci.wi"],
        outputs=["spikes.t", "spikes.i", "P.v"],
    )


def test_scanning_a_parameter_equals_plain_brian2_without_a_rebuild(compiled, monkeypatch):
    monkeypatch.setenv("CXX", "no compiler: a rebuild would fail")
    numbers = []
    for we in (0.4 * mV, 1.62 * mV, 3 * mV):
        outcome = compiled({"Ce.we": we})
        t, i, v = plain_brian2(we)
        np.testing.assert_array_equal(outcome["spikes.i"], i)
        np.testing.assert_allclose(outcome["spikes.t"], t, rtol=0, atol=1e-9)
        np.testing.assert_allclose(outcome["P.v"], v, rtol=ROUNDING_TOLERANCE)
        numbers.append(t.size)
    assert len(set(numbers)) == 3
    assert min(numbers) > 20


def test_default_is_the_networks_own_value(compiled):
    np.testing.assert_array_equal(
        compiled()["spikes.t"], compiled({"Ce.we": 1.62 * mV})["spikes.t"]
    )


def test_an_existing_network_is_compiled_with_the_names_around(compiled):
    """The same network built first, its constants found in this scope, on the runtime device."""
    taum, taue, taui = 20 * ms, 5 * ms, 10 * ms  # noqa: F841
    Vt, El, Vr = -50 * mV, -49 * mV, -60 * mV  # noqa: F841
    network = cuba()
    run = compile_network(network, DURATION, device="runtime", outputs=["spikes.t", "P.v"])
    first, again, expected = run(), run(), compiled()
    np.testing.assert_allclose(first["spikes.t"], expected["spikes.t"], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(first["spikes.t"], again["spikes.t"])
    np.testing.assert_array_equal(first["P.v"], again["P.v"])
