"""Reference implementation: the compiled product of spike times with weights is the dense one."""

import numpy as np
import pytest
from brian2 import ms
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from bionet.gradient import (
    Connection,
    DifferentiableNetwork,
    InputSpikes,
    Layer,
    event_spikes,
    latency_spikes,
)
from bionet.gradient.event_library import event_library_loaded
from bionet.gradient.event_product import event_product
from bionet.models import UNIT_LIF

# At most a dozen weights near 1 are summed in another order.
ROUNDING_TOLERANCE = {"float32": 1e-5, "float64": 1e-14}

needs_compiler = pytest.mark.compiles

few = settings(deadline=None, max_examples=20)


@pytest.fixture(scope="module")
def library():
    """Build and register the compiled product, once."""
    assert event_library_loaded()


@pytest.fixture
def without_compiler(monkeypatch):
    """No compiler and nothing registered yet, as in a new process."""
    monkeypatch.setenv("CXX", "no-such-compiler")
    event_library_loaded.cache_clear()
    yield
    event_library_loaded.cache_clear()


@st.composite
def products(draw):
    """Return spikes, some of them no step, some repeated, with weights and a number of steps.

    JAX compiles for each shape: there are a few, on either side of the sizes in which the compiled
    product works (8 samples, 64 neurons).
    """
    batch, events = draw(st.sampled_from([(1, 1), (3, 12), (20, 5)]))
    steps, units = draw(st.sampled_from([(1, 1), (7, 4)]))
    neurons = draw(st.sampled_from([1, 130]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    step = rng.integers(-2, steps + 3, (batch, events))
    unit = rng.integers(0, units, (draw(st.sampled_from((1, batch))), events))
    spikes = InputSpikes(jnp.asarray(step), jnp.asarray(unit), units)
    return spikes, rng.normal(size=(units, neurons)), steps


def by_hand(spikes, weights, steps):
    """Return what each neuron receives, spike by spike."""
    received = np.zeros((steps, spikes.batch, weights.shape[1]))
    units = np.broadcast_to(spikes.unit, spikes.step.shape)
    for sample in range(spikes.batch):
        for step, unit in zip(np.asarray(spikes.step)[sample], units[sample], strict=True):
            if 0 <= step < steps:
                received[step, sample] += weights[unit]
    return received


def credit_by_hand(spikes, cotangent, units):
    """Return the gradient by the weights, spike by spike."""
    credit = np.zeros((units, cotangent.shape[2]))
    unit_of = np.broadcast_to(spikes.unit, spikes.step.shape)
    for sample in range(spikes.batch):
        for step, unit in zip(np.asarray(spikes.step)[sample], unit_of[sample], strict=True):
            if 0 <= step < cotangent.shape[0]:
                credit[unit] += cotangent[step, sample]
    return credit


def assert_close(found, expected, dtype):
    assert found.dtype == dtype
    np.testing.assert_allclose(
        found, expected, rtol=ROUNDING_TOLERANCE[dtype], atol=ROUNDING_TOLERANCE[dtype] * 10
    )


@needs_compiler
@few
@given(products(), st.sampled_from(["float32", "float64"]))
def test_values_and_gradients(library, product, dtype):
    spikes, weights, steps = product
    with jax.enable_x64(True):
        received, back = jax.vjp(
            lambda w: event_product(spikes, w, steps), jnp.asarray(weights, dtype)
        )
        cotangent = np.random.default_rng(0).normal(size=received.shape).astype(dtype)
        (credit,) = back(jnp.asarray(cotangent))

        assert_close(received, by_hand(spikes, weights, steps), dtype)
        assert_close(credit, credit_by_hand(spikes, cotangent, spikes.units), dtype)


@few
@given(products())
def test_dense_spikes(product):
    """Without compiled code: the dense array that the fallback multiplies."""
    spikes, _, steps = product
    counts = by_hand(spikes, np.eye(spikes.units), steps)
    np.testing.assert_array_equal(spikes.dense(steps), np.swapaxes(counts, 0, 1))


def program(spikes, weights, steps):
    """Return the product of two weights inside jit, scan and vmap, and its gradient."""

    @jax.jit
    def loss(weights):
        def one(total, w):
            return total + jax.vmap(lambda w: (event_product(spikes, w, steps) ** 3).sum())(w), None

        return jax.lax.scan(one, jnp.zeros(weights.shape[1]), weights)[0]

    value, back = jax.vjp(loss, weights)
    return value, back(jnp.arange(1.0, 1 + value.size))[0]


@needs_compiler
def test_inside_jit_scan_and_vmap(library, double_precision):
    rng = np.random.default_rng(1)
    spikes = InputSpikes(
        jnp.asarray(rng.integers(-1, 8, (3, 6))), jnp.asarray(rng.integers(0, 4, (3, 6))), 4
    )
    weights = rng.normal(size=(2, 3, 4, 5))  # scanned, mapped, units, neurons

    value, slope = program(spikes, jnp.asarray(weights), 7)

    received = np.array([[by_hand(spikes, w, 7) for w in row] for row in weights])
    expected = (received**3).sum(axis=(0, 2, 3, 4))
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    for i, row in enumerate(received):
        for j, r in enumerate(row):
            expected = credit_by_hand(spikes, (j + 1) * 3 * r**2, 4)
            np.testing.assert_allclose(slope[i, j], expected, rtol=1e-12, atol=1e-12)


@needs_compiler
@pytest.mark.parametrize("of_each", [False, True], ids=["shared weights", "weights of each"])
def test_networks_side_by_side_with_their_own_spikes(library, double_precision, of_each):
    rng = np.random.default_rng(4)
    step, unit = rng.integers(-1, 8, (2, 3, 6)), rng.integers(0, 4, (2, 3, 6))
    weights = rng.normal(size=(2, 4, 5) if of_each else (4, 5))

    def product(step, unit, w):
        return event_product(InputSpikes(step, unit, 4), w, 7)

    axes = (0, 0, 0 if of_each else None)
    received = jax.vmap(product, axes)(*(jnp.asarray(a) for a in (step, unit, weights)))

    for k in range(2):
        own = InputSpikes(step[k], unit[k], 4)
        expected = by_hand(own, weights[k] if of_each else weights, 7)
        np.testing.assert_allclose(received[k], expected, rtol=1e-13)


@needs_compiler
def test_is_deterministic(library):
    """Bit for bit, although the work is shared out among threads."""
    rng = np.random.default_rng(2)
    spikes = InputSpikes(
        jnp.asarray(rng.integers(0, 20, (64, 300))), jnp.asarray(rng.integers(0, 50, (1, 300))), 50
    )
    weights = jnp.asarray(rng.normal(size=(50, 200)), jnp.float32)

    def both():
        received, back = jax.vjp(lambda w: event_product(spikes, w, 20), weights)
        return np.asarray(received).tobytes(), np.asarray(back(received)[0]).tobytes()

    first = both()
    assert all(both() == first for _ in range(5))


def small_network():
    network = DifferentiableNetwork(
        [Layer("a", UNIT_LIF, 6)],
        [Connection("input", "a", "I", delay=2)],
        inputs=8,
        dt=1 * ms,
        record=["a.v", "a.spikes"],
    )
    rng = np.random.default_rng(3)
    weights = {"input_a.w": jnp.asarray(rng.gamma(2, 0.3, (8, 6)), jnp.float32)}
    return network, weights, latency_spikes(rng.integers(0, 30, (5, 8)))


def test_without_a_compiler_the_product_is_dense(without_compiler):
    """The fallback warns once, says why and gives the same network."""
    network, weights, spikes = small_network()
    with pytest.warns(UserWarning, match="will be dense.*'no-such-compiler' was not found"):
        outputs = network(weights, spikes, steps=30)
    expected = network(weights, spikes.dense(30))

    assert outputs["a.spikes"].sum() > 10
    np.testing.assert_array_equal(outputs["a.spikes"], expected["a.spikes"])
    np.testing.assert_allclose(outputs["a.v"], expected["a.v"], rtol=1e-5, atol=1e-6)


@needs_compiler
def test_events_and_dense_spikes_give_the_same_network(library):
    network, weights, spikes = small_network()

    def loss(weights, inputs):
        outputs = network(weights, inputs, steps=30)
        return (outputs["a.v"] ** 2).sum(), outputs["a.spikes"]

    (value, trains), slope = jax.value_and_grad(loss, has_aux=True)(weights, spikes)
    (same, dense_trains), dense_slope = jax.value_and_grad(loss, has_aux=True)(
        weights, spikes.dense(30)
    )

    np.testing.assert_array_equal(trains, dense_trains)
    assert float(value) == pytest.approx(float(same), rel=1e-5)
    np.testing.assert_allclose(slope["input_a.w"], dense_slope["input_a.w"], rtol=1e-4, atol=1e-4)


@needs_compiler
def test_compiled_code_serves_the_events(library):
    """No test here would notice a dense product in its place: this one does."""
    _, weights, spikes = small_network()
    lowered = jax.jit(lambda w: event_product(spikes, w, 30)).lower(weights["input_a.w"])
    assert "bionet_receive_float32" in lowered.as_text()


@few
@given(st.data())
def test_event_lists(data):
    """Events of several spikes, samples without any: the counts are those of the lists."""
    steps, units = data.draw(st.sampled_from([3, 255, 256])), data.draw(st.integers(1, 5))
    sizes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    first = np.concatenate([[0], np.cumsum(sizes)])
    step, unit = rng.integers(0, steps, first[-1]), rng.integers(0, units, first[-1])
    count = rng.integers(1, 4, first[-1])

    spikes = event_spikes(step, unit, count, first, steps=steps, units=units)

    expected = np.zeros((len(sizes), steps, units))
    sample = np.repeat(np.arange(len(sizes)), sizes)
    np.add.at(expected, (sample, step, unit), count)
    received = by_hand(spikes, np.eye(units), steps)
    np.testing.assert_array_equal(np.swapaxes(received, 0, 1), expected)


@pytest.mark.parametrize(
    ("step", "unit", "named"), [(5, 0, "step"), (0, 3, "unit"), (0, -1, "unit")]
)
def test_events_that_are_nowhere_are_refused(step, unit, named):
    with pytest.raises(ValueError, match=f"{named} of events must lie in"):
        event_spikes([0, step], [0, unit], [1, 1], [0, 2], steps=5, units=3)
