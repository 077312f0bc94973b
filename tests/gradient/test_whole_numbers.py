"""Behaviour: whole numbers that 32 bits, or a variable, would change silently are refused."""

import dataclasses

import numpy as np
import optax
import pytest
from brian2 import Quantity, ms

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from bionet.gradient import (
    Connection,
    DifferentiableNetwork,
    InputSpikes,
    Layer,
    RateNetwork,
    RateTrainer,
    event_spikes,
    latency_spikes,
)
from bionet.models import NeuronModel

COUNTING = NeuronModel(
    """v : 1
       count : integer
       tired : boolean
       most : integer (constant)
       deaf : boolean (constant)""",
    "v > 1 and count < most",
    "count += 1; tired = count > 2",
)


def network(model=COUNTING):
    return DifferentiableNetwork(
        [Layer("a", model, 2)],
        [Connection("input", "a", "v")],
        inputs=3,
        dt=1 * ms,
        record=["a.count"],
    )


WEIGHTS = {"input_a.w": jnp.ones((3, 2))}
SILENCE = np.zeros((1, 4, 3))


@pytest.mark.parametrize("wrong", [2**31, 2**40, -(2**31) - 1, 0.5, np.nan, np.inf])
def test_integers_out_of_range_are_refused(wrong):
    """Initial values, parameters, what changes in time, and the model's own values."""
    said = r"is an integer, in \[-2147483648, 2147483647\]; found"
    value = np.float64(wrong)
    with pytest.raises(ValueError, match=rf"'a\.count' {said}"):
        network()(WEIGHTS, SILENCE, initial={"a.count": np.full((1, 2), value)})
    with pytest.raises(ValueError, match=rf"'a\.most' {said}"):
        network()({**WEIGHTS, "a.most": np.array([1, value])}, SILENCE)
    with pytest.raises(ValueError, match=rf"'a\.most' {said}"):
        network()(WEIGHTS, SILENCE, drive={"a.most": np.full((4, 1, 1), value)})
    for name in ("count", "most"):
        with pytest.raises(ValueError, match=f"'{name}' {said}"):
            network(dataclasses.replace(COUNTING, initial={name: wrong}))


@pytest.mark.parametrize("wrong", [2, 256, -1, 0.5])
def test_booleans_that_are_none_are_refused(wrong):
    said = r"is a boolean, in \[0, 1\]; found"
    with pytest.raises(ValueError, match=rf"'a\.tired' {said}"):
        network()(WEIGHTS, SILENCE, initial={"a.tired": np.full((1, 2), wrong)})
    with pytest.raises(ValueError, match=rf"'a\.deaf' {said}"):
        network()({**WEIGHTS, "a.deaf": np.full(2, wrong)}, SILENCE)


def test_whole_numbers_in_range_are_taken():
    start = {"a.count": np.full((1, 2), 2.0**31 - 1), "a.tired": np.ones((1, 2), int)}
    counts = network()({**WEIGHTS, "a.most": np.array([3, 2**31 - 1])}, SILENCE, initial=start)
    assert (np.asarray(counts["a.count"]) == 2**31 - 1).all()
    compiled = jax.jit(lambda most: network()({**WEIGHTS, "a.most": most}, SILENCE)["a.count"])
    assert compiled(jnp.array([3, 4])).shape == (4, 1, 2)


@pytest.mark.parametrize(
    ("step", "unit", "said"),
    [
        (2**32, 0, "steps of input spikes must lie in"),
        (1.5, 0, "steps of input spikes must be integers; found float64"),
        (True, 0, "steps of input spikes must be integers; found bool"),
        (1, 3, r"units of input spikes must lie in \[0, 2\]; found 3"),
        (1, -1, r"units of input spikes must lie in \[0, 2\]; found -1"),
        (1, 2**32, "units of input spikes must lie in"),
    ],
)
def test_spikes_that_are_nowhere_are_refused(step, unit, said):
    """2**32 would be step or unit 0 in 32 bits."""
    spikes = InputSpikes(np.array([[step]]), np.array([[unit]]), 3)
    with pytest.raises(ValueError, match=said):
        network()(WEIGHTS, spikes, steps=4)


def test_latencies_and_events_that_are_none_are_refused():
    with pytest.raises(ValueError, match="latencies must lie in"):
        latency_spikes(np.array([[1, 2**32]]))
    with pytest.raises(ValueError, match="latencies must be integers; found float64"):
        latency_spikes(np.array([[1.5, 2]]))
    with pytest.raises(ValueError, match="count of events must lie in"):
        event_spikes([0], [0], [0], [0, 1], steps=5, units=3)
    with pytest.raises(ValueError, match="step of events must be integers"):
        event_spikes([0.5], [0], [1], [0, 1], steps=5, units=3)


@pytest.mark.parametrize(
    ("labels", "said"),
    [([0, 1, 2], "label 2 of sample 2"), ([0, 1, -1], "label -1"), ([0, 1, 0.5], "integers")],
)
def test_labels_of_rate_networks_are_checked(labels, said):
    """A class that is not there would have no target at all."""
    rates = RateNetwork([4, 2])
    trainer = RateTrainer(rates, optax.sgd(0.1), batch=3)
    state = trainer.begun({name: value[None] for name, value in rates.initial(0).items()})
    images = np.zeros((3, 4), np.float32)
    for call in (
        lambda: trainer.epoch(state, images, np.array(labels), seed=0, number=1, seeds=[0]),
        lambda: trainer.accuracy(state, images, np.array(labels)),
        lambda: trainer.angles(state, images, np.array(labels)),
    ):
        with pytest.raises(ValueError, match=said):
            call()


def test_an_endless_refractoriness_is_refused_and_a_long_one_lasts():
    """More steps than 32 bits hold are as many as a simulation can have."""
    cell = {"equations": "v : 1", "threshold": "v > 1", "reset": ""}
    with pytest.raises(ValueError, match="refractory must be finite; found inf"):
        network(NeuronModel(**cell, refractory=Quantity(np.inf, dim=ms.dim)))
    long = DifferentiableNetwork(
        [Layer("a", NeuronModel(**cell, refractory=1e9 * ms), 1)],
        [Connection("input", "a", "v")],
        inputs=1,
        dt=0.001 * ms,
        record=["a.spikes"],
    )
    spikes = long({"input_a.w": jnp.full((1, 1), 2.0)}, np.ones((1, 6, 1)))["a.spikes"]
    assert spikes.sum() <= 1
