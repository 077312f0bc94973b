"""Figures of a ``simulation`` run: the network at work, and what plasticity made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.histograms import isi_cv_histogram, rate_histogram, weight_histogram
from bionet.plotting.raster import raster
from bionet.plotting.style import EXCITATORY, INHIBITORY, MUTED
from bionet.plotting.traces import (
    averaged,
    population_rate,
    target_line,
    voltage_trace,
    weight_trace,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["network_figure", "plasticity_figure"]

# Of the raster, s: more would melt into a grey band
SHOWN = 0.5
# Bins of the rate over a long run, s: its fluctuations within a second are the raster's matter
SLOW_BIN = 1.0
# Of the ISI CV histogram; a network that fires in bursts has neurons beyond 2
HIGHEST_CV = 3.0
# Fraction of the weights that their histogram shows
NEARLY_ALL = 0.999


def network_figure(figure: Figure, results: Mapping[str, np.ndarray]) -> None:
    """Draw raster, population rate, one potential, and histograms of rate and ISI CV.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    results : mapping of str to ndarray
        As `bionet.runs.simulation_results` describes them.
    """
    left, right = figure.subfigures(1, 2, width_ratios=[2, 1])
    spikes, population, voltage = left.subplots(3, sharex=True, height_ratios=[2.2, 1, 1])
    stop = _end(results)
    interval = (stop - SHOWN, stop)
    _raster(spikes, results, interval)
    spikes.set_xlabel("")
    _fast_rate(population, results, interval)
    _voltage(voltage, results, interval)
    rates, cvs = right.subplots(2)
    _histograms(rates, cvs, results)
    rates.legend()


def plasticity_figure(
    figure: Figure, results: Mapping[str, np.ndarray], target_rate: float
) -> None:
    """Draw rate and mean I-E weight over time, rasters before and after, rates and weights.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    results : mapping of str to ndarray
        As `bionet.runs.simulation_results` describes them, of a plastic network.
    target_rate : float
        Hz.
    """
    panels = figure.subplot_mosaic(
        [["rate", "rate"], ["weight", "weight"], ["before", "after"], ["rates", "weights"]],
        height_ratios=[1, 1, 1.6, 1.2],
    )
    _slow_rate(panels["rate"], results, target_rate)
    _mean_weight(panels["weight"], results)
    _raster(panels["before"], results, (0.0, SHOWN))
    panels["before"].set_title("first half second")
    _raster(panels["after"], results, (_end(results) - SHOWN, _end(results)))
    panels["after"].set_title("last half second")
    panels["after"].set_ylabel("")
    rate_histogram(panels["rates"], results["rates"].ravel())
    panels["rates"].axvline(target_rate, color="black", linewidth=0.8, linestyle=(0, (4, 3)))
    _final_weights(panels["weights"], results)


def _end(results: Mapping[str, np.ndarray]) -> float:
    """Return when the first seed's simulation ended, s."""
    return float(results["stopped_at"][0])


def _raster(axes: Axes, results: Mapping[str, np.ndarray], interval: tuple[float, float]) -> None:
    raster(
        axes,
        (results["spikes_t"], results["spikes_i"]),
        (results["inh_spikes_t"], results["inh_spikes_i"]),
        n_exc=int(results["recorded"]),
        n_inh=int(results["inh_recorded"]),
        interval=interval,
    )


def _fast_rate(axes: Axes, results, interval) -> None:
    width = float(results["bin_width"])
    bins = slice(round(interval[0] / width), round(interval[1] / width))
    population_rate(axes, results["population_rate"][0, bins], width, start=interval[0])
    axes.set_xlim(interval)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("")


def _voltage(axes: Axes, results, interval) -> None:
    times, spikes = results["voltage_t"], results["spikes_t"][results["spikes_i"] == 0]
    shown = times >= interval[0]
    # from the whole range: two neighbours, kept in single precision, differ by a rounded step
    step = float(times[-1] - times[0]) / (times.size - 1)
    voltage_trace(
        axes,
        results["voltage"][shown],
        step,
        start=float(times[shown][0]),
        spikes=spikes[spikes >= interval[0]],
    )
    axes.set_xlim(interval)


def _histograms(rates: Axes, cvs: Axes, results) -> None:
    # the same bins for both populations
    percentiles = [np.percentile(results[name], 99) for name in ("rates", "inh_rates")]
    highest = max(*map(float, percentiles), 1.0)
    for prefix, color, label in (("", EXCITATORY, "E"), ("inh_", INHIBITORY, "I")):
        rate_histogram(
            rates, results[f"{prefix}rates"].ravel(), highest=highest, color=color, label=label
        )
        isi_cv_histogram(
            cvs, results[f"{prefix}isi_cvs"].ravel(), highest=HIGHEST_CV, color=color, label=label
        )


def _slow_rate(axes: Axes, results, target_rate: float) -> None:
    from matplotlib.ticker import LogLocator

    width = float(results["bin_width"])
    number = max(round(SLOW_BIN / width), 1)
    for row, rate in enumerate(results["population_rate"]):
        color = EXCITATORY if row == 0 else MUTED
        population_rate(axes, averaged(rate, number), number * width, color=color)
    target_line(axes, target_rate)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.set_xlabel("")
    axes.legend()


def _mean_weight(axes: Axes, results) -> None:
    times, mean, std = results["weights_t"], results["mean_weight"], results["std_weight"]
    interval = float(times[-1] - times[0]) / (times.size - 1)
    for row, (average, spread) in enumerate(zip(mean, std, strict=True)):
        color = INHIBITORY if row == 0 else MUTED
        weight_trace(axes, average, interval, color=color)
        axes.fill_between(
            times, average - spread, average + spread, color=color, alpha=0.2, linewidth=0
        )
    axes.set_ylim(bottom=0)
    axes.set_ylabel("I-E weight\n" + r"($g_\mathrm{leak}$)")


def _final_weights(axes: Axes, results) -> None:
    counts, edges = results["weight_counts"].sum(axis=0), results["weight_edges"]
    weight_histogram(axes, counts, edges, color=INHIBITORY)
    # the bound may be far above nearly all weights
    below = np.cumsum(counts) < NEARLY_ALL * counts.sum()
    axes.set_xlim(0, edges[min(below.sum() + 1, edges.size - 1)])
    axes.set_xlabel(r"I-E weight ($g_\mathrm{leak}$)")
