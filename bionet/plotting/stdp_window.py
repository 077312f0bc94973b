"""Spike-timing windows of dendritic balance: symmetric for a pair, not with an inhibitory spike.

Mikulasch et al., Fig. 2; the numbers are those of `bionet.statistics.pair_window`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import EXCITATORY, INHIBITORY, MUTED
from bionet.statistics import pair_window

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

__all__ = ["spike_traces", "stdp_figure", "stdp_window"]

MS = 1e3
TAU = 0.01  # s, of all traces in the paper
#: W^i_jk/F_ji: the inhibitory neuron's own weight is as large as the feed-forward one.
INHIBITION = -1.0
#: When the inhibitory spike comes after the presynaptic one, s, in the columns of the figure.
COLUMNS = (None, 0.01, -0.01)
#: Interval of the spikes whose traces are shown, s.
EXAMPLE = 0.005
REACH = 0.04  # s, of the intervals drawn


def spike_traces(
    axes: Axes, *, interval: float, inhibited_after: float | None = None, tau: float = TAU
) -> None:
    """Draw the traces whose products the rule integrates.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    interval, inhibited_after : float
        Postsynaptic and, if there is one, inhibitory spike after the presynaptic one, s.
    tau : float
        Decay, s.
    """
    time = np.linspace(-2, REACH / tau, 1201) * tau
    spikes = [("pre", 0.0, 1.0, "black"), ("post", interval, 1.0, EXCITATORY)]
    if inhibited_after is not None:
        spikes.append(("inhibitory", inhibited_after, INHIBITION, INHIBITORY))
    axes.axhline(0, color=MUTED, linewidth=0.5, zorder=0)
    for name, spike, height, color in spikes:
        trace = np.where(time >= spike, height * np.exp(-(time - spike) / tau), 0.0)
        axes.plot(MS * time, trace, color=color, linewidth=1.0)
        axes.fill_between(MS * time, trace, color=color, alpha=0.12, linewidth=0)
        above = height > 0
        axes.text(
            MS * spike,
            height + (0.06 if above else -0.06),
            name,
            color=color,
            fontsize=7,
            ha="right" if name == "pre" else "left" if name == "post" else "center",
            va="bottom" if above else "top",
        )
    axes.set_xlim(MS * time[0], MS * time[-1])
    axes.set_xticks([MS * spike for spike in (-tau, 0, tau, 2 * tau, 3 * tau)])
    axes.set_ylim(-1.4, 1.4)
    axes.set_yticks([-1, 0, 1])
    axes.set_xlabel("time after pre spike (ms)")
    axes.set_ylabel("trace")


def stdp_window(
    axes: Axes, *, inhibited_after: float | None = None, tau: float = TAU, reach: float = REACH
) -> None:
    """Draw the weight change over the interval of post and pre spike, relative to its largest.

    The neuron's own inhibition, the same at all intervals, is left out: it shifts a window down.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    inhibited_after : float, optional
        Inhibitory spike after the presynaptic one, s; the window without it is drawn dashed, too.
    tau : float
        Decay of the traces, s.
    reach : float
        Largest interval, s.
    """
    interval = np.linspace(-reach, reach, 1601)
    pair = pair_window(interval, tau) / (tau / 2)
    axes.axhline(0, color=MUTED, linewidth=0.5, zorder=0)
    axes.axvline(0, color=MUTED, linewidth=0.5, zorder=0)
    if inhibited_after is None:
        axes.plot(MS * interval, pair, color="black")
        change = pair
    else:
        change = pair_window(
            interval, tau, inhibition=INHIBITION, inhibited_after=inhibited_after
        ) / (tau / 2)
        axes.plot(
            MS * interval, pair, color="black", linewidth=0.8, linestyle=(0, (3, 2)), label="pair"
        )
        axes.plot(MS * interval, change, color=INHIBITORY, label="inhibited")
        axes.axvline(MS * inhibited_after, color=INHIBITORY, linewidth=0.8, linestyle=":", zorder=0)
    positive = change > 0
    color = "black" if inhibited_after is None else INHIBITORY
    for part in (positive, ~positive):
        axes.fill_between(MS * interval, change, where=part, color=color, alpha=0.12, linewidth=0)
    axes.set_xlim(-MS * reach, MS * reach)
    axes.set_xticks([-MS * reach / 2, 0, MS * reach / 2])
    axes.set_ylim(-1.1, 1.1)
    axes.set_yticks([-1, 0, 1])
    axes.set_xlabel(r"$t_\mathrm{post}-t_\mathrm{pre}$ (ms)")
    axes.set_ylabel(r"change of $F$ ($\eta\tau/2$)")


def stdp_figure(figure: FigureBase) -> None:
    """Draw the windows of a pair, and with an inhibitory spike after or before the pre spike.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 6.5 x 3.2 inches.
    """
    grid = figure.subplots(2, len(COLUMNS), sharey="row", height_ratios=(1, 1.3))
    for (traces, window), inhibited_after in zip(grid.T, COLUMNS, strict=True):
        spike_traces(traces, interval=EXAMPLE, inhibited_after=inhibited_after)
        stdp_window(window, inhibited_after=inhibited_after)
        traces.set_title(_title(inhibited_after))
    for axes in grid[:, 1:].flat:
        axes.set_ylabel("")
    grid[1, -1].legend(loc="lower right")


def _title(inhibited_after: float | None) -> str:
    if inhibited_after is None:
        return "Pre and post spike"
    side = "after" if inhibited_after > 0 else "before"
    return f"Inhibited {MS * abs(inhibited_after):g} ms {side} pre"
