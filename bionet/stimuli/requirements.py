"""What the stimuli ask of their arguments: errors that name the offender and what is allowed."""

from __future__ import annotations

import math

import numpy as np


def require_whole(name: str, value: int, at_least: int) -> int:
    """Return `value` as an int, refusing what is no whole number or too small.

    Raises
    ------
    ValueError
        If the value is no whole number or lies below `at_least`.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < at_least:
        raise ValueError(f"{name} must be a whole number of at least {at_least}, got {value!r}")
    return int(value)


def require_number(name: str, value: float, *, positive: bool = False) -> float:
    """Return `value` as a float, refusing what is no finite number.

    Raises
    ------
    ValueError
        If the value is no real number, infinite or NaN, or, where it must be positive, is not.
    """
    kind = "positive finite" if positive else "finite"
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or (positive and value <= 0):
        raise ValueError(f"{name} must be a {kind} number, got {value!r}")
    return float(value)


def require_images(name: str, images: np.ndarray) -> np.ndarray:
    """Return `images` as an array of reals, refusing what is no stack of images.

    Parameters
    ----------
    name : str
        What the stack is called where the user wrote it.
    images : array_like, (n, height, width)
        Numbers of any real type.

    Returns
    -------
    numpy.ndarray, (n, height, width)
        Of the type given; a view where no conversion was needed.

    Raises
    ------
    ValueError
        If the array holds no real numbers, is not of three dimensions, has no pixel, or holds an
        infinity or NaN; the message names the first such image.
    """
    array = np.asarray(images)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold real numbers, got an array of {array.dtype}")
    if array.ndim != 3 or not array.size:
        raise ValueError(f"{name} must have shape (n, height, width), got {array.shape}")
    wrong = ~np.isfinite(array).all(axis=(1, 2))
    if wrong.any():
        raise ValueError(f"{name} must be finite, image {wrong.argmax()} is not")
    return array
