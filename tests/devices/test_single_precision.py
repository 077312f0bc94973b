"""A network in single precision: state variables are floats, time and whole numbers stay exact.

Reference: the same network in double precision, where nothing is chaotic. Closed form: the step in
which time reaches a constant.
"""

import numpy as np
import pytest
from brian2 import (
    Network,
    NeuronGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    check_units,
    defaultclock,
    implementation,
    ms,
    second,
)

from bionet.devices import compile_network

#: A float has 24 bits, and an expression rounds a few times.
ROUNDING = 1e-6
STEPS = 1210
N = 7

THIRD = "double third(double x) { return x/3; }"


@implementation("cpp", THIRD)
@check_units(x=1, result=1)
def third(x):
    raise NotImplementedError


REAL = (
    "exp(-x/3.0)",
    "x**2",
    "x**3 + x**-1",
    "x**0.5",
    "2**x",
    "clip(x, 0.3, 0.7)",
    "clip(clip(x, 0, 1), 0.2, inf)",
    "exp(clip(x, 0.3, 0.7))",
    "abs(x - 2)",
    "int(x > 0.5)*x",
    "x % 0.3",
    "x // 0.3",
    "1/(1 + exp(-(x - 0.5)/0.1))",
    "tanh(x) + sinh(x) + cosh(x)",
    "sin(2*pi*x) + cos(x) + tan(x)",
    "arcsin(x/4) + arccos(x/4) + arctan(x)",
    "log(x) + log10(x) + log1p(x) + expm1(x)",
    "ceil(3*x) + floor(3*x)",
    "sqrt(x)*sign(x - 0.5)",
    "exprel(x)",
    "i/7.0 + i*0.1 + x/N",
    "i/7",
    "(x*tiny)/(tiny + tiny*x)",
    "(x*huge)/(huge + huge*x)",
    "third(x)",
    "step_input(t)*x",
    "k*0.5 + 0.25",
    "1.0*int(k*10000.0 + 1 > 50030000.5)",
)
WHOLE = (
    "k**2",
    "k*10000.0 + 1",
    "k*10000 + 1",
    "k//7 + k % 7",
    "clip(k*100000, 0, 600000001)",
    "int(k/7.0)",
    "k*3 + 16777217",
    "int(k*10000.0 + 1 > 50000000.5)",
)
ONSETS = (0.1, 0.03, 0.07, 0.12)


def network():
    """Build all expressions and a population that spikes."""
    real = "\n".join(f"r{n} : 1" for n in range(len(REAL)))
    whole = "\n".join(f"w{n} : integer" for n in range(len(WHOLE)))
    cells = NeuronGroup(N, f"x : 1\nk : integer\n{real}\n{whole}", name="expressions")
    cells.namespace.update(tiny=1e-42, huge=1e39, third=third)
    cells.namespace["step_input"] = TimedArray([1.5, 2.5], dt=20 * ms)
    cells.x = "0.4 + 0.31*i"
    cells.k = "5000 + i"
    lines = [f"r{n} = {expression}" for n, expression in enumerate(REAL)]
    lines += [f"w{n} = {expression}" for n, expression in enumerate(WHOLE)]
    cells.run_regularly("\n".join(lines))
    return Network(cells, *spiking(), *timed())


def spiking():
    """Return neurons whose spikes are far from the middle between steps, and their synapses."""
    model = """
    dv/dt = (drive - v)/(10*ms) : 1 (unless refractory)
    dg/dt = -g/(5*ms) : 1
    drive : 1 (constant)
    since : 1
    count : integer
    """
    cells = NeuronGroup(
        N,
        model,
        threshold="v > 1.0",
        reset="v = clip(0.1 + 0.01*g, 0, 0.5); count += 1; since += (t - lastspike)/second",
        refractory=2.5 * ms,
        method="exact",
        name="cells",
    )
    cells.drive = "1.2 + 0.237*i"
    synapses = Synapses(
        cells,
        cells,
        "w : 1\ndapre/dt = -apre/(20*ms) : 1 (event-driven)\nlast : second",
        on_pre="g_post += w; apre += 0.1; w = clip(w - 0.001, 0, 1); last = t",
        on_post="w = clip(w + apre*0.01, 0.0, 1.0)",
        delay=1.5 * ms,
        name="synapses",
    )
    synapses.connect(condition="i != j")
    synapses.w = "0.1 + 0.01*i + 0.003*j"
    return cells, synapses, SpikeMonitor(cells, name="spikes")


def timed():
    """Return objects that count the steps since an onset in each kind of code."""
    onset = ONSETS[0] * second
    objects = []
    for n, seconds in enumerate(ONSETS):
        cells = NeuronGroup(
            1,
            """dx/dt = int(t >= onset)/step : 1
            y : integer
            z : integer
            a : 1""",
            threshold="t >= onset",
            reset="y += 1",
            method="euler",
            name=f"timed{n}",
        )
        cells.namespace.update(onset=seconds * second, step=defaultclock.dt)
        cells.run_regularly(f"z += int(t >= {seconds}*second)\na = a + 1.0*int(t >= onset)")
        objects.append(cells)
    ticks = NeuronGroup(1, "", threshold="True", reset="", name="ticks")
    synapses = Synapses(
        ticks, objects[0], "n : integer", on_pre="n += int(t >= onset)", name="late"
    )
    synapses.namespace["onset"] = onset
    synapses.connect()
    return *objects, ticks, synapses


OUTPUTS = (
    *(f"expressions.r{n}" for n in range(len(REAL))),
    *(f"expressions.w{n}" for n in range(len(WHOLE))),
    *(f"timed{n}.{name}" for n in range(len(ONSETS)) for name in "xyza"),
    *("cells.v", "cells.g", "cells.count", "cells.since", "spikes.t", "spikes.i"),
    *("synapses.w", "synapses.apre", "synapses.last", "late.n"),
)


@pytest.fixture(scope="module")
def outcomes():
    """Run the network in both precisions."""
    duration = STEPS * float(defaultclock.dt)
    return {
        precision: compile_network(network, duration, outputs=OUTPUTS, precision=precision)()
        for precision in ("single", "double")
    }


@pytest.mark.compiles
def test_expressions_have_the_values_of_double_precision(outcomes):
    for n, expression in enumerate(REAL):
        single, double = (outcomes[p][f"expressions.r{n}"] for p in ("single", "double"))
        assert single.dtype == np.float32
        assert np.all(np.isfinite(double))
        np.testing.assert_allclose(single, double, rtol=ROUNDING, atol=ROUNDING, err_msg=expression)
        assert np.ptp(double) > 0, expression


@pytest.mark.compiles
def test_whole_numbers_are_exact(outcomes):
    """Also those that have more digits than a float."""
    for n, expression in enumerate(WHOLE):
        single, double = (outcomes[p][f"expressions.w{n}"] for p in ("single", "double"))
        assert single.dtype == double.dtype
        np.testing.assert_array_equal(single, double, err_msg=expression)
    k = 5000 + np.arange(N)
    np.testing.assert_array_equal(outcomes["single"]["expressions.w0"], k**2)
    np.testing.assert_array_equal(outcomes["single"]["expressions.w1"], k * 10000 + 1)


def steps_from(onset: float) -> int:
    return np.count_nonzero(np.arange(STEPS) * float(defaultclock.dt) >= onset)


@pytest.mark.compiles
@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("n", range(len(ONSETS)))
def test_time_reaches_a_constant_in_its_step(outcomes, precision, n):
    steps = steps_from(ONSETS[n])
    assert 0 < steps < STEPS
    found = {name: float(outcomes[precision][f"timed{n}.{name}"][0]) for name in "xya"}
    assert found == pytest.approx(dict.fromkeys("xya", steps), abs=1e-3)
    if n == 0:
        assert outcomes[precision]["late.n"][0] == steps


@pytest.mark.compiles
@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("n", range(len(ONSETS)))
def test_time_reaches_a_literal_in_its_step(outcomes, precision, n):
    """Brian2 itself rounds literals to floats, so that 0.1 comes after the step at 0.1 s."""
    assert any(float(np.float32(onset)) > onset for onset in ONSETS)
    assert outcomes[precision][f"timed{n}.z"][0] == steps_from(ONSETS[n])


@pytest.mark.compiles
def test_a_population_does_what_it_does_in_double_precision(outcomes):
    single, double = outcomes["single"], outcomes["double"]
    assert single["cells.v"].dtype == np.float32
    assert single["spikes.t"].dtype == np.float64
    np.testing.assert_array_equal(single["spikes.i"], double["spikes.i"])
    np.testing.assert_array_equal(single["spikes.t"], double["spikes.t"])
    assert double["spikes.i"].size > 8 * N
    np.testing.assert_array_equal(single["cells.count"], double["cells.count"])
    for name in ("cells.v", "cells.g", "cells.since", "synapses.w", "synapses.apre"):
        # hundreds of steps of forgetting since the last reset
        np.testing.assert_allclose(single[name], double[name], rtol=1e-4, err_msg=name)
    np.testing.assert_allclose(single["synapses.last"], double["synapses.last"], rtol=1e-7)
