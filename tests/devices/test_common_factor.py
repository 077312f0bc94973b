"""Exponential decay as a common factor of all neurons, where reordering is allowed.

Closed form: a variable that decays and is added to at known steps, over so long a time that its
scale is brought back to 1.
"""

import numpy as np
import pytest
from brian2 import (
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
    Synapses,
    check_units,
    implementation,
    ms,
)

from bionet.devices import Status, compile_network

N = 3
STEP = 1e-4  # s
TAU = 2e-3  # s
#: The scale falls below 1e-30 after 69 tau in double precision, below 1e-6 after 14 in single.
DURATION = {"double": 160e-3, "single": 40e-3}
#: A relative rounding error for each of some thousand products, in double precision; in single a
#: decay for each neuron loses as much.
ROUNDING = {"double": 1e-12, "single": 2e-4}
KICKS = np.array([0, 3, 150, 151, 300, 1390, 1595])  # steps
WEIGHT = 0.5
PERIOD = 7  # steps between the spikes of a neuron of `regular`

STOP = """
double stop_at(double t, double when) {
    if (t >= when) Network::_globally_stopped = true;
    return 0;
}
"""


@implementation("cpp", STOP)
@check_units(t=1, when=1, result=1)
def stop_at(t, when):
    raise NotImplementedError


def kicked(model, source, name, method="exact"):
    """Return a group whose `g` is added to at each of the KICKS, and its synapses."""
    cells = NeuronGroup(N, model, method=method, name=name)
    synapses = Synapses(source, cells, on_pre="g_post += WEIGHT*(1 + j)", name=f"to_{name}")
    synapses.connect()
    return cells, synapses


def decays():
    """Build decays with a known solution, each in a group of its own."""
    source = SpikeGeneratorGroup(1, np.zeros(len(KICKS), int), KICKS * STEP * 1000 * ms)
    tau = TAU * 1000 * ms  # noqa: F841 - a name of the equations, found in this scope
    exact, euler = "dg/dt = -g/tau : 1", "dg/dt = -g/(step*factor) : 1"
    left = NeuronGroup(N, exact, method="exact", name="left")
    left.g = "1 + i"
    objects = [source, left]
    objects += kicked(exact, source, "exact")
    objects += kicked("dg/dt = -g/tau : 1\ndv/dt = g/tau : 1", source, "reader", "euler")
    for name, factor in (("gone", 1.0), ("negative", 0.8), ("turning", 0.5)):
        cells, synapses = kicked(euler, source, name, "euler")
        cells.namespace.update(factor=factor, step=STEP * 1000 * ms)
        objects += [cells, synapses]
    # spikes in step k*PERIOD - 1: the variable counts the steps
    counts = "dc/dt = 1/step : 1\ndg/dt = -g/tau : 1"
    for name, reset in (
        ("adds", "c = 0; g += 1 + i"),
        ("assigns", "c = 0; g = 1 + i"),
        ("doubles", "c = 0; g = 2*g + 1"),
        ("silences", "c = 0; g = 0"),
    ):
        cells = NeuronGroup(
            N, counts, threshold="c > period - 0.5", reset=reset, method="euler", name=name
        )
        cells.namespace.update(step=STEP * 1000 * ms, period=PERIOD)
        cells.g = "1 + i"
        objects.append(cells)
    stopped = NeuronGroup(1, "end : 1 (constant)\nx : 1", name="stopped")
    stopped.end = 1e6
    stopped.namespace["stop_at"] = stop_at
    stopped.run_regularly("x = stop_at(t/second, end)", when="end")
    return Network(*objects, stopped)


GROUPS = (
    "left",
    "exact",
    "reader",
    "gone",
    "negative",
    "turning",
    "adds",
    "assigns",
    "doubles",
    "silences",
)
OUTPUTS = (*(f"{name}.g" for name in GROUPS), "reader.v")
INPUTS = ("left.g", "exact.g", "stopped.end")


@pytest.fixture(scope="module")
def decays_in():
    """Compile ``decays`` for a precision, once each."""
    compiled = {}

    def of(precision):
        if precision not in compiled:
            compiled[precision] = compile_network(
                decays,
                DURATION[precision],
                inputs=INPUTS,
                outputs=OUTPUTS,
                precision=precision,
                reordering="allowed",
            )
        return compiled[precision]

    return of


def after_kicks(factor: float, steps: int) -> float:
    """Return what is left of the kicks after some steps: those of a step come after its decay."""
    kicks = KICKS[steps > KICKS]
    return WEIGHT * float(np.sum(factor ** (steps - 1.0 - kicks)))


def after_resets(reset, steps: int, start):
    """Return what is left after some steps with a reset in each PERIOD-th."""
    value = np.array(start, float)
    for k in range(1, steps + 1):
        value = value * (1 - STEP / TAU)  # forward Euler
        if k % PERIOD == 0:
            value = reset(value)
    return value


@pytest.mark.compiles
def test_what_the_closed_forms_are_of_has_a_common_factor(decays_in):
    lines = decays_in("double").explain().splitlines()
    for name in GROUPS:
        (line,) = (line for line in lines if line.split()[0] == f"{name}_stateupdater")
        assert line.endswith("; common factor for g"), line


@pytest.mark.compiles
@pytest.mark.parametrize("precision", ["double", "single"])
def test_decay_over_many_time_constants(decays_in, precision):
    compiled = decays_in(precision)
    given = {"left.g": [1e3, 2e3, 3e3], "exact.g": 7.0}
    for duration in (0.3 * DURATION[precision], DURATION[precision]):
        steps = round(duration / STEP)
        factor = np.exp(-STEP / TAU)
        outcome = compiled.lasting(duration)(given)
        left = 1e3 * np.arange(1, N + 1) * factor**steps
        np.testing.assert_allclose(outcome["left.g"], left, rtol=ROUNDING[precision])
        kicks = after_kicks(factor, steps) * np.arange(1, N + 1)
        np.testing.assert_allclose(
            outcome["exact.g"], 7 * factor**steps + kicks, rtol=ROUNDING[precision]
        )


@pytest.mark.compiles
@pytest.mark.parametrize("precision", ["double", "single"])
def test_another_equation_reads_the_value(decays_in, precision):
    """What `g` lost is what `v` got: together they are all that came."""
    outcome = decays_in(precision)()
    steps = round(DURATION[precision] / STEP)
    came = WEIGHT * np.count_nonzero(steps > KICKS) * np.arange(1, N + 1)
    np.testing.assert_allclose(
        outcome["reader.g"] + outcome["reader.v"], came, rtol=ROUNDING[precision]
    )
    kicks = after_kicks(1 - STEP / TAU, steps) * np.arange(1, N + 1)
    np.testing.assert_allclose(outcome["reader.g"], kicks, rtol=ROUNDING[precision])


@pytest.mark.compiles
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(
    ("name", "factor"), [("gone", 0.0), ("negative", 1 - 1 / 0.8), ("turning", -1.0)]
)
def test_forward_euler_with_a_factor_that_is_not_positive(decays_in, precision, name, factor):
    """A time constant of a step or less: forward Euler's own solution, as Brian2 computes it."""
    compiled = decays_in(precision)
    for steps in (1, 2, 155, round(DURATION[precision] / STEP)):
        outcome = compiled.lasting(steps * STEP)()
        expected = after_kicks(factor, steps) * np.arange(1, N + 1)
        # the factor itself is rounded: what is gone leaves 1e-16 of what it was
        np.testing.assert_allclose(
            outcome[f"{name}.g"], expected, rtol=ROUNDING[precision], atol=ROUNDING["double"]
        )


@pytest.mark.compiles
@pytest.mark.parametrize("precision", ["double", "single"])
def test_resets_that_use_the_value(decays_in, precision):
    steps = round(DURATION[precision] / STEP)
    outcome = decays_in(precision)()
    number = np.arange(1, N + 1)
    resets = {
        "adds": lambda g: g + number,
        "assigns": lambda g: number,
        "doubles": lambda g: 2 * g + 1,
        "silences": lambda g: 0 * g,
    }
    for name, reset in resets.items():
        expected = after_resets(reset, steps, number)
        np.testing.assert_allclose(
            outcome[f"{name}.g"], expected, rtol=ROUNDING[precision], err_msg=name
        )
    # growth between resets: more than the decay takes
    assert outcome["doubles.g"][0] > 1e3 * outcome["adds.g"][0]


@pytest.mark.compiles
@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_network_that_stops_returns_the_value(decays_in, precision):
    """In the middle, where the scale is not 1."""
    stop = 20.05e-3
    outcome = decays_in(precision)({"stopped.end": stop})
    assert outcome.status is Status.STOPPED
    steps = round(outcome.stopped_at / STEP)
    assert steps == pytest.approx(stop / STEP, abs=2)
    left = np.arange(1, N + 1) * np.exp(-STEP / TAU) ** steps
    np.testing.assert_allclose(outcome["left.g"], left, rtol=ROUNDING[precision])
