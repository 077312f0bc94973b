"""How a search went: its loss, and where in each coefficient it looked, over generations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bionet.metalearning import GenerationSummary, SearchPlan
from bionet.plotting.style import EXCITATORY, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["coefficient_over_generations", "loss_over_generations", "search_history"]

#: Shown as 1e-3 of the leak conductance.
COEFFICIENTS = {
    "alpha": r"$\alpha$",
    "beta": r"$\beta$",
    "kappa": r"$\kappa$",
    "gamma": r"$\gamma$",
}


def search_history(
    figure: Figure, plan: SearchPlan, history: Sequence[GenerationSummary], title: str
) -> None:
    """Draw loss and coefficients over generations.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    plan : SearchPlan
    history : sequence of GenerationSummary
        At least one generation.
    title : str

    Raises
    ------
    ValueError
        If there is no generation.
    """
    if not history:
        raise ValueError("history must hold at least one generation, got none")
    names = plan.parameters.names
    columns = (len(names) + 1) // 2
    grid = figure.add_gridspec(2, 2 + columns)
    loss = figure.add_subplot(grid[:, :2])
    loss_over_generations(loss, history)
    loss.set_title(title)
    for k in range(len(names)):
        axes = figure.add_subplot(grid[k // columns, 2 + k % columns])
        coefficient_over_generations(axes, plan, history, names[k])
        if k < len(names) - columns:
            axes.set_xlabel("")
    legend = figure.axes[1].legend(loc="lower left", bbox_to_anchor=(0, 1.02), ncols=3)
    legend.set_in_layout(False)  # it stands beside the title, over two panels


def loss_over_generations(axes: Axes, history: Sequence[GenerationSummary]) -> None:
    """Draw best and median loss of each generation, and the best so far, on a logarithmic axis.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    history : sequence of GenerationSummary
        At least one.
    """
    generations = [summary.generation for summary in history]
    best = np.array([summary.best_loss for summary in history])
    axes.plot(
        generations,
        [summary.median_loss for summary in history],
        color=MUTED,
        label="median candidate",
    )
    axes.plot(
        generations, best, "o", color=EXCITATORY, markersize=2.5, label="best of the generation"
    )
    axes.step(
        generations,
        np.minimum.accumulate(best),
        where="post",
        color=EXCITATORY,
        label="best so far",
    )
    axes.set_yscale("log")
    _plain_ticks(axes)
    axes.set_ylabel("loss")
    _generation_axis(axes, len(history))
    axes.legend()


def coefficient_over_generations(
    axes: Axes, plan: SearchPlan, history: Sequence[GenerationSummary], name: str
) -> None:
    """Draw where the search looked for a coefficient: mean and spread, and each best candidate.

    At generation g stand the mean and the standard deviation of the distribution from which the
    candidates of generation g were drawn, the plan's own for the first.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    plan : SearchPlan
    history : sequence of GenerationSummary
        At least one.
    name : str
        One of the plan's. Weight changes (alpha, beta, kappa, gamma) are shown in 1e-3 g_leak,
        others in their own unit.
    """
    parameters = plan.parameters
    index = parameters.names.index(name)
    label, factor = _label_of(name)
    initial = dict(zip(parameters.names, parameters.initial, strict=True))
    first_spread = parameters.physical_spread(initial, [plan.sigma] * len(initial))[index]
    mean = factor * np.array([initial[name], *(s.mean[index] for s in history)])
    spread = factor * np.array([first_spread, *(s.spread[index] for s in history)])
    drawn = np.arange(mean.size)
    axes.fill_between(
        drawn, mean - spread, mean + spread, color=EXCITATORY, alpha=0.2, linewidth=0, label="±1 SD"
    )
    axes.plot(drawn, mean, color=EXCITATORY, label="mean")
    axes.plot(
        [summary.generation for summary in history],
        [factor * summary.best_values[name] for summary in history],
        "o",
        color=EXCITATORY,
        markersize=2,
        label="best",
    )
    axes.axhline(0, color=MUTED, linewidth=0.5, zorder=0)
    axes.set_ylabel(label)
    _generation_axis(axes, len(history) + 1)


def _label_of(name):
    symbol = COEFFICIENTS.get(name.rpartition(".")[2])
    if symbol is None:
        return name, 1.0
    return rf"{symbol} ($10^{{-3}}\,g_\mathrm{{leak}}$)", 1e3


def _plain_ticks(axes):
    """Label a logarithmic axis with numbers as one reads them, also within one power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _generation_axis(axes, number):
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_xlim(-0.5, max(number - 0.5, 1.5))
    axes.set_xlabel("generation")
