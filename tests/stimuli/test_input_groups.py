"""Behaviour: which group of inputs is active when, and how often it spikes."""

from dataclasses import replace

import numpy as np
import pytest

from bionet.stimuli import InputGroups

#: Standard errors that a rate may be off: one test in 10^6 that is right would fail.
SIGMAS = 5

SIMPLE = InputGroups(
    groups=3, excitatory=8, inhibitory=2, active=100.0, background=5.0, alone=0.0, window=0.1,
    dt=1e-3,
)  # fmt: skip
NOVELTY = replace(SIMPLE, alone=0.06)


def dense(events):
    """Return spikes, (samples, steps, units)."""
    spikes = np.zeros((len(events.labels), events.steps, events.units))
    sample = np.repeat(np.arange(len(events.labels)), np.diff(events.first))
    spikes[sample, events.step, events.unit] = events.count
    return spikes


def assert_rate(spikes, rate):
    """Compare the rate (Hz) of binary spikes."""
    p = rate * 1e-3
    assert abs(spikes.mean() - p) < SIGMAS * np.sqrt(p * (1 - p) / spikes.size)


def test_simple_task():
    events = SIMPLE.samples(300, np.random.default_rng(0))
    spikes, group = dense(events), SIMPLE.group
    assert spikes.shape == (300, 100, 30)
    assert SIMPLE.inputs == {"exc": 24, "inh": 6}
    assert group.tolist() == [0] * 8 + [1] * 8 + [2] * 8 + [0, 0, 1, 1, 2, 2]
    own = group == np.asarray(events.labels)[:, None]
    over_time = np.swapaxes(spikes, 1, 2)
    assert_rate(over_time[own], 100)
    assert_rate(over_time[~own], 5)
    assert np.bincount(events.labels).min() > 60


def test_novelty_task():
    """First one other group, then both; every other group comes first."""
    events = NOVELTY.samples(600, np.random.default_rng(1))
    spikes, group, label = dense(events), NOVELTY.group, np.asarray(events.labels)
    assert spikes.shape == (600, 160, 30)
    assert NOVELTY.from_step == 60
    active = np.stack([spikes[..., group == g].mean(axis=2) for g in range(3)], axis=2)
    first = active[:, :60].mean(axis=1).argmax(axis=1)
    assert (first != label).all()
    assert {*zip(first, label, strict=True)} == {
        (a, b) for a in range(3) for b in range(3) if a != b
    }
    third = 3 - first - label
    for when, which, rate in (
        (slice(None, 60), first, 100), (slice(None, 60), label, 5),
        (slice(60, None), first, 100), (slice(60, None), label, 100), (slice(60, None), third, 5),
    ):  # fmt: skip
        chosen = group == which[:, None]
        assert_rate(np.swapaxes(spikes[:, when], 1, 2)[chosen], rate)


def test_samples_follow_from_the_generator():
    one, same, other = (NOVELTY.samples(5, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.step, same.step)
    np.testing.assert_array_equal(one.labels, same.labels)
    assert one.step.size != other.step.size or (one.step != other.step).any()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"groups": 1}, "at least two groups; found 1"),
        ({"excitatory": 0}, "excitatory: at least one"),
        ({"inhibitory": 0}, "inhibitory: at least one"),
        ({"active": 2000.0}, "active must lie between 0 and a spike a step, 1000 Hz; found 2000"),
        ({"background": -1.0}, "background must lie"),
        ({"window": 0.0}, "window must be a whole number of steps of 0.001 s, at least 1"),
        ({"alone": 0.0505}, "alone must be a whole number"),
    ],
)
def test_refusals(changed, message):
    with pytest.raises(ValueError, match=message):
        replace(SIMPLE, **changed)
