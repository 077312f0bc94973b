"""An outcome says how a simulation ended and holds its arrays, read-only (behaviour)."""

import pickle

import numpy as np
import pytest

from bionet.devices import Outcome, Status


def outcome(status=Status.COMPLETED, **changed):
    fields = {
        "status": status,
        "values": {"exc.v": np.arange(3.0)},
        "stopped_at": 2.0,
        "duration": 2.0,
        "wall_time": 0.1,
    }
    return Outcome(**(fields | changed))


def test_messages():
    assert outcome().message == "COMPLETED: the simulation ran to its end"
    stopped = outcome(Status.STOPPED, stopped_at=0.5, reason="the rate left [0.1, 100] Hz")
    assert stopped.message == "STOPPED: the rate left [0.1, 100] Hz at 0.5 s"
    silent = outcome(Status.STOPPED, stopped_at=0.5)
    assert silent.message == "STOPPED: the network stopped itself before the end at 0.5 s"


def test_completed_fraction():
    assert outcome().completed == 1.0
    assert outcome(Status.STOPPED, stopped_at=0.5).completed == 0.25
    assert outcome(Status.FAILED, stopped_at=0.0, values={}).completed == 0.0


def test_arrays_are_read_only():
    result = outcome()
    with pytest.raises(ValueError, match=r"read-only"):
        result["exc.v"][0] = 1
    with pytest.raises(TypeError):
        result.values["exc.v"] = 1


def test_unknown_output_names_the_known_ones():
    with pytest.raises(KeyError, match=r"no output 'exc.w'; this simulation gave: exc.v"):
        outcome()["exc.w"]
    with pytest.raises(KeyError, match=r"this simulation gave: none.*out of memory"):
        outcome(Status.FAILED, values={}, reason="out of memory")["exc.v"]


def test_pickles():
    again = pickle.loads(pickle.dumps(outcome(Status.STOPPED, reason="why")))
    assert again.status is Status.STOPPED
    assert again.reason == "why"
    np.testing.assert_array_equal(again["exc.v"], np.arange(3.0))
    assert not again["exc.v"].flags.writeable
