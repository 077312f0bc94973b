"""Plane of a rule's two mean-field quantities, alpha + beta and K, with a search's candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bionet.mean_field import PolynomialRule
from bionet.metalearning import Evaluation, SearchPlan
from bionet.plotting.style import EXCITATORY, INHIBITORY, MUTED, TARGET
from bionet.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colorbar import Colorbar

__all__ = ["candidates_of", "loss_color_bar", "mean_field_plane"]

#: Both axes are in thousandths of the weight unit.
THOUSANDTHS = 1e3
#: Losses beyond this many times the lowest share one colour: how bad a bad rule is matters little.
LOSS_RANGE = 10.0
#: Room around the outermost candidate, as a part of its distance from 0.
MARGIN = 0.12


def candidates_of(
    plan: SearchPlan, evaluations: Sequence[Evaluation]
) -> tuple[list[dict[str, float]], np.ndarray]:
    """Return each candidate of the complete generations of a log, and its loss.

    Parameters
    ----------
    plan : SearchPlan
    evaluations : sequence of Evaluation
        See `bionet.metalearning.read_log`.

    Returns
    -------
    values : list of dict of str to float, length C
        Physical values.
    losses : array of float, (C,)
        Over the trials of each.
    """
    generations: dict[int, list[Evaluation]] = {}
    for evaluation in evaluations:
        generations.setdefault(evaluation.trial.generation, []).append(evaluation)
    values, losses = [], []
    for members in generations.values():
        if len(members) < plan.generation_size:
            continue
        of_candidate = {member.trial.candidate: member.values for member in members}
        values += [of_candidate[candidate] for candidate in range(plan.population_size)]
        losses += plan.candidate_losses(members)
    return values, np.array(losses)


def mean_field_plane(
    axes: Axes,
    rules: Sequence[PolynomialRule],
    losses: Sequence[float],
    *,
    target_rate: float,
    found: PolynomialRule | None = None,
) -> PathCollection:
    """Draw rules in the plane (alpha + beta, K), coloured by loss.

    Mean field has a stable fixed point nu* = -(alpha + beta) / K where alpha + beta > 0 and K < 0
    (Vaze et al., mean field; `bionet.mean_field.excitatory_fixed_point`): that quadrant is shaded,
    and the rules with nu* at the target lie on a line in it.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    rules : sequence of PolynomialRule, length C
        At least one.
    losses : sequence of float, length C
    target_rate : float
        Hz.
    found : PolynomialRule, optional
        The rule to mark by a star.

    Returns
    -------
    matplotlib.collections.PathCollection
        The candidates, for a colour bar.

    Raises
    ------
    ValueError
        If there is no rule, the losses are not one a rule, or the target rate is not positive.
    """
    losses = np.asarray(losses, dtype=float)
    if len(rules) == 0 or losses.shape != (len(rules),):
        raise ValueError(
            f"need one loss a rule, got {counted(len(rules), 'rule')} and "
            f"{counted(losses.size, 'loss')}"
        )
    if not target_rate > 0:
        raise ValueError(f"target_rate must be positive, got {target_rate}")
    x, y = _coordinates(rules)
    reach = (1 + MARGIN) * max(np.abs(x).max(), 1e-9), (1 + MARGIN) * max(np.abs(y).max(), 1e-9)
    axes.set_xlim(-reach[0], reach[0])
    axes.set_ylim(-reach[1], reach[1])
    _draw_mean_field(axes, reach, target_rate)
    points = _draw_candidates(axes, x, y, losses)
    if found is not None:
        axes.plot(
            *_coordinates([found]),
            "*",
            markersize=11,
            markerfacecolor=INHIBITORY,
            markeredgecolor="white",
            markeredgewidth=0.8,
            label="best rule",
            linestyle="none",
            zorder=5,
        )
    axes.set_xlabel(r"$\alpha+\beta$ ($10^{-3}\,g_\mathrm{leak}$)")
    axes.set_ylabel(
        r"$K=\kappa\tau_\mathrm{post}+\gamma\tau_\mathrm{pre}$ ($10^{-3}\,g_\mathrm{leak}\,$s)"
    )
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=7)
    return points


def loss_color_bar(axes: Axes, points: PathCollection) -> Colorbar:
    """Add the colour bar of the candidates that `mean_field_plane` returned beside its Axes."""
    from matplotlib.ticker import LogLocator, NullLocator

    bar = axes.get_figure().colorbar(
        points,
        ax=axes,
        label="loss",
        extend="max",
        ticks=LogLocator(subs=(1, 2, 5)),
        format="%g",
    )
    bar.ax.yaxis.set_minor_locator(NullLocator())
    return bar


def _coordinates(rules):
    x = np.array([THOUSANDTHS * (rule.alpha + rule.beta) for rule in rules])
    return x, np.array([THOUSANDTHS * rule.k_factor for rule in rules])


def _draw_mean_field(axes, reach, target_rate):
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle(
            (0, -reach[1]), reach[0], reach[1], color=EXCITATORY, alpha=0.1, linewidth=0, zorder=0
        )
    )
    axes.axhline(0, color=MUTED, linewidth=0.5, zorder=1)
    axes.axvline(0, color=MUTED, linewidth=0.5, zorder=1)
    # K = -(alpha + beta) / nu*; beyond 0 it is a fixed point too, but one that repels
    end = min(reach[0], reach[1] * target_rate)
    axes.plot(
        [0, end],
        [0, -end / target_rate],
        color=TARGET,
        linewidth=0.9,
        zorder=4,
        label=rf"$\nu^*$ = {target_rate:g} Hz",
    )
    axes.text(
        0.98, 0.49, "stable", transform=axes.transAxes, ha="right", va="top", color=EXCITATORY
    )


def _draw_candidates(axes, x, y, losses):
    from matplotlib.colors import LogNorm

    lowest = max(losses.min(), 1e-12)
    highest = min(max(losses.max(), 1.1 * lowest), LOSS_RANGE * lowest)
    order = np.argsort(losses)[::-1]  # the good ones on top
    return axes.scatter(
        x[order],
        y[order],
        c=np.maximum(losses[order], lowest),
        norm=LogNorm(lowest, highest),
        cmap="viridis",
        s=12,
        edgecolors="white",
        linewidths=0.2,
        zorder=3,
    )
