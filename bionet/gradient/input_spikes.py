"""Spikes from outside, as times instead of a dense array of zeros and ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from bionet.gradient.whole_numbers import check_whole

if TYPE_CHECKING:
    from jax import Array

__all__ = ["InputSpikes", "event_spikes", "latency_spikes"]


@partial(jax.tree_util.register_dataclass, data_fields=("step", "unit"), meta_fields=("units",))
@dataclass(frozen=True)
class InputSpikes:
    """Spikes of a batch of samples, at most E in each.

    Attributes
    ----------
    step : array of int, (batch, E)
        Time step of each spike; a number that is no step of the simulation (such as their
        count, or -1) stands for no spike.
    unit : array of int, (1, E) or (batch, E)
        Input unit of each, in [0, units). One row serves the whole batch: latency codes have one
        spike a unit, in the order of units.
    units : int
        Number of input units.
    """

    step: Array
    unit: Array
    units: int

    def dense(self, steps: int, dtype=jnp.float32) -> Array:
        """Return the number of spikes, (batch, steps, units).

        Parameters
        ----------
        steps : int
        dtype : dtype
        """
        batch = jnp.arange(self.step.shape[0])[:, None]
        there = (self.step >= 0) & (self.step < steps) & (self.unit >= 0)
        step = jnp.where(there, self.step, steps)
        counts = jnp.zeros((self.step.shape[0], steps, self.units), dtype)
        return counts.at[batch, step, jnp.broadcast_to(self.unit, step.shape)].add(1, mode="drop")

    @property
    def batch(self) -> int:
        """Number of samples."""
        return self.step.shape[0]


def latency_spikes(latencies) -> InputSpikes:
    """Return a latency code (`bionet.stimuli.spike_latencies`) as spikes, one a unit at most.

    Parameters
    ----------
    latencies : array of int, (batch, units)
        Time step of the only spike of each unit; the number of steps stands for none. It is no
        step only as long as the network runs for no more steps than were coded.

    Raises
    ------
    ValueError
        If latencies are no integers, or one does not fit into 32 bits.
    """
    check_whole("latencies", latencies)
    units = latencies.shape[-1]
    return InputSpikes(jnp.asarray(latencies), jnp.arange(units, dtype=jnp.int32)[None], units)


def event_spikes(step, unit, count, first, *, steps: int, units: int) -> InputSpikes:
    """Return lists of events as spikes, padded to the sample with most.

    Parameters
    ----------
    step, unit, count : array of int, (events,)
        Of each event, sample after sample, as `bionet.stimuli.SpikeEvents` has them; an event of
        count 2 becomes two spikes.
    first : array of int, (samples + 1,)
        Where the events of each sample begin.
    steps, units : int
        `steps` stands for no spike.

    Raises
    ------
    ValueError
        If an event has a step or a unit that is not there, or a count below 1, or a number is no
        integer.
    """
    check_whole("step of events", step, 0, steps - 1)
    check_whole("unit of events", unit, 0, units - 1)
    check_whole("count of events", count, 1)
    count = np.asarray(count, np.int64)
    step, unit = (np.repeat(np.asarray(values), count) for values in (step, unit))
    spikes_before = np.concatenate([[0], np.cumsum(count)])[np.asarray(first)]
    sizes = np.diff(spikes_before)
    row = np.repeat(np.arange(sizes.size), sizes)
    column = np.arange(step.size) - np.repeat(spikes_before[:-1], sizes)
    shape = (sizes.size, max(int(sizes.max(initial=0)), 1))
    padded_step = np.full(shape, steps, np.min_scalar_type(steps))
    padded_unit = np.zeros(shape, np.min_scalar_type(units))
    padded_step[row, column] = step
    padded_unit[row, column] = unit
    return InputSpikes(jnp.asarray(padded_step), jnp.asarray(padded_unit), units)
