"""How well a network learns against how much it fires before, for each E:I ratio.

Kilgore et al., Fig. 1C and D: accuracy is high from low initial rates, and lost at high ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.activity_axis import activity_axis, placed, silent_place
from bionet.plotting.ratios import ratio_color, ratio_label, ratio_marker
from bionet.plotting.style import MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = ["BIOLOGICAL_RATES", "accuracy_axis", "accuracy_over_rate", "chance_line"]

#: Rates of neurons in the brain, Hz (the paper's band).
BIOLOGICAL_RATES = (0.01, 25.6)
BAND_ALPHA = 0.15
DOT_SIZE, DOT_ALPHA = 2.6, 0.4


def accuracy_over_rate(axes: Axes, sweep: TrainingSweep) -> None:
    """Draw the peak test accuracy of each network, and a line through medians over repeats.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
        Its networks with the least noise are drawn. Those that are silent at first stand at the
        left, at 0. The line goes through the median rate and median accuracy of the repeats of each
        initial weight width.
    """
    rate, accuracy = sweep.initial_rate, 100 * sweep.peak_accuracy
    drawn = rate[sweep.quiet]
    silence = silent_place(np.append(drawn, BIOLOGICAL_RATES[1]))
    axes.axvspan(*BIOLOGICAL_RATES, color=MUTED, alpha=BAND_ALPHA, linewidth=0, zorder=0)
    chance_line(axes, sweep, name_at=0.01)
    for ratio in sweep.ratios[::-1]:  # the darkest colour below the others
        networks = sweep.of(sweep.quiet, ratio=ratio)
        if not networks.size:
            continue
        color = ratio_color(ratio)
        axes.plot(
            placed(rate[networks], silence),
            accuracy[networks],
            linestyle="none",
            marker=ratio_marker(ratio),
            markersize=DOT_SIZE,
            markeredgewidth=0,
            color=color,
            alpha=DOT_ALPHA,
            label="_networks",
        )
        rates, accuracies = _medians(sweep, ratio, rate, accuracy)
        axes.plot(
            placed(rates, silence),
            accuracies,
            color=color,
            marker=ratio_marker(ratio),
            markersize=4,
            markeredgecolor="white",
            markeredgewidth=0.5,
            label=ratio_label(ratio),
            zorder=3,
        )
    activity_axis(
        axes, drawn, "mean initial rate of hidden neurons (Hz)", include=BIOLOGICAL_RATES[1]
    )
    _name_band(axes)
    accuracy_axis(axes, "peak test accuracy (%)")


def chance_line(axes: Axes, sweep: TrainingSweep, *, name_at: float | None = None) -> None:
    """Draw the accuracy of guessing (%) as a dashed line along the horizontal axis.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
    name_at : float, optional
        Where on the horizontal axis, from 0 to 1, the line's name begins, or in the right half
        ends; it has none by default.
    """
    chance = 100 * sweep.chance
    axes.axhline(chance, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), label="chance")
    if name_at is not None:
        axes.text(
            name_at,
            chance + 1.0,
            "chance",
            transform=axes.get_yaxis_transform(),
            ha="left" if name_at < 0.5 else "right",
            va="bottom",
            color=MUTED,
            fontsize=7,
        )


def accuracy_axis(axes: Axes, label: str) -> None:
    """Make an Axes' vertical axis one of accuracies in %."""
    axes.set_ylim(0, 100)
    axes.set_yticks(range(0, 101, 25))
    axes.set_ylabel(label)


def _medians(sweep, ratio, rate, accuracy):
    """Return median rates and accuracies, one a width of initial weights, by ascending rate."""
    groups = [
        sweep.of(sweep.quiet, ratio=ratio, sigma_init=width)
        for width in np.unique(sweep.sigma_init)
    ]
    medians = np.array(
        [
            [np.median(values[group]) for values in (rate, accuracy)]
            for group in groups
            if group.size
        ]
    )
    return medians[np.argsort(medians[:, 0], kind="stable")].T


def _name_band(axes):
    low, high = axes.get_xlim()
    end = min(high, BIOLOGICAL_RATES[1])
    axes.text(
        end,
        1.01,
        f"biological range {BIOLOGICAL_RATES[0]:g} to {BIOLOGICAL_RATES[1]:g} Hz ",
        transform=axes.get_xaxis_transform(),
        ha="right" if end / low > (high / low) ** 0.5 else "left",
        va="bottom",
        color=MUTED,
        fontsize=7,
    )
