"""Reference and closed form: cross entropy over time, regularisers, and their sums over a batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from bionet.gradient import Classification, RateTarget, SpikeCount, UnitSpikeCount

# Exponentials and sums of a few numbers in double precision; the loss of a sure guess is the small
# difference (atol) of logits near 10.
ROUNDING_TOLERANCE = 1e-12

DT = 2e-3
STEPS, BATCH, CLASSES, NEURONS = 12, 7, 4, 5

REGULARISERS = (
    SpikeCount("hidden", 0.3),
    UnitSpikeCount("hidden", 0.2),
    RateTarget("other", 1e-3, rate=40.0),
)

seeds = st.integers(0, 2**32)


def outputs_of(seed):
    """Return traces of a readout, spikes of two layers, and labels."""
    rng = np.random.default_rng(seed)
    outputs = {
        "readout.v": rng.normal(0, 3, (STEPS, BATCH, CLASSES)),
        "hidden.spikes": (rng.random((STEPS, BATCH, NEURONS)) < 0.3).astype(float),
        "other.spikes": (rng.random((STEPS, BATCH, 3)) < 0.1).astype(float),
    }
    return outputs, rng.integers(0, CLASSES, BATCH)


def cross_entropy(logits, labels):
    """Return -log softmax of the label's logit, by scipy."""
    return logsumexp(logits, axis=-1) - np.take_along_axis(logits, labels[..., None], -1)[..., 0]


def losses(objective, outputs, labels):
    with jax.enable_x64(True):
        arrays = {name: jnp.asarray(outputs[name]) for name in objective.record}
        return np.asarray(objective.losses(arrays, jnp.asarray(labels), DT))


@settings(deadline=None, max_examples=15)
@given(seeds)
def test_cross_entropy_of_the_maximum(seed):
    outputs, labels = outputs_of(seed)
    expected = cross_entropy(outputs["readout.v"].max(axis=0), labels)
    found = losses(Classification(over_time="max"), outputs, labels)
    np.testing.assert_allclose(found, expected, rtol=ROUNDING_TOLERANCE, atol=1e-13)


@settings(deadline=None, max_examples=15)
@given(seeds)
def test_mean_cross_entropy_of_each_step(seed):
    outputs, labels = outputs_of(seed)
    steps = [cross_entropy(step, labels) for step in outputs["readout.v"]]
    found = losses(Classification(over_time="each_step"), outputs, labels)
    np.testing.assert_allclose(found, np.mean(steps, axis=0), rtol=ROUNDING_TOLERANCE, atol=1e-13)


@pytest.mark.parametrize("over_time", ["max", "each_step"])
def test_predictions_are_the_largest_maximum(over_time):
    outputs, _ = outputs_of(0)
    predictions = Classification(over_time=over_time).predictions(outputs)
    for sample, prediction in enumerate(predictions):
        largest = outputs["readout.v"][:, sample].argmax()
        assert prediction == np.unravel_index(largest, (STEPS, CLASSES))[1]


@pytest.mark.parametrize("over_time", ["max", "each_step"])
def test_huge_potentials_are_no_trouble(over_time):
    """A softmax of exponentials would overflow."""
    outputs, labels = outputs_of(1)
    outputs["readout.v"] *= 1000
    found = losses(Classification(over_time=over_time), outputs, labels)
    assert np.isfinite(found).all()
    assert found.max() > 1000


def test_spike_count_by_hand():
    counts = np.array([[1.0, 2, 0], [0, 0, 5]])
    np.testing.assert_allclose(SpikeCount("a", 0.5).penalty(counts, 1.0), [1.5, 2.5])


def test_unit_spike_count_by_hand():
    counts = np.array([[1.0, 2, 0], [0, 0, 5]])
    np.testing.assert_allclose(UnitSpikeCount("a", 0.6).penalty(counts, 1.0), [1.0, 5.0])


def test_rate_target_by_hand():
    """Two spikes of four neurons in 0.1 s are 5 Hz, 3 Hz from the target."""
    counts = np.array([[2.0, 0, 0, 0], [4, 4, 4, 4]])
    penalty = RateTarget("a", 0.1, rate=8.0).penalty(counts, 0.1)
    np.testing.assert_allclose(penalty, [0.1 * 3**2, 0.1 * 32**2])


@settings(deadline=None, max_examples=15)
@given(seeds)
def test_regularisers_are_added(seed):
    """Each with the spikes of its own layer, and with the sample's duration."""
    outputs, labels = outputs_of(seed)
    hidden, other = (outputs[f"{name}.spikes"].sum(axis=0) for name in ("hidden", "other"))
    expected = (
        cross_entropy(outputs["readout.v"].max(axis=0), labels)
        + 0.3 * hidden.sum(axis=1)
        + 0.2 * (hidden**2).mean(axis=1)
        + 1e-3 * (other.mean(axis=1) / (STEPS * DT) - 40) ** 2
    )
    found = losses(Classification(regularisers=REGULARISERS), outputs, labels)
    np.testing.assert_allclose(found, expected, rtol=ROUNDING_TOLERANCE, atol=1e-13)


def test_what_must_be_recorded():
    """The readout, and each layer once."""
    objective = Classification("out.u", regularisers=REGULARISERS)
    assert objective.record == ("out.u", "hidden.spikes", "other.spikes")
    assert Classification().record == ("readout.v",)


@pytest.mark.parametrize("over_time", ["max", "each_step"])
def test_pieces_add_up_to_the_batch(over_time):
    """A batch may be worked off in pieces: a sample's loss is its own."""
    objective = Classification(over_time=over_time, regularisers=REGULARISERS)
    outputs, labels = outputs_of(2)
    whole = losses(objective, outputs, labels)
    pieces = [
        losses(objective, {name: value[:, part] for name, value in outputs.items()}, labels[part])
        for part in (slice(0, 3), slice(3, 4), slice(4, None))
    ]
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=ROUNDING_TOLERANCE, atol=1e-13)


def test_unknown_kind_of_loss():
    with pytest.raises(ValueError, match="'max' or 'each_step'; found 'mean'"):
        Classification(over_time="mean")


@pytest.mark.parametrize(("ties", "expected"), [("first", [1, 0, 0]), ("shared", [0.5, 0, 0.5])])
def test_which_of_equal_maxima_has_the_gradient(ties, expected):
    """Closed form: the first in time as in PyTorch, or all of them alike."""
    trace = jnp.array([[[2.0, 0.0]], [[1.0, 0.0]], [[2.0, 0.0]]])
    objective = Classification(ties=ties)

    def loss(trace):
        return objective.losses({"readout.v": trace}, jnp.array([1]), DT).sum()

    slope = jax.grad(loss)(trace)[:, 0, 0]
    np.testing.assert_allclose(slope / slope.sum(), expected, atol=1e-6)
    assert float(slope.sum()) == pytest.approx(1 / (1 + np.exp(-2)), rel=1e-6)


def test_ties_are_first_or_shared():
    with pytest.raises(ValueError, match="ties is 'first' or 'shared'; found 'last'"):
        Classification(ties="last")
