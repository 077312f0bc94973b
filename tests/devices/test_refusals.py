"""Networks that cannot be simulated as they are written are refused by name (behaviour)."""

import copy
import functools
import sys

import brian2
import numpy as np
import pytest
from brian2 import (
    BrianObject,
    Clock,
    Network,
    NetworkOperation,
    NeuronGroup,
    Synapses,
    check_units,
    defaultclock,
    magic_network,
    ms,
    network_operation,
    prefs,
    set_device,
)
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
from brian2.devices.device import reset_device

from bionet.devices import NetworkError, compile_network
from bionet.errors import BionetError

DEVICES = ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)]


def global_state():
    devices = sys.modules["brian2.devices.device"]
    return (
        brian2.get_device(),
        list(devices.previous_devices),
        float(defaultclock.dt),
        {name: copy.copy(value) for name, value in prefs.items()},
        sys.getprofile(),
    )


@pytest.fixture(params=DEVICES)
def refused(request):
    """Check that a network is refused on each device, before anything is compiled."""
    if request.param == "cpp":
        request.getfixturevalue("stub_compiler")

    def check(network, message, **arguments):
        before = global_state()
        with pytest.raises(NetworkError, match=message) as caught:
            compile_network(network, 1 * ms, device=request.param, **arguments)()
        assert isinstance(caught.value, BionetError)
        assert "\n" not in str(caught.value)
        assert global_state() == before

    return check


def cells(**arguments):
    return NeuronGroup(2, "x : 1", name="cells", **arguments)


class Counter(BrianObject):
    """A user's own object of Python code."""

    def run(self):
        """Do nothing, in Python."""


def with_operation():
    group = cells()

    @network_operation
    def step():
        group.x += 1

    return Network(group, step)


def with_own_object():
    return Network(cells(), Counter(name="counter"))


@pytest.mark.compiles
@pytest.mark.parametrize(
    ("build", "name"), [(with_operation, "networkoperation.*'step'"), (with_own_object, "counter")]
)
@pytest.mark.parametrize("exists", [False, True])
def test_python_code_is_refused_in_cpp(stub_compiler, build, name, exists):
    with pytest.raises(NetworkError, match=rf"'{name}.*is Python code.*run_regularly.*runtime"):
        compile_network(build() if exists else build, 1 * ms)


@pytest.mark.compiles
def test_a_function_of_python_is_named(stub_compiler):
    @check_units(x=1, result=1)
    def own(x):
        return 2 * x

    def network():
        group = cells(namespace={"own": own})
        group.run_regularly("x = own(x)")
        return Network(group)

    with pytest.raises(NetworkError, match=r"the function 'own' is Python code.*@implementation"):
        compile_network(network, 1 * ms)


def test_python_code_runs_on_the_runtime_device():
    outcome = compile_network(with_operation, 1 * ms, device="runtime", outputs=["cells.x"])()
    np.testing.assert_array_equal(outcome["cells.x"], 10)


@pytest.mark.compiles
def test_python_code_that_is_switched_off_is_no_obstacle(stub_compiler):
    operation, counter = NetworkOperation(lambda: None), Counter(name="counter")
    operation.active = counter.active = False
    compile_network(Network(cells(), operation, counter), 1 * ms)


def test_a_users_own_error_is_left_alone():
    def network():
        raise NotImplementedError("subclass must do this")

    with pytest.raises(NotImplementedError, match=r"^subclass must do this$"):
        compile_network(network, 1 * ms, device="runtime")


def test_networks_without_objects(refused):
    refused(lambda: Network(), "the network is empty")
    refused(lambda: magic_network, r"magic_network.*Network\(collect\(\)\)")
    refused(Network(), "the network is empty")
    refused(magic_network, "magic_network")


def test_synapses_that_connect_nothing(refused):
    def network():
        group = cells(threshold="x > 1")
        return Network(group, Synapses(group, group, on_pre="x_post += 1", name="loop"))

    refused(network, "'loop' connect nothing")
    refused(network(), "'loop' connect nothing")


def test_groups_of_another_network_that_ran(refused):
    group = cells()
    first, second = Network(group), Network(group)
    first.run(0.1 * ms)
    refused(second, "'cells' has run in another network")


def test_groups_from_outside_the_function(refused):
    group = cells()
    refused(lambda: Network(group), "'cells' was made before the function")


def test_functions_that_choose_the_device(refused):
    def network():
        set_device("cpp_standalone")
        return Network(cells())

    refused(network, r"calls set_device; leave that out: compile_network\(..., device=")


def test_functions_that_choose_what_compilation_chooses(refused):
    def network():
        prefs.core.default_float_dtype = np.float32
        return Network(cells())

    refused(network, "sets the preference 'core.default_float_dtype'.*precision")


def test_other_preferences_are_given_back():
    """Those that are changed in place, too."""
    before = global_state()

    def network():
        prefs.codegen.loop_invariant_optimisations = False
        prefs.codegen.cpp.headers += ["<complex>"]
        defaultclock.dt = 0.25 * ms
        return Network(cells())

    compile_network(network, 1 * ms, device="runtime")()
    assert global_state() == before


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_errors_of_the_function_leave_nothing_behind(stub_compiler, device, error):
    before = global_state()

    def network():
        prefs.codegen.cpp.headers += ["<complex>"]
        set_device("cpp_standalone")
        raise error

    with pytest.raises((error, NetworkError)):
        compile_network(network, 1 * ms, device=device)
    assert global_state() == before


@pytest.mark.parametrize("device", DEVICES)
def test_a_standalone_device_of_the_users_own_is_left_alone(stub_compiler, device):
    own = CPPStandaloneDevice()
    set_device(own, build_on_run=False)
    try:
        clock = Clock(1 * ms, name="beat")
        queue = list(own.main_queue)
        compile_network(lambda: Network(cells()), 1 * ms, device=device)
        with pytest.raises(NetworkError, match="'beat' was made before the function"):
            compile_network(lambda: Network(cells(clock=clock)), 1 * ms, device=device)
        assert own.main_queue == queue
        assert brian2.get_device() is own
    finally:
        reset_device()


def test_a_schedule_without_a_slot_that_is_used(refused):
    network = Network(cells(threshold="x > 1"))
    network.schedule = ["start", "thresholds", "end"]
    refused(network, "an object runs in 'groups', which the schedule lacks")


def make(tau):
    target = 3  # noqa: F841 - a name of the equations
    group = NeuronGroup(1, "dx/dt = (target - x)/tau : 1", method="exact", name="cells")
    return Network(group)


class Maker:
    """A callable object whose constants stand in its method."""

    def __call__(self):
        """Build the network."""
        tau = 10 * ms  # noqa: F841
        target = 3  # noqa: F841
        group = NeuronGroup(1, "dx/dt = (target - x)/tau : 1", method="exact", name="cells")
        return Network(group)


EXPECTED = 3 * (1 - np.exp(-0.1))


def helper():
    tau = 1 * ms  # noqa: F841 - of no equation here
    target = 99  # noqa: F841
    return Network()


def test_names_of_the_function_itself_come_first():
    """Before those of the functions that it calls, as they would around ``run``."""

    def network():
        tau = 10 * ms  # noqa: F841
        target = 3  # noqa: F841
        made = helper()
        made.add(NeuronGroup(1, "dx/dt = (target - x)/tau : 1", method="exact", name="cells"))
        return made

    outcome = compile_network(network, 1 * ms, device="runtime", outputs=["cells.x"])()
    assert outcome["cells.x"][0] == pytest.approx(EXPECTED)


@pytest.mark.parametrize(
    "build", [lambda: make(10 * ms), functools.partial(make, 10 * ms), Maker()]
)
def test_constants_are_found_where_the_network_is_made(build):
    outcome = compile_network(build, 1 * ms, device="runtime", outputs=["cells.x"])()
    assert outcome["cells.x"][0] == pytest.approx(EXPECTED)


def without_constants():
    return Network(NeuronGroup(1, "dx/dt = (goal - x)/(10*ms) : 1", method="exact", name="cells"))


def test_a_constant_that_is_missing_is_named(refused):
    message = r"'cells': the equations name 'goal', which is not known.*namespace=\{'goal'"
    refused(without_constants, message)
    refused(without_constants(), message)
    refused(without_constants, message, namespace={"goad": 3})


@pytest.mark.parametrize("exists", [False, True])
def test_constants_that_are_given(exists):
    network = without_constants() if exists else without_constants
    names = {"goal": 3}
    compiled = compile_network(
        network, 1 * ms, device="runtime", outputs=["cells.x"], namespace=names
    )
    names["goal"] = 5
    assert compiled()["cells.x"][0] == pytest.approx(EXPECTED)


def test_existing_networks_keep_their_precision(refused):
    refused(Network(cells()), "made in double precision.*precision='double'", precision="single")
    before, prefs.core.default_float_dtype = prefs.core.default_float_dtype, np.float32
    try:
        network = Network(cells())
    finally:
        prefs.core.default_float_dtype = before
    refused(network, "made in single precision.*precision='single'")
    compile_network(network, 1 * ms, device="runtime", precision="single")()
