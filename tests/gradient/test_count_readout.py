"""Reference: a perceptron that reads spike counts, and the rate it is held to, written in numpy."""

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
    Connection,
    CountReadout,
    DifferentiableNetwork,
    Layer,
    MeanRateTarget,
    RateTarget,
    Trainer,
    fast_sigmoid,
    train,
)
from bionet.models import UNIT_LIF

# Sums of a few numbers in single precision.
ROUNDING_TOLERANCE = 1e-5

STEPS, BATCH, NEURONS, CLASSES, DT = 30, 7, 2, 3, 1e-3


def network_to_read(neurons=NEURONS):
    return DifferentiableNetwork(
        [Layer("cells", UNIT_LIF, neurons, fast_sigmoid(10.0))],
        [Connection("input", "cells", "I")],
        inputs=4,
        dt=1 * ms,
    )


def made_up(seed):
    rng = np.random.default_rng(seed)
    spikes = (rng.random((STEPS, BATCH, NEURONS)) < 0.3).astype(np.float32)
    return {"cells.spikes": jnp.asarray(spikes)}, rng.integers(0, CLASSES, BATCH)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(0, STEPS - 1))
def test_cross_entropy_of_the_counts(seed, from_step):
    outputs, labels = made_up(seed)
    objective = CountReadout("cells", units=5, from_step=from_step)
    own = objective.initial(np.random.default_rng(seed), NEURONS, CLASSES)

    counts = np.asarray(outputs["cells.spikes"])[from_step:].sum(axis=0)
    hidden = np.maximum(0, counts @ own["perceptron.w_hidden"] + own["perceptron.b_hidden"])
    logits = hidden @ own["perceptron.w_out"] + own["perceptron.b_out"]
    expected = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(BATCH), labels]

    found = objective.losses(outputs, labels, DT, own)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=ROUNDING_TOLERANCE)
    np.testing.assert_array_equal(objective.predictions(outputs, own), logits.argmax(axis=1))


def test_counts_of_no_step_are_refused():
    """They would be 0 in a time that is none."""
    outputs, labels = made_up(0)
    objective = CountReadout("cells", units=5, from_step=STEPS)
    own = objective.initial(np.random.default_rng(0), NEURONS, CLASSES)
    with pytest.raises(ValueError, match=rf"from_step must lie below the {STEPS} steps; found"):
        objective.losses(outputs, labels, DT, own)


@pytest.mark.parametrize("from_step", [0, 20])
def test_rate_in_the_window_that_is_read(from_step):
    """Of all samples together, or sample by sample."""
    outputs, labels = made_up(1)
    rates = np.asarray(outputs["cells.spikes"])[from_step:].mean(axis=(0, 2)) / DT  # of a neuron
    expected = {
        MeanRateTarget: np.full(BATCH, 0.5 * (rates.mean() - 20) ** 2),
        RateTarget: 0.5 * (rates - 20) ** 2,
    }
    for kind, penalty in expected.items():
        plain, held = (
            CountReadout("cells", from_step=from_step, regularisers=regularisers)
            for regularisers in ((), (kind("cells", 0.5, 20.0),))
        )
        own = plain.initial(np.random.default_rng(0), NEURONS, CLASSES)
        added = held.losses(outputs, labels, DT, own) - plain.losses(outputs, labels, DT, own)
        np.testing.assert_allclose(added, penalty, rtol=ROUNDING_TOLERANCE)


def test_network_and_perceptron_learn_together():
    """Two inputs that are told apart by the count of one neuron; all parameters have moved."""
    objective = CountReadout("cells", units=8, regularisers=(MeanRateTarget("cells", 1e-4, 50.0),))
    trainer = Trainer(
        network_to_read(1), objective, optax.adam(0.02), steps=STEPS, classes=2, batch=16,
        piece=16, devices=jax.devices()[:1],
    )  # fmt: skip
    rng = np.random.default_rng(3)
    labels = np.arange(128) % 2
    active = np.stack([labels == 0, labels == 0, labels == 1, labels == 1], axis=1)
    samples = (rng.random((128, STEPS, 4)) < 0.3 * active[:, None]).astype(np.float32)
    own = objective.initial(rng, 1, 2)
    parameters = {"input_cells.w": np.full((4, 1), 0.3, np.float32)} | own
    parameters = {name: value[None] for name, value in parameters.items()}

    state, history = train(trainer, parameters, samples, labels, epochs=15, test=(samples, labels))

    values = trainer.values(state)
    assert all(np.abs(values[name] - parameters[name]).max() > 0.01 for name in parameters)
    assert history.test_accuracy[0, 0] < 0.7
    assert history.test_accuracy[0, -1] > 0.9


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CountReadout("cells", units=0), "at least one hidden unit"),
        (lambda: CountReadout("cells", from_step=-1), "must not be negative"),
        (
            lambda: CountReadout("cells", regularisers=(RateTarget("others", 1.0, 5.0),)),
            "'others'; the counts are 'cells'",
        ),
        (lambda: begun({}, layer="others"), "no layer 'others'"),
        (lambda: begun({}), r"'perceptron\.w_hidden' of the objective needs shape \(2, 32\)"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def begun(own, layer="cells"):
    trainer = Trainer(
        network_to_read(), CountReadout(layer), optax.adam(0.1), steps=STEPS, classes=CLASSES
    )
    return trainer.begun({"input_cells.w": np.zeros((1, 4, NEURONS), np.float32)} | own)
