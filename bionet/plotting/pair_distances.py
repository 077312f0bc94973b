"""How far apart neurons spike, by kinds of pairs: before training, after success, after failure.

Kilgore et al., Fig. 5 and Table 2: van Rossum distances of E-E, E-I and I-I pairs are alike before
training; where it succeeds excitatory neurons come to fire alike and inhibitory ones apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.absent_panel import say_absent
from bionet.plotting.p_values import p_text
from bionet.plotting.ratios import ratio_label
from bionet.plotting.style import EXCITATORY, INHIBITORY, MUTED
from bionet.statistics import friedman, kruskal_wallis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = ["KINDS", "kind_distances", "pair_distances", "pair_distances_figure"]

#: Kinds of pairs and their colours; between the blue of E and the red of I for the mixed one.
KINDS = {"E-E": EXCITATORY, "E-I": "#8a4f8f", "I-I": INHIBITORY}
#: Between boxes of a ratio, and their width, where ratios are 1 apart.
STEP, WIDTH = 0.27, 0.21
DOT_SIZE, DOT_ALPHA, BOX_ALPHA = 2.0, 0.45, 0.22
#: Networks from which on a box of quartiles is drawn.
LEAST_FOR_BOX = 5
#: Networks from which on kinds are tested.
LEAST_FOR_TEST = 3
PAIRED_ALPHA = 0.35
#: Ratios for which there is room at least.
LEAST_WIDE = 3
#: Ratios up to which Friedman's p-value and the number stand in one line.
MOST_IN_A_LINE = 4
#: Tests of separate and of paired kinds, and what they are called where there are more ratios.
TESTS, SHORT = ("Kruskal-Wallis", "Friedman"), ("KW", "F")
#: Room above the highest dot for the medians' numbers, as a part of the range.
HEADROOM = 0.22


def kind_distances(
    sweep: TrainingSweep, distances: np.ndarray, networks: np.ndarray
) -> dict[str, np.ndarray]:
    """Return distances by kind of pair, without the networks that have no such pair.

    Parameters
    ----------
    sweep : TrainingSweep
    distances : array, (M, 3)
        Before or after training.
    networks : array of int
        Those wanted.

    Returns
    -------
    dict of str to array
        Under ``E-E``, ``E-I``, ``I-I``; empty where no network has such a pair.
    """
    columns = distances[networks].T
    return {kind: column[np.isfinite(column)] for kind, column in zip(KINDS, columns, strict=True)}


def pair_distances(
    axes: Axes, sweep: TrainingSweep, distances: np.ndarray, chosen: np.ndarray
) -> None:
    """Draw distances of each kind of pair for each ratio: networks, quartiles, medians.

    Grey lines join what belongs to one network.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
    distances : array, (M, 3)
        Before or after training.
    chosen : array of bool, (M,)
        Networks that are drawn. Above each ratio stand their number and, of three or more, the
        p-values of two tests that the kinds do not differ: the paper's of Kruskal and Wallis, for
        which kinds are separate groups, and Friedman's, for which they are of the same networks.
    """
    if not chosen.any():
        say_absent(axes, "no such network")
        return
    drawn, few = [], sweep.ratios.size <= MOST_IN_A_LINE
    for place, ratio in enumerate(sweep.ratios):
        networks = sweep.of(chosen, ratio=ratio)
        groups = kind_distances(sweep, distances, networks)
        for of_one, beside in zip(distances[networks], _beside(networks.size), strict=True):
            axes.plot(
                place + STEP * np.array((-1, 0, 1)) + beside,
                of_one,
                color=MUTED,
                alpha=PAIRED_ALPHA,
                linewidth=0.5,
                label="_paired",
            )
        for k, (kind, values) in enumerate(groups.items()):
            if values.size:
                _box(axes, place + (k - 1) * STEP, values, KINDS[kind])
                drawn.append(values)
        words = [
            *_differences(distances[networks], TESTS if few else SHORT),
            f"n = {networks.size}",
        ]
        axes.text(
            place,
            1.02,
            "\n".join([*words[:-2], ", ".join(words[-2:])] if few else words),
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=7,
        )
    middle, half = (sweep.ratios.size - 1) / 2, max(sweep.ratios.size, LEAST_WIDE) / 2
    axes.set_xlim(middle - half, middle + half)
    axes.set_xticks(range(sweep.ratios.size), [ratio_label(ratio) for ratio in sweep.ratios])
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("van Rossum\ndistance")
    every = np.concatenate([[], *drawn])
    low, high = (every.min(), every.max()) if every.size else (0.0, 1.0)
    span = (high - low) or 0.1 * high or 1.0
    axes.set_ylim(low - 0.08 * span, high + HEADROOM * span)


def pair_distances_figure(figure: Figure, sweep: TrainingSweep) -> None:
    """Draw distances before training, after it where it succeeded, and where it failed.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 5.8 inches.
    sweep : TrainingSweep
        Its networks with the least noise are drawn.

    Raises
    ------
    ValueError
        If no distance was measured.
    """
    if not sweep.has_distances:
        raise ValueError("a figure of distances needs measured ones, got NaN alone")
    succeeded, quiet = sweep.succeeded, sweep.quiet
    rows = {
        "Before training": (sweep.distance_before, quiet),
        f"After training with success ({sweep.criterion})": (
            sweep.distance_after,
            quiet & succeeded,
        ),
        "After training without success": (sweep.distance_after, quiet & ~succeeded),
    }
    panels = figure.subplots(len(rows))
    for axes, (title, (distances, chosen)) in zip(panels, rows.items(), strict=True):
        pair_distances(axes, sweep, distances, chosen)
        axes.set_title(title, pad=27 if sweep.ratios.size <= MOST_IN_A_LINE else 38)
    [*_, lowest] = [axes for axes in panels if axes.axison]
    lowest.set_xlabel("E:I ratio")
    short = [] if sweep.ratios.size <= MOST_IN_A_LINE else zip(SHORT, TESTS, strict=True)
    _name_kinds(panels[0], "".join(f"{name}: {test}\n" for name, test in short))


def _differences(distances, names):
    """Return the p-values of separate and of paired kinds in words, none of too few networks."""
    complete = distances[np.isfinite(distances).all(axis=1)]
    if len(complete) < LEAST_FOR_TEST:
        return []
    found = kruskal_wallis(complete.T), friedman(complete)
    return [f"{name} {p_text(test.p_value)}" for name, test in zip(names, found, strict=True)]


def _box(axes, place, values, color):
    """Draw networks as dots side by side, quartiles as a box, the median as a line with number."""
    median = float(np.median(values))
    if values.size >= LEAST_FOR_BOX:
        low, high = np.percentile(values, (25, 75))
        axes.bar(
            place, high - low, WIDTH, low, color=color, alpha=BOX_ALPHA, linewidth=0, label="_box"
        )
    axes.plot(
        place + _beside(values.size),
        values,
        linestyle="none",
        marker="o",
        markersize=DOT_SIZE,
        markeredgewidth=0,
        color=color,
        alpha=DOT_ALPHA,
        label="_networks",
    )
    axes.plot(
        [place - WIDTH / 2, place + WIDTH / 2],
        [median, median],
        color=color,
        linewidth=1.6,
        label="_median",
    )
    axes.annotate(
        f"{median:.2f}",
        (place, values.max()),
        xytext=(0, 2.5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=color,
        fontsize=6.5,
    )


def _beside(networks):
    """Return how far beside the middle of a box its dots lie."""
    # A golden-ratio sequence spreads dots evenly, the same at every drawing.
    spread = (np.arange(networks) * 0.618034) % 1 - 0.5 if networks > 1 else np.zeros(networks)
    return 0.8 * WIDTH * spread


def _name_kinds(axes, above):
    from matplotlib.patches import Patch

    axes.legend(
        [Patch(color=color) for color in KINDS.values()],
        list(KINDS),
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        title=f"{above}pairs",
    )
