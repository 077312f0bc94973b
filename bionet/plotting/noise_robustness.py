"""How E:I ratios stand noise on the weights: accuracy over noise, and what is gained on 100:0.

At each update w becomes w - eta dL/dw + sigma_noise xi, with xi normal and the sign of w kept.
Kilgore et al., Fig. 2B to E.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.absent_panel import say_absent
from bionet.plotting.accuracy_over_rate import accuracy_axis, chance_line
from bionet.plotting.p_values import p_text
from bionet.plotting.ratios import ratio_color, ratio_label, ratio_legend, ratio_marker
from bionet.plotting.style import TARGET
from bionet.statistics import median_interval, t_test

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = [
    "accuracy_over_noise",
    "compared_noise",
    "gain_on_excitation",
    "noise_figure",
    "swept_width",
]

#: Initial width at which the paper varied noise; the nearest that was swept is drawn.
TYPICAL_WIDTH = 1e-3
#: Noise at which ratios are compared, in widths of the initial weights.
COMPARED = (0.2, 0.4, 0.6)
#: Last epochs over which accuracy is averaged.
LAST_EPOCHS = 10
#: All cells excitatory: what others are compared with.
ALL_EXCITATORY = 1.0
#: Left of no noise, as a part of the highest.
MARGIN = 0.02
#: Percentage points an axis of gains goes from 0 at most; what lies beyond has its number only.
REACH = 10.0
#: Of such an axis, between its end and the arrow that says so.
EDGE = 0.06
BAND_ALPHA, DOT_SIZE, DOT_ALPHA, BAR_ALPHA = 0.18, 2.2, 0.6, 0.55


def swept_width(sweep: TrainingSweep) -> float | None:
    """Return the initial width whose noise is drawn, None if none was trained at two noises.

    Parameters
    ----------
    sweep : TrainingSweep

    Returns
    -------
    float or None
        Of the widths at which noise was varied the nearest to 0.001, as a factor.
    """
    widths = [
        width
        for width in np.unique(sweep.sigma_init)
        if np.unique(sweep.sigma_noise[sweep.sigma_init == width]).size > 1
    ]
    return min(widths, key=lambda w: abs(np.log(w / TYPICAL_WIDTH)), default=None)


def compared_noise(sweep: TrainingSweep) -> list[float]:
    """Return the noises nearest to 0.2, 0.4 and 0.6 of the initial width, each once, none of 0."""
    width = swept_width(sweep)
    noises = np.unique(sweep.sigma_noise[sweep.sigma_init == width])
    noises = noises[noises > 0]
    nearest = [noises[np.abs(noises - part * width).argmin()] for part in COMPARED]
    return sorted({float(noise) for noise in nearest})


def accuracy_over_noise(axes: Axes, sweep: TrainingSweep) -> None:
    """Draw each ratio's median accuracy over noise, and its 95 % interval as a band.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
        Accuracy is the mean of the last 10 epochs, noise is relative to the initial width.
    """
    width, accuracy = swept_width(sweep), 100 * sweep.late_accuracy(LAST_EPOCHS)
    chance_line(axes, sweep, name_at=0.005)
    for ratio in sweep.ratios:
        noises = np.unique(sweep.sigma_noise[sweep.of(ratio=ratio, sigma_init=width)])
        of_noise = [
            median_interval(accuracy[sweep.of(ratio=ratio, sigma_init=width, sigma_noise=noise)])
            for noise in noises
        ]
        median, low, high = (
            [getattr(each, name) for each in of_noise] for name in ("median", "low", "high")
        )
        color = ratio_color(ratio)
        axes.plot(
            noises / width,
            median,
            color=color,
            marker=ratio_marker(ratio),
            markersize=3.5,
            markeredgecolor="white",
            markeredgewidth=0.4,
            label=ratio_label(ratio),
            zorder=3,
        )
        axes.fill_between(
            noises / width, low, high, color=color, alpha=BAND_ALPHA, linewidth=0, zorder=2
        )
    axes.set_xlim(left=-MARGIN * np.max(sweep.sigma_noise) / width)
    axes.set_xlabel(r"noise $\sigma_\mathrm{noise}$ / $\sigma_\mathrm{init}$ on each weight update")
    accuracy_axis(axes, "test accuracy (%)")


def gain_on_excitation(axes: Axes, sweep: TrainingSweep, noise: float) -> None:
    """Draw how much more accurate each ratio is than 100:0, a row each, at one noise.

    Bars are differences of means, dots the networks less the mean of 100:0; at the right stands the
    difference in percentage points and the p-value of a t-test.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
    noise : float
        sigma_noise, one of those of the sweep.
    """
    width, accuracy = swept_width(sweep), 100 * sweep.late_accuracy(LAST_EPOCHS)
    at = {"sigma_init": width, "sigma_noise": noise}
    reference = accuracy[sweep.of(ratio=ALL_EXCITATORY, **at)]
    others = [ratio for ratio in sweep.ratios if ratio != ALL_EXCITATORY]
    axes.set_title(
        rf"$\sigma_\mathrm{{noise}}$ = {noise / width:.2g} $\sigma_\mathrm{{init}}$",
        loc="center",
        fontweight="normal",
        fontsize=8,
    )
    if not reference.size:
        say_absent(axes, "no 100:0 network")
        return
    for row, ratio in enumerate(others):
        gains = accuracy[sweep.of(ratio=ratio, **at)] - reference.mean()
        if gains.size:
            _gain(axes, row, gains, ratio_color(ratio))
            words = [f"{gains.mean():+.1f}".replace("-", "\N{MINUS SIGN}")]
            if p := p_text(t_test(gains + reference.mean(), reference).p_value):
                words.append(p)
            axes.text(
                1.03,
                row,
                ", ".join(words),
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=6.5,
            )
    axes.axvline(0, color=TARGET, linewidth=0.6)
    axes.set_yticks(range(len(others)), [ratio_label(ratio) for ratio in others])
    axes.set_ylim(len(others) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines.left.set_visible(False)


def noise_figure(figure: Figure, sweep: TrainingSweep) -> None:
    """Draw accuracy over noise, and under it what ratios gain on 100:0 at three noises.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 4.8 inches.
    sweep : TrainingSweep

    Raises
    ------
    ValueError
        If noise was not varied, see `swept_width`.
    """
    width = swept_width(sweep)
    if width is None:
        raise ValueError("a figure of noise needs networks of two noises, got one")
    above, below = figure.subfigures(2, height_ratios=(1.5, 1))
    axes = above.subplots()
    accuracy_over_noise(axes, sweep)
    ratio_legend(axes, sweep.ratios)
    axes.set_title(
        rf"Noise on weights, $\sigma_\mathrm{{init}}$ = {width:g}: mean of the last "
        f"{min(LAST_EPOCHS, sweep.n_epochs)} epochs"
    )
    if ALL_EXCITATORY not in sweep.ratios or sweep.ratios.size < 2:
        say_absent(below.subplots(), "no networks of 100:0 and of another ratio to compare")
        return
    noises = compared_noise(sweep)
    panels = np.atleast_1d(below.subplots(1, len(noises), sharex=True))
    for panel, noise in zip(panels, noises, strict=True):
        gain_on_excitation(panel, sweep, noise)
        if panel is not panels[0]:
            panel.tick_params(labelleft=False)
    _limit(panels)
    below.supxlabel("accuracy less that of 100:0 (percentage points)", fontsize=8)


def _limit(panels):
    """Show all gains, or those within reach: one ratio's collapse would hide the others'."""
    if all(abs(bar.get_width()) > REACH for panel in panels for bar in panel.patches):
        return
    low, high = panels[0].get_xlim()
    low, high = max(low, -REACH), min(high, REACH)
    panels[0].set_xlim(low, high)
    for panel in panels:
        for bar in panel.patches:
            row, gain = bar.get_y() + bar.get_height() / 2, bar.get_x() + bar.get_width()
            if not low <= gain <= high:
                edge = np.clip(gain, low + EDGE * (high - low), high - EDGE * (high - low))
                arrow = ">" if gain > high else "<"
                panel.plot(edge, row, arrow, markersize=3.5, color="black", label="_beyond")


def _gain(axes, row, gains, color):
    axes.barh(row, gains.mean(), height=0.62, color=color, alpha=BAR_ALPHA, label="_gain")
    axes.plot(
        gains,
        np.full(gains.size, float(row)),
        linestyle="none",
        marker="o",
        markersize=DOT_SIZE,
        markeredgewidth=0,
        color=color,
        alpha=DOT_ALPHA,
        label="_networks",
    )
