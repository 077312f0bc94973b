"""What `explain` says: each object of a step, its loop, and why not a faster one (behaviour).

One network has an object for each reason; a saved network says the same.
"""

import numpy as np
import pytest
import small_networks_of_users as users
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    PopulationRateMonitor,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    check_units,
    implementation,
    ms,
)

from bionet.devices import OPTIMISATIONS, CppNetwork, compile_network
from bionet.devices.brian2_state import active_device, float_type
from bionet.devices.cpp.optimisations import Optimisations
from bionet.devices.cpp_source import generate

WIDTH = 100  # columns of a terminal
#: When the objects of a step run, with the default schedule.
NAMES = {
    "start": {"adder", "trace", "weights"},
    "groups": {
        "cells_stateupdater",
        "changed_stateupdater",
        "varying_stateupdater",
        "calling_stateupdater",
        "alone_stateupdater",
    },
    "between": {"between"},
    "thresholds": {
        "cells_spike_thresholder",
        "changed_spike_thresholder",
        "varying_spike_thresholder",
        "noise_spike_thresholder",
        "given",
    },
    "after thresholds": {"spikes"},
    "synapses": {"plastic_pre", "plastic_post", "varied_pre", "noisy_pre"},
    "resets": {"cells_spike_resetter", "changed_spike_resetter", "varying_spike_resetter"},
    "end": {"rate"},
}

INCLUDES = """
#include <numeric>
double summed(double x) { double v[] = {x, x}; return std::accumulate(v, v + 2, 0.0); }
"""


@implementation("cpp", INCLUDES)
@check_units(x=1, result=1)
def summed(x):
    raise NotImplementedError


def every_reason():
    """Build a network with objects of all kinds, and one for each reason to keep Brian2's loop."""
    model = "dv/dt = (1.5 - v)/(10*ms) : 1"
    spiking = {"threshold": "v > 1", "reset": "v = 0", "method": "euler"}
    cells = NeuronGroup(10, model, refractory=2 * ms, name="cells", **spiking)
    changed = NeuronGroup(10, model, name="changed", **spiking)
    varying = NeuronGroup(
        10, f"{model}\nrest : second", refractory="rest + 1*ms", name="varying", **spiking
    )
    calling = NeuronGroup(10, "dv/dt = summed(v)/(10*ms) : 1", method="euler", name="calling")
    calling.namespace["summed"] = summed
    alone = NeuronGroup(10, model, method="euler", name="alone")
    noise = PoissonGroup(10, 50 * Hz, name="noise")
    given = SpikeGeneratorGroup(2, [0, 1], [1, 2] * ms, name="given")
    changed.run_regularly("v = v + 0.01", when="after_groups", name="between")
    alone.run_regularly("v = v + 0.01", name="adder")
    plastic = Synapses(
        cells, cells, "w : 1", on_pre="v_post += w", on_post="w += 1", name="plastic"
    )
    plastic.connect()
    varied = Synapses(given, cells, on_pre="v_post += 0.1", name="varied")
    varied.connect()
    varied.delay = "(i + j)*ms"
    noisy = Synapses(noise, varying, on_pre="v_post += rand()*0.1", name="noisy")
    noisy.connect(condition="i == j")
    return Network(
        *(cells, changed, varying, calling, alone, noise, given, plastic, varied, noisy),
        SpikeMonitor(cells, name="spikes"),
        PopulationRateMonitor(cells, name="rate"),
        StateMonitor(alone, "v", record=[0], name="trace"),
        StateMonitor(plastic, "w", record=[0, 1], name="weights"),
    )


def parsed(text: str) -> dict[str, list[str]]:
    """Return what is said of each object: its loop and why not; a line may be broken."""
    said, name = {}, None
    for line in text.splitlines()[1:]:
        if line[:2] == "  " and line[2:3].strip():
            name, _, loop = line.strip().partition(" ")
            said[name] = [loop.strip()]
        else:
            said[name].append(line.strip())
    return said


@pytest.fixture(scope="module")
def compiled():
    return compile_network(every_reason, 10 * ms, outputs=["cells.v", "plastic.w"])


@pytest.fixture(scope="module")
def said(compiled):
    return parsed(compiled.explain())


@pytest.mark.compiles
def test_every_object_of_the_step_is_named_once_in_its_order(said, compiled):
    assert set(said) == set().union(*NAMES.values())
    places = [slot for name in said for slot, names in NAMES.items() if name in names]
    assert places == sorted(places, key=list(NAMES).index)
    lines = compiled.explain().splitlines()
    for name in said:
        assert sum(line.split()[0] == name for line in lines) == 1, name


@pytest.mark.compiles
def test_the_names_are_those_of_brian2(said):
    """Reference: the objects that Brian2 runs, of the same network on its runtime device."""
    from brian2.devices.device import RuntimeDevice

    with active_device(RuntimeDevice(), float_type("double")):
        network = every_reason()
        network.run(0 * ms)
        names = {obj.name for obj in network.sorted_objects if obj.code_objects}
    assert set(said) == names


@pytest.mark.compiles
def test_text_fits_a_terminal(compiled):
    for line in compiled.explain().splitlines():
        assert len(line) <= WIDTH, line
        assert line == line.rstrip()
        assert "_codeobject" not in line
        assert "None" not in line


@pytest.mark.compiles
@pytest.mark.parametrize(
    ("name", "loop", "why_not"),
    [
        ("cells_stateupdater", "state and threshold in one loop", ""),
        ("cells_spike_thresholder", "state and threshold in one loop", ""),
        ("changed_stateupdater", "blocks of neurons", "no fusion: between comes between"),
        ("changed_spike_thresholder", "chunks of neurons", ""),
        ("varying_stateupdater", "one loop", "no release step: the refractory period is no const"),
        ("calling_stateupdater", "Brian2's loop", "a function of the user's needs a file of its"),
        ("alone_stateupdater", "blocks of neurons", ""),
        ("noise_spike_thresholder", "random numbers first", ""),
        ("plastic_pre", "rows of synapses", ""),
        ("plastic_post", "rows of synapses", ""),
        ("varied_pre", "rows of synapses", ""),
        ("given", "Brian2's loop", ""),
        ("between", "Brian2's loop", ""),
        ("trace", "records that grow in one dimension", ""),
        ("spikes", "Brian2's loop", ""),
    ],
)
def test_the_loop_and_the_reason(said, name, loop, why_not):
    text = " ".join(said[name])
    assert loop in text
    assert why_not in text
    assert bool(why_not) == (" no " in text), text


@pytest.mark.compiles
def test_a_saved_network_says_the_same(compiled, tmp_path):
    compiled.save(tmp_path / "network")
    assert CppNetwork.load(tmp_path / "network").explain() == compiled.explain()


@pytest.mark.compiles
def test_what_is_explained_runs(compiled):
    outcome = compiled()
    assert np.all(np.isfinite(outcome["cells.v"]))
    assert outcome["plastic.w"].size == 100


def test_a_runtime_network_has_brian2s_loops():
    compiled = compile_network(users.decay_network, 1 * ms, device="runtime")
    assert compiled.explain() == "the runtime device: all objects have Brian2's own loops"


@pytest.mark.parametrize(
    "name", sorted({"rows", "fusion", "release", "records", "compact", "dense"})
)
def test_what_is_switched_off_is_not_said_to_be_there(tmp_path, name):
    from bionet.devices.cpp.optimisations import Optimisations

    texts = []
    for without in ((), (name,)):
        folder = tmp_path / "_".join(("project", *without))
        folder.mkdir()
        chosen = Optimisations(without=without)
        _, _, loops = generate(every_reason, 0.01, (), (), "double", folder, optimisations=chosen)
        texts.append(loops)
    with_it, without_it = texts
    assert [loop["object"] for loop in with_it] == [loop["object"] for loop in without_it]
    assert with_it != without_it


def test_without_any_all_objects_have_brian2s_loops(tmp_path):
    nothing = Optimisations(without=list(OPTIMISATIONS))
    _, _, loops = generate(every_reason, 0.01, (), (), "double", tmp_path, optimisations=nothing)
    assert {loop["object"] for loop in loops} == set().union(*NAMES.values())
    assert {loop["loop"] for loop in loops} == {"Brian2's loop", "Brian2's queue of synapses"}
