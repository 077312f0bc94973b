"""SuperSpike: JAX against Brian2's C++, against a plain loop, and against backpropagation.

Reference implementations and closed form. One network of two layers is compiled; its inputs, its
target and its feedback weights are what the tests change.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brian2 import Hz, Network, SpikeGeneratorGroup, TimedArray, ms, mV, second

pytest.importorskip("jax")

from bionet import compile_network
from bionet.gradient import (
    Connection,
    DifferentiableNetwork,
    Layer,
    NotDifferentiableError,
    fast_sigmoid,
)
from bionet.gradient.spike_train_filter import DoubleExponential
from bionet.gradient.superspike import SuperSpike, through_weights
from bionet.models import (
    DOUBLE_EXPONENTIAL_LIF,
    LEAKY_READOUT,
    RESONATE_AND_FIRE,
    UNIT_LIF,
    NeuronModel,
)
from bionet.models.superspike import apply_changes, error_synapses, superspike

STEP, STEPS = 1e-4, 10_000  # s; one second
INPUTS, HIDDEN = 12, 2
SLOPE = 4.0
KERNEL = DoubleExponential(0.005, 0.01)
LEARNING_RATE = 0.01

# 10 000 additions of both signs in another order, in double precision: 1e-12 if all roundings
# added up; 1e-15 was measured between Brian2's C++ and JAX.
ROUNDING_TOLERANCE = 1e-10
# Single precision.
SINGLE_TOLERANCE = 1e-4
# The rule's error is read one step of 1 ms later than backpropagation's.
NEARLY_PARALLEL = 0.98


def network_of(model, driven, layers=2, step=STEP, inputs=INPUTS):
    surrogate = fast_sigmoid(SLOPE)
    names = ["hidden", "output"][2 - layers :]
    sizes = [HIDDEN, 1][2 - layers :]
    return DifferentiableNetwork(
        [Layer(n, model, k, surrogate) for n, k in zip(names, sizes, strict=True)],
        [Connection(a, b, driven) for a, b in zip(["input", *names], names, strict=False)],
        inputs=inputs,
        dt=step * second,
    )


def drawn(seed, steps=STEPS, rate=40.0, step=STEP, batch=1):
    """Return input spikes (batch, steps, inputs), target spikes (steps, batch, 1) and weights."""
    rng = np.random.default_rng(seed)
    inputs = (rng.random((batch, steps, INPUTS)) < rate * step).astype(float)
    target = (rng.random((steps, batch, 1)) < 15 * step).astype(float)
    weights = {
        "input_hidden.w": rng.uniform(0.2, 0.5, (INPUTS, HIDDEN)),
        "hidden_output.w": rng.uniform(0.8, 1.5, (HIDDEN, 1)),
    }
    return inputs, target, weights


def brian2_network(inputs, target, initial, back):
    """Build the two layers with their teacher."""

    def build():
        rule = superspike(DOUBLE_EXPONENTIAL_LIF, "s")
        spikes = TimedArray(inputs[0], dt=STEP * second, name="input_spikes")
        relay = NeuronModel(
            equations="",
            threshold="input_spikes(t, i) > 0",
            reset="",
            method="exact",
            parameters={"input_spikes": spikes},
        )
        hidden = rule.extend_source(rule.extend_target(DOUBLE_EXPONENTIAL_LIF, "first"), "second")
        output = rule.extend_target(DOUBLE_EXPONENTIAL_LIF, "second")
        groups = [
            rule.extend_source(relay, "first").group(INPUTS, name="inputs"),
            hidden.group(HIDDEN, name="hidden"),
            output.group(1, name="output"),
        ]
        step, unit = np.nonzero(target[:, 0])
        teacher = SpikeGeneratorGroup(1, unit, step * STEP * second, name="teacher")
        objects = [*groups, teacher]
        pairs = zip(("first", "second"), groups[:-1], groups[1:], initial.values(), strict=True)
        for name, pre, post, begin in pairs:
            synapses = rule.synapses(pre, post, name=name, target_variable="s")
            synapses.connect()
            synapses.w = begin.ravel()
            synapses.learning_rate, synapses.w_min, synapses.w_max = LEARNING_RATE, -10, 10
            for variable, value in (("slope", SLOPE), ("rise", 5 * ms), ("decay", 10 * ms)):
                setattr(post, f"{name}_{variable}", value)
            apply_changes(synapses, STEPS * STEP * second)
            objects.append(synapses)
        for pre, post, name, sign in (
            (teacher, groups[2], "second", 1),
            (groups[2], groups[2], "second", -1),
            (teacher, groups[1], "first", 1),
            (groups[2], groups[1], "first", -1),
        ):
            error = error_synapses(pre, post, name, name=f"error_{pre.name}_{post.name}")
            error.connect()
            error.feedback = sign * back if name == "first" else sign
            objects.append(error)
        return Network(objects)

    return build


#: B of the two hidden neurons: not the output weights, so that a mistake would be seen.
FEEDBACK = np.array([0.7, -1.3])


def in_jax(rule, inputs, target, weights, **options):
    """Return updates and spikes in double precision."""
    with jax.enable_x64(True):
        values = {name: jnp.asarray(w, jnp.float64) for name, w in weights.items()}
        return jax.tree.map(np.asarray, jax.jit(rule)(values, inputs, target, **options))


@pytest.mark.compiles
def test_brian2_in_cpp_and_jax_change_weights_alike():
    """The changes of a second of spikes, applied to the weights at its end."""
    inputs, target, weights = drawn(1)
    simulate = compile_network(
        brian2_network(inputs, target, weights, FEEDBACK),
        (STEPS + 1) * STEP * second,  # the changes are applied at the start of the step after it
        outputs=["first.w", "second.w"],
    )
    outcome = simulate({}, seed=1)
    network = network_of(DOUBLE_EXPONENTIAL_LIF, "s")
    rule = SuperSpike(network, surrogate=fast_sigmoid(SLOPE), kernel=KERNEL)
    updates, spikes = in_jax(rule, inputs, target, weights, feedback=FEEDBACK[None])
    for train in spikes.values():
        assert train.sum(axis=0).min() > 5  # nothing is compared where nothing spikes
    for projection, name in (("first", "input_hidden.w"), ("second", "hidden_output.w")):
        change = (outcome[f"{projection}.w"] - weights[name].ravel()) / LEARNING_RATE
        scale = np.abs(updates[name]).max()
        np.testing.assert_allclose(
            change, updates[name].ravel(), rtol=0, atol=ROUNDING_TOLERANCE * scale
        )


def plain_loop(inputs, target, w, *, step, feedback=1.0):
    """Return the change of one LIF layer's weights, written out: one sample, one output neuron."""
    tau_m, tau_s, v_reset = 0.02, 0.005, 0.0
    m, s = np.exp(-step / tau_m), np.exp(-step / tau_s)
    rise, decay = (np.exp(-step / tau) for tau in (KERNEL.rise, KERNEL.decay))
    length = KERNEL.decay - KERNEL.rise
    v = current = slow = fast = 0.0
    trace_v, trace_s, change = np.zeros(len(w)), np.zeros(len(w)), np.zeros(len(w))
    eligible_slow, eligible_fast = np.zeros(len(w)), np.zeros(len(w))
    for arriving, wanted in zip(inputs, target, strict=True):
        v, current = v * m + current * (m - s), current * s
        trace_v, trace_s = trace_v * m + trace_s * (m - s), trace_s * s
        slow, fast = slow * decay, fast * rise
        error = feedback * (slow - fast) / length
        change += (
            step * error * (KERNEL.decay * eligible_slow - KERNEL.rise * eligible_fast) / length
        )
        factor = 1 / (1 + SLOPE * abs(v - 1)) ** 2
        eligible_slow = decay * eligible_slow + (1 - decay) * factor * trace_v
        eligible_fast = rise * eligible_fast + (1 - rise) * factor * trace_v
        spikes = v > 1
        current += arriving @ w
        trace_s = trace_s + arriving
        slow, fast = slow + wanted - spikes, fast + wanted - spikes
        if spikes:
            v += v_reset - 1
    return change


def test_one_layer_against_a_plain_loop():
    inputs, target, weights = drawn(2, steps=500, step=1e-3, batch=2)
    network = network_of(DOUBLE_EXPONENTIAL_LIF, "s", layers=1, step=1e-3)
    rule = SuperSpike(network, surrogate=fast_sigmoid(SLOPE), kernel=KERNEL)
    w = weights["input_hidden.w"][:, :1]
    updates, spikes = in_jax(rule, inputs, target, {"input_output.w": w})
    assert spikes["output"].sum() > 5
    loops = [plain_loop(inputs[b], target[:, b, 0], w[:, 0], step=1e-3) for b in range(2)]
    expected = np.mean(loops, axis=0)
    np.testing.assert_allclose(updates["input_output.w"][:, 0], expected, rtol=ROUNDING_TOLERANCE)


def test_the_output_layer_goes_down_the_gradient_of_backpropagation():
    """Zenke & Ganguli: the rule is that gradient, hidden layers and resets left out."""
    inputs, target, weights = drawn(3, steps=500, step=1e-3, batch=2)
    network = network_of(DOUBLE_EXPONENTIAL_LIF, "s", step=1e-3)
    rule = SuperSpike(network, surrogate=fast_sigmoid(SLOPE), kernel=KERNEL)

    def distance(values):
        output = network(values, inputs, record=["output.spikes"])["output.spikes"]
        return KERNEL.distance(output, target, 1e-3).mean()

    values = {name: jnp.asarray(w, jnp.float32) for name, w in weights.items()}
    updates, _ = jax.jit(rule)(values, inputs, target)
    slope = jax.jit(jax.grad(distance))(values)
    cosines = {
        name: float(
            -(updates[name] * g).sum() / (jnp.linalg.norm(updates[name]) * jnp.linalg.norm(g))
        )
        for name, g in slope.items()
    }
    assert cosines["hidden_output.w"] > NEARLY_PARALLEL
    assert cosines["input_hidden.w"] > 0  # it descends, too, but not the steepest way


@pytest.mark.parametrize(
    ("model", "driven", "response"),
    [
        (DOUBLE_EXPONENTIAL_LIF, "s", lambda t: np.exp(-t / 0.02) - np.exp(-t / 0.005)),
        (RESONATE_AND_FIRE, "x", lambda t: np.exp(-50 * t) * np.sin(20 * np.pi * t)),
    ],
)
def test_through_weights_is_error_spikes_times_filtered_input(model, driven, response):
    """Closed form: sum over steps of W_out^T (S* - S) times the input convolved with epsilon."""
    inputs, target, weights = drawn(4, steps=200, step=1e-3)
    rule = through_weights(network_of(model, driven, step=1e-3))
    updates, spikes = in_jax(rule, inputs, target, weights)
    ages = np.arange(200) * 1e-3
    kernel = response(ages)
    filtered = np.array([np.convolve(train, kernel)[:200] for train in inputs[0].T])
    error = (target - spikes["output"])[:, 0, 0]
    expected = np.outer(filtered @ error, weights["hidden_output.w"][:, 0])
    assert np.abs(error).sum() > 2
    np.testing.assert_allclose(
        updates["input_hidden.w"], expected, atol=SINGLE_TOLERANCE * np.abs(expected).max()
    )


def test_changes_are_applied_in_steps_of_rmaxprop_within_bounds():
    """The published recursion, u <- max(gamma u, g^2) and g/sqrt(u), on given changes; no C++."""
    rule = superspike(UNIT_LIF, "I")
    pre = rule.extend_source(UNIT_LIF, "plastic").group(1, name="pre")
    post = rule.extend_target(UNIT_LIF, "plastic").group(1, name="post")
    synapses = rule.synapses(pre, post, name="plastic", target_variable="I")
    synapses.connect()
    synapses.w, synapses.learning_rate, synapses.w_min, synapses.w_max = 0.1, 0.5, -0.3, 0.9
    post.plastic_slope, post.plastic_rise, post.plastic_decay = SLOPE, 5 * ms, 10 * ms
    network = Network(pre, post, synapses, apply_changes(synapses, 1 * ms, tau_rms=2 * ms))
    w, u = 0.1, 0.0
    for change in (0.2, -3.0, 0.1, 0.0, 2.0, 5.0, -1.0):
        synapses.change = change
        network.run(1 * ms)  # applied at its start
        u = max(np.exp(-0.5) * u, change**2)
        w = np.clip(w + 0.5 * change / np.sqrt(u), -0.3, 0.9)
        assert synapses.w[0] == pytest.approx(w, rel=ROUNDING_TOLERANCE)
    for wrong in (0 * ms, 2 * Hz, 2.0, 2 * mV):
        with pytest.raises(ValueError, match="tau_rms must be a positive time"):
            apply_changes(synapses, 1 * ms, tau_rms=wrong)
        with pytest.raises(ValueError, match="every must be a positive time"):
            apply_changes(synapses, wrong, tau_rms=2 * ms)


def test_other_networks_are_refused():
    lif = DOUBLE_EXPONENTIAL_LIF
    recurrent = DifferentiableNetwork(
        [Layer("a", lif, 2)],
        [Connection("input", "a", "s"), Connection("a", "a", "s")],
        inputs=3,
        dt=1 * ms,
    )
    with pytest.raises(ValueError, match="a to a"):
        SuperSpike(recurrent)
    readout = DifferentiableNetwork(
        [Layer("a", LEAKY_READOUT, 2)], [Connection("input", "a", "I")], inputs=3, dt=1 * ms
    )
    with pytest.raises(NotDifferentiableError, match="'a' never spikes"):
        SuperSpike(readout)


def test_wrong_shapes_are_refused():
    inputs, target, weights = drawn(5, steps=3)
    rule = SuperSpike(network_of(DOUBLE_EXPONENTIAL_LIF, "s"))
    with pytest.raises(ValueError, match=r"target has shape \(2, 1, 1\); expected \(3, 1, 1\)"):
        rule(weights, inputs, target[:2])
    with pytest.raises(ValueError, match=r"feedback has shape \(2, 1\); expected \(1, 2\)"):
        rule(weights, inputs, target, feedback=np.ones((2, 1)))
    with pytest.raises(ValueError, match="0 < rise < decay"):
        DoubleExponential(0.01, 0.01)


@pytest.mark.parametrize(
    ("model", "driven", "message"),
    [
        (LEAKY_READOUT, "I", "threshold ''"),
        (UNIT_LIF, "g", "no differential equation of 'g'"),
        (NeuronModel("dv/dt = (1 - v)/(5*ms) : 1", "v > 1", "v = 0"), "v", "constant drive"),
        (NeuronModel("dv/dt = -v**3/(5*ms) : 1", "v > 1", "v = 0"), "v", "linear equations"),
        (NeuronModel("dv/dt = -v/(5*ms) : volt", "v > 1*mV", "v = 0*mV"), "v", "has a unit"),
        (NeuronModel("dv/dt = -v/tau : 1\ntau : second", "v > 1", "v = 0"), "v", "'tau'"),
    ],
)
def test_models_without_such_a_response_are_refused(model, driven, message):
    with pytest.raises(ValueError, match=message):
        superspike(model, driven)
