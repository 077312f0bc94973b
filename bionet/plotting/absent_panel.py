"""A panel for which there are no data: it says so in grey, in place of empty axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bionet.plotting.style import MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["say_absent"]


def say_absent(axes: Axes, reason: str) -> None:
    """Take the frame off an Axes and write into it why nothing is drawn.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    reason : str
        A few words.
    """
    axes.set_axis_off()
    axes.text(
        0.5,
        0.5,
        reason,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=MUTED,
        fontsize=7,
    )
