"""How networks of each E:I ratio learn: test accuracy and training loss over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.absent_panel import say_absent
from bionet.plotting.accuracy_over_rate import accuracy_axis, chance_line
from bionet.plotting.loss_axis import loss_axis
from bionet.plotting.ratios import ratio_color, ratio_label, ratio_legend, ratio_marker
from bionet.statistics import MedianInterval, median_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = ["best_width", "curve_over_epochs", "learning_curves_figure"]

BAND_ALPHA = 0.18
#: Epochs of which each has a marker; more would hide the curve.
MARKED = 8


def best_width(sweep: TrainingSweep, ratio: float) -> float:
    """Return the initial width from which a ratio comes to the highest median accuracy.

    Parameters
    ----------
    sweep : TrainingSweep
        Its networks with the least noise are compared, by their peak test accuracy.
    ratio : float
    """
    networks = sweep.of(sweep.quiet, ratio=ratio)
    widths, peak = np.unique(sweep.sigma_init[networks]), sweep.peak_accuracy
    medians = [
        np.median(peak[sweep.of(sweep.quiet, ratio=ratio, sigma_init=width)]) for width in widths
    ]
    return float(widths[int(np.argmax(medians))])


def curve_over_epochs(
    axes: Axes, epochs: np.ndarray, values: np.ndarray, ratio: float
) -> MedianInterval:
    """Draw the median over repeats, and its 95 % bootstrap interval as a band.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    epochs : array, (T,)
    values : array, (repeats, T)
    ratio : float
        Excitatory fraction, for the colour.

    Returns
    -------
    MedianInterval
        What was drawn, each (T,). One repeat has no band.
    """
    interval, color = median_interval(values), ratio_color(ratio)
    axes.plot(
        epochs,
        interval.median,
        color=color,
        marker=ratio_marker(ratio),
        markersize=3,
        markevery=max(epochs.size // MARKED, 1),
        label=ratio_label(ratio),
    )
    if np.isfinite(interval.low).all():
        axes.fill_between(
            epochs, interval.low, interval.high, color=color, alpha=BAND_ALPHA, linewidth=0
        )
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    return interval


def learning_curves_figure(figure: Figure, sweep: TrainingSweep) -> None:
    """Draw accuracy and loss of each ratio over the epochs, from its best initial weights.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 2.8 inches.
    sweep : TrainingSweep
        Its networks with the least noise are drawn; losses that overflowed are left out.
    """
    accuracy, loss = figure.subplots(1, 2)
    chance_line(accuracy, sweep, name_at=0.99)
    epochs, losses = np.arange(sweep.n_epochs + 1), []
    drawn = [ratio for ratio in sweep.ratios if sweep.of(sweep.quiet, ratio=ratio).size]
    widths = [best_width(sweep, ratio) for ratio in drawn]
    for ratio, width in zip(drawn, widths, strict=True):
        networks = sweep.of(sweep.quiet, ratio=ratio, sigma_init=width)
        curve_over_epochs(accuracy, epochs, 100 * sweep.test_accuracy[networks], ratio)
        finite = networks[np.isfinite(sweep.train_loss[networks]).all(axis=1)]
        if finite.size:
            curve_over_epochs(loss, epochs[1:], sweep.train_loss[finite], ratio)
            losses.append(sweep.train_loss[finite].ravel())
    accuracy.set_xlim(0, sweep.n_epochs)
    loss.set_xlim(0, sweep.n_epochs)
    accuracy_axis(accuracy, "test accuracy (%)")
    if losses:
        loss_axis(loss, np.concatenate(losses), "training loss (nats)")
    else:
        say_absent(loss, "no finite loss")
    ratio_legend(loss, drawn)
    if len(set(widths)) == 1:
        accuracy.set_title(rf"$\sigma_\mathrm{{init}}$ = {widths[0]:g}")
        return
    accuracy.set_title("From each ratio's best initial weights")
    for text, ratio, width in zip(loss.get_legend().get_texts(), drawn, widths, strict=True):
        text.set_text(rf"{ratio_label(ratio)}, $\sigma_\mathrm{{init}}$ = {width:g}")
