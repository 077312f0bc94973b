"""Variables that a loop could take for another one, or overlook (reference implementation).

Brian2's own loops with every operation rounded as written give the bits that must come out.
"""

import pytest
from brian2 import Network, NeuronGroup, linked_var, ms

from bionet.devices import OPTIMISATIONS, compile_network

DURATION = 0.06  # s
OUTPUTS = (
    "waiting.n",
    "waiting.lastspike",
    "alias.x",
    "alias.n",
    "space.n",
    "space.Hspace",
    "decay.v",
)


def network():
    # looks like Brian2's test of refractoriness, with a number of steps that is not whole
    waiting = NeuronGroup(
        100,
        """dv/dt = 1/(10*ms) : 1
           steps : 1
           ready = timestep(t - lastspike, dt) >= steps : boolean
           n : integer""",
        threshold="v > 0.05 and ready",
        reset="n += 1",
        refractory="v < -1",
        method="euler",
        name="waiting",
    )
    waiting.steps = 20.5
    # reads not_refractory under another name
    alias = NeuronGroup(
        100,
        """dv/dt = (drive - v)/(10*ms) : 1
           dx/dt = int(free)/ms : 1
           drive : 1
           free : boolean (linked)
           n : integer""",
        threshold="v > 1",
        reset="v = 0; n += 1",
        refractory=2 * ms,
        method="euler",
        name="alias",
    )
    alias.drive = "1.5 + 0.01*i"
    alias.free = linked_var(alias, "not_refractory")
    # a name that sorts before Brian2's list of spikes, and ends as it does
    space = NeuronGroup(
        100,
        """dv/dt = 1/(10*ms) : 1
           Hspace : 1
           n : integer""",
        threshold="v > Hspace",
        reset="v = 0; n += 1; Hspace += 0.01",
        refractory=1 * ms,
        method="euler",
        name="space",
    )
    space.Hspace = "0.1 + 0.001*i"
    # a decaying variable that is read under a second name
    decay = NeuronGroup(
        100,
        """dg/dt = -g/(1*ms) : 1
           dv/dt = (seen - v)/(10*ms) : 1
           seen : 1 (linked)""",
        method="euler",
        name="decay",
    )
    decay.g = "1 + 0.01*i"
    decay.seen = linked_var(decay, "g")
    return Network(waiting, alias, space, decay)


@pytest.fixture(scope="module")
def expected():
    without = list(OPTIMISATIONS)
    return compile_network(network, DURATION, outputs=OUTPUTS, strict=True, without=without)()


@pytest.mark.compiles
def test_the_bits_are_those_of_brian2s_loops(expected):
    outcome = compile_network(network, DURATION, outputs=OUTPUTS, strict=True)()
    assert expected["alias.n"].sum() > 100
    assert expected["space.n"].sum() > 1000
    for name in OUTPUTS:
        assert outcome[name].tobytes() == expected[name].tobytes(), name


@pytest.mark.compiles
def test_a_decay_that_is_read_under_another_name_is_no_common_factor(expected):
    run = compile_network(network, DURATION, outputs=OUTPUTS, reordering="allowed")
    assert run()["decay.v"] == pytest.approx(expected["decay.v"], rel=1e-9)
