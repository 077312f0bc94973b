"""The network's activity at a glance: raster of E over I, population rate, one potential."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.measured import Measured
from bionet.plotting.traces import population_rate, voltage_trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["network_state"]

#: s, of the time axis.
SHOWN = 1.0


def network_state(
    figure: Figure,
    measured: Measured,
    run: int,
    *,
    voltage: np.ndarray,
    voltage_interval: float,
    title: str,
) -> None:
    """Draw the last second of a simulation (poster's network).

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    measured : Measured
    run : int
        Which of its simulations.
    voltage : array of float, (T,)
        Last samples of the potential of excitatory neuron 0, up to where the simulation stopped,
        V; NaN behind, if another simulation lasted longer.
    voltage_interval : float
        Between its samples, s.
    title : str
        What the network is.
    """
    interval = measured.last(run, SHOWN)
    spikes, rate, potential = figure.subplots(
        3, sharex=True, gridspec_kw={"height_ratios": (3, 1.2, 1.2)}
    )
    measured.draw_raster(spikes, run, interval)
    spikes.set_title(title)
    first = round(interval[0] / measured.bin_width)
    population_rate(
        rate,
        measured.population_rate[run][first:],
        measured.bin_width,
        start=first * measured.bin_width,
    )
    rate.set_ylim(bottom=0)
    rate.set_ylabel("rate of E (Hz)")
    shown = voltage[np.isfinite(voltage)][-round(SHOWN / voltage_interval) :]
    voltage_trace(
        potential,
        shown,
        voltage_interval,
        start=interval[1] - shown.size * voltage_interval,
        spikes=measured.spikes_of(run, 0, interval),
    )
    potential.set_ylabel("potential of\none E (mV)")
    for axes in (spikes, rate):
        axes.set_xlabel("")
    spikes.set_xlim(interval)
    figure.align_ylabels()
