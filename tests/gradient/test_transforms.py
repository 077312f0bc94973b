"""Closed form and behaviour: parameters within bounds, and their training."""

import numpy as np
import pytest
from brian2 import ms
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jax")

import jax
import jax.numpy as jnp
import optax

from bionet.gradient import (
    Bounded,
    Classification,
    Connection,
    DifferentiableNetwork,
    Layer,
    Positive,
    Scaled,
    Trainer,
    fast_sigmoid,
    train,
)
from bionet.gradient.transforms import free_of, values_of
from bionet.models import LEAKY_READOUT, RESONATE_AND_FIRE

# There and back in double precision: near a bound of 100 the smallest place between bounds 1e-3
# apart, 5e-5 of that, has 7 digits left.
ROUNDING_TOLERANCE = 1e-6

TRANSFORMS = st.one_of(
    st.tuples(st.floats(-100, 100), st.floats(1e-3, 100)).map(lambda b: Bounded(b[0], sum(b))),
    st.floats(1e-3, 1e3).map(Positive),
    st.floats(1e-3, 1e3).map(lambda scale: Positive(-scale)),
    st.floats(1e-3, 1e3).map(Scaled),
)


@settings(deadline=None, max_examples=50)
@given(TRANSFORMS, st.lists(st.floats(-10, 10), min_size=1, max_size=5))
def test_there_and_back(transform, free):
    with jax.enable_x64(True):
        free = jnp.array(free)
        value = transform.to_value(free)
        np.testing.assert_allclose(
            transform.to_free(value), free, rtol=ROUNDING_TOLERANCE, atol=ROUNDING_TOLERANCE
        )
    value = np.asarray(value)  # outside of double precision JAX would round it to a bound
    if isinstance(transform, Bounded):
        assert np.all((value > transform.low) & (value < transform.high))
    if isinstance(transform, Positive):
        assert np.all(value * transform.scale > 0)


def test_what_the_transforms_are():
    assert Bounded(10, 30).to_value(0.0) == 20
    assert Positive(2.0).to_value(0.0) == pytest.approx(2 * np.log(2))
    assert Positive(-2.0).to_value(50.0) == pytest.approx(-100)
    assert Scaled(1e-3).to_value(7.0) == pytest.approx(7e-3)


def test_only_what_is_named_is_transformed():
    values = {"a.tau": 20e-3, "a_b.w": jnp.ones((2, 1))}
    transforms = {"a.tau": Bounded(10e-3, 40e-3)}
    free = free_of(values, transforms)
    assert free["a.tau"] == pytest.approx(np.log(0.5))
    np.testing.assert_array_equal(free["a_b.w"], values["a_b.w"])
    assert values_of(free, transforms)["a.tau"] == pytest.approx(20e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Bounded(1, 1), "low below high"),
        (lambda: Bounded(0, np.inf), "finite"),
        (lambda: Positive(0), "not 0"),
        (lambda: Scaled(0), "not 0"),
        (lambda: free_of({"a.tau": 5e-3}, {"a.tau": Bounded(0.01, 0.02)}), "'a.tau'.*found 0.005"),
        (lambda: free_of({"a.w": [1.0, -2.0]}, {"a.w": Positive()}), "'a.w'.*above 0; found -2"),
        (lambda: free_of({"a.w": 1.0}, {"a.w": Positive(-1)}), "below 0; found 1"),
        (lambda: free_of({"a.w": 1.0}, {"b.w": Scaled(1)}), "unknown parameter 'b.w'.*a.w"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


BOUNDS = {"cells.b": Bounded(-120, -20), "cells.omega": Bounded(2 * np.pi * 2, 2 * np.pi * 40)}


def resonators():
    """Return a trainer of resonators by their damping, frequency and reset, and what they see.

    Two classes are two frequencies of the input spikes.
    """
    network = DifferentiableNetwork(
        [
            Layer("cells", RESONATE_AND_FIRE, 8, fast_sigmoid(5.0)),
            Layer("readout", LEAKY_READOUT, 2),
        ],
        [Connection("input", "cells", "x"), Connection("cells", "readout", "I")],
        inputs=1,
        dt=1 * ms,
    )
    transforms = BOUNDS | {"cells.y_reset": Scaled(1.0)}
    trainer = Trainer(
        network, Classification(), optax.adam(0.1), steps=120, classes=2, batch=16,
        transforms=transforms, devices=jax.devices()[:1],
    )  # fmt: skip
    rng = np.random.default_rng(0)
    labels = np.arange(64) % 2
    period = np.array([50, 125])[labels]  # 20 Hz, 8 Hz
    phase = (period * rng.random(64)).astype(int)
    spikes = (np.arange(120) - phase[:, None]) % period[:, None] == 0
    parameters = {
        "input_cells.w": np.full((1, 1, 8), 1.8, np.float32),
        "cells_readout.w": rng.normal(0, 0.1, (1, 8, 2)).astype(np.float32),
        "cells.b": rng.uniform(-40, -25, (1, 8)).astype(np.float32),
        "cells.omega": (2 * np.pi * rng.uniform(5, 30, (1, 8))).astype(np.float32),
        "cells.y_reset": np.zeros((1, 8), np.float32),
    }
    return trainer, parameters, spikes[:, :, None].astype(np.float32), labels


def test_parameters_of_neurons_are_trained_within_their_bounds():
    """A large learning rate, and yet all stay inside; free numbers are what the state holds."""
    trainer, parameters, spikes, labels = resonators()
    state, history = train(trainer, parameters, spikes, labels, epochs=12)

    values = {name: np.asarray(value) for name, value in trainer.values(state).items()}
    for name, bounds in BOUNDS.items():
        assert np.all((values[name] > bounds.low) & (values[name] < bounds.high))
        assert np.abs(values[name] - parameters[name]).min() > 0
        np.testing.assert_array_equal(values[name], bounds.to_value(state.parameters[name]))
    assert np.abs(values["cells.y_reset"]).max() > 0.01
    assert history.loss[0, -1] < 0.8 * history.loss[0, 0]


def test_first_state_has_the_values_given():
    trainer, parameters, _, _ = resonators()
    values = trainer.values(trainer.begun(parameters))
    for name, value in parameters.items():
        np.testing.assert_allclose(values[name], value, rtol=1e-5)


def test_refused_by_the_trainer():
    trainer, parameters, spikes, labels = resonators()
    outside = parameters | {"cells.b": np.full((1, 8), -10, np.float32)}
    with pytest.raises(ValueError, match=r"'cells\.b': must lie between -120 and -20; found -10"):
        trainer.begun(outside)
    with pytest.raises(ValueError, match=r"'cells\.b' has a sign and a transform"):
        state = trainer.begun(parameters)
        signs = {"cells.b": np.ones((1, 8))}
        trainer.epoch(state, spikes, labels, seed=0, number=1, signs=signs)
