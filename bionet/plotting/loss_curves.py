"""Decoder loss and rate over a training: median over seeds, and its confidence interval.

Mikulasch et al., Fig. 3C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import SCHEME_COLORS, SCHEME_LABELS, SCHEME_MARKERS
from bionet.statistics import MedianInterval, median_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["curve_over_images"]

#: Shade of an interval.
BAND_ALPHA = 0.2
#: Of the images axis.
THOUSAND = 1e3
#: Tests of which each has a marker; more would hide the curve.
MARKED = 12


def curve_over_images(
    axes: Axes, images: ArrayLike, values: ArrayLike, scheme: str, *, label: str | None = None
) -> MedianInterval:
    """Draw what each seed's tests measured: the median, and its 95 % bootstrap interval as a band.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    images : array_like, (E,)
        Training images before each test.
    values : array_like, (S, E)
        Of each seed and test, such as losses.
    scheme : str
        Learning scheme, for the colour and the marker.
    label : str, optional
        By default the scheme's.

    Returns
    -------
    MedianInterval
        What was drawn, each (E,). One seed has no band.

    Raises
    ------
    ValueError
        If there is no seed, or not one value a test.
    """
    images, values = np.asarray(images, dtype=float), np.asarray(values, dtype=float)
    if values.ndim != 2 or values.shape[1] != images.size:
        raise ValueError(
            f"values must be one a seed and test, (S, {images.size}), got shape {values.shape}"
        )
    interval = median_interval(values)
    color, thousands = SCHEME_COLORS[scheme], images / THOUSAND
    axes.plot(
        thousands,
        interval.median,
        color=color,
        marker=SCHEME_MARKERS[scheme],
        markersize=2.5,
        markevery=max(images.size // MARKED, 1),
        label=SCHEME_LABELS[scheme] if label is None else label,
    )
    if np.isfinite(interval.low).all():
        axes.fill_between(
            thousands, interval.low, interval.high, color=color, alpha=BAND_ALPHA, linewidth=0
        )
    axes.set_xlabel("training images (thousands)")
    return interval
