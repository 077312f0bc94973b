"""How a p-value is written in a figure."""

from __future__ import annotations

import math

__all__ = ["p_text"]

#: What is smaller is said to be smaller.
SMALLEST = 1e-4


def p_text(p_value: float) -> str:
    """Return a p-value in words, with two digits; "" if it is NaN.

    Parameters
    ----------
    p_value : float
        In [0, 1].

    Examples
    --------
    >>> p_text(0.0123), p_text(0.84), p_text(1e-9)
    ('p = 0.012', 'p = 0.84', 'p < 0.0001')
    """
    if math.isnan(p_value):
        return ""
    if p_value < SMALLEST:
        return f"p < {SMALLEST:.4f}"
    return f"p = {p_value:.2g}" if p_value < 0.995 else "p = 1.0"
