"""Loss after training against what was swept: correlation, size of the layer, delay.

Mikulasch et al., Figs. 4, 5 and 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import SCHEME_COLORS, SCHEME_LABELS, SCHEME_MARKERS
from bionet.statistics import MedianInterval, median_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["loss_over"]

DOT_SIZE, DOT_ALPHA = 2.0, 0.35


def loss_over(
    axes: Axes, values: ArrayLike, losses: ArrayLike, scheme: str, *, label: str | None = None
) -> MedianInterval:
    """Draw the median loss at each value, its 95 % bootstrap interval, and each seed as a dot.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : array_like, (C,)
        Of each condition; those of equal value are its seeds, in any order and number.
    losses : array_like, (C,)
        Of the last test.
    scheme : str
        Learning scheme, for the colour and the marker.
    label : str, optional
        By default the scheme's.

    Returns
    -------
    MedianInterval
        What was drawn, an entry a value, ascending. A value of one seed has neither interval nor
        dots.

    Raises
    ------
    ValueError
        If there is no condition, or not one loss each.
    """
    values, losses = np.asarray(values, dtype=float), np.asarray(losses, dtype=float)
    if values.ndim != 1 or values.shape != losses.shape or not values.size:
        raise ValueError(
            "values and losses must be one a condition, "
            f"got shapes {values.shape} and {losses.shape}"
        )
    places = np.unique(values)
    of_place = [median_interval(losses[values == place]) for place in places]
    interval = MedianInterval(
        *(np.array([getattr(of, name) for of in of_place]) for name in ("median", "low", "high"))
    )
    color, repeated = SCHEME_COLORS[scheme], np.isin(values, places[np.isfinite(interval.low)])
    axes.plot(
        values[repeated],
        losses[repeated],
        "o",
        color=color,
        markersize=DOT_SIZE,
        markeredgewidth=0,
        alpha=DOT_ALPHA,
        label="_seeds",
    )
    axes.vlines(places, interval.low, interval.high, color=color, linewidth=1.2)
    axes.plot(
        places,
        interval.median,
        color=color,
        marker=SCHEME_MARKERS[scheme],
        markersize=4,
        markeredgecolor="white",
        markeredgewidth=0.5,
        label=SCHEME_LABELS[scheme] if label is None else label,
    )
    return interval
