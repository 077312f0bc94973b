"""How students of two layers recover their teachers by each rule: weights, errors, shares.

The weights of hidden neurons over a training against the teacher's, as horizontal lines, are
Figure 1 of Braun's report (NENS, 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.measured import require
from bionet.plotting.style import MUTED, TARGET
from bionet.statistics import median_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "LAYER_RULES",
    "errors_figure",
    "final_values",
    "hidden_trajectories",
    "over_updates",
    "success_figure",
    "success_shares",
    "trajectories_figure",
]

#: Rules in the order of the ladder: what each is called, and its colour. BPTT is backpropagation
#: through time.
LAYER_RULES = {
    "direct": ("through\nweights", "#c8402f"),
    "superspike": ("Super-\nSpike", "#e0a526"),
    "backpropagation": ("BPTT", "#1f5fa8"),
    "backpropagation_parameters": ("BPTT,\nneurons too", "#53a6e0"),
}
BAND_ALPHA = 0.18
#: Weights of a hidden neuron that are drawn, from the smallest to the largest of the teacher's.
DRAWN = 6


def hidden_trajectories(
    axes: Axes, updates: np.ndarray, weights: np.ndarray, teacher: np.ndarray
) -> None:
    """Draw some weights of a hidden neuron over the updates, and the teacher's as dashed lines.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    updates : array, (T,)
    weights : array, (T, inputs)
        In units of a response that peaks at the threshold.
    teacher : array, (inputs,)
    """
    from matplotlib import colormaps

    ranked = np.argsort(teacher)
    number = min(DRAWN, teacher.size)
    drawn = ranked[np.linspace(0, teacher.size - 1, number).round().astype(int)]
    for place, color in zip(drawn, colormaps["viridis"](np.linspace(0, 0.9, number)), strict=True):
        axes.axhline(teacher[place], color=color, linestyle="--", linewidth=0.8)
        axes.plot(updates, weights[:, place], color=color)
    axes.set_xlim(updates[0], updates[-1])


def over_updates(
    axes: Axes, updates: np.ndarray, values: np.ndarray, rule: str, *, marked: bool = False
) -> None:
    """Draw the median over seeds, and its 95 % bootstrap interval as a band.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    updates : array, (T,)
    values : array, (seeds, T)
    rule : str
    marked : bool
        Whether the rule is named in the legend.
    """
    label, color = LAYER_RULES[rule]
    interval = median_interval(values)
    axes.plot(updates, interval.median, color=color, label=_in_a_line(label) if marked else None)
    if np.isfinite(interval.low).all():
        axes.fill_between(
            updates, interval.low, interval.high, color=color, alpha=BAND_ALPHA, linewidth=0
        )
    axes.set_xlim(0, updates[-1])
    axes.set_xlabel("updates")


def success_shares(
    axes: Axes, succeeded: np.ndarray, rules: list[str], learning_rates: np.ndarray
) -> None:
    """Draw the share of students that recovered their teachers, with 95 % Wilson intervals.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    succeeded : array of bool, (rules, seeds, learning rates)
    rules : list of str
    learning_rates : array, (learning rates,)
        Their bars stand side by side, the last one in full colour.
    """
    from scipy.stats import binomtest

    number, rates = succeeded.shape[1:]
    width = 0.8 / rates
    for (row, column), count in np.ndenumerate(succeeded.sum(axis=1)):
        place = row + (column - (rates - 1) / 2) * width
        low, high = binomtest(int(count), number).proportion_ci(method="wilson")
        strength = 0.45 + 0.55 * (column + 1) / rates
        color = LAYER_RULES[rules[row]][1]
        axes.bar(place, 100 * count / number, color=color, alpha=strength, width=0.92 * width)
        axes.plot([place, place], [100 * low, 100 * high], color=MUTED, linewidth=1.2)
        axes.text(place, 100 * high + 1, f"{count}", ha="center", va="bottom", fontsize=7)
    _name_rules(axes, rules)
    axes.set_ylim(0, 106)
    listed = " | ".join(f"{rate:g}" for rate in learning_rates)
    axes.set_title(f"learning rate {listed}", fontsize=7, fontweight="normal")
    axes.set_ylabel(f"recovered, of {number} (%)")


def final_values(axes: Axes, values: np.ndarray, rules: list[str]) -> None:
    """Draw the value of each seed and the median by rule.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : array, (rules, seeds)
    rules : list of str
    """
    for place, rule in enumerate(rules):
        spread = np.linspace(-0.22, 0.22, values.shape[1])
        color = LAYER_RULES[rule][1]
        axes.plot(place + spread, np.sort(values[place]), "o", color=color, markersize=2.4)
        axes.plot([place - 0.3, place + 0.3], [np.median(values[place])] * 2, color=TARGET)
    _name_rules(axes, rules)


def trajectories_figure(
    figure: Figure, results: Mapping[str, np.ndarray], source: str, *, seed: int = 0
) -> None:
    """Draw one student's hidden weights under each rule, rows hidden neurons, columns rules.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 3.6 inches.
    results : mapping of str to array
        Of a ``student_network`` run.
    source : str
        Their file, for messages.
    seed : int
        Among the seeds whose weights are kept.

    Raises
    ------
    FigureError
        If an array is missing.
    """
    require(results, ("rules", "updates", "shown_w", "teacher_w", "hidden_kappa"), source)
    rules = [str(name) for name in results["rules"]]
    kappa = results["hidden_kappa"][seed]
    teacher, hidden = results["teacher_w"][seed] / kappa, results["teacher_w"].shape[-1]
    grid = figure.subplots(hidden, len(rules), sharex=True, sharey=True, squeeze=False)
    for (row, column), axes in np.ndenumerate(grid):
        weights = results["shown_w"][column, seed, :, :, row] / kappa
        hidden_trajectories(axes, results["updates"], weights, teacher[:, row])
        if row == 0:
            axes.set_title(_in_a_line(LAYER_RULES[rules[column]][0]))
        if row == hidden - 1:
            axes.set_xlabel("updates")
        if column == 0:
            axes.set_ylabel(f"hidden neuron {row + 1}\ninput weight (threshold)")


def errors_figure(figure: Figure, results: Mapping[str, np.ndarray], source: str) -> None:
    """Draw weight error and training loss over the updates, each rule at its best learning rate.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 2.8 inches.
    results : mapping of str to array
        Of a ``student_network`` run.
    source : str
        Their file, for messages.

    Raises
    ------
    FigureError
        If an array is missing.
    """
    require(results, ("rules", "updates", "best", "error", "loss", "success"), source)
    updates, best = results["updates"], results["best"]
    error, loss = figure.subplots(1, 2)
    for k, rule in enumerate(map(str, results["rules"])):
        over_updates(error, updates, results["error"][k, :, best[k]], rule, marked=True)
        between = (updates[1:] + updates[:-1]) / 2
        over_updates(loss, between, results["loss"][k, :, best[k]], rule)
    error.axhline(float(results["success"]), color=MUTED, linestyle=":", label="recovered below")
    error.set_ylim(0, None)
    error.set_ylabel("distance of hidden weights\nfrom the teacher's, relative")
    loss.set_ylim(0, None)
    loss.set_ylabel("van Rossum distance (1/s)")
    figure.legend(*error.get_legend_handles_labels(), loc="outside upper center", ncols=2)


def success_figure(figure: Figure, results: Mapping[str, np.ndarray], source: str) -> None:
    """Draw by rule how many students recovered, the errors left, and spikes in common.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 2.8 inches.
    results : mapping of str to array
        Of a ``student_network`` run.
    source : str
        Their file, for messages.

    Raises
    ------
    FigureError
        If an array is missing.
    """
    require(results, ("rules", "learning_rates", "best", "error", "coincidence", "success"), source)
    rules, best = [str(name) for name in results["rules"]], results["best"]
    left = np.stack([results["error"][k, :, b, -1] for k, b in enumerate(best)])
    common = np.stack([results["coincidence"][k, :, b] for k, b in enumerate(best)])
    shares, errors, spikes = figure.subplots(1, 3)
    recovered = results["error"][..., -1] < float(results["success"])
    success_shares(shares, recovered, rules, results["learning_rates"])
    final_values(errors, left, rules)
    errors.axhline(float(results["success"]), color=MUTED, linestyle=":")
    errors.set_yscale("log")
    errors.set_ylabel("distance of hidden weights\nfrom the teacher's, relative")
    final_values(spikes, common, rules)
    spikes.set_ylim(0, 1)
    spikes.set_ylabel("output spikes in common\nwith the teacher, within 1 ms")


def _in_a_line(label: str) -> str:
    return label.replace("-\n", "").replace("\n", " ")


def _name_rules(axes: Axes, rules: list[str]) -> None:
    axes.set_xticks(range(len(rules)), [LAYER_RULES[rule][0] for rule in rules], fontsize=7)
    axes.set_xlim(-0.6, len(rules) - 0.4)
    axes.tick_params(axis="x", length=0)
