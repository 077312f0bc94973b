"""Functions of whole vectors in the loop of a state: all digits but the last, and the extremes.

Reference: numpy, in double precision.
"""

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, defaultclock

from bionet.devices import compile_network

#: To 4 units in the last place, and the sum and the argument are rounded.
ROUNDING = {"double": 3e-15, "single": 2e-6}
EXTREME = [0.0, 1.0, -1.0, 2.5, -2.5, 80.0, -80.0, 1e4, -1e4, 1e-5, 1e30, -1e30, np.inf, -np.inf]
ORDINARY = np.random.default_rng(1).uniform(-5, 5, 200)
REFERENCE = {
    "exp(x)": np.exp,
    "1/(1 + exp(-x))": lambda x: 1 / (1 + np.exp(-x)),
    "log(abs(x))": lambda x: np.log(np.abs(x)),
    "sin(x)": np.sin,
    "cos(x)": np.cos,
    "x**3": lambda x: x**3,
    "abs(x)**2.5": lambda x: np.abs(x) ** 2.5,
    "abs(x)**y": lambda x: np.abs(x) ** 1.5,
    "2**x": lambda x: 2.0**x,
    "exp(-x**2)": lambda x: np.exp(-(x**2)),
    "int(x > 0)*exp(x)": lambda x: np.where(x > 0, np.exp(np.where(x > 0, x, 0)), 0),
}
EXPONENTIAL = ("exp(x)", "2**x", "exp(-x**2)", "int(x > 0)*exp(x)")
#: Of larger angles a float has no digits left.
LARGEST_ANGLE = 1e5


def network():
    """Build a step of forward Euler that takes each value from 0 to the function's."""
    equations = [f"df{k}/dt = ({f} - f{k})/step : 1" for k, f in enumerate(REFERENCE)]
    cells = NeuronGroup(
        len(EXTREME) + len(ORDINARY),
        "\n".join(["x : 1", "y : 1", *equations]),
        method="euler",
        name="cells",
    )
    cells.namespace["step"] = defaultclock.dt
    cells.y = 1.5
    return Network(cells)


@pytest.fixture(scope="module", params=["double", "single"])
def values(request):
    """Return the precision, the arguments and the functions' values."""
    outputs = ["cells.x", *(f"cells.f{k}" for k in range(len(REFERENCE)))]
    compiled = compile_network(
        network, defaultclock.dt, inputs=["cells.x"], outputs=outputs, precision=request.param
    )
    # an input must be finite: what overflows comes next to the infinities
    largest = np.finfo(np.float32 if request.param == "single" else float).max
    arguments = np.nan_to_num([*EXTREME, *ORDINARY], posinf=largest, neginf=-largest)
    outcome = compiled({"cells.x": arguments})
    return request.param, outcome["cells.x"].astype(float), outcome


@pytest.mark.compiles
@pytest.mark.parametrize("k", range(len(REFERENCE)), ids=list(REFERENCE))
def test_values_are_those_of_numpy(values, k):
    precision, x, outcome = values
    name = list(REFERENCE)[k]
    found = outcome[f"cells.f{k}"]
    with np.errstate(all="ignore"):
        expected = REFERENCE[name](x)
        rounded = expected.astype(found.dtype)
    if name in ("sin(x)", "cos(x)"):
        small = np.abs(x) < LARGEST_ANGLE
        np.testing.assert_allclose(found[small], expected[small], rtol=0, atol=ROUNDING[precision])
        assert np.all(np.abs(found) <= 1)
        return
    finite = np.isfinite(rounded)
    # an exponent's rounding is multiplied by the exponent; what is no normal number is zero
    relative = ROUNDING[precision] * (1 + np.abs(x) if name in EXPONENTIAL else np.ones_like(x))
    error = np.abs(found[finite] - expected[finite])
    smallest = np.finfo(found.dtype).tiny
    assert np.all(error <= relative[finite] * np.abs(expected[finite]) + smallest)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
