"""Reference implementation: conditions on time hold in the very steps in which Brian2's do.

Time is a multiple of dt that is rounded once, and so is every constant: whether ``t > 20*ms`` holds
in step 200 of 0.1 ms hangs on the last bit. XLA would round products and sums together.
"""

import numpy as np
import pytest
from brian2 import ms, second

pytest.importorskip("jax")

import jax.numpy as jnp
from brian2_comparison import assert_equal_simulations, simulated

from bionet.gradient import Connection, DifferentiableNetwork, Layer
from bionet.gradient.moments import MOST_STEPS, moments
from bionet.models import NeuronModel

TEN_SECONDS = 10 * second
TIME_STEPS = [0.1 * ms, 0.025 * ms, 0.3 * ms, 1 / 3 * ms]


def network_of(models, dt, record):
    """Return a layer of one neuron for each model, none of which hears anything."""
    return DifferentiableNetwork(
        [Layer(name, model, 1) for name, model in models.items()],
        [Connection("input", name, "v") for name in models],
        inputs=1,
        dt=dt,
        record=record,
    )


def run(models, dt, steps, drive=None, variable="spikes"):
    """Return what neurons do in silence, in double precision, (steps,) by their names."""
    network = network_of(models, dt, [f"{name}.{variable}" for name in models])
    weights = {name: np.zeros(shape) for name, shape in network.weights.items()}
    values = simulated(network, weights, np.zeros((steps, 1)), steps, None, drive=drive)
    return {name: values[f"{name}.{variable}"][:, 0] for name in models}


@pytest.mark.parametrize("dt", TIME_STEPS)
def test_time_is_brian2s_over_ten_seconds(dt, double_precision):
    """Brian2's clock multiplies the number of the step with dt, and rounds once."""
    steps, step = round(TEN_SECONDS / dt), float(dt)
    exact = [n * step for n in range(steps)]
    for dtype in (np.float64, np.float32):
        found = np.asarray(moments(steps, step, dtype).t)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, np.array(exact, dtype))


#: Thresholds that hold or fail by a rounding, and the same in the order in which Brian2 computes
#: them: what all neurons share first, divisors put together. c is the time of the step itself.
CONDITIONS = {
    "compared": ("t > c", "t > c"),
    "subtracted": ("t - c >= 0*second", "t - c >= 0"),
    "multiplied": ("t*rate - k > 0", "t*rate - k > 0"),
    "counted": ("k*period - t < 0*second", "period*k < t"),
    "steps": ("t_in_timesteps*dt - c >= 0*second", "n*dt - c >= 0"),
    "divided": ("t/(0.7*ms) - int(t/(0.7*ms)) < 1e-9", "1/0.7*t/1e-3 % 1 < 1e-9"),
    "whole": ("int(t/ms) % 7 < 1", "(t/1e-3).astype(int) % 7 < 1"),
    "modulo": ("t % (3*ms) < 1*ms", "t % (3*1e-3) < 1*1e-3"),
    "floored": ("(t/ms) // 3 > k", "(t/1e-3) // 3 > k"),
    "through_another": ("late > 0*second", "1.1*t - 1.1*c > 0"),
}


@pytest.mark.parametrize("dt", TIME_STEPS)
def test_conditions_hold_in_the_steps_of_brian2_over_ten_seconds(dt):
    """Every step of ten seconds, against the same operations in NumPy."""
    steps, rate, period = round(TEN_SECONDS / dt), 137.1, 0.0123
    n = np.arange(steps)
    t = n * float(dt)
    known = {"t": t, "c": t, "n": n, "dt": float(dt), "rate": rate, "period": period}
    near = {"multiplied": t * rate, "counted": np.floor(t / period), "floored": t / 1e-3 // 3 - 1}
    models, drive = {}, {}
    for name, (condition, _) in CONDITIONS.items():
        parameters = {"rate": rate / second, "period": period * second}
        models[name] = NeuronModel(
            "v : 1\nc : second\nk : 1\nlate = t*1.1 - 1.1*c : second",
            threshold=condition,
            reset="",
            parameters={key: value for key, value in parameters.items() if key in condition},
        )
        drive |= {f"{name}.c": t[:, None, None], f"{name}.k": near.get(name, t)[:, None, None]}

    found = run(models, dt, steps, drive)

    for name, (condition, same) in CONDITIONS.items():
        expected = eval(same, {"__builtins__": {}, "int": int}, known | {"k": near.get(name, t)})
        assert expected.any() or name in ("compared", "multiplied", "through_another"), name
        wrong = np.flatnonzero(found[name] != expected)
        assert wrong.size == 0, f"{condition}: {wrong.size} steps, the first is {wrong[0]}"


#: What an existing model may do with time, run by Brian2 itself.
IN_BRIAN2 = {
    "after_a_time": NeuronModel("v : 1", "t > 20*ms", "v = 0", refractory=1 * ms),
    "elapsed": NeuronModel("v : 1", "v > -1", "v = 0", refractory="(t-lastspike) <= 2*ms"),
    "elapsed_and_more": NeuronModel(
        "v : 1", "t - lastspike - 3*ms > 0.7*ms", "v = 0", refractory="lastspike + 1*ms >= t"
    ),
    "in_units": NeuronModel("v : 1", "int(t/(0.7*ms)) % 3 < 1", "v = 0", refractory="v > 1"),
    "equation": NeuronModel(
        "dv/dt = int(t % (10*ms) < 3*ms)*0.4/ms : 1", "v > 1", "v = 0", method="euler",
        refractory=0.3 * ms,
    ),
    "reset": NeuronModel(
        "v : 1\nlast : second", "t - last > 1.1*ms", "last = t*1; v = t/(3*ms) - 0.1",
        refractory="v > 1e9",
    ),
    "length": NeuronModel(
        "v : 1", "v > -1", "v = int(t/(7*ms))", refractory="1*ms + 0.3*ms*v + 0.1*t"
    ),
}  # fmt: skip


@pytest.mark.parametrize("dt", [0.1 * ms, 1 / 3 * ms])
def test_brian2_spikes_in_the_same_steps(dt):
    """Thresholds, refractoriness, equations and resets that depend on t and lastspike."""
    record = [f"{name}.spikes" for name in IN_BRIAN2] + ["equation.v", "reset.v", "length.v"]
    network = network_of(IN_BRIAN2, dt, record)
    weights = {name: np.zeros(shape) for name, shape in network.weights.items()}
    assert_equal_simulations(network, weights, np.zeros((1000, 1)))


def test_a_spike_at_every_whole_millisecond_comes_when_brian2s_does():
    """Thirty thresholds of 1 to 30 ms, of which a fused product would pass 18 a step early."""
    cells = NeuronModel("v : 1\nc : second (constant)", "t > c", "v = 1", refractory="v > 0")
    network = DifferentiableNetwork(
        [Layer("cells", cells, 30)],
        [Connection("input", "cells", "v")],
        inputs=1,
        dt=0.1 * ms,
        record=["cells.spikes"],
    )
    c = np.arange(1, 31) * 1e-3
    weights = {"input_cells.w": np.zeros((1, 30)), "cells.c": c}
    found = simulated(network, weights, np.zeros((320, 1)), 320, None)["cells.spikes"]

    expected = [next(n for n in range(320) if n * 1e-4 > limit) for limit in c]
    np.testing.assert_array_equal(found.argmax(axis=0), expected)


def test_more_steps_than_single_precision_tells_apart_are_refused():
    """From 2**24 steps on two times would be one number."""
    asking = {"asking": NeuronModel("dv/dt = t/second**2 : 1", "", "", method="euler")}
    network = network_of(asking, 0.1 * ms, [])
    weights = {"input_asking.w": jnp.zeros((1, 1), jnp.float32)}
    with pytest.raises(ValueError, match=r"'asking' asks for the time.* 16777216 steps"):
        network(weights, np.zeros((1, 2**24 + 1, 1), bool))


@pytest.mark.parametrize("steps", [-1, 1.5, True, MOST_STEPS + 1])
def test_steps_that_cannot_be_counted_are_refused(steps):
    network = network_of({"cell": NeuronModel("v : 1", "", "")}, 1 * ms, [])
    weights = {"input_cell.w": jnp.zeros((1, 1))}
    with pytest.raises(ValueError, match="steps must"):
        network(weights, np.zeros((1, 1, 1)), steps=steps)
