"""Correlated bars: two bars an image, the second with probability p the first one's fixed partner.

Mikulasch et al., Fig. 4. Of 2 x side bars (horizontal ones first) the first is drawn uniformly;
with probability p the second is the bar of the same index and the other orientation, so that both
make a cross, otherwise it is drawn uniformly too and may coincide with the first. Pixels on a bar
are 1, others 0.
"""

from __future__ import annotations

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.requirements import require_whole
from bionet.stimuli.stimulus import Stimulus

__all__ = ["bar_fields", "correlated_bars"]


@takes_si()
def correlated_bars(side: int = 8, p: float = 0.5) -> Stimulus:
    """Return images of `side` x `side` pixels with two bars each.

    Parameters
    ----------
    side : int
        2 or more.
    p : float
        Probability that the two bars are partners; the default of the run-time input ``image.p``.

    Raises
    ------
    ValueError
        If `p` lies outside [0, 1] or `side` is no whole number of 2 or more.
    """
    require_whole("side", side, 2)
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    return Stimulus(
        shape=(side, side),
        equations="""
        p : 1 (shared, constant)
        bar : integer
        other_bar : integer
        """,
        draw="""
        bar = int(rand()*2*side)
        partner = (bar + side) % (2*side)
        uniform = int(rand()*2*side)
        other_bar = partner + (uniform - partner)*int(rand() >= p)
        """,
        pixel="int(i//side == bar or i % side + side == bar"
        " or i//side == other_bar or i % side + side == other_bar)",
        read=("bar", "other_bar"),
        constants={"side": side},
        parameters={"p": float(p)},
    )


@takes_si()
def bar_fields(side: int = 8) -> np.ndarray:
    """Return all bars as images, (2 * side, side, side), horizontal ones first."""
    fields = np.zeros((2 * side, side, side))
    for k in range(side):
        fields[k, k, :] = 1
        fields[side + k, :, k] = 1
    return fields
