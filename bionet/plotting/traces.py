"""What changes over time: the rate of a population, a membrane potential, a mean weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import EXCITATORY, TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["averaged", "population_rate", "target_line", "voltage_trace", "weight_trace"]


def averaged(values: ArrayLike, number: int) -> np.ndarray:
    """Mean of each `number` consecutive entries; a rest at the end is left out.

    Parameters
    ----------
    values : array_like, (T,)
    number : int
        At least 1.

    Returns
    -------
    numpy.ndarray, (T // number,)
        NaN where one of the entries is.

    Raises
    ------
    ValueError
        If `number` is below 1.
    """
    if number < 1:
        raise ValueError(f"number must be at least 1, got {number}")
    values = np.asarray(values, dtype=float)
    whole = values.size // number * number
    return values[:whole].reshape(-1, number).mean(axis=1)


def population_rate(
    axes: Axes,
    rate: ArrayLike,
    bin_width: float,
    *,
    start: float = 0.0,
    color: str = EXCITATORY,
    label: str | None = None,
) -> None:
    """Draw the rate of a population in bins, as steps.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    rate : array_like, (T,)
        Hz; NaN where the simulation had stopped.
    bin_width, start : float
        Of a bin, and the time at which the first begins, s.
    color, label : str

    Raises
    ------
    ValueError
        If the bin width is not positive.
    """
    if not bin_width > 0:
        raise ValueError(f"bin_width must be positive, got {bin_width}")
    rate = np.asarray(rate, dtype=float)
    edges = start + bin_width * np.arange(rate.size + 1)
    axes.stairs(rate, edges, baseline=None, color=color, linewidth=0.8, label=label)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("population\nrate (Hz)")


def target_line(axes: Axes, rate: float, *, label: str = "target") -> None:
    """Draw a target rate (Hz) as a dashed line along the time axis."""
    axes.axhline(rate, color=TARGET, linewidth=0.8, linestyle=(0, (4, 3)), label=label, zorder=3)


def voltage_trace(
    axes: Axes,
    voltage: ArrayLike,
    interval: float,
    *,
    start: float = 0.0,
    spikes: ArrayLike = (),
    color: str = EXCITATORY,
) -> None:
    """Draw a membrane potential, and its spikes as ticks above it.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    voltage : array_like, (T,)
        V.
    interval, start : float
        Between samples, and the time of the first, s.
    spikes : array_like, (S,)
        Times of the neuron's spikes, s. An integrate-and-fire neuron has none in its potential.
    color : str

    Raises
    ------
    ValueError
        If the interval is not positive.
    """
    if not interval > 0:
        raise ValueError(f"interval must be positive, got {interval}")
    millivolts = 1e3 * np.asarray(voltage, dtype=float)
    axes.plot(start + interval * np.arange(millivolts.size), millivolts, color=color, linewidth=0.7)
    spikes = np.asarray(spikes, dtype=float)
    if spikes.size and millivolts.size:
        top, span = np.nanmax(millivolts), np.nanmax(millivolts) - np.nanmin(millivolts)
        axes.vlines(
            spikes, top + 0.05 * span, top + 0.3 * span, color=color, linewidth=0.9, label="spikes"
        )
    axes.set_xlabel("time (s)")
    axes.set_ylabel("membrane\npotential (mV)")


def weight_trace(
    axes: Axes,
    weight: ArrayLike,
    interval: float,
    *,
    color: str = EXCITATORY,
    label: str | None = None,
    unit: str = r"$g_\mathrm{leak}$",
) -> None:
    """Draw a mean weight over time.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    weight : array_like, (T,)
        In `unit`; NaN where the simulation had stopped.
    interval : float
        Between samples, s; the first is at 0.
    color, label : str
    unit : str
        Of the weight, for the label.

    Raises
    ------
    ValueError
        If the interval is not positive.
    """
    if not interval > 0:
        raise ValueError(f"interval must be positive, got {interval}")
    weight = np.asarray(weight, dtype=float)
    axes.plot(interval * np.arange(weight.size), weight, color=color, label=label)
    axes.set_xlabel("time (s)")
    axes.set_ylabel(f"mean weight\n({unit})")
