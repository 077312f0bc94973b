"""Arrays of synapses that nothing reads in a run are freed; what is read is right.

Closed form: how often each synapse was reached, from the spikes that were recorded and its delay.
"""

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, SpikeMonitor, StateMonitor, Synapses, defaultclock

from bionet.devices import compile_network
from bionet.devices.cpp_source import generate

N = 6
STEPS = 300
DELAY = {"pre": 7, "post": 3}  # steps
LISTED = ([4, 0, 2, 2, 5, 0, 2, 3], [1, 3, 3, 0, 5, 3, 3, 4])  # unsorted; two pairs occur twice
ALL = tuple(np.array(list(np.ndindex(N, N))).T)


def step(steps):
    return steps * defaultclock.dt


def counting(source, target, name, model="", pre=(), post=(), delays=DELAY):
    """Return synapses that count what reaches them from each side."""
    return Synapses(
        source,
        target,
        f"hits : 1\nbacks : 1\n{model}",
        on_pre="\n".join(["hits += 1", *pre]),
        on_post="\n".join(["backs += 1", *post]),
        delay={side: step(steps) for side, steps in delays.items()},
        name=name,
    )


def synapses_of_all_kinds():
    """Build recurrent synapses that use the arrays of their neurons in different ways."""
    cells = NeuronGroup(
        N,
        """dc/dt = rate/step : 1
        rate : 1
        x : 1
        total : 1""",
        threshold="c > 1",
        reset="c -= 1",
        method="euler",
        name="cells",
    )
    cells.namespace["step"] = step(1)
    cells.rate = "0.03*(1 + i)"
    cells.x = "i"
    made = {
        "plain": counting(cells, cells, "plain"),
        "early": counting(cells, cells, "early"),
        "returned": counting(cells, cells, "returned"),
        "counted": counting(cells, cells, "counted"),
        "pointed": counting(cells, cells, "pointed"),
        "reads": counting(
            cells,
            cells,
            "reads",
            "told : 1\ntold_back : 1\nfixed : 1",
            ["told += 10000*N_incoming + 100*N_outgoing + 10*i + j"],
            ["told_back += 10*i + j"],
        ),
        "listed": counting(cells, cells, "listed"),
        "twice": counting(cells, cells, "twice"),
        "varied": counting(cells, cells, "varied", delays={}),
        "summed": counting(cells, cells, "summed", "total_post = 10*x_pre + hits*0 : 1 (summed)"),
        "recorded": counting(cells, cells, "recorded"),
        "regular": counting(cells, cells, "regular", "seen : 1\nneurons : 1"),
        "part": counting(cells[2:5], cells[1:], "part"),
        "second": Synapses(
            cells,
            cells,
            "hits : 1\nlate : 1\nbacks : 1",
            on_pre={"pre": "hits += 1", "again": "late += 1"},
            on_post="backs += 1",
            delay={"pre": step(DELAY["pre"]), "again": step(11), "post": step(DELAY["post"])},
            name="second",
        ),
        "back": Synapses(
            cells,
            cells,
            "backs : 1",
            on_post="backs += 1",
            delay={"post": step(DELAY["post"])},
            name="back",
        ),
    }
    made["early"].post.order = -1
    for name, synapses in made.items():
        if name == "listed":
            synapses.connect(i=LISTED[0], j=LISTED[1])
        else:
            synapses.connect(condition="i >= 3" if name == "twice" else True)
    made["twice"].connect(condition="i < 3")
    made["varied"].namespace["width"] = step(1)
    made["varied"].pre.delay = "width*(i + 2*j)"
    made["varied"].post.delay = "width*(3*i + j)"
    made["reads"].fixed = "10*i + j"
    made["regular"].run_regularly("seen = x_post\nneurons = 10*i + j", name="adder")
    monitors = [
        SpikeMonitor(cells, name="spikes"),
        StateMonitor(made["recorded"], "x_post", record=range(N * N), dt=step(STEPS), name="trace"),
    ]
    return Network(cells, *made.values(), *monitors)


NAMES = (
    "plain",
    "early",
    "returned",
    "counted",
    "pointed",
    "reads",
    "listed",
    "twice",
    "varied",
    "summed",
    "recorded",
    "regular",
    "part",
    "second",
    "back",
)
MORE = (
    "spikes.t",
    "spikes.i",
    "returned.i",
    "returned.j",
    "counted.N_incoming",
    "counted.N_outgoing",
    "pointed.x_post",
    "reads.told",
    "reads.told_back",
    "reads.fixed",
    "cells.total",
    "trace.x_post",
    "regular.seen",
    "regular.neurons",
    "second.late",
    "varied.delay",
)
NEURONS = {
    name: {
        "listed": LISTED,
        "twice": tuple(np.array([*zip(*ALL, strict=True)])[[*range(18, 36), *range(18)]].T),
        "part": (np.repeat([2, 3, 4], N - 1), np.tile(np.arange(1, N), 3)),
    }.get(name, ALL)
    for name in NAMES
}


@pytest.fixture(scope="module")
def compiled():
    outputs = [f"{name}.hits" for name in NAMES if name != "back"]
    outputs += [f"{name}.backs" for name in NAMES]
    return compile_network(
        synapses_of_all_kinds,
        STEPS * defaultclock.dt,
        inputs=["varied.delay", "varied.post.delay", "plain.delay"],
        outputs=[*outputs, *MORE],
    )


def reached(outcome, neurons, delays):
    """Return how often synapses were reached by the spikes of their neurons, after their delays."""
    spikes = np.rint(outcome["spikes.t"] / float(defaultclock.dt)).astype(int)
    arrivals = spikes[:, None] + np.broadcast_to(delays, len(neurons))
    of_own = outcome["spikes.i"][:, None] == np.asarray(neurons)
    return np.sum(of_own & (arrivals < STEPS), axis=0)


@pytest.fixture(scope="module")
def outcome(compiled):
    outcome = compiled()
    assert outcome.status.name == "COMPLETED", outcome.message
    counts = np.bincount(outcome["spikes.i"], minlength=N)
    assert np.all(np.diff(counts) > 0), "each neuron must be told from the others"
    assert counts[0] > 5
    return outcome


@pytest.mark.compiles
@pytest.mark.parametrize("name", [name for name in NAMES if name != "varied"])
def test_each_synapse_is_reached_as_often_as_its_neurons_spike(outcome, name):
    sources, targets = NEURONS[name]
    if name != "back":
        hits = reached(outcome, sources, DELAY["pre"])
        np.testing.assert_array_equal(outcome[f"{name}.hits"], hits)
    backs = reached(outcome, targets, DELAY["post"])
    np.testing.assert_array_equal(outcome[f"{name}.backs"], backs)


@pytest.mark.compiles
def test_two_pathways_from_one_side(outcome):
    np.testing.assert_array_equal(outcome["second.late"], reached(outcome, ALL[0], 11))


@pytest.mark.compiles
def test_neurons_of_synapses_as_outputs(outcome):
    np.testing.assert_array_equal(outcome["returned.i"], ALL[0])
    np.testing.assert_array_equal(outcome["returned.j"], ALL[1])
    np.testing.assert_array_equal(outcome["counted.N_incoming"], np.full(N * N, N))
    np.testing.assert_array_equal(outcome["counted.N_outgoing"], np.full(N * N, N))
    np.testing.assert_array_equal(outcome["pointed.x_post"], ALL[1])


@pytest.mark.compiles
def test_neurons_of_synapses_in_the_code_of_pathways(outcome):
    i, j = ALL
    told = (10000 * N + 100 * N + 10 * i + j) * outcome["reads.hits"]
    np.testing.assert_array_equal(outcome["reads.told"], told)
    np.testing.assert_array_equal(outcome["reads.told_back"], (10 * i + j) * outcome["reads.backs"])
    np.testing.assert_array_equal(outcome["reads.fixed"], 10 * i + j)


@pytest.mark.compiles
def test_others_that_read_the_neurons_of_synapses(outcome):
    """A summed variable, a monitor and a regular operation."""
    np.testing.assert_array_equal(outcome["cells.total"], np.full(N, 10 * sum(range(N))))
    np.testing.assert_array_equal(outcome["trace.x_post"][:, 0], ALL[1])
    np.testing.assert_array_equal(outcome["regular.seen"], ALL[1])
    np.testing.assert_array_equal(outcome["regular.neurons"], 10 * ALL[0] + ALL[1])


@pytest.mark.compiles
def test_delays_that_differ(compiled, outcome):
    i, j = ALL
    np.testing.assert_array_equal(outcome["varied.hits"], reached(outcome, i, i + 2 * j))
    np.testing.assert_array_equal(outcome["varied.backs"], reached(outcome, j, 3 * i + j))
    np.testing.assert_allclose(outcome["varied.delay"], (i + 2 * j) * float(defaultclock.dt))


@pytest.mark.compiles
@pytest.mark.parametrize("alike", [False, True])
def test_delays_as_inputs(compiled, alike):
    """For each synapse, all alike or not; and one for all."""
    delays = np.full(N * N, 5) if alike else np.random.default_rng(1).integers(0, 40, N * N)
    backs = np.roll(delays, 1)
    outcome = compiled(
        {
            "varied.delay": delays * defaultclock.dt,
            "varied.post.delay": backs * defaultclock.dt,
            "plain.delay": 13 * defaultclock.dt,
        }
    )
    np.testing.assert_array_equal(outcome["varied.hits"], reached(outcome, ALL[0], delays))
    np.testing.assert_array_equal(outcome["varied.backs"], reached(outcome, ALL[1], backs))
    np.testing.assert_array_equal(outcome["plain.hits"], reached(outcome, ALL[0], 13))
    np.testing.assert_array_equal(outcome["plain.backs"], reached(outcome, ALL[1], DELAY["post"]))


def test_which_arrays_are_freed(tmp_path):
    returned = ("returned.i", "returned.j", "counted.N_incoming", "pointed.x_post")
    generate(synapses_of_all_kinds, 0.01, (), returned, "double", tmp_path)
    source = (tmp_path / "hot.cpp").read_text() + (tmp_path / "cold.cpp").read_text()
    freed = {
        name: f"std::vector<int32_t>().swap(_dynamic_array_{name}__synaptic_pre)" in source
        for name in NAMES
    }
    kept = {"returned", "counted", "pointed", "reads", "summed", "recorded", "regular"}
    assert {name for name, is_freed in freed.items() if not is_freed} == kept
