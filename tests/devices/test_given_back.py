"""A network that exists is given back as it came, whatever it is made of (behaviour).

One network holds an object of every class. Plain Brian2 on the runtime device is the reference.
"""

import types
import weakref

import numpy as np
import pytest
from brian2 import BrianObject, Equations, Network, NeuronGroup, defaultclock, ms
from brian2.core.variables import ArrayVariable
from brian2.devices.device import Device
from network_of_all_classes import OUTPUTS, STEPS, network_of_all_classes

from bionet.devices import Status, compile_network

DURATION = STEPS * 0.1 * ms
ROUNDING = 1e-9  # of C++ under -ffast-math against numpy, in sums of a few terms
CABLE_ROUNDING = 1e-7  # Brian2's solver of cables cancels eight of sixteen digits, on any device
DELAYS = ("plastic.delay", "plastic.post.delay")
DEVICES = ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)]
ATOMS = (str, bytes, int, float, complex, bool, type(None), type, types.FunctionType, np.dtype)


def describe(obj, seen):
    """Return plain values that tell apart any two states of what is reachable from `obj`."""
    if isinstance(obj, weakref.ProxyTypes):
        obj = obj.__repr__.__self__
    if isinstance(obj, (*ATOMS, Device, Equations)) or callable(obj):
        return repr(obj)
    if id(obj) in seen:
        return f"object {seen[id(obj)]}"
    seen[id(obj)] = len(seen)
    if isinstance(obj, np.ndarray):
        return type(obj).__name__, str(obj.dtype), obj.shape, obj.tobytes()
    if isinstance(obj, dict):
        return [(repr(k), describe(v, seen)) for k, v in obj.items()]
    if isinstance(obj, list | tuple):
        return [describe(v, seen) for v in obj]
    if isinstance(obj, set):
        return sorted(repr(describe(v, seen)) for v in obj)
    state = [(k, describe(v, seen)) for k, v in sorted(getattr(obj, "__dict__", {}).items())]
    if isinstance(obj, ArrayVariable):
        state.append(np.array(obj.get_value()).tobytes())
    if hasattr(obj, "_full_state") and not hasattr(obj, "variables"):
        state.append(repr(obj._full_state()))
    return type(obj).__name__, state


def everything(network):
    objects = sorted(network.objects, key=lambda obj: obj.name)
    described = describe(objects, {})
    own = {name: value for name, value in vars(network).items() if name != "objects"}
    return repr((described, sorted(own.items(), key=lambda item: item[0])))


def compiled_with_stub(network, request):
    request.getfixturevalue("stub_compiler")
    return compile_network(network, DURATION, outputs=OUTPUTS)


@pytest.fixture
def network():
    return network_of_all_classes()


@pytest.mark.compiles
def test_generating_code_leaves_nothing_behind(network, request):
    """All attributes of all objects, and of the network, before and after; a second time, too."""
    before = everything(network)
    compiled_with_stub(network, request)
    assert everything(network) == before
    compiled_with_stub(network, request)
    assert everything(network) == before


def test_running_leaves_nothing_behind(network):
    before = everything(network)
    compiled = compile_network(network, DURATION, device="runtime", outputs=OUTPUTS)
    assert everything(network) == before
    first = compiled(seed=1)
    assert everything(network) == before
    for name in OUTPUTS:
        np.testing.assert_array_equal(first[name], compiled(seed=1)[name])


def test_a_refusal_leaves_nothing_behind(network):
    before = everything(network)
    with pytest.raises(ValueError, match="no variable 'x'"):
        compile_network(network, DURATION, outputs=["cells.x"])
    assert everything(network) == before


def plain(network):
    """Return what Brian2 shows after running the network itself."""
    network.run(DURATION)
    values = {}
    for name in OUTPUTS:
        owner, _, variable = name.rpartition(".")
        obj = network[owner.partition(".")[0]]
        if "." in owner:
            obj = getattr(obj, owner.partition(".")[2])
        view = getattr(obj, f"{variable}_")
        values[name] = np.array(view if np.isscalar(view) else view[:])
    return values


def assert_as_plain(outcome, expected, tolerance):
    for name, value in expected.items():
        assert outcome[name].shape == value.shape, name
        allowed = max(tolerance, CABLE_ROUNDING) if name.startswith("cable") else tolerance
        np.testing.assert_allclose(
            outcome[name], value, rtol=allowed, atol=allowed * np.abs(value).max(initial=0)
        )


@pytest.fixture(scope="module")
def compiled_on():
    """Return the network compiled for a device with the delays of both pathways as inputs."""
    compiled = {}

    def on(device):
        if device not in compiled:
            compiled[device] = compile_network(
                network_of_all_classes(), DURATION, device=device, inputs=DELAYS, outputs=OUTPUTS
            )
        return compiled[device]

    return on


@pytest.mark.parametrize("device", DEVICES)
def test_compiled_and_plain_brian2_give_the_same(network, compiled_on, device):
    """Values seen through an index and objects with clocks of their own included."""
    outcome = compiled_on(device)()
    expected = plain(network)
    assert expected["fired.i"].size > 6
    assert expected["risen.t"].size > 0
    assert_as_plain(outcome, expected, 0 if device == "runtime" else ROUNDING)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("given", "post"), [({}, 0.2e-3), ({"plastic.post.delay": 0.5 * ms}, 0.5e-3)]
)
def test_each_pathway_has_a_delay_of_its_own(network, compiled_on, device, given, post):
    outcome = compiled_on(device)({"plastic.delay": 0.7 * ms, **given})
    network["plastic"].pre.delay = 0.7 * ms
    network["plastic"].post.delay = post * 1e3 * ms
    expected = plain(network)
    assert expected["plastic.post.delay"] == pytest.approx(post)
    assert_as_plain(outcome, expected, 0 if device == "runtime" else ROUNDING)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("delay", [-0.1 * ms, 1e12 * ms])
def test_delays_that_no_queue_can_hold(compiled_on, device, delay):
    outcome = compiled_on(device)({"plastic.delay": delay})
    assert "the delay plastic_pre.delay is" in outcome.message
    assert "it must lie between 0 and 1000.0" in outcome.message
    assert outcome.status is Status.FAILED


@pytest.mark.compiles
def test_the_groups_can_be_used_in_another_network(network, request):
    compiled_with_stub(network, request)
    compile_network(network, DURATION, device="runtime")()
    another = Network(network["clocked"])
    another.run(1 * ms)
    assert network["clocked"].level[0] == pytest.approx(1)


def test_what_its_owner_changes_later_is_not_seen(network):
    """Time steps, values, the network's objects: the function is that of the network given."""
    compiled = compile_network(network, DURATION, device="runtime", outputs=OUTPUTS)
    before = compiled()
    dt = float(defaultclock.dt)
    try:
        defaultclock.dt = 0.25 * ms
        network["clocked"].clock.dt = 0.5 * ms
        network["cells"].drive = "0*mV"
        network["generator"].set_spikes([0], [1] * ms)
        network.remove(network["from_back"])
        after = compiled()
    finally:
        defaultclock.dt = dt * 1e3 * ms
    assert "from_back" not in network
    for name in OUTPUTS:
        np.testing.assert_array_equal(before[name], after[name])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("back.v", "'back' only reads it, it is 'cells.v'"),
        ("plastic.v_post", "'plastic' only reads it, it is 'cells.v'"),
        ("reader.seen", "'reader' only reads it, it is 'cells.v'"),
        ("cable.diameter", "follows from the neuron's morphology"),
        ("cable.area", "follows from the neuron's morphology"),
        ("cable.Ic", "computed from other variables in every step"),
        ("clocked.doubled", "computed from other variables in every step"),
        ("cells.not_refractory", "computed from other variables in every step"),
        ("cells.total", "the sum that 'plastic_summed_variable_total_post' computes"),
        ("cells._spikespace", "Brian2 keeps it for itself"),
    ],
)
def test_inputs_that_are_no_variables_of_the_object(network, name, message):
    with pytest.raises(ValueError, match=message):
        compile_network(network, DURATION, device="runtime", inputs=[name])


def test_a_delay_that_is_no_pathways():
    """Groups may have such a variable, and names like those of synapses."""
    groups = [NeuronGroup(1, "delay : second", name=name) for name in ("z", "z_pre")]
    for group, delay in zip(groups, (3, 5), strict=True):
        group.delay = delay * ms
    compiled = compile_network(
        Network(groups), 1 * ms, device="runtime", inputs=["z.delay"], outputs=["z.delay"]
    )
    assert compiled()["z.delay"] == pytest.approx(3e-3)
    assert compiled({"z.delay": 7 * ms})["z.delay"] == pytest.approx(7e-3)


def test_objects_of_the_users_own_are_given_back():
    class Own(BrianObject):
        def __init__(self):
            super().__init__(name="own")
            self.list, self.number, self.array = [], 0, np.zeros(3)

        def run(self):
            self.list.append(1)
            self.number += 1
            self.array += 1

    own = Own()
    compile_network(Network(own), 1 * ms, device="runtime")()
    assert (own.list, own.number, own.array.tolist()) == ([], 0, [0, 0, 0])


def test_a_network_shows_in_one_line(network):
    compiled = compile_network(network, DURATION, device="runtime", outputs=["cells.v"])
    assert repr(compiled) == "<RuntimeNetwork: 0.006 s, 0 inputs, 1 output>"
