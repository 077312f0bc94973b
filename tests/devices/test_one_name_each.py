"""Two functions, timed arrays or clocks never become one in generated code (behaviour)."""

import types

import numpy as np
import pytest
from brian2 import (
    BinomialFunction,
    Clock,
    Network,
    NeuronGroup,
    TimedArray,
    check_units,
    implementation,
    ms,
)

from bionet.devices import NetworkError, compile_network

outside = TimedArray([1.0, 2.0, 3.0], dt=1 * ms)
never = BinomialFunction(1, 0.0, approximate=False)
slow = Clock(dt=2 * ms)


def network():
    """Use functions and a clock of this module beside others of the same kind made here."""
    inside = TimedArray([10.0, 20.0, 30.0], dt=1 * ms)  # noqa: F841 - a name of the equations
    always = BinomialFunction(1, 1.0, approximate=False)  # noqa: F841
    both = NeuronGroup(1, "x : 1\ny : 1", clock=Clock(dt=1 * ms), name="both")
    both.run_regularly("x = outside(t) + inside(t); y += never() + 10*always()")
    other = NeuronGroup(1, "x : 1\nsteps : integer", clock=slow, name="other")
    other.run_regularly("x = outside(t); steps += 1")
    return Network(both, other)


OUTPUTS = ("both.x", "both.y", "other.x", "other.steps")


@pytest.mark.parametrize("device", ["runtime", pytest.param("cpp", marks=pytest.mark.compiles)])
def test_objects_of_the_module_and_of_the_function(device):
    names = outside.name, never.name, slow.name
    compiled = compile_network(network, 3 * ms, device=device, outputs=OUTPUTS)
    for _ in range(2):
        outcome = compiled()
        assert [float(np.squeeze(outcome[name])) for name in OUTPUTS] == [33, 30, 3, 2]
    assert (outside.name, never.name, slow.name) == names
    assert slow.t == 0 * ms


def alike(second):
    def build():
        groups = []
        for name, values in (("a", [1.0, 2.0]), ("b", second)):
            own = {"read": TimedArray(values, dt=1 * ms, name="stimulus")}
            groups.append(NeuronGroup(1, "x : 1", name=name, namespace=own))
            groups[-1].run_regularly("x = read(t)")
        return Network(groups)

    return build


@pytest.mark.compiles
@pytest.mark.parametrize("exists", [False, True])
def test_one_name_for_two_is_refused(stub_compiler, exists):
    build = alike([3.0, 4.0])
    with pytest.raises(NetworkError, match=r"two timed arrays are both named 'stimulus'.*argument"):
        compile_network(build() if exists else build, 1 * ms)
    compile_network(alike([1.0, 2.0]), 1 * ms)  # the same values: whichever is read


@pytest.mark.compiles
def test_one_namespace_key_of_two_functions_is_refused(stub_compiler):
    def reader(value):
        @implementation(
            "cpp",
            "double NAME(double x) { return _namespace_table[0]; }",
            namespace={"_table": np.array([value])},
        )
        @check_units(x=1, result=1)
        def read(x):
            return value

        return read

    def build():
        groups = []
        for name, value in (("a", 1.0), ("b", 2.0)):
            groups.append(NeuronGroup(1, "x : 1", name=name, namespace={"NAME": reader(value)}))
            groups[-1].run_regularly("x = NAME(t/ms)")
        return Network(groups)

    with pytest.raises(NetworkError, match=r"both have a '_table' in the namespace.*own"):
        compile_network(build, 1 * ms)


class Keeper:
    """A callable object that keeps what it makes, and reads an array of another namespace."""

    kept = ()

    def __call__(self):
        """Build the network."""
        own = TimedArray([1.0, 2.0], dt=1 * ms)
        self.kept = (*self.kept, own)
        group = NeuronGroup(1, "x : 1\ny : 1", name="cells", namespace={"own": own})
        group.run_regularly("x = own(t); y = elsewhere(t)")
        elsewhere = inputs.stimulus  # noqa: F841 - a name of the equations
        return Network(group)


inputs = types.SimpleNamespace(stimulus=TimedArray([7.0, 8.0], dt=1 * ms))


@pytest.mark.compiles
def test_what_earlier_calls_left_behind_changes_no_name(stub_compiler, links):
    build = Keeper()
    made = [compile_network(build, 1 * ms, outputs=["cells.x"]).directory for _ in range(3)]
    assert len(set(made)) == 1
    outcome = compile_network(build, 2 * ms, device="runtime", outputs=["cells.x", "cells.y"])()
    assert (outcome["cells.x"], outcome["cells.y"]) == (2, 8)


@pytest.mark.compiles
def test_one_name_for_two_clocks_is_refused(stub_compiler):
    def build():
        groups = [
            NeuronGroup(1, "x : 1", clock=Clock(dt=dt * ms, name="beat"), name=name)
            for name, dt in (("a", 1), ("b", 2))
        ]
        return Network(groups)

    with pytest.raises(NetworkError, match=r"two clocks are both named 'beat'"):
        compile_network(build, 1 * ms)
