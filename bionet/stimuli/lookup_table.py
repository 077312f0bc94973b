"""A table that equations can look numbers up in: ``table(row*usecond, column)``.

Brian2's ``TimedArray`` is a table over time; its rows are read here by their numbers, in
microseconds. That is shorter than any time step, so that the grid of steps does not matter.
"""

from __future__ import annotations

import numpy as np

__all__ = ["lookup_table"]


def lookup_table(values: np.ndarray, name: str):
    """Return the ``brian2.TimedArray`` of a table (rows, columns).

    Parameters
    ----------
    values : ndarray, (rows, columns)
    name : str
        The same in every process, for it decides the build that is found in the cache.
    """
    from brian2 import TimedArray, usecond

    return TimedArray(values, dt=1 * usecond, name=name)
