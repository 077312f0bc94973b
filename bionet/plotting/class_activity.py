"""How well a class is told against how much it makes the hidden layer fire, over the training.

Kilgore et al., Fig. 3: classes with 50 to 100 hidden spikes a sample are told best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.accuracy_over_rate import accuracy_axis, chance_line
from bionet.plotting.activity_axis import activity_axis, placed, silent_place
from bionet.plotting.ratios import ratio_color, ratio_label, ratio_legend, ratio_marker

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = [
    "accuracy_over_activity",
    "accuracy_over_excitation",
    "class_activity_figure",
    "shown_epochs",
]

#: After how many epochs the paper looked, the last epoch besides.
EPOCHS = (0, 1, 10)
DOT_SIZE, DOT_ALPHA = 2.2, 0.35
#: Beyond 0 and 100 % on axes of accuracies.
ROOM = 3
#: Bins of a decade of activity in which a median is drawn, and points it needs.
BINS_A_DECADE, LEAST_POINTS = 3, 8


def shown_epochs(sweep: TrainingSweep) -> list[int]:
    """Return after how many epochs classes are drawn: none, 1, 10 and the last, as far as run."""
    return sorted({min(epoch, sweep.n_epochs) for epoch in (*EPOCHS, sweep.n_epochs)})


def accuracy_over_activity(axes: Axes, sweep: TrainingSweep, epoch: int) -> None:
    """Draw each network's accuracy in each class over the class's hidden spikes, and medians.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
        Its networks with the least noise are drawn. The black line is the median of all of them in
        bins of activity; silent ones and bins of fewer than 8 points have none.
    epoch : int
        After how many epochs of training.
    """
    spikes, accuracy = _activity(sweep)[:, epoch], 100 * sweep.class_accuracy[:, epoch]
    silence = silent_place(_activity(sweep)[sweep.quiet])
    _points(axes, sweep, placed(spikes, silence), accuracy)
    places, medians = _binned_medians(spikes[sweep.quiet].ravel(), accuracy[sweep.quiet].ravel())
    axes.plot(places, medians, color="white", linewidth=2.6, label="_edge")
    axes.plot(places, medians, color="black", linewidth=1.3, label="median of all")
    activity_axis(axes, _activity(sweep)[sweep.quiet], "hidden spikes\nper sample", most_labels=3)
    _class_axis(axes)


def accuracy_over_excitation(axes: Axes, sweep: TrainingSweep, epoch: int) -> None:
    """Draw each network's accuracy in each class over the part of spikes that is excitatory.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
        Its networks with the least noise are drawn; classes without a spike are left out.
    epoch : int
        After how many epochs of training.
    """
    percentage, accuracy = sweep.excitatory_percentage[:, epoch], sweep.class_accuracy[:, epoch]
    _points(axes, sweep, percentage, 100 * accuracy)
    axes.set_xlim(-4, 104)
    axes.set_xticks(range(0, 101, 50))
    axes.set_xlabel("excitatory spikes (%)")
    _class_axis(axes)


def class_activity_figure(figure: Figure, sweep: TrainingSweep) -> None:
    """Draw class accuracy over activity (above) and over excitation (below), an epoch a column.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 3.8 inches.
    sweep : TrainingSweep
    """
    epochs = shown_epochs(sweep)
    grid = figure.subplots(2, len(epochs), squeeze=False)
    for above, below, epoch in zip(*grid, epochs, strict=True):
        accuracy_over_activity(above, sweep, epoch)
        accuracy_over_excitation(below, sweep, epoch)
        above.set_title("before training" if epoch == 0 else f"epoch {epoch}", loc="center")
    for row in grid:
        row[0].set_ylabel("accuracy in a class (%)")
        for axes in row[1:]:
            axes.tick_params(labelleft=False)
    ratio_legend(grid[0, -1], sweep.ratios)


def _class_axis(axes: Axes) -> None:
    """Leave room for classes of which all samples are told, or none."""
    accuracy_axis(axes, "")
    axes.set_ylim(-ROOM, 100 + ROOM)


def _activity(sweep: TrainingSweep) -> np.ndarray:
    return sweep.class_spikes.sum(axis=-1)


def _points(axes: Axes, sweep: TrainingSweep, places: np.ndarray, accuracy: np.ndarray) -> None:
    chance_line(axes, sweep)
    for ratio in sweep.ratios[::-1]:  # the darkest colour below the others
        networks = sweep.of(sweep.quiet, ratio=ratio)
        axes.plot(
            places[networks].ravel(),
            accuracy[networks].ravel(),
            linestyle="none",
            marker=ratio_marker(ratio),
            markersize=DOT_SIZE,
            markeredgewidth=0,
            color=ratio_color(ratio),
            alpha=DOT_ALPHA,
            rasterized=True,
            label=ratio_label(ratio),
        )


def _binned_medians(activity: np.ndarray, accuracy: np.ndarray) -> tuple[list, list]:
    """Return medians of activity and accuracy in bins of equal width in its logarithm."""
    active = (activity > 0) & np.isfinite(accuracy)
    bins = np.floor(BINS_A_DECADE * np.log10(activity[active]))
    activity, accuracy = activity[active], accuracy[active]
    members = [bins == each for each in np.unique(bins)]
    members = [inside for inside in members if inside.sum() >= LEAST_POINTS]
    return (
        [np.median(activity[inside]) for inside in members],
        [np.median(accuracy[inside]) for inside in members],
    )
