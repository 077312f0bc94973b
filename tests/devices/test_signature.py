"""Inputs are checked before anything runs: units, shapes, values, names, seeds (behaviour)."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest
from brian2 import Quantity, amp, ms, mV, nS, volt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bionet.devices.signature import InputVariable, OutputVariable, Signature, check_seed

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def variable(**changed):
    fields = {
        "name": "exc.v",
        "variable": "exc.v",
        "array": "",
        "size": 6,
        "repeat": 1,
        "dtype": "<f8",
        "unit": "volt",
    }
    return InputVariable(**(fields | changed))


@given(FINITE)
def test_a_scalar_stands_for_all_elements(value):
    np.testing.assert_array_equal(variable().values(value), [value])


@given(hnp.arrays(np.float64, 6, elements=FINITE))
def test_one_value_an_element_is_kept_bit_for_bit(array):
    given = variable().values(array)
    assert given.dtype == np.float64
    np.testing.assert_array_equal(given, array)


@given(
    st.integers(1, 5).flatmap(
        lambda k: st.tuples(st.integers(1, 7), hnp.arrays(np.float64, k, elements=FINITE))
    )
)
def test_a_value_for_each_replica_is_repeated_over_its_block(case):
    repeat, array = case
    values = variable(size=repeat * array.size, repeat=repeat).values(array)
    if array.size == 1:
        np.testing.assert_array_equal(values, array)
    else:
        np.testing.assert_array_equal(values, np.repeat(array, repeat))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=3))
def test_every_other_shape_is_refused(shape):
    shape = tuple(shape)
    if shape in ((6,), (1,)):
        assert variable().values(np.zeros(shape)).size in (1, 6)
        return
    with pytest.raises(ValueError, match=r"'exc\.v' has shape .*expected \(\) or \(6,\)"):
        variable().values(np.zeros(shape))


@given(st.integers(1, 50))
def test_synapses_take_any_length_until_they_exist(length):
    assert variable(size=None).values(np.zeros(length)).size == length


def test_empty_array_is_refused():
    """Even where the size is not known yet: an empty one would pass for 'not given'."""
    with pytest.raises(ValueError, match=r"has shape \(0,\)"):
        variable(size=None).values([])


@given(st.integers(0, 5), st.sampled_from([math.nan, math.inf, -math.inf]))
def test_values_that_are_not_finite_are_refused(place, value):
    array = np.zeros(6)
    array[place] = value
    with pytest.raises(ValueError, match=r"'exc.v' holds a value that is not finite"):
        variable().values(array)


@given(FINITE.filter(lambda x: x != round(x)))
def test_whole_numbers_only_where_the_variable_holds_such(value):
    with pytest.raises(ValueError, match=r"'exc.v' holds whole numbers"):
        variable(dtype="<i4", unit="1").values(value)


@pytest.mark.parametrize("value", [-55 * mV, [-55] * 6 * mV, np.full(6, -0.055) * volt])
def test_quantities_in_the_right_unit(value):
    np.testing.assert_allclose(variable().values(value), -0.055)


@pytest.mark.parametrize("value", [3 * ms, np.zeros(6) * amp, [3 * ms] * 6, Quantity(1.0)])
def test_quantities_in_another_unit_are_refused(value):
    with pytest.raises(ValueError, match=r"'exc.v' is in volt, got a value in"):
        variable().values(value)


def test_lists_of_quantities_are_converted():
    np.testing.assert_allclose(variable().values([-55 * mV] * 6), -0.055)


def test_dimensionless_input_takes_no_unit():
    with pytest.raises(ValueError, match=r"'exc.v' is in 1, got a value in siemens"):
        variable(unit="1").values(3 * nS)


@pytest.mark.parametrize("value", ["ten", [[1, 2], [3]], {}])
def test_what_is_no_number(value):
    with pytest.raises(ValueError, match=r"'exc.v' is no number"):
        variable().values(value)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, np.int64(7), np.uint32(7)])
def test_seeds(seed):
    assert check_seed(seed) == int(seed)
    assert type(check_seed(seed)) is int


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "1", None, True, np.float64(3), np.True_])
def test_wrong_seeds(seed):
    with pytest.raises(ValueError, match=r"seed must (be a whole number|lie in \[0, 2\*\*32\))"):
        check_seed(seed)


@pytest.fixture
def signature():
    output = OutputVariable(
        name="exc.v",
        variable="exc.v",
        array="a",
        dtype="<f8",
        ndim=1,
        dynamic=False,
        scalar=False,
        unit="volt",
    )
    return Signature.of(
        (variable(), variable(name="exc.w", variable="exc.w", size=None)), (output,), 0.5, 1e-4
    )


def test_inputs_in_their_order_and_empty_where_not_given(signature):
    values = signature.given({"exc.w": [1.0, 2.0]})
    assert [v.tolist() for v in values] == [[], [1.0, 2.0]]


def test_unknown_input_is_named_with_the_nearest_known(signature):
    with pytest.raises(
        ValueError, match=r"'ecx.v' is no input.*did you mean 'exc.v'.*exc.v, exc.w"
    ):
        signature.given({"ecx.v": 1})


def test_json_keeps_everything(signature):
    assert Signature.from_json(signature.to_json()) == signature


def test_plain_numbers_need_no_brian2():
    """Behaviour: a saved network is called in a process that never imports Brian2."""
    code = (
        "import sys; from bionet.devices import CppNetwork;"
        "from bionet.devices.signature import InputVariable;"
        "InputVariable('a','a','',3,1,'<f8','volt').values([1,2,3]);"
        "sys.exit('brian2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_steps_that_cannot_be_counted(signature):
    with pytest.raises(
        ValueError, match=r"duration is 1e\+300 s, 1e\+304 steps of 0\.0001 s; at most"
    ):
        dataclasses.replace(signature, duration=1e300)
    assert dataclasses.replace(signature, duration=1e11).duration == 1e11


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        ("<i4", -(2**31), 2**31 - 1),
        ("<i8", 1 - 2**53, 2**53 - 1),
        ("|b1", 0, 1),
        ("<f4", -3.4e38, 3.4e38),
    ],
)
def test_numbers_that_the_type_cannot_hold(dtype, low, high):
    one = variable(dtype=dtype, unit="1")
    assert one.values([low] * 5 + [high]).tolist() == [low] * 5 + [high]
    for wrong in (low - abs(low) / 10 - 2, high + high / 10 + 2):
        with pytest.raises(
            ValueError, match=rf"'exc.v' is of type {np.dtype(dtype).name} and holds"
        ):
            one.values(np.rint(wrong))


@pytest.mark.parametrize(
    "value",
    [
        10**400,
        "3",
        np.array([3 * mV] * 6, dtype=object),
        np.array(["3"] * 6),
        np.ma.masked_greater(np.arange(6.0), 3),
    ],
)
def test_what_numpy_would_take_for_a_number(value):
    with pytest.raises(ValueError, match=r"'exc.v' is no number"):
        variable(unit="1").values(value)


def test_one_variable_under_two_names():
    two = (variable(), variable(name="alias"))
    with pytest.raises(ValueError, match=r"inputs 'exc.v' and 'alias' are the same variable"):
        Signature.of(two, (), 0.5, 1e-4)
