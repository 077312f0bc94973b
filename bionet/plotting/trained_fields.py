"""Receptive fields of trained layers, and what they have come to: bars, crosses, all the same.

Mikulasch et al., Figs. 3D and 4 to 6, S2 and S3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.fields import columns_of, displayed, field_grid
from bionet.plotting.style import SCHEME_COLORS, SCHEME_LABELS
from bionet.statistics import count_fields, field_kinds, pairwise_similarity
from bionet.stimuli import bar_fields

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bionet.plotting.trained_layers import TrainedLayers

__all__ = ["caption", "circumstances", "fields_figure", "fields_of", "fields_size"]

MS = 1e3
#: Fields in a row, at most.
MOST_COLUMNS = 16
#: Panels in a row, at most, and the width of one: 0.2 inches a field within these bounds.
MOST_PANELS, FIELD_WIDTH, PANEL_WIDTHS = 3, 0.2, (2.1, 3.2)
#: Inches above and below the fields of a panel, and above all panels.
TITLE_HEIGHT, SUPTITLE_HEIGHT = 0.45, 0.25
#: Between panels, as a part of one.
SPACE = 0.05


def circumstances(
    layers: TrainedLayers,
    names: tuple[str, ...] = ("p", "n_coding", "step"),
    **values: float,
) -> str:
    """Return what a panel's condition is called among those that were swept, "" if none was.

    Parameters
    ----------
    layers : TrainedLayers
    names : tuple of str
        Of what may have been swept.
    **values : float
        Where it is not typical.
    """
    here = {**layers.typical, **values}
    words = {
        "p": f"$p$ = {here.get('p', 0):g}",
        "n_coding": rf"$N_z$ = {here['n_coding']:g}",
        "step": f"delay {MS * here['step']:g} ms",
    }
    return ", ".join(words[name] for name in names if layers.swept(name).size > 1)


def fields_of(
    axes: Axes,
    layers: TrainedLayers,
    scheme: str,
    *,
    most: int | None = None,
    columns: int | None = None,
    **values: float,
) -> None:
    """Draw the fields of a scheme's first seed, and under them what they have come to.

    Of bars it is counted how many fields are one bar and how many a cross; of other images stands
    the mean cosine of all pairs of fields, which is near 1 if all are the same.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    layers : TrainedLayers
    scheme : str
    most : int, optional
        Fields drawn at most; counted and compared are all.
    columns : int, optional
        In a row.
    **values : float
        See `TrainedLayers.of`.
    """
    conditions = layers.of(scheme, **values)
    if not conditions.size:
        axes.set_axis_off()
        return
    weights = layers.weights[conditions[0]]
    field_grid(axes, weights[:most], layers.shape, layers.channels, columns=columns)
    text = _summary(displayed(weights, layers.shape, layers.channels), layers)
    caption(axes, text)


def caption(axes: Axes, text: str) -> None:
    """Write a line under an Axes without ticks."""
    axes.text(0.5, -0.03, text, transform=axes.transAxes, ha="center", va="top", fontsize=7)


def _summary(fields: np.ndarray, layers: TrainedLayers) -> str:
    if layers.swept("p").size:
        counts = count_fields(field_kinds(fields, bar_fields(layers.shape[0])))
        words = [("single bar", "bar", "bars"), ("cross", "cross", "crosses")]
        parts = [f"{counts[k]} {one if counts[k] == 1 else many}" for k, one, many in words]
        return ", ".join([*parts, f"{counts['other']} other"] if counts["other"] else parts)
    _, similarity = pairwise_similarity(fields)
    if math.isnan(similarity):
        return ""
    return f"mean similarity {similarity:z.2f}".replace("-", "\N{MINUS SIGN}")


def fields_figure(figure: Figure, layers: TrainedLayers) -> None:
    """Draw the receptive fields of every scheme, at the typical values of what was swept.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; see `fields_size`.
    layers : TrainedLayers
    """
    rows, columns = _arrangement(len(layers.schemes))
    space = {"wspace": SPACE, "hspace": SPACE}
    grid = figure.subplots(rows, columns, squeeze=False, gridspec_kw=space)
    for axes in grid.flat[len(layers.schemes) :]:
        axes.set_axis_off()
    _, in_row = _rows_of_fields(layers)
    for axes, scheme in zip(grid.flat, layers.schemes, strict=False):
        fields_of(axes, layers, scheme, columns=in_row)
        axes.set_title(SCHEME_LABELS[scheme], color=SCHEME_COLORS[scheme], loc="center")
    if where := circumstances(layers):
        figure.suptitle(f"Receptive fields, {where}", fontsize=9)


def fields_size(layers: TrainedLayers) -> tuple[float, float]:
    """Return width and height (inches) of `fields_figure`."""
    rows, columns = _arrangement(len(layers.schemes))
    fields_high, fields_wide = _rows_of_fields(layers)
    width = float(np.clip(FIELD_WIDTH * fields_wide, *PANEL_WIDTHS))
    height = width * fields_high * layers.shape[0] / (fields_wide * layers.shape[1])
    return width * columns, (height + TITLE_HEIGHT) * rows + SUPTITLE_HEIGHT


def _rows_of_fields(layers: TrainedLayers) -> tuple[int, int]:
    """Return in how many rows the fields of the largest layer stand, and how many in a row."""
    number = int(layers.typical["n_coding"])
    in_row = min(columns_of(number), MOST_COLUMNS)
    return math.ceil(number / in_row), in_row


def _arrangement(number: int) -> tuple[int, int]:
    columns = min(number, MOST_PANELS)
    return math.ceil(number / columns), columns
