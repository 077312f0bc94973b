"""Receptive fields and images as pictures in grey, many in one Axes.

One channel runs from black, 0 or less, to white, the highest. Of ON and OFF channels the difference
is shown, with 0 in the middle of the grey scale.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["columns_of", "displayed", "field_grid", "picture"]

#: Pixels of a picture in a grid, at least, so that a frame of one of them is thin.
FINENESS = 48
#: Between frames, in these pixels.
GAP = 4
#: Columns tried beyond a square, for a last row without gaps.
MORE_COLUMNS = 2


def displayed(weights: ArrayLike, shape: tuple[int, int], channels: int) -> np.ndarray:
    """Return rows of weights (or inputs) as images; of ON and OFF halves their difference.

    Parameters
    ----------
    weights : array_like, (N, channels * height * width)
    shape : tuple of int
        Height and width.
    channels : int
        1, or 2 for ON then OFF.

    Returns
    -------
    array of float, (N, height, width)

    Raises
    ------
    ValueError
        If shapes do not fit, or there is another number of channels.
    """
    if channels not in (1, 2):
        raise ValueError(f"channels must be 1 or 2, got {channels}")
    weights = np.asarray(weights, dtype=float)
    if weights.ndim != 2 or weights.shape[1] != channels * math.prod(shape):
        raise ValueError(
            f"weights must have {channels} x {shape[0]} x {shape[1]} columns, "
            f"got shape {weights.shape}"
        )
    images = weights.reshape(-1, channels, *shape)
    return images[:, 0] if channels == 1 else images[:, 0] - images[:, 1]


def picture(images: np.ndarray, channels: int, limit: float | np.ndarray) -> np.ndarray:
    """Return images scaled to grey, 0 black and 1 white.

    Parameters
    ----------
    images : array of float, (..., height, width)
    channels : int
        With 2, grey 0.5 is 0.
    limit : float or array
        What becomes white, and with 2 channels its negative black; values beyond are clipped.
    """
    limit = np.maximum(limit, np.finfo(float).tiny)
    scaled = images / limit if channels == 1 else 0.5 + images / (2 * limit)
    return np.clip(scaled, 0, 1)


def field_grid(
    axes: Axes,
    fields: ArrayLike,
    shape: tuple[int, int],
    channels: int = 1,
    *,
    columns: int | None = None,
    limit: float | None = None,
) -> None:
    """Draw receptive fields in rows, the first at the top left.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Loses its ticks and frame.
    fields : array_like, (N_z, channels * height * width)
        Weights, a row a neuron.
    shape : tuple of int
        Height and width of a field.
    channels : int
        See `displayed`.
    columns : int, optional
        Fields in a row; by default about as many as there are rows.
    limit : float, optional
        Highest weight on the grey scale, the same for all; by default each field has a scale of
        its own, up to its largest weight.

    Raises
    ------
    ValueError
        If there is no field, or shapes do not fit.
    """
    images = displayed(fields, shape, channels)
    if not len(images):
        raise ValueError("fields must hold at least one, got none")
    if limit is None:
        own = np.abs(images) if channels == 2 else images
        scale = own.max(axis=(1, 2), keepdims=True)
    else:
        scale = limit
    if columns is None:
        columns = columns_of(len(images))
    mosaic = _mosaic(picture(images, channels, scale), columns)
    axes.imshow(mosaic, interpolation="nearest", aspect="equal")
    axes.set_axis_off()


def columns_of(number: int) -> int:
    """Return in how many columns so many fields nearly make a square and leave few places free."""
    least = math.ceil(number**0.5)
    return min(range(least, least + MORE_COLUMNS + 1), key=lambda columns: -number % columns)


def _mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Return framed images side by side as one in red, green and blue, white in between."""
    from matplotlib.colors import to_rgb

    fine = math.ceil(FINENESS / max(images.shape[1:]))
    framed = np.pad(images.repeat(fine, axis=1).repeat(fine, axis=2), [(0, 0), (1, 1), (1, 1)])
    framed = np.repeat(framed[..., np.newaxis], 3, axis=-1)
    for edge in (framed[:, 0], framed[:, -1], framed[:, :, 0], framed[:, :, -1]):
        edge[:] = to_rgb(MUTED)
    number, height, width, _ = framed.shape
    rows, columns = math.ceil(number / columns), min(columns, number)
    mosaic = np.ones((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3))
    for k, image in enumerate(framed):
        top, left = k // columns * (height + GAP), k % columns * (width + GAP)
        mosaic[top : top + height, left : left + width] = image
    return mosaic
