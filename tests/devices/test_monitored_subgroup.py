"""A monitor of a subgroup in steps in which only neurons behind it fire (behaviour)."""

import pytest
from brian2 import Network, NeuronGroup, SpikeMonitor, ms

from bionet.devices import compile_network
from bionet.devices.cpp.choice import STOPS_THERE
from bionet.devices.cpp.optimisations import Optimisations
from bionet.devices.cpp_source import generate


def network():
    """Neurons 3 to 5 fire in each step, the others in every tenth."""
    cells = NeuronGroup(6, "", threshold="i > 2 or timestep(t, dt) % 10 == 0", name="cells")
    return Network(cells, SpikeMonitor(cells[:3], name="front"))


def test_the_search_stops_at_the_front(tmp_path):
    """It reads what lies before the array otherwise, which may be anything."""
    generate(network, 0.01, (), ("front.count",), "double", tmp_path, None, Optimisations())
    assert (tmp_path / "hot.cpp").read_text().count(STOPS_THERE) == 1


@pytest.mark.compiles
def test_counts_are_those_of_the_subgroup():
    outcome = compile_network(network, 10 * ms, outputs=["front.count", "front.i"])()
    assert outcome["front.count"].tolist() == [10, 10, 10]
    assert outcome["front.i"].tolist() == [0, 1, 2] * 10
