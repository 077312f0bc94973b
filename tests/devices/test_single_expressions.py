"""Which expressions are single precision, and their text in C++ (behaviour)."""

import re

import numpy as np
import pytest
from brian2 import DEFAULT_FUNCTIONS
from brian2.core.variables import Constant, Variable

from bionet.devices.cpp.single_precision import DoubleRenderer, SingleRenderer, is_single

VARIABLES = {
    **DEFAULT_FUNCTIONS,
    "x": Variable("x", dtype=np.float32),
    "k": Variable("k", dtype=np.int32),
    "i": Variable("i", dtype=np.int32),
    "flag": Variable("flag", dtype=np.bool_),
    "t": Variable("t", dtype=np.float64),
    "lastspike": Variable("lastspike", dtype=np.float64),
    "tau": Constant("tau", 0.01),
    "number": Constant("number", 3),
    "tiny": Constant("tiny", 1e-40),
    "huge": Constant("huge", 1e39),
    "nothing": Constant("nothing", 0.0),
}


@pytest.mark.parametrize(
    ("expression", "single"),
    [
        ("x*0.1 + tau", True),
        ("x > 0.5 and flag", True),
        ("exp(-x/tau)", True),
        ("clip(x, 0.0, 1.0)", True),
        ("x*nothing + number", True),
        ("0.1*i", False),
        ("x*t", False),
        ("t >= 0.1", False),
        ("t - lastspike > tau", False),
        ("x*k", False),
        ("local*x", False),
        ("rand()", False),
        ("x*tiny", False),
        ("x*huge", False),
        ("x*1e-40", False),
        ("x*1e39", False),
        ("sign(x)", False),
    ],
)
def test_what_is_single(expression, single):
    assert is_single(expression, VARIABLES, {"local"}) is single


@pytest.mark.parametrize(
    "expression",
    ["x*0.1 + 2.0*tau", "exp(-x/0.3)", "clip(x + 1.5, 0.0, tau)", "x**0.5 + 0.25**x", "x > 1e-3"],
)
def test_no_literal_or_constant_is_double(expression):
    text = SingleRenderer(VARIABLES, set()).render_expr(expression)
    numbers = re.findall(r"(?<![\w.])\d+\.?\d*(?:e-?\d+)?f?", text)
    assert all(number.endswith("f") for number in numbers), text
    assert not re.search(r"(?<!float\()\btau\b", text), text
    assert "_clip(" not in text.replace("bionet::clip(", "")


@pytest.mark.parametrize(("power", "times"), [("x**2", 1), ("x**3", 2)])
def test_the_exponent_of_a_power_is_a_float(power, times):
    """An int would make C++ compute the power in double precision."""
    text = SingleRenderer(VARIABLES, set()).render_expr(power)
    assert re.fullmatch(rf"_brian_pow\(x, float\({power[-1]}\)\)|x( ?\* ?x){{{times}}}", text), text


@pytest.mark.parametrize("written", ["0.1", "0.07", "0.5", "1e-05", "1e+30", "0.30000004"])
def test_a_literal_that_brian2_made_a_float_is_as_it_was_written(written):
    rounded = repr(float(np.float32(written)))
    text = DoubleRenderer().render_expr(f"t >= {rounded}")
    assert float(text.split(">= ")[1]) == float(written)


@pytest.mark.parametrize("number", [0.1, 1e300, 1 / 3])
def test_a_literal_that_is_no_float_keeps_its_digits(number):
    assert float(DoubleRenderer().render_expr(f"t >= {number!r}").split(">= ")[1]) == number
