"""compile_network refuses at once what cannot work, and changes nothing global (behaviour)."""

import os
import signal

import brian2
import numpy as np
import pytest
import small_networks_of_users as users
from brian2 import Network, NetworkOperation, NeuronGroup, StateMonitor, ms, mV, prefs

from bionet.devices import compile_network


def runtime(network=users.decay_network, duration=1 * ms, **arguments):
    return compile_network(network, duration, device="runtime", **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": ["cells.y"]}, "'cells.y': 'cells' has no variable 'y'.*it has.*x"),
        ({"inputs": ["cell.x"]}, "no object named 'cell'.*did you mean 'cells'"),
        ({"inputs": ["x"]}, "'x' is no variable; write 'object.variable'"),
        ({"inputs": ["cells.t"]}, "'cells.t' cannot be an input: Brian2 declares it read-only"),
        ({"inputs": ["cells.x", "cells.x"]}, "inputs name 'cells.x' twice"),
        ({"inputs": "cells.x"}, "inputs must be a sequence of names, got the text 'cells.x'"),
        ({"outputs": "cells.x"}, "outputs must be a sequence of names"),
        ({"outputs": ["cells.x", "cells.x"]}, "outputs name 'cells.x' twice"),
        ({"outputs": ["cells.z"]}, "'cells' has no variable 'z'"),
        ({"precision": "half"}, "precision must be 'double' or 'single', got 'half'"),
        ({"duration": 0 * ms}, "duration must be positive and finite"),
        ({"duration": float("inf")}, "duration must be positive and finite"),
        ({"duration": 3 * mV}, "duration must be a time"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        runtime(**arguments)


def test_unknown_device():
    with pytest.raises(ValueError, match=r"device must be one of cpp, runtime; got 'gpu'"):
        compile_network(users.decay_network, 1 * ms, device="gpu")


@pytest.mark.parametrize("network", [3, None, NeuronGroup])
def test_what_is_no_network(network):
    with pytest.raises(TypeError):
        runtime(network)


def test_function_that_returns_no_network():
    with pytest.raises(TypeError, match=r"brian2\.Network.*int"):
        runtime(lambda: 3)


def network_that_ran():
    network = users.decay_network()
    network.run(1 * ms)
    return network


def network_beside_one_that_ran():
    network_that_ran()
    return users.decay_network()


@pytest.mark.parametrize("device", ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)])
def test_function_that_runs_its_network(request, device):
    if device == "cpp":
        request.getfixturevalue("stub_compiler")
    with pytest.raises(ValueError, match=r"has run until 1\. ms already.*before it runs"):
        compile_network(network_that_ran, 1 * ms, device=device)


@pytest.mark.compiles
def test_function_that_runs_another_network_on_the_cpp_device(stub_compiler):
    with pytest.raises(ValueError, match=r"runs a network too.*before it runs"):
        compile_network(network_beside_one_that_ran, 1 * ms)


@pytest.mark.parametrize("device", ["runtime", "cpp"])
def test_network_that_has_run(device):
    with pytest.raises(ValueError, match=r"has run until 1\. ms already"):
        compile_network(network_that_ran(), 1 * ms, device=device)


def test_method_that_builds():
    """Names of the method's scope and of its module reach the equations."""
    outcome = runtime(users.Cells().network, outputs=["cells.y"])()
    assert outcome["cells.y"] == 3 * users.STEPS


def test_each_compilation_of_a_network_keeps_its_own_state():
    """And the user's network, its state and its stored states stay as they are."""
    network = users.decay_network()
    first = runtime(network, outputs=["cells.x"])
    network["cells"].x = 10.0
    second = runtime(network, outputs=["cells.x"])
    network["cells"].x = 100.0
    decayed = np.exp(-0.1)
    for _ in range(2):
        assert first()["cells.x"] == pytest.approx(decayed * np.array([1, 2, 3]))
        assert second()["cells.x"] == pytest.approx(decayed * np.full(3, 10))
    np.testing.assert_array_equal(network["cells"].x, 100)
    assert network.t == 0 * ms
    with pytest.raises(KeyError):
        network.restore()
    assert network._stored_state == {}


def interrupted_network():
    group = NeuronGroup(1, "x : 1", name="cells")
    interrupt = NetworkOperation(lambda: signal.raise_signal(signal.SIGINT), dt=1 * ms)
    return Network(group, interrupt)


def test_control_c_interrupts_and_is_no_outcome():
    before = global_state()
    network = runtime(interrupted_network, 5 * ms)
    with pytest.raises(KeyboardInterrupt):
        network()
    assert global_state() == before


def computed_network():
    group = NeuronGroup(2, "x : 1\ny = 2*x : 1", name="cells", namespace={"k": 2.0})
    return Network(group, StateMonitor(group, "x", record=True, name="trace"))


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("outputs", "cells.y", "computed from other variables.*record it with a StateMonitor"),
        ("inputs", "cells.y", "computed from other variables"),
        ("inputs", "cells.N", "cannot be an input|compiled in"),
        ("inputs", "trace.x", "it is what a monitor records|read-only"),
    ],
)
def test_variables_that_are_not_stored(kind, name, message):
    with pytest.raises(ValueError, match=message):
        runtime(computed_network, **{kind: [name]})


def global_state():
    kind, keys, position, has_gauss, gauss = np.random.get_state()
    return {
        "device": brian2.get_device(),
        "dt": float(brian2.defaultclock.dt),
        "preferences": {name: prefs[name] for name in sorted(prefs)},
        "numpy": (kind, keys.tobytes(), position, has_gauss, gauss),
        "directory": os.getcwd(),
        "environment": dict(os.environ),
        "build_on_run": getattr(brian2.get_device(), "build_on_run", None),
    }


@pytest.fixture
def unusual_state():
    """Set a user's own global settings, none of them the default."""
    np.random.seed(42)
    dt, optimise = brian2.defaultclock.dt, prefs.codegen.loop_invariant_optimisations
    brian2.defaultclock.dt = 0.2 * ms
    prefs.codegen.loop_invariant_optimisations = False
    yield
    brian2.defaultclock.dt = dt
    prefs.codegen.loop_invariant_optimisations = optimise


@pytest.mark.parametrize("device", ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)])
def test_nothing_global_is_left_changed(unusual_state, request, device):
    """Not by compiling, not by calling, not by failing; the stub stands in for the compiler."""
    if device == "cpp":
        request.getfixturevalue("stub_compiler")
    before = global_state()
    network = compile_network(
        users.decay_network, 5 * ms, device=device, inputs=["cells.x"], outputs=["cells.x"]
    )
    assert global_state() == before
    network({"cells.x": [1, 2, 3]}, seed=3)
    assert global_state() == before
    with pytest.raises(ValueError, match=r"is no input"):
        network({"cells.u": 1})
    with pytest.raises(ValueError, match=r"no variable"):
        compile_network(users.decay_network, 5 * ms, device=device, outputs=["cells.u"])
    with pytest.raises(ZeroDivisionError):
        compile_network(lambda: 1 / 0, 5 * ms, device=device)
    assert global_state() == before


def test_the_users_own_objects_run_on_after_a_compilation():
    """Plain Brian2 before, around and after: the same numbers."""

    def ten_milliseconds(network):
        network.run(10 * ms)
        return float(network["cells"].x[0])

    own = users.decay_network()
    half_way = ten_milliseconds(own)
    runtime(outputs=["cells.x"])()
    assert ten_milliseconds(own) == pytest.approx(half_way**2)
    assert ten_milliseconds(users.decay_network()) == half_way == pytest.approx(np.exp(-1))
