"""The networks' architecture as a drawing: inputs, excitatory and inhibitory hidden cells, readout.

Kilgore et al., Fig. 1A.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import EXCITATORY, INHIBITORY, MUTED, TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["layer_sketch"]

#: Cells drawn of the inputs, the hidden layer and the readout.
DRAWN = (6, 8, 4)
#: Where the layers stand on the horizontal axis, and the cells' radius.
PLACES, RADIUS = (0.12, 0.5, 0.88), 0.036
LINE_WIDTH, LINE_ALPHA = 0.4, 0.45


def layer_sketch(axes: Axes, n_inputs: int, n_exc: int, n_inh: int, n_classes: int) -> None:
    """Draw three layers, all to all; connections have the colour of the cell they come from.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Loses its ticks and frame.
    n_inputs, n_exc, n_inh, n_classes : int
        Of the layers, which are named with them. Cells drawn stand for many; each kind of hidden
        cell there is has one at least.
    """
    heights = [_heights(number) for number in DRAWN]
    n_drawn = _drawn_excitatory(n_exc, n_inh)
    hidden = [EXCITATORY] * n_drawn + [INHIBITORY] * (DRAWN[1] - n_drawn)
    colors = [[MUTED] * DRAWN[0], hidden, [TARGET] * DRAWN[2]]
    for layer in (0, 1):
        _connect(axes, PLACES[layer : layer + 2], heights[layer : layer + 2], colors[layer])
    for place, column, shades in zip(PLACES, heights, colors, strict=True):
        _cells(axes, place, column, shades)
    _names(axes, n_inputs, n_exc, n_inh, n_classes)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.32, 1.0)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _heights(number: int) -> np.ndarray:
    """Return heights of a layer's cells, from the top, centred on 0.5."""
    return 0.5 + (np.arange(number)[::-1] - (number - 1) / 2) * 0.13


def _drawn_excitatory(n_exc: int, n_inh: int) -> int:
    drawn = round(DRAWN[1] * n_exc / (n_exc + n_inh))
    return int(np.clip(drawn, min(n_exc, 1), DRAWN[1] - min(n_inh, 1)))


def _connect(axes, places, heights, colors):
    from matplotlib.collections import LineCollection

    lines = [[(places[0], start), (places[1], end)] for start in heights[0] for end in heights[1]]
    shades = np.repeat(colors, len(heights[1])).tolist()
    axes.add_collection(
        LineCollection(lines, colors=shades, linewidths=LINE_WIDTH, alpha=LINE_ALPHA, zorder=1)
    )


def _cells(axes, place, heights, colors):
    from matplotlib.patches import Circle

    for height, color in zip(heights, colors, strict=True):
        axes.add_patch(
            Circle((place, height), RADIUS, facecolor=color, edgecolor="white", zorder=2)
        )


def _names(axes, n_inputs, n_exc, n_inh, n_classes):
    names = [
        (PLACES[0], -0.06, f"{n_inputs}\ninputs", MUTED),
        (PLACES[1], -0.06, f"{n_exc} E", EXCITATORY),
        (PLACES[2], -0.06, f"{n_classes}\nreadouts", TARGET),
    ]
    if n_inh:
        names.append((PLACES[1], -0.18, f"{n_inh} I", INHIBITORY))
    for x, y, text, color in names:
        axes.text(x, y, text, color=color, ha="center", va="top", fontsize=7)
