"""A plasticity rule at work: from each initial weight to its fixed point, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.histograms import isi_cv_histogram, weight_histogram
from bionet.plotting.measured import ROUNDING, Measured, require
from bionet.plotting.style import MUTED, initial_weight_colors
from bionet.plotting.traces import averaged, population_rate, target_line, weight_trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NEEDED", "rule_at_work"]

#: s, of the raster's time axis.
SHOWN = 1.0
#: s, over which the population rate is averaged before it is drawn over a minute.
SMOOTHING = 0.5

#: The rate axis ends at this many targets at most; what goes beyond at first is told in words.
HIGHEST_RATE = 3.0

#: Arrays beside those of `Measured`.
NEEDED = (
    "completed",
    "initial_weights",
    "training",
    "mean_weight",
    "weight_interval",
    "weight_counts",
    "weight_edges",
    "weights_at_bounds",
)

PANELS = [
    ["rate", "rate"],
    ["weight", "weight"],
    ["raster before", "raster after"],
    ["isi_cv", "weights"],
]


def rule_at_work(
    figure: Figure,
    results: Mapping[str, np.ndarray],
    *,
    target_rate: float,
    source: str,
    title: str,
) -> None:
    """Draw what a rule does to the network from each initial weight.

    Before is the network whose weights stay at their initial value. The rasters are those of the
    largest initial weight.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    results : mapping of str to array
        See `bionet.runs.plasticity_measurement`.
    target_rate : float
        Hz.
    source : str
        File of the results, for messages.
    title : str

    Raises
    ------
    FigureError
        If an array is missing.
    """
    require(results, NEEDED, source)
    after = Measured.from_results(results, source)
    before = Measured.from_results(results, source, "static_")
    weights = np.asarray(results["initial_weights"], dtype=float)
    colors = dict(zip(np.argsort(weights), initial_weight_colors(weights.size), strict=True))
    panels = figure.subplot_mosaic(PANELS, height_ratios=(1, 1, 1.4, 1.2))
    figure.suptitle(title, fontsize=9, fontweight="bold")
    _over_time(panels, results, after, weights, colors, target_rate)
    _rasters(panels, before, after, int(np.argmax(weights)), weights.max())
    _distributions(panels, results, before, after, weights, colors)


def _over_time(panels, results, after, weights, colors, target_rate):
    rate, weight = panels["rate"], panels["weight"]
    number = max(round(SMOOTHING / after.bin_width), 1)
    for run, initial in enumerate(weights):
        population_rate(
            rate,
            averaged(after.population_rate[run], number),
            number * after.bin_width,
            color=colors[run],
            label=_start(initial, after.stopped_at(run), float(results["completed"][run])),
        )
        weight_trace(
            weight,
            results["mean_weight"][run],
            float(results["weight_interval"]),
            color=colors[run],
        )
    target_line(rate, target_rate, label=f"target {target_rate:g} Hz")
    rate.set_ylabel("rate of E (Hz)")
    rate.set_xlabel("")
    rate.tick_params(labelbottom=False)
    _limit_rate(rate, target_rate)
    weight.set_ylim(0, 1.1 * weight.dataLim.ymax)
    end = max(after.stopped_at(run) for run in range(len(after)))
    training = float(results["training"])
    for axes in (rate, weight):
        axes.set_xlim(0, end)
        axes.axvspan(0, min(training, end), color=MUTED, alpha=0.15, linewidth=0, zorder=0)
    rate.text(
        min(training, end) / 2,
        1.01,
        "training",
        transform=rate.get_xaxis_transform(),
        ha="center",
        va="bottom",
        color=MUTED,
        fontsize=7,
    )
    rate.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=3, fontsize=7)


def _start(weight, stopped_at, completed):
    stopped = f", stopped at {stopped_at:.1f} s" if completed < 1 - ROUNDING else ""
    return rf"from $w_0$ = {weight:g} $g_\mathrm{{leak}}${stopped}"


def _limit_rate(axes, target_rate):
    """Keep the target readable where a rate starts far above it."""
    peak = axes.dataLim.ymax
    axes.set_ylim(0, min(1.1 * peak, HIGHEST_RATE * target_rate))
    if peak > HIGHEST_RATE * target_rate:
        axes.text(
            0.99,
            0.97,
            f"above the axis at times, up to {peak:.0f} Hz",
            transform=axes.transAxes,
            ha="right",
            va="top",
            color=MUTED,
            fontsize=7,
        )


def _rasters(panels, before, after, run, weight):
    left, right = panels["raster before"], panels["raster after"]
    before.draw_raster(left, run, before.last(run, SHOWN))
    after.draw_raster(right, run, after.last(run, SHOWN))
    left.set_title(rf"before: $w$ = {weight:g} $g_\mathrm{{leak}}$, not plastic", fontsize=8)
    right.set_title(f"after {after.stopped_at(run):.0f} s of plasticity", fontsize=8)
    right.set_ylabel("")


def _distributions(panels, results, before, after, weights, colors):
    isi_cv, weight = panels["isi_cv"], panels["weights"]
    for run, initial in enumerate(weights):
        color = colors[run]
        isi_cv_histogram(isi_cv, before.isi_cvs[run], color=color, before=True)
        isi_cv_histogram(
            isi_cv, after.isi_cvs[run], color=color, label=f"mean {after.mean_isi_cv(run):.2f}"
        )
        weight_histogram(
            weight,
            results["weight_counts"][run],
            results["weight_edges"],
            color=color,
            label=f"{100 * float(results['weights_at_bounds'][run]):.1f} % at a bound",
        )
        weight.axvline(initial, color=color, linestyle=(0, (2, 1.5)), linewidth=0.8)
    isi_cv.plot([], [], color="black", linestyle=(0, (2, 1.5)), linewidth=0.8, label="before")
    for axes in (isi_cv, weight):
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=7)
