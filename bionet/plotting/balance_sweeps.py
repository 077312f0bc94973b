"""Figures of a sweep: examples of images, loss against what was swept, fields at two of its values.

Mikulasch et al., Fig. 4 (correlation p of the bars), 5 (number of neurons) and 6A (delay).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.fields import displayed, field_grid
from bionet.plotting.loss_axis import legend_above, loss_axis
from bionet.plotting.loss_over import loss_over
from bionet.plotting.style import SCHEME_COLORS, SCHEME_LABELS
from bionet.plotting.trained_fields import caption, circumstances, fields_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from bionet.plotting.trained_layers import TrainedLayers

__all__ = ["SWEEPS", "sweep_figure"]

#: What may be swept, and what its axis is called.
SWEEPS = {
    "p": "probability $p$ of partner bars",
    "n_coding": r"number of coding neurons $N_z$",
    "step": "transmission delay $\\Delta t$ (ms)",
}
#: Unit of the axis.
FACTORS = {"p": 1.0, "n_coding": 1.0, "step": 1e3}
#: Images in a row and rows of stimuli, and fields of a panel, at most.
IN_ROW, ROWS, MOST_FIELDS = 4, 2, 16
#: Between labelled values of a logarithmic axis, as a part of its length.
LEAST_DISTANCE = 0.11


def sweep_figure(figure: Figure, layers: TrainedLayers, name: str) -> None:
    """Draw examples of images, the loss over a sweep, and fields at two of its values.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 3 inches.
    layers : TrainedLayers
    name : str
        Of what was swept: ``p``, ``n_coding`` or ``step``.

    Raises
    ------
    ValueError
        If the name is not one of these, or fewer than two values of it were trained.
    """
    if name not in SWEEPS:
        raise ValueError(f"name must be one of {', '.join(SWEEPS)}, got {name!r}")
    values = layers.swept(name)
    if values.size < 2:
        raise ValueError(f"a sweep needs two values of {name}, got {values.size}")
    others = circumstances(layers, tuple(other for other in SWEEPS if other != name))
    titles = ["Images", f"Loss, {others}" if others else "Loss", "Receptive fields"]
    width_ratios = [1.0, 1.6, 1.6]
    if not _has_images(layers, name):
        del titles[0], width_ratios[0]
    parts = figure.subfigures(1, len(titles), width_ratios=width_ratios)
    for part, title in zip(parts, titles, strict=True):
        part.suptitle(title, x=0.02, ha="left", fontsize=9, fontweight="bold")
    if len(parts) == 3:
        (_stimuli if name == "p" else _readouts)(parts[0], layers, name)
    _losses(parts[-2].subplots(), layers, name)
    _examples(parts[-1], layers, name)


def _has_images(layers: TrainedLayers, name: str) -> bool:
    """Whether what is shown was recorded for any condition of the sweep."""
    return any(
        layers.recorded(scheme, **{name: value}) is not None
        for scheme in layers.compared
        for value in layers.swept(name)
    )


def _losses(axes: Axes, layers: TrainedLayers, name: str) -> None:
    drawn = []
    for scheme in layers.schemes:
        of_value = [layers.of(scheme, **{name: value}) for value in layers.swept(name)]
        conditions = np.concatenate(of_value)
        values = FACTORS[name] * getattr(layers, name)[conditions]
        if conditions.size:
            loss_over(axes, values, layers.loss[conditions, -1], scheme)
            drawn.append(layers.loss[conditions, -1])
    loss_axis(axes, np.concatenate(drawn))
    if name != "p":
        _logarithmic_values(axes, FACTORS[name] * layers.swept(name))
    axes.set_xlabel(SWEEPS[name])
    legend_above(axes)


def _logarithmic_values(axes: Axes, values: np.ndarray) -> None:
    """Label those of the values that leave each other room."""
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log")
    least = (values[-1] / values[0]) ** LEAST_DISTANCE
    labelled = [values[0]]
    for value in values[1:-1]:
        if value >= least * labelled[-1] and value * least <= values[-1]:
            labelled.append(value)
    labelled.append(values[-1])
    axes.set_xticks(labelled, [f"{value:g}" for value in labelled])
    axes.xaxis.set_minor_locator(NullLocator())


def _stimuli(figure: SubFigure, layers: TrainedLayers, name: str) -> None:
    """Draw what was shown at the lowest, the middle and the highest value."""
    values = layers.swept(name)
    middle = values[np.abs(values - (values[0] + values[-1]) / 2).argmin()]
    chosen = np.unique([values[0], middle, values[-1]])
    for axes, value in zip(figure.subplots(len(chosen)), chosen, strict=True):
        shown = layers.recorded(layers.schemes[0], **{name: value})
        _grid(axes, layers, [] if shown is None else [shown.x[: IN_ROW * ROWS]])
        axes.set_title(f"$p$ = {value:g}", loc="center", fontweight="normal", fontsize=8)


def _readouts(figure: SubFigure, layers: TrainedLayers, name: str) -> None:
    """Draw images and what is read out of each scheme's spikes, where coding is hardest."""
    values = layers.swept(name)
    value = values[0] if name == "n_coding" else values[-1]
    panels = np.atleast_1d(figure.subplots(len(layers.compared)))
    for axes, scheme in zip(panels, layers.compared, strict=True):
        shown = layers.recorded(scheme, **{name: value})
        rows = [] if shown is None else [shown.x, shown.reconstruction]
        _grid(axes, layers, [row[:IN_ROW] for row in rows])
        axes.set_title(SCHEME_LABELS[scheme], loc="center", color=SCHEME_COLORS[scheme], fontsize=8)
        caption(axes, f"input, readout at {circumstances(layers, (name,), **{name: value})}")


def _grid(axes: Axes, layers: TrainedLayers, rows: list[np.ndarray]) -> None:
    if not rows:
        axes.set_axis_off()
        return
    shape, channels = layers.shape, layers.channels
    limit = float(np.abs(displayed(rows[0], shape, channels)).max())
    columns = min(len(rows[0]), IN_ROW)
    field_grid(axes, np.concatenate(rows), shape, channels, columns=columns, limit=limit)


def _examples(figure: SubFigure, layers: TrainedLayers, name: str) -> None:
    """Draw fields at the lowest and at the highest value; of p, at the typical one."""
    values = layers.swept(name)
    high = layers.typical["p"] if name == "p" else values[-1]
    chosen = (values[0], values[-1] if high == values[0] else high)
    grid = figure.subplots(len(layers.compared), 2, squeeze=False)
    for row, scheme in zip(grid, layers.compared, strict=True):
        for axes, value in zip(row, chosen, strict=True):
            fields_of(axes, layers, scheme, most=MOST_FIELDS, **{name: value})
            axes.set_title(
                circumstances(layers, (name,), **{name: value}),
                loc="center",
                fontweight="normal",
                fontsize=8,
            )
        row[0].text(
            -0.06,
            0.5,
            SCHEME_LABELS[scheme],
            transform=row[0].transAxes,
            rotation=90,
            ha="right",
            va="center",
            color=SCHEME_COLORS[scheme],
            fontweight="bold",
        )
