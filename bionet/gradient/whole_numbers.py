"""Whole numbers that arrays of 32 bits would change silently, refused by name."""

from __future__ import annotations

import jax
import numpy as np

from bionet.wording import counted

__all__ = ["check_labels", "check_whole", "is_known", "refuse_changed"]

_LOWEST, _HIGHEST = -(2**31), 2**31 - 1


def is_known(*values) -> bool:
    """Return whether values can be looked at: inside a compiled function they cannot."""
    return not any(isinstance(value, jax.core.Tracer) for value in values)


def check_whole(name: str, values, low: int = _LOWEST, high: int = _HIGHEST) -> None:
    """Refuse an array that does not hold integers, or holds some outside of a range.

    Parameters
    ----------
    name : str
        What the array is called in the message.
    values : array_like
        Numbers that are not known yet are judged by their type alone.
    low, high : int
        The lowest and the highest that are allowed.

    Raises
    ------
    ValueError
    """
    kind = values.dtype if hasattr(values, "dtype") else np.asarray(values).dtype
    if not np.issubdtype(kind, np.integer):
        raise ValueError(f"{name} must be integers; found {kind}")
    if is_known(values) and np.size(values):
        values = np.asarray(values)
        outside = [int(edge) for edge in (values.min(), values.max()) if not low <= edge <= high]
        if outside:
            raise ValueError(f"{name} must lie in [{low}, {high}]; found {outside[0]}")


def check_labels(labels, samples: int, classes: int) -> None:
    """Refuse labels that do not fit.

    Parameters
    ----------
    labels : array of int, (samples,)
    samples, classes : int

    Raises
    ------
    ValueError
        Says what is wrong: the number of labels, their type, one that is out of range.
    """
    labels = np.asarray(labels)
    if labels.shape != (samples,):
        raise ValueError(f"labels have shape {labels.shape} for {counted(samples, 'sample')}")
    check_whole("labels", labels[:0])
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if wrong.size:
        raise ValueError(
            f"label {labels[wrong[0]]} of sample {wrong[0]} is out of range: "
            f"{counted(classes, 'class')}, counted from 0"
        )


def refuse_changed(name: str, values, kind) -> None:
    """Refuse values that a variable of the model cannot have.

    Parameters
    ----------
    name : str
        Of the variable.
    values : array_like
        Numbers that are not known yet are not judged.
    kind : dtype or None
        Of the variable: an integer, a boolean, or what holds every number.

    Raises
    ------
    ValueError
    """
    if kind is None or np.issubdtype(kind, np.floating) or not is_known(values):
        return
    values = np.atleast_1d(np.asarray(values))
    boolean = np.dtype(kind).kind == "b"
    low, high = (0, 1) if boolean else (_LOWEST, _HIGHEST)
    wrong = values[(values != np.floor(values)) | (values < low) | (values > high)]
    if wrong.size:
        what = "a boolean" if boolean else "an integer"
        raise ValueError(f"{name!r} is {what}, in [{low}, {high}]; found {wrong[0]:.17g}")
