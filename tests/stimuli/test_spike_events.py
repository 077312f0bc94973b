"""Labelled spike events: a loop over events as reference, and behaviour."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bionet.stimuli import SpikeEvents

#: Three samples on 4 steps x 3 units; the second has no event.
FIELDS = {
    "step": [0, 2, 2, 1],
    "unit": [1, 0, 2, 2],
    "count": [1, 3, 1, 2],
    "first": [0, 3, 3, 4],
    "labels": [7, 0, 7],
    "steps": 4,
    "units": 3,
}


def events_of(counts):
    """Give the events of counts (samples, steps, units), in a loop."""
    fields = {"step": [], "unit": [], "count": [], "first": [0]}
    for sample in counts:
        for step, unit in np.ndindex(sample.shape):
            if sample[step, unit]:
                fields["step"].append(step)
                fields["unit"].append(unit)
                fields["count"].append(sample[step, unit])
        fields["first"].append(len(fields["step"]))
    samples, steps, units = counts.shape
    return SpikeEvents(**fields, labels=np.arange(samples), steps=steps, units=units)


def test_writes_samples_out_in_the_order_asked_for():
    events = SpikeEvents(**FIELDS)

    assert len(events) == 3
    dense = events.dense([2, 0, 1, 2])
    assert dense.dtype == np.float32
    np.testing.assert_array_equal(dense[1], [[0, 1, 0], [0, 0, 0], [3, 0, 1], [0, 0, 0]])
    np.testing.assert_array_equal(dense[2], np.zeros((4, 3)))
    for sample in (dense[0], dense[3]):
        np.testing.assert_array_equal(sample, [[0, 0, 0], [0, 0, 2], [0, 0, 0], [0, 0, 0]])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_dense_gives_back_the_counts_that_the_events_were_taken_from(data):
    shape = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 400)))
    value = st.sampled_from([1, 2, 300])
    counts = data.draw(hnp.arrays(int, shape, elements=value, fill=st.just(0)))
    samples = data.draw(st.lists(st.integers(0, shape[0] - 1), max_size=6))

    np.testing.assert_array_equal(events_of(counts).dense(samples), counts[samples])


@pytest.mark.parametrize(
    ("steps", "units", "count", "dtypes"),
    [
        (256, 256, 255, (np.uint8, np.uint8, np.uint8)),
        (257, 700, 256, (np.uint16, np.uint16, np.uint16)),
    ],
)
def test_keeps_numbers_in_the_smallest_type(steps, units, count, dtypes):
    events = SpikeEvents([steps - 1], [units - 1], [count], [0, 1], [3], steps, units)

    assert (events.step.dtype, events.unit.dtype, events.count.dtype) == dtypes
    assert events.dense([0])[0, steps - 1, units - 1] == count


def test_takes_arrays_of_the_right_type_without_a_copy_and_read_only():
    step = np.array([0, 2, 2, 1], dtype=np.uint8)
    events = SpikeEvents(**{**FIELDS, "step": step})

    assert np.shares_memory(events.step, step)
    for field in ("step", "unit", "count", "first", "labels"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(events, field)[0] = 0
    assert step.flags.writeable
    with pytest.raises(dataclasses.FrozenInstanceError):
        events.steps = 5


def test_a_set_without_any_event_has_counts_of_zero():
    events = SpikeEvents([], [], [], [0, 0], [5], steps=2, units=3)

    np.testing.assert_array_equal(events.dense([0]), np.zeros((1, 2, 3)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"step": [0, 2, 2, 4]}, "step must be from 0 to 3, got values from 0 to 4"),
        ({"step": [0, 2, 2, -1]}, "step must be from 0 to 3, got values from -1 to 2"),
        ({"unit": [1, 0, 3, 2]}, "unit must be from 0 to 2, got values from 0 to 3"),
        ({"count": [1, 0, 1, 2]}, "count must be at least 1, got values from 0 to 2"),
        ({"count": [1.0, 3, 1, 2]}, r"count must be a row of whole .* shape \(4,\) of float64"),
        ({"step": [[0, 2, 2, 1]]}, r"step must be a row of whole numbers, got shape \(1, 4\)"),
        ({"unit": [1, 0, 2]}, "unit must have length 4, got 3"),
        ({"count": [1, 3, 1]}, "count must have length 4, got 3"),
        ({"labels": [7, 0]}, "first must have length 3, got 4"),
        ({"labels": [7.5, 0, 1]}, "labels must be a row of whole numbers"),
        ({"first": [1, 3, 3, 4]}, "first must ascend from 0 to 4, the number of events"),
        ({"first": [0, 3, 3, 3]}, "first must ascend from 0 to 4"),
        ({"first": [0, 3, 2, 4]}, "first must ascend from 0 to 4"),
        ({"first": [0, 0, 4, 4]}, "must ascend within a sample.* those of sample 1 do not"),
        ({"unit": [1, 2, 0, 2]}, "must ascend within a sample.* those of sample 0 do not"),
        ({"unit": [1, 2, 2, 2]}, "must ascend within a sample.* those of sample 0 do not"),
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"units": 2.5}, "units must be a whole number of at least 1, got 2.5"),
    ],
)
def test_refuses_fields_that_do_not_fit(changed, message):
    with pytest.raises(ValueError, match=message):
        SpikeEvents(**{**FIELDS, **changed})


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([0, 3], "samples must be from 0 to 2, got values from 0 to 3"),
        ([-1], "samples must be from 0 to 2, got values from -1 to -1"),
        ([True, False, True], "samples must be a row of whole numbers, got .* of bool"),
        (0, r"samples must be a row of whole numbers, got shape \(\) of int64"),
    ],
)
def test_refuses_samples_that_are_not_there(samples, message):
    with pytest.raises(ValueError, match=message):
        SpikeEvents(**FIELDS).dense(samples)
