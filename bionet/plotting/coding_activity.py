"""A coding layer at work: images shown to it, its spikes, and what is read out of them.

Mikulasch et al., Fig. 3A and B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.fields import displayed, picture
from bionet.plotting.style import EXCITATORY, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase
    from numpy.typing import ArrayLike

__all__ = ["IMAGE_DURATION", "coding_activity", "coding_raster", "image_row"]

IMAGE_DURATION = 0.1  # s

#: Of an image's width, left free at either side.
MARGIN = 0.05
#: Height of the raster in rows of images, and that of a neuron in it in points.
RASTER_ROWS, LINE_WIDTH = 3.0, 0.9


def image_row(
    axes: Axes, images: ArrayLike, shape: tuple[int, int], channels: int, *, limit: float
) -> None:
    """Draw images side by side, each where it was shown on a time axis.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Loses its ticks and frame.
    images : array_like, (n, channels * height * width)
    shape : tuple of int
        Height and width.
    channels : int
        See `bionet.plotting.fields.displayed`.
    limit : float
        Highest value on the grey scale.
    """
    from matplotlib.patches import Rectangle

    pictures = picture(displayed(images, shape, channels), channels, limit)
    for k, image in enumerate(pictures):
        left, right = (k + MARGIN) * IMAGE_DURATION, (k + 1 - MARGIN) * IMAGE_DURATION
        extent = (left, right, MARGIN, 1 - MARGIN)
        axes.imshow(image, cmap="gray", vmin=0, vmax=1, extent=extent, aspect="auto")
        axes.add_patch(
            Rectangle(
                extent[::2],
                right - left,
                1 - 2 * MARGIN,
                fill=False,
                color=MUTED,
                linewidth=0.4,
                clip_on=False,
            )
        )
    axes.set_xlim(0, len(pictures) * IMAGE_DURATION)
    axes.set_ylim(0, 1)
    axes.set_box_aspect(shape[0] / shape[1] / len(pictures))
    axes.set_axis_off()


def coding_raster(
    axes: Axes,
    times: ArrayLike,
    neurons: ArrayLike,
    *,
    n_coding: int,
    n_images: int,
    color: str = EXCITATORY,
) -> None:
    """Draw the spikes of coding neurons, a tick each, and where one image gives way to the next.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    times, neurons : array_like, (S,)
        s, 0.1 s an image; neurons are counted from 0, at the top. Later spikes are left out.
    n_coding, n_images : int
    color : str

    Raises
    ------
    ValueError
        If there is not one neuron a time, or a neuron is not one of the layer.
    """
    times, neurons = np.asarray(times, dtype=float), np.asarray(neurons)
    if times.shape != neurons.shape or times.ndim != 1:
        raise ValueError(
            f"spikes need one neuron a time, got shapes {times.shape} and {neurons.shape}"
        )
    if neurons.size and not (neurons.min() >= 0 and neurons.max() < n_coding):
        raise ValueError(
            f"neurons must lie in [0, {n_coding}), got {neurons.min()} to {neurons.max()}"
        )
    end = n_images * IMAGE_DURATION
    inside = times < end
    times, neurons = times[inside], neurons[inside]
    borders = IMAGE_DURATION * np.arange(1, n_images)
    axes.vlines(borders, -0.5, n_coding - 0.5, color=MUTED, linewidth=0.4, alpha=0.6)
    axes.vlines(times, neurons - 0.45, neurons + 0.45, color=color, linewidth=LINE_WIDTH)
    axes.set_xlim(0, end)
    axes.set_ylim(n_coding - 0.5, -0.5)
    ends = sorted({1, n_coding})
    axes.set_yticks([number - 1 for number in ends], ends)
    axes.tick_params(axis="x", labelbottom=True)  # though another Axes with this one's is below
    axes.set_xlabel("time (s)")
    axes.set_ylabel("neuron")


def coding_activity(
    figure: FigureBase,
    images: ArrayLike,
    reconstructions: ArrayLike,
    spikes: tuple[ArrayLike, ArrayLike],
    *,
    shape: tuple[int, int],
    channels: int,
    n_coding: int,
    color: str = EXCITATORY,
    title: str | None = None,
) -> None:
    """Draw a row of images, the raster under it, and the row of reconstructions, in one grey scale.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or SubFigure
        Empty.
    images, reconstructions : array_like, (n, channels * height * width)
        Both are on the scale of the images.
    spikes : tuple of array_like, each (S,)
        Times in s and neurons, see `coding_raster`.
    shape : tuple of int
    channels : int
        See `bionet.plotting.fields.displayed`.
    n_coding : int
    color, title : str
    """
    number, limit = len(images), float(np.abs(displayed(images, shape, channels)).max())
    above, raster, below = figure.subplots(
        3, sharex=True, gridspec_kw={"height_ratios": (1, RASTER_ROWS, 1), "hspace": 0}
    )
    for axes, row, anchor, name in (
        (above, images, "S", "input"),
        (below, reconstructions, "N", "readout"),
    ):
        image_row(axes, row, shape, channels, limit=limit)
        axes.set_anchor(anchor)
        axes.text(-0.01, 0.5, name, transform=axes.transAxes, ha="right", va="center", fontsize=7)
    coding_raster(raster, *spikes, n_coding=n_coding, n_images=number, color=color)
    if title:
        above.set_title(title, color=color)
