"""Which variables decay by a common factor, and plasticity by such traces.

Reference: the same network with a decay for each neuron. Behaviour: what others read stays as it
is, and `explain` says so.
"""

import re

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, StateMonitor, Synapses, defaultclock, ms

from bionet.devices import compile_network
from bionet.devices.cpp.optimisations import Optimisations
from bionet.devices.cpp_source import generate

TAU = 2 * ms
#: Some thousand sums and products in double precision, of numbers of one sign or nearly so.
ROUNDING = 1e-10
RATES = np.array([0.21, 0.13, 0.17, 0.29, 0.23])  # per step, so that the spikes are given


def plastic():
    """Build recurrent plasticity by traces, and variables that may not be scaled."""
    tau = TAU  # noqa: F841 - a name of the equations, found in this scope
    cells = NeuronGroup(
        len(RATES),
        """dc/dt = rate/step : 1
        dapre/dt = -apre/tau : 1
        dslow/dt = -slow/(2*tau) : 1
        dseen/dt = -seen/tau : 1
        dsum/dt = -sum/tau : 1
        dregular/dt = -regular/tau : 1
        dtested/dt = -tested/tau : 1
        dsaturating/dt = -saturating*saturating/tau : 1
        dfrozen/dt = -frozen/tau : 1 (unless refractory)
        dtwice/dt = -twice/tau : 1
        dvaried/dt = -varied/own : 1
        own : second (constant)
        rate : 1 (constant)
        total : 1""",
        threshold="c >= 1 and tested < 1e6",
        reset="c = 0; apre += 1; slow = apre; seen += 1; sum += 1; regular += 1; tested += 1; "
        "frozen += 1; saturating += 1; varied += 1; twice += 1",
        events={"half": "c > 0.5"},
        refractory=0.3 * ms,
        method="euler",
        name="cells",
    )
    cells.namespace["step"] = defaultclock.dt
    cells.run_on_event("half", "twice += 0.1*i")
    cells.rate = RATES
    cells.own = "tau*(1 + i)"
    synapses = Synapses(
        cells,
        cells,
        """w : 1
        total_post = sum_pre*w : 1 (summed)""",
        on_pre="w += 0.1*apre_post - 0.01*w; slow_post += 0.01*w",
        on_post="w -= 0.05*slow_pre; apre_pre = 0.9*apre_pre",
        delay={"pre": 0.2 * ms},
        name="synapses",
    )
    synapses.connect(condition="i != j")
    synapses.w = "0.1*(i + 2*j)"
    cells.run_regularly("regular = regular + 0.1", dt=1 * ms, name="adder")
    trace = StateMonitor(cells, "seen", record=True, name="trace")
    return Network(cells, synapses, trace)


NOT_SCALED = {
    "seen": "trace",
    "sum": "synapses_summed_variable",
    "regular": "adder",
    "tested": "cells_spike_thresholder",
}
VALUES = (
    "apre",
    "slow",
    "seen",
    "sum",
    "regular",
    "tested",
    "saturating",
    "frozen",
    "varied",
    "twice",
    "total",
)


@pytest.fixture(scope="module")
def plastic_with():
    """Compile ``plastic`` with and without reordering, once each."""
    outputs = [*(f"cells.{name}" for name in VALUES), "synapses.w", "trace.seen"]
    return {
        reordering: compile_network(
            plastic, 50 * ms, inputs=["synapses.w"], outputs=outputs, reordering=reordering
        )
        for reordering in ("none", "allowed")
    }


@pytest.mark.compiles
def test_synapses_and_resets_that_read_and_write_scaled_variables(plastic_with):
    """Reference: the same with a decay for each neuron."""
    reference, scaled = (plastic_with[reordering]() for reordering in ("none", "allowed"))
    for name, values in reference.values.items():
        np.testing.assert_allclose(scaled[name], values, rtol=ROUNDING, atol=1e-14, err_msg=name)
    assert np.ptp(reference["synapses.w"]) > 0.1


@pytest.mark.compiles
def test_what_others_read_is_not_scaled_and_said_so(plastic_with):
    words = " ".join(plastic_with["allowed"].explain().split())  # a line may be broken
    said = words.partition("cells_stateupdater")[2].partition("cells_spike_thresholder state")[0]
    names = re.search(r"common factor for ((\w+, )*\w+)", said)[1]
    scaled = set(names.split(", "))
    assert {"apre", "slow"} <= scaled
    assert scaled.isdisjoint([*NOT_SCALED, "saturating", "frozen", "varied"])
    for name, user in NOT_SCALED.items():
        assert re.search(rf"no common factor for {name}: {user}", said)
    assert "common factor" not in plastic_with["none"].explain()


@pytest.mark.parametrize("name", ["a", "g", "z"])
@pytest.mark.parametrize("method", ["exact", "exponential_euler", "euler"])
def test_a_decay_is_found_whatever_it_is_called(tmp_path, name, method):
    """The integrators sort the factors of a product by their names."""

    def network():
        tau = TAU  # noqa: F841 - a name of the equations, found in this scope
        model = f"d{name}/dt = -{name}/tau : 1"
        return Network(NeuronGroup(3, model, method=method, name="cells"))

    allowed = Optimisations(reordering="allowed")
    _, _, loops = generate(network, 0.01, (), (), "double", tmp_path, optimisations=allowed)
    (loop,) = (loop["loop"] for loop in loops if loop["object"] == "cells_stateupdater")
    assert loop.endswith(f"common factor for {name}")
