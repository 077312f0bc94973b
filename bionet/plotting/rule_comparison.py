"""Two rules side by side: one that mean field calls stable, and one found by meta-learning.

Drawn from an npz file with, for the first and the second rule (all times in s, rates in Hz):

=======================  ==================================================================
``rule``                 (2, 4) alpha, beta, kappa, gamma
``tau_pre, tau_post``    of the traces
``bin_width``            of the population rate
``training``             time after which ``rates`` and ``isi_cvs`` count
``rates``                (2, N) of each excitatory neuron
``isi_cvs``              (2, N) of each excitatory neuron, NaN with too few spikes
``population_rate``      (2, T) from the start, NaN after a simulation stopped
``spikes_t, spikes_i``   spikes of recorded excitatory neurons, the last second among them,
``spikes_run``           0 or 1: of which rule
``inh_spikes_*``         the same of inhibitory neurons
=======================  ==================================================================

These are the names of a run's ``results.npz``, with two rules in place of the initial weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bionet.mean_field import PolynomialRule, excitatory_fixed_point
from bionet.plotting.errors import FigureError
from bionet.plotting.measured import Measured, require
from bionet.plotting.traces import population_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["rule_comparison"]

#: s, of the time axis.
SHOWN = 1.0

NAMES = ("mean-field solution", "meta-learned rule")


def rule_comparison(figure: Figure, results: Mapping[str, np.ndarray], *, source: str) -> None:
    """Draw rasters and population rates of two rules, with what mean field says of each.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    results : mapping of str to array
        As above.
    source : str
        Their file, for messages.

    Raises
    ------
    FigureError
        If an array is missing, or there are not two rules.
    """
    require(results, ("rule", "tau_pre", "tau_post", "training"), source)
    measured = Measured.from_results(results, source)
    if np.shape(results["rule"]) != (2, 4) or len(measured) != 2:
        raise FigureError(
            f"{source}: rule must have shape (2, 4) and rates two rows, "
            f"got shapes {np.shape(results['rule'])} and {measured.rates.shape}"
        )
    halves = figure.subfigures(1, 2)
    rates = []
    for run, name in enumerate(NAMES):
        rule = PolynomialRule(
            *map(float, results["rule"][run]),
            tau_pre=float(results["tau_pre"]),
            tau_post=float(results["tau_post"]),
        )
        halves[run].suptitle(name, fontsize=9, fontweight="bold")
        spikes, rate = halves[run].subplots(2, sharex=True, height_ratios=(2, 1))
        _draw_activity(spikes, rate, measured, run)
        statement = _statement(rule, measured, run, float(results["training"]))
        spikes.set_title(statement, fontsize=7.5, fontweight="normal")
        rates.append(rate)
    rates[1].sharey(rates[0])  # bursts stay as tall beside a steady rate as they are
    rates[0].set_ylim(0, 1.05 * max(rate.dataLim.ymax for rate in rates))


def _draw_activity(spikes, rate, measured, run):
    interval = measured.last(run, SHOWN)
    measured.draw_raster(spikes, run, interval)
    first = round(interval[0] / measured.bin_width)
    population_rate(
        rate,
        measured.population_rate[run][first:],
        measured.bin_width,
        start=first * measured.bin_width,
    )
    rate.set_xlim(interval)
    rate.set_ylabel("rate of E (Hz)")
    spikes.set_xlabel("")


def _statement(rule, measured, run, training):
    fixed_point = excitatory_fixed_point(rule)
    if fixed_point.stable:
        predicted = rf"stable, $\nu^*$ = {fixed_point.rate:.1f} Hz"
    else:
        predicted = "no stable fixed point"
    return (
        f"mean field: {predicted}\n"
        f"measured: {measured.mean_rate(run):.1f} Hz, "
        f"ISI CV {measured.mean_isi_cv(run):.2f},\n"
        f"SD / mean of the rate over time {measured.population_rate_cv(run, training):.2f}"
    )
