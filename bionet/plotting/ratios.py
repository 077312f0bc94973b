"""E:I ratios in figures: what each is called, its colour and marker, and a legend of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ratio_color", "ratio_label", "ratio_legend", "ratio_marker"]

#: Excitatory fractions and their colours; darker with more excitation, and neither the blue of
#: excitatory nor the red of inhibitory neurons. What lies between two is mixed from them.
_COLORS = {
    0.0: "#8a5a2b",
    0.5: "#e9a820",
    0.75: "#86bb3c",
    0.8: "#1f9e89",
    0.9: "#9d78d6",
    0.95: "#6a2c91",
    1.0: "#151515",
}
#: As far as ratios are those of the paper.
_MARKERS = {0.5: "o", 0.7: "v", 0.75: "P", 0.8: "s", 0.9: "X", 0.95: "^", 1.0: "D"}


def ratio_label(ratio: float) -> str:
    """Return what a fraction of excitatory neurons is called, such as ``80:20``."""
    percent = round(100 * float(ratio), 1)
    return f"{percent:g}:{round(100 - percent, 1):g}"


def ratio_color(ratio: float) -> str:
    """Return the colour of a fraction of excitatory neurons, the same in all figures."""
    from matplotlib.colors import to_hex, to_rgb

    fractions, channels = list(_COLORS), np.array([to_rgb(color) for color in _COLORS.values()])
    return to_hex([np.interp(ratio, fractions, channel) for channel in channels.T])


def ratio_marker(ratio: float) -> str:
    """Return the marker of a fraction of excitatory neurons; a dot if it is not in the paper."""
    return _MARKERS.get(round(float(ratio), 6), "o")


def ratio_legend(axes: Axes, ratios: Iterable[float], **options) -> None:
    """Name the ratios' colours and markers beside an Axes, at its right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    ratios : iterable of float
        Excitatory fractions.
    **options
        Of `matplotlib.axes.Axes.legend`, to place it elsewhere.
    """
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=ratio_color(ratio), marker=ratio_marker(ratio), markersize=4)
        for ratio in ratios
    ]
    place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "title": "E:I"}
    axes.legend(handles, [ratio_label(ratio) for ratio in ratios], **{**place, **options})
