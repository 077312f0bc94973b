"""Mean field against experiment: the rate a rule's fixed point predicts, and the one measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bionet.mean_field import PolynomialRule, excitatory_fixed_point
from bionet.plotting.measured import MEASURE_AGAIN, ROUNDING, require
from bionet.plotting.style import EXCITATORY, INHIBITORY, MUTED
from bionet.rate_moments import RateMoments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Prediction", "measured_moments", "predictions_of", "rate_prediction"]

#: What `measured_moments` reads.
_MOMENTS = ("synapse_moments", "population_rate", "rates", "bin_width", "training")


@dataclass(frozen=True)
class Prediction:
    """One simulation of a found rule.

    Attributes
    ----------
    target_rate : float
        For which the rule was searched, Hz.
    initial_weight : float
        In units of g_leak.
    measured : float
        Mean rate of the excitatory neurons, Hz.
    predicted : float
        Rate nu* at the rule's stable fixed point for equal rates, Hz; NaN if it has none.
    corrected : float
        The same with the rates' measured moments, see `measured_moments`; NaN if it has none.
    completed : bool
        Whether the simulation lasted its whole duration.
    """

    target_rate: float
    initial_weight: float
    measured: float
    predicted: float
    corrected: float
    completed: bool


def predictions_of(
    results: Mapping[str, np.ndarray],
    *,
    target_rate: float,
    tau_pre: float,
    tau_post: float,
    source: str,
) -> list[Prediction]:
    """Compare a run's measured rates with mean field.

    Parameters
    ----------
    results : mapping of str to array
        See `bionet.runs.plasticity_measurement`.
    target_rate : float
        Hz.
    tau_pre, tau_post : float
        Of the traces, s.
    source : str
        File of the results, for messages.

    Returns
    -------
    list of Prediction
        One an initial weight.

    Raises
    ------
    FigureError
        If an array is missing.
    """
    needed = ("rule", "initial_weights", "completed", *_MOMENTS)
    require(results, needed, source, MEASURE_AGAIN)
    rule = PolynomialRule(*map(float, results["rule"]), tau_pre=tau_pre, tau_post=tau_post)
    return [
        Prediction(
            target_rate=target_rate,
            initial_weight=float(weight),
            measured=float(np.mean(results["rates"][run])),
            predicted=_stable_rate(rule, RateMoments()),
            corrected=_stable_rate(rule, measured_moments(results, run, rule, source)),
            completed=bool(results["completed"][run] > 1 - ROUNDING),
        )
        for run, weight in enumerate(results["initial_weights"])
    ]


def measured_moments(
    results: Mapping[str, np.ndarray], run: int, rule: PolynomialRule, source: str
) -> RateMoments | None:
    """Return the moments of one simulation over synapses and, beyond training, over time.

    Parameters
    ----------
    results : mapping of str to array
        See `bionet.runs.plasticity_measurement`.
    run : int
        Row of the simulation.
    rule : PolynomialRule
        Its time constants are those of the traces that read the rates.
    source : str
        File of the results, for messages.

    Returns
    -------
    RateMoments or None
        None for a network that was silent, or stopped before the training time's end.

    Raises
    ------
    FigureError
        If an array is missing.
    """
    require(results, _MOMENTS, source, MEASURE_AGAIN)
    over_synapses = np.asarray(results["synapse_moments"][run], dtype=float)
    bin_width = float(results["bin_width"])
    binned = np.asarray(results["population_rate"][run], dtype=float)
    binned = binned[np.isfinite(binned)][round(float(results["training"]) / bin_width) :]
    if not (np.all(over_synapses > 0) and binned.any()):
        return None
    return RateMoments(*over_synapses.tolist()).modulated(
        binned, bin_width, rule.tau_pre, rule.tau_post, n_neurons=len(results["rates"][run])
    )


def rate_prediction(figure: Figure, predictions: Sequence[Prediction]) -> None:
    """Draw predicted against measured rates, and the prediction's error over the target rates.

    Simulations that stopped early, and rules without a stable fixed point, are left out and named
    below the panels.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    predictions : sequence of Prediction

    Raises
    ------
    ValueError
        If there is none.
    """
    if not predictions:
        raise ValueError("predictions must hold at least one simulation, got none")
    shown = [p for p in predictions if not _reason_left_out(p)]
    agreement, error = figure.subplots(1, 2)
    _draw_agreement(agreement, shown)
    _draw_error(error, shown)
    left_out = {
        f"{p.target_rate:g} Hz from w = {p.initial_weight:g} ({_reason_left_out(p)})"
        for p in predictions
        if _reason_left_out(p)
    }
    if left_out:
        figure.supxlabel("left out: " + ", ".join(sorted(left_out)), fontsize=7, color=MUTED)


def _stable_rate(rule, moments):
    if moments is None:
        return float("nan")
    fixed_point = excitatory_fixed_point(rule, moments)
    return fixed_point.rate if fixed_point.stable else float("nan")


def _reason_left_out(prediction):
    if not prediction.completed:
        return "stopped early"
    if not np.isfinite(prediction.predicted):
        return "no stable fixed point"
    if not (np.isfinite(prediction.corrected) and prediction.measured > 0):
        return "silent"
    return ""


MARKERS = {
    "predicted": {"marker": "o", "color": EXCITATORY, "label": "mean field"},
    "corrected": {
        "marker": "D",
        "color": INHIBITORY,
        "markerfacecolor": "white",
        "label": r"with measured $\langle\nu\,z\rangle$, $z$: trace",
    },
}
_POINTS = {"linestyle": "none", "markersize": 4.5, "markeredgewidth": 0.9}


def _draw_agreement(axes, shown):
    rates = [rate for p in shown for rate in (p.measured, p.predicted, p.corrected)] or [1.0]
    limits = min(rates) / 1.3, max(rates) * 1.3
    axes.plot(limits, limits, color=MUTED, linewidth=0.8, zorder=1, label="equal")
    for p in shown:
        axes.plot(
            [p.measured] * 2, [p.predicted, p.corrected], color=MUTED, linewidth=0.6, zorder=2
        )
    for name, look in MARKERS.items():
        axes.plot([p.measured for p in shown], [getattr(p, name) for p in shown], **look, **_POINTS)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(limits)
    axes.set_ylim(limits)
    for axis in (axes.xaxis, axes.yaxis):
        _plain_ticks(axis, limits)
    axes.set_aspect("equal")
    axes.set_xlabel("measured rate (Hz)")
    axes.set_ylabel(r"predicted rate $\nu^*$ (Hz)")
    axes.legend(loc="upper left", fontsize=7)


def _draw_error(axes, shown):
    targets = sorted({p.target_rate for p in shown})
    axes.axhline(0, color=MUTED, linewidth=0.8, zorder=1)
    for name, look in MARKERS.items():
        axes.plot(
            [targets.index(p.target_rate) for p in shown],
            [100 * (getattr(p, name) / p.measured - 1) for p in shown],
            **look,
            **_POINTS,
        )
    axes.set_xticks(range(len(targets)), [f"{target:g}" for target in targets])
    axes.set_xlim(-0.5, max(len(targets) - 0.5, 0.5))
    axes.set_xlabel("target rate (Hz)")
    axes.set_ylabel("error of the prediction (%)")


def _plain_ticks(axis, limits):
    """Label a logarithmic axis with rates as one reads them, not with powers of ten."""
    from matplotlib.ticker import NullLocator

    ticks = [rate for rate in (0.5, 1, 2, 3, 5, 10, 20, 40, 80) if limits[0] <= rate <= limits[1]]
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_minor_locator(NullLocator())
