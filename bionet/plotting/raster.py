"""Spike raster: one row a neuron, one dot a spike, excitatory neurons over inhibitory ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import EXCITATORY, INHIBITORY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["raster"]

#: Points.
DOT_SIZE = 1.3


def raster(
    axes: Axes,
    exc: tuple[ArrayLike, ArrayLike],
    inh: tuple[ArrayLike, ArrayLike] | None = None,
    *,
    n_exc: int,
    n_inh: int = 0,
    interval: tuple[float, float],
) -> None:
    """Draw the spikes of recorded neurons in an interval of time.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    exc, inh : tuple of array_like, each (S,)
        Times of the spikes in s, and the neuron of each, counted from 0 in its population.
    n_exc, n_inh : int
        Numbers of recorded neurons, silent ones included.
    interval : tuple of float
        Start and end, s; spikes outside are left out.

    Raises
    ------
    ValueError
        If a population's times and neurons differ in length, or a neuron is not a recorded one.
    """
    populations = [("E", EXCITATORY, exc, n_exc, n_inh)]
    if inh is not None:
        populations.append(("I", INHIBITORY, inh, n_inh, 0))
    total = 0
    for name, color, spikes, size, offset in populations:
        times, neurons = _within(name, spikes, size, interval)
        total += times.size
        axes.plot(
            times,
            neurons + offset,
            linestyle="none",
            marker="o",
            markersize=DOT_SIZE,
            markeredgewidth=0,
            color=color,
            rasterized=True,
            label=name,
        )
    if not total:
        axes.text(0.5, 0.5, "no spikes", transform=axes.transAxes, ha="center", va="center")
    _label_rows(axes, populations)
    axes.set_xlim(interval)
    axes.set_ylim(-1, n_exc + n_inh)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("neuron")


def _within(name, spikes, size, interval):
    times, neurons = (np.asarray(part) for part in spikes)
    if times.shape != neurons.shape or times.ndim != 1:
        raise ValueError(
            f"spikes of {name} need one neuron a time, got shapes {times.shape} and {neurons.shape}"
        )
    if neurons.size and not (neurons.min() >= 0 and neurons.max() < size):
        raise ValueError(
            f"neurons of {name} must lie in [0, {size}), got {neurons.min()} to {neurons.max()}"
        )
    inside = (times >= interval[0]) & (times < interval[1])
    return times[inside], neurons[inside].astype(int)


def _label_rows(axes, populations):
    """Name the populations at the middle of their rows, each in its colour."""
    middles = [offset + (size - 1) / 2 for *_, size, offset in populations]
    axes.set_yticks(middles, [f"{size} {name}" for name, _, _, size, _ in populations])
    axes.tick_params(axis="y", length=0)
    for label, (_, color, *_) in zip(axes.get_yticklabels(), populations, strict=True):
        label.set_color(color)
