"""Labelled samples of many-channel spike trains, kept as lists of events on a grid of steps.

A sample of spoken digits has 70 000 cells (100 steps x 700 channels) of which about one in ten
holds a spike. Kept are those alone: step, unit and number of spikes, 4 bytes where they fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bionet.stimuli.requirements import require_whole

__all__ = ["SpikeEvents"]


@dataclass(frozen=True, eq=False)
class SpikeEvents:
    """Spike counts of labelled samples, all events in one row, sample after sample.

    The events of sample i are those from ``first[i]`` up to, without, ``first[i + 1]``.

    Parameters
    ----------
    step : array_like of int, (events,)
        Step of each event, 0 to ``steps - 1``. Within a sample the pairs (step, unit) ascend and
        none occurs twice.
    unit : array_like of int, (events,)
        Input channel of each event, 0 to ``units - 1``.
    count : array_like of int, (events,)
        Spikes of that unit in that step, at least 1.
    first : array_like of int, (samples + 1,)
        Where the events of each sample begin; ends with the number of events.
    labels : array_like of int, (samples,)
        Class of each sample.
    steps, units : int
        Size of the grid, each at least 1.

    Raises
    ------
    ValueError
        If a field is no row of whole numbers or of another length than the others ask for, a number
        is out of its range, or the events of a sample do not ascend.

    Notes
    -----
    `step`, `unit` and `count` are kept in the smallest unsigned type that holds their numbers, and
    are views of the arrays given where these are of that type already: they can be hundreds of
    megabytes. All fields are read-only. Two sets are equal only if they are the same object.
    """

    step: np.ndarray
    unit: np.ndarray
    count: np.ndarray
    first: np.ndarray
    labels: np.ndarray
    steps: int
    units: int

    def __post_init__(self):
        steps = require_whole("steps", self.steps, at_least=1)
        units = require_whole("units", self.units, at_least=1)
        step = _row("step", self.step, 0, steps - 1)
        unit = _row("unit", self.unit, 0, units - 1)
        count = _row("count", self.count, 1, None)
        labels = _row("labels", self.labels, None, None).astype(np.int64)
        first = _row("first", self.first, 0, len(step)).astype(np.int64)
        for name, array, length in (
            ("unit", unit, len(step)),
            ("count", count, len(step)),
            ("first", first, len(labels) + 1),
        ):
            if len(array) != length:
                raise ValueError(f"{name} must have length {length}, got {len(array)}")
        if first[0] != 0 or first[-1] != len(step) or (np.diff(first) < 0).any():
            raise ValueError(f"first must ascend from 0 to {len(step)}, the number of events")
        _require_ascending(step, unit, first, units)
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "units", units)
        for field, array, highest in (
            ("step", step, steps - 1),
            ("unit", unit, units - 1),
            ("count", count, count.max(initial=1)),
        ):
            packed = array.astype(np.min_scalar_type(highest), copy=False)
            object.__setattr__(self, field, _read_only(packed))
        object.__setattr__(self, "first", _read_only(first))
        object.__setattr__(self, "labels", _read_only(labels))

    def __len__(self) -> int:
        return len(self.labels)

    def dense(self, samples: Sequence[int]) -> np.ndarray:
        """Write samples out on the grid, such as a batch to train on.

        Parameters
        ----------
        samples : array_like of int, (n,)
            Numbers of the samples, 0 to ``len(self) - 1``, in any order, repeated or not.

        Returns
        -------
        numpy.ndarray of float32, (n, steps, units)
            Spikes of each unit in each step.

        Raises
        ------
        ValueError
            If `samples` is no row of whole numbers or one of them is out of range.
        """
        samples = _row("samples", samples, 0, len(self) - 1)
        start = self.first[samples]
        length = self.first[samples + 1] - start
        row = np.repeat(np.arange(len(samples)), length)
        event = np.arange(len(row)) + np.repeat(start - (np.cumsum(length) - length), length)
        counts = np.zeros((len(samples), self.steps, self.units), dtype=np.float32)
        counts[row, self.step[event], self.unit[event]] = self.count[event]
        return counts


def _row(name: str, values: Sequence[int], lowest: int | None, highest: int | None) -> np.ndarray:
    """Return `values` as an array, refusing what is no row of whole numbers in the range."""
    array = np.asarray(values)
    if array.shape == (0,):
        return array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise ValueError(
            f"{name} must be a row of whole numbers, got shape {array.shape} of {array.dtype}"
        )
    low, high = array.min(), array.max()
    if (lowest is not None and low < lowest) or (highest is not None and high > highest):
        allowed = f"at least {lowest}" if highest is None else f"from {lowest} to {highest}"
        raise ValueError(f"{name} must be {allowed}, got values from {low} to {high}")
    return array


def _require_ascending(step: np.ndarray, unit: np.ndarray, first: np.ndarray, units: int) -> None:
    # Sample by sample: the cells of all at once would take eight bytes an event.
    for sample, (start, stop) in enumerate(pairwise(first)):
        cell = step[start:stop].astype(np.int64) * units + unit[start:stop]
        if (np.diff(cell) <= 0).any():
            raise ValueError(
                f"step and unit must ascend within a sample, (step, unit) without repeats; "
                f"those of sample {sample} do not"
            )


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view
