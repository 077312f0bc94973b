"""Figures of trained coding layers: at work on images, and how their loss came down.

Mikulasch et al., Fig. 3A to C (digits), and S2 and S3 with all learning schemes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.coding_activity import coding_activity
from bionet.plotting.loss_axis import legend_above, loss_axis
from bionet.plotting.loss_curves import curve_over_images
from bionet.plotting.style import SCHEME_COLORS, SCHEME_LABELS
from bionet.plotting.traces import target_line
from bionet.plotting.trained_fields import circumstances

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bionet.plotting.trained_layers import TrainedLayers

__all__ = ["activity_figure", "activity_schemes", "loss_curves_figure"]

#: Images of one panel, so that each can be seen.
MOST_IMAGES = 10
#: Room on the axis of rates beyond the highest.
HEADROOM = 1.15


def activity_figure(figure: Figure, layers: TrainedLayers) -> None:
    """Draw test images, spikes and readout of dendritic and somatic balance side by side.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty.
    layers : TrainedLayers
        Something must have been recorded, see `activity_schemes`.
    """
    schemes = activity_schemes(layers)
    halves = np.atleast_1d(figure.subfigures(1, len(schemes)))
    for half, scheme in zip(halves, schemes, strict=True):
        shown, where = layers.recorded(scheme), circumstances(layers)
        title = SCHEME_LABELS[scheme] + (f", {where}" if where else "")
        coding_activity(
            half,
            shown.x[:MOST_IMAGES],
            shown.reconstruction[:MOST_IMAGES],
            (shown.spike_times, shown.spike_neurons),
            shape=layers.shape,
            channels=layers.channels,
            n_coding=int(layers.n_coding[layers.of(scheme)[0]]),
            color=SCHEME_COLORS[scheme],
            title=title,
        )


def activity_schemes(layers: TrainedLayers) -> list[str]:
    """Return the schemes that `activity_figure` draws: at most one each of DB and SB."""
    return [scheme for scheme in layers.compared if layers.recorded(scheme) is not None]


def loss_curves_figure(figure: Figure, layers: TrainedLayers) -> None:
    """Draw loss and mean rate of every scheme over the training, at typical values.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty.
    layers : TrainedLayers
    """
    loss, rate = figure.subplots(2, sharex=True, height_ratios=(2.2, 1))
    drawn = [(scheme, layers.of(scheme)) for scheme in layers.schemes]
    drawn = [(scheme, conditions) for scheme, conditions in drawn if conditions.size]
    for scheme, conditions in drawn:
        curve_over_images(loss, layers.images, layers.loss[conditions], scheme)
        curve_over_images(rate, layers.images, layers.training_rate[conditions], scheme)
    every = np.concatenate([conditions for _, conditions in drawn])
    loss_axis(loss, layers.loss[every])
    loss.set_xlabel("")
    legend_above(loss)
    if where := circumstances(layers):
        figure.suptitle(f"Loss, {where}", x=0.02, ha="left", fontsize=9, fontweight="bold")
    for target in np.unique(layers.rho[every]):
        target_line(rate, float(target), label="target")
    rate.legend(handles=rate.lines[-1:], loc="lower right")
    top = max(layers.rho[every].max(), layers.training_rate[every].max())
    rate.set_ylim(0, HEADROOM * top)
    rate.set_xlim(left=0)
    rate.set_ylabel("rate (Hz)")
