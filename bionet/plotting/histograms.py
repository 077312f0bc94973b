"""Distributions over neurons and synapses: rates, ISI CVs, weights; all as fractions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bionet.plotting.style import EXCITATORY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["isi_cv_histogram", "rate_histogram", "weight_histogram"]

#: Shade under a filled histogram.
FILL_ALPHA = 0.35


def isi_cv_histogram(
    axes: Axes,
    isi_cvs: ArrayLike,
    *,
    highest: float = 2.0,
    n_bins: int = 40,
    color: str = EXCITATORY,
    label: str | None = None,
    before: bool = False,
) -> None:
    """Draw the distribution of the neurons' ISI CVs.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    isi_cvs : array_like, (N,)
        NaN where a neuron has none; such neurons are left out. Those beyond `highest` count in the
        last bin.
    highest : float
        End of the last bin.
    n_bins : int
    color, label : str
    before : bool
        Dashed outline only, for a state to compare with.

    Raises
    ------
    ValueError
        If there is nothing to bin into.
    """
    _draw(axes, isi_cvs, highest, n_bins, color, label, before)
    axes.set_xlabel("ISI CV")
    axes.set_ylabel("fraction of neurons")


def rate_histogram(
    axes: Axes,
    rates: ArrayLike,
    *,
    highest: float | None = None,
    n_bins: int = 40,
    color: str = EXCITATORY,
    label: str | None = None,
    before: bool = False,
) -> None:
    """Draw the distribution of the neurons' rates.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    rates : array_like, (N,)
        Hz. Those beyond `highest` count in the last bin.
    highest : float, optional
        End of the last bin, Hz; by default the 99th percentile, or 1 Hz if that is less.
    n_bins : int
    color, label : str
    before : bool
        Dashed outline only, for a state to compare with.

    Raises
    ------
    ValueError
        If there is nothing to bin into.
    """
    rates = np.asarray(rates, dtype=float)
    if highest is None:
        highest = max(float(np.nanpercentile(rates, 99)), 1.0) if rates.size else 1.0
    _draw(axes, rates, highest, n_bins, color, label, before)
    axes.set_xlabel("rate (Hz)")
    axes.set_ylabel("fraction of neurons")


def weight_histogram(
    axes: Axes,
    counts: ArrayLike,
    edges: ArrayLike,
    *,
    color: str = EXCITATORY,
    label: str | None = None,
    before: bool = False,
    unit: str = r"$g_\mathrm{leak}$",
) -> None:
    """Draw the distribution of the weights of a projection from counts in bins.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    counts : array_like, (B,)
        Synapses in each bin.
    edges : array_like, (B + 1,)
        Of the bins, in `unit`.
    color, label : str
    before : bool
        Dashed outline only, for a state to compare with.
    unit : str
        Of the weights, for the label.

    Raises
    ------
    ValueError
        If there is not one more edge than bins.
    """
    counts, edges = np.asarray(counts, dtype=float), np.asarray(edges, dtype=float)
    if edges.shape != (counts.size + 1,):
        raise ValueError(
            f"edges must have one entry more than counts, got {edges.size} and {counts.size}"
        )
    _stairs(axes, counts, edges, color, label, before)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel(f"weight ({unit})")
    axes.set_ylabel("fraction of synapses")


def _draw(axes, values, highest, n_bins, color, label, before):
    if not (highest > 0 and n_bins >= 1):
        raise ValueError(f"highest must be positive and n_bins at least 1, got {highest}, {n_bins}")
    values = np.asarray(values, dtype=float)
    edges = np.linspace(0, highest, n_bins + 1)
    counts, _ = np.histogram(np.minimum(values[np.isfinite(values)], highest), edges)
    _stairs(axes, counts.astype(float), edges, color, label, before)
    axes.set_xlim(0, highest)


def _stairs(axes, counts, edges, color, label, before):
    fractions = counts / counts.sum() if counts.sum() else counts
    look: dict[str, Any] = {"color": color, "label": label}
    if before:
        axes.stairs(fractions, edges, linestyle=(0, (2, 1.5)), linewidth=0.8, **look)
    else:
        axes.stairs(fractions, edges, fill=True, color=color, alpha=FILL_ALPHA)
        axes.stairs(fractions, edges, linewidth=1.0, **look)
