"""How well students recover their teachers by each rule: distances over time, shares, spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.measured import require
from bionet.plotting.recovered_parameters import HOUR, shown_weights, trajectories
from bionet.plotting.student_rules import rule_colors, rule_label
from bionet.plotting.style import MUTED
from bionet.statistics.recovery import coincidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["coincidences", "distances_over_time", "recovery_figure", "shares"]

BAND_ALPHA = 0.18


def distances_over_time(
    axes: Axes, time: np.ndarray, distance: np.ndarray, rules: Sequence[str]
) -> None:
    """Draw the median distance from the teacher's weights by rule, quartiles as a band.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    time : array, (T,)
        Seconds; drawn in hours.
    distance : array, (T, rules, students)
        Over the norm of the teacher's weights.
    rules : sequence of str
    """
    for rule, color in enumerate(rule_colors(rules)):
        low, middle, high = np.quantile(distance[:, rule], (0.25, 0.5, 0.75), axis=1)
        axes.fill_between(time / HOUR, low, high, color=color, alpha=BAND_ALPHA, linewidth=0)
        axes.plot(time / HOUR, middle, color=color, label=rule_label(rules[rule]))
    axes.set_yscale("log")
    axes.set_xlim(time[0] / HOUR, time[-1] / HOUR)
    axes.set_xlabel("simulated time (h)")
    axes.set_ylabel(r"$\|w - w^*\| / \|w^*\|$")


def shares(axes: Axes, recovered: np.ndarray, rules: Sequence[str]) -> None:
    """Draw the share of students that recovered their teachers, with 95 % Wilson intervals.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    recovered : array of bool, (rules, students)
    rules : sequence of str
    """
    from scipy.stats import binomtest

    number = recovered.shape[1]
    for rule, color in enumerate(rule_colors(rules)):
        count = int(recovered[rule].sum())
        interval = binomtest(count, number).proportion_ci(method="wilson")
        axes.bar(rule, 100 * count / number, color=color, width=0.7)
        axes.plot([rule, rule], 100 * np.array(interval), color=MUTED, linewidth=1.2)
    _name_rules(axes, rules)
    axes.set_ylim(0, 102)
    axes.set_ylabel("students that\nrecovered (%)")


def coincidences(axes: Axes, common: np.ndarray, rules: Sequence[str]) -> None:
    """Draw each student's spike coincidence with its teacher, and the mean of each rule.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    common : array, (rules, students)
        As `bionet.statistics.recovery.coincidence` has it.
    rules : sequence of str
    """
    for rule, color in enumerate(rule_colors(rules)):
        spread = np.linspace(-0.25, 0.25, common.shape[1])
        axes.plot(rule + spread, np.sort(common[rule]), "o", color=color, markersize=2.2)
        axes.plot([rule - 0.32, rule + 0.32], [common[rule].mean()] * 2, color=MUTED, linewidth=1.5)
    _name_rules(axes, rules)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("spike coincidence\nwithin one step")


def recovery_figure(figure: Figure, results: Mapping[str, np.ndarray], source: str) -> None:
    """Draw weights over time of two rules, distances over time, and how many students recovered.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 5 inches.
    results : mapping of str to array
        Of a ``student_neuron`` run. The weights are those of its first two rules.
    source : str
        Their file, for messages.

    Raises
    ------
    FigureError
        If an array is missing.
    """
    spikes = ("evaluation_both", "evaluation_student", "evaluation_teacher")
    shown = ("shown", "shown_weights", "teacher.w")
    require(results, ("rules", "time", "weight_distance", "recovered", *spikes, *shown), source)
    rules, time = [str(name) for name in results["rules"]], results["time"]
    top, bottom = figure.subfigures(2, 1)
    beside = top.subplots(1, min(2, len(rules)) + 1, squeeze=False)[0]
    teacher = results["teacher.w"][:, int(results["shown"])]
    drawn = shown_weights(teacher)
    for rule, axes in enumerate(beside[:-1]):
        trajectories(axes, time, results["shown_weights"][:, drawn, rule], teacher[drawn])
        axes.set_title(rule_label(rules[rule]))
        axes.set_ylabel("weight" if rule == 0 else "")
    distances_over_time(beside[-1], time, results["weight_distance"], rules)
    beside[-1].set_title("All students")
    below = bottom.subplots(1, 2)
    shares(below[0], results["recovered"], rules)
    coincidences(below[1], coincidence(*(results[name] for name in spikes)), rules)


def _name_rules(axes: Axes, rules: Sequence[str]) -> None:
    labels = [
        rule_label(name).replace("surrogate, ", "").replace(" = ", " =\n").replace(" & ", " &\n")
        for name in rules
    ]
    axes.set_xticks(range(len(rules)), labels)
    axes.tick_params(axis="x", length=0)
    if any(name.startswith("surrogate") for name in rules):
        axes.set_xlabel(r"rule ($\beta$: slope of the surrogate)")
