"""A logarithmic axis for losses, labelled with plain numbers however little they vary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LOSS_LABEL", "legend_above", "loss_axis"]

LOSS_LABEL = r"loss $|x-Dz|^2/(2N_x)$"

#: Room above and below the losses, as a part of their range in logarithms.
ROOM = 0.08
#: Smallest range drawn, as a factor: what differs less is the same.
NARROWEST = 1.2
#: From this factor between lowest and highest on, ticks are those of a logarithmic axis.
WIDE = 5.0
#: Entries in a row of the legend.
LEGEND_COLUMNS = 3


def loss_axis(axes: Axes, losses: np.ndarray, label: str = LOSS_LABEL) -> None:
    """Make an Axes' vertical axis one of losses.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    losses : array of float
        All that is drawn; NaN is left out.
    label : str

    Raises
    ------
    ValueError
        If no loss is above 0.
    """
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    losses = np.asarray(losses, dtype=float)
    losses = losses[np.isfinite(losses) & (losses > 0)]
    if not losses.size:
        raise ValueError("losses must hold one above 0, got none")
    low, high = losses.min(), losses.max()
    widened = max(NARROWEST / (high / low), 1.0) ** 0.5
    low, high = low / widened, high * widened
    wide = high / low > WIDE
    room = (high / low) ** ROOM
    axes.set_yscale("log")
    axes.set_ylim(low / room, high * room)
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5)) if wide else MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])
    )
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel(label)


def legend_above(axes: Axes) -> None:
    """Name the curves above an Axes, where they cannot run into it."""
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=LEGEND_COLUMNS,
        fontsize=7,
        columnspacing=1.0,
    )
