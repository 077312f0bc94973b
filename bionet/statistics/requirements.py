"""What every statistic asks of its input: errors that name the offender and say what is allowed.

Quantities have been turned into numbers before, where their unit is known: see `bionet.si`.
"""

import math

import numpy as np


def require_positive(name, value):
    """Return `value` as a float, refusing what is not a positive finite number.

    Parameters
    ----------
    name : str
        What the number is called where the user wrote it.
    value : float
        Any real number.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If the value is no number.
    ValueError
        If the value is zero, negative, infinite or NaN.
    """
    number = _as_float(name, value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be a positive finite number, got {value!r}")
    return number


def require_finite(name, value):
    """Return `value` as a float, refusing infinities and NaN.

    Parameters
    ----------
    name : str
        What the number is called where the user wrote it.
    value : float
        Any real number.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If the value is no number.
    ValueError
        If the value is infinite or NaN.
    """
    number = _as_float(name, value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return number


def require_fraction(name, value):
    """Return `value` as a float, refusing what lies outside [0, 1].

    Parameters
    ----------
    name : str
        What the number is called where the user wrote it.
    value : float
        Any real number.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If the value is no number.
    ValueError
        If the value is below 0, above 1 or NaN.
    """
    number = _as_float(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")
    return number


def require_nonnegative_array(name, values, dimensions=(1,)):
    """Return `values` as an array of floats, refusing negative, infinite and NaN entries.

    Parameters
    ----------
    name : str
        What the array is called where the user wrote it.
    values : array_like
        Numbers of any real type. May be empty.
    dimensions : tuple of int
        The numbers of dimensions that are allowed.

    Returns
    -------
    numpy.ndarray of float
        A view where no conversion was needed.

    Raises
    ------
    ValueError
        If the number of dimensions is not among `dimensions`, or an entry is negative, infinite
        or NaN; the message names the first such entry.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim not in dimensions:
        allowed = " or ".join(str(number) for number in dimensions)
        raise ValueError(f"{name} must have {allowed} dimension(s), got shape {array.shape}")
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        where = tuple(int(position) for position in np.argwhere(wrong)[0])
        position = ", ".join(str(number) for number in where)
        raise ValueError(
            f"{name} must be finite and not negative, got {array[where]} at [{position}]"
        )
    return array


def _as_float(name, value):
    if isinstance(value, str):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a number, got {value!r}") from error
