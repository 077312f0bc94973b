"""What training does to three 50:50 networks, of low, moderate and high initial activity.

Kilgore et al., Fig. 4: spikes of E and I neurons for each class, the excitatory part of them,
accuracy, and weights before and after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.accuracy_over_rate import accuracy_axis, chance_line
from bionet.plotting.ratios import ratio_label
from bionet.plotting.style import EXCITATORY, INHIBITORY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = [
    "class_colors",
    "class_curves",
    "example_networks",
    "trained_examples_figure",
    "weights_before_and_after",
]

#: The ratio of the paper's examples; the nearest there is is drawn.
TYPICAL_RATIO = 0.5
#: Where among the networks, by initial rate, the examples stand.
LEVELS = {"low": 0.1, "moderate": 0.5, "high": 0.9}
#: Of the weights' axis: smallest fraction of synapses, and the fraction of weights it shows.
LEAST_FRACTION, NEARLY_ALL = 1e-4, 0.9995
#: Bins drawn as one on a logarithmic axis.
MERGED = 2
#: Lines of the weights of E and of I neurons: I is thinner, so that E is seen where both agree.
WEIGHT_LINES = (("E", EXCITATORY, 2.0), ("I", INHIBITORY, 0.8))
WEIGHT_DASHES = {"before": (0, (2, 1.5)), "after": "-"}


def example_networks(sweep: TrainingSweep) -> dict[str, int]:
    """Return networks of low, moderate and high initial rate, of the ratio nearest to 50:50.

    Parameters
    ----------
    sweep : TrainingSweep
        Among its networks with the least noise; silent ones only if no other is left.

    Returns
    -------
    dict of str to int
        From ``low``, ``moderate`` or ``high`` to the network: that at the 10th, 50th and 90th
        percentile of the rates. Of two networks low and high, of one ``the only one``.
    """
    ratio = min(sweep.ratios, key=lambda r: (abs(r - TYPICAL_RATIO), r))
    networks = sweep.of(sweep.quiet, ratio=ratio)
    rate = sweep.initial_rate
    if (rate[networks] > 0).any():
        networks = networks[rate[networks] > 0]
    networks = networks[np.argsort(rate[networks], kind="stable")]
    if networks.size == 1:
        return {"the only one": int(networks[0])}
    chosen = {
        level: int(networks[round(part * (networks.size - 1))]) for level, part in LEVELS.items()
    }
    return chosen if networks.size > 2 else {level: chosen[level] for level in ("low", "high")}


def class_colors(number: int) -> list:
    """Return one colour a class."""
    from matplotlib import colormaps

    palette = colormaps["tab10" if number <= 10 else "tab20"]
    return [palette(k % palette.N) for k in range(number)]


def class_curves(axes: Axes, values: np.ndarray, color: str, label: str) -> None:
    """Draw a quantity of each class over the epochs, and the mean of the classes on top.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : array, (E + 1, K)
        The first before training; NaN is not drawn and not averaged.
    color : str
        Of the mean.
    label : str
        Of the vertical axis.
    """
    epochs = np.arange(len(values))
    for k, (curve, shade) in enumerate(zip(values.T, class_colors(values.shape[1]), strict=True)):
        axes.plot(epochs, curve, color=shade, linewidth=0.6, alpha=0.8, label=f"_class {k}")
    known = np.isfinite(values)
    mean = np.full(len(values), np.nan)
    mean[known.any(axis=1)] = [np.mean(row[row == row]) for row in values[known.any(axis=1)]]
    axes.plot(epochs, mean, color="white", linewidth=3.0, label="_edge")
    axes.plot(epochs, mean, color=color, linewidth=1.8, label="_mean")
    axes.set_xlim(0, len(values) - 1)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel(label)


def weights_before_and_after(
    axes: Axes, sweep: TrainingSweep, network: int, projections: tuple[int, int], label: str
) -> None:
    """Draw the absolute weights of a network, dashed before training, solid after.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
    network : int
    projections : tuple of int
        Which of the four kinds of weights are of E neurons and of I neurons: 0 and 1 are those
        from the input, 2 and 3 those to the readout.
    label : str
        Of the weights.

    Notes
    -----
    On a logarithmic axis, which is that of bins of unequal width, two bins are drawn as one.
    """
    counts = sweep.weight_counts[network][:, projections]
    edges, logarithmic = _drawable(sweep.weight_edges)
    if logarithmic:
        edges, counts = _coarser(edges, counts)
    for kind, (name, color, width) in enumerate(WEIGHT_LINES):
        for time, (when, dashes) in enumerate(WEIGHT_DASHES.items()):
            total = counts[time, kind].sum()
            axes.stairs(
                counts[time, kind] / max(total, 1),
                edges,
                color=color,
                linewidth=width,
                linestyle=dashes,
                label=f"{name} {when}",
            )
    per_bin = counts.sum(axis=(0, 1))
    shown = np.cumsum(per_bin) < NEARLY_ALL * per_bin.sum()
    end = edges[min(shown.sum() + 1, edges.size - 1)]
    axes.set_xlim(edges[0], end)
    if logarithmic:
        _logarithmic_weights(axes, edges, end)
    axes.set_yscale("log")
    axes.set_ylim(max(LEAST_FRACTION, 0.5 / max(counts.sum(axis=-1).max(), 1)), 1)
    axes.set_xlabel(label)
    axes.set_ylabel("fraction of\nsynapses")


def _drawable(edges: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return edges for the axis they suit, and whether that is logarithmic.

    Bins that are not of one width are taken to be so in the logarithm. The first, of weights that
    are 0 or nearly so, is then drawn as wide as the second.
    """
    widths = np.diff(edges)
    if np.allclose(widths, widths[0]) or edges.size < 4:
        return edges, False
    if edges[0] <= 0:
        edges = np.concatenate([[edges[1] ** 2 / edges[2]], edges[1:]])
    return edges, True


def _coarser(edges: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge each two bins but the first: few synapses leave gaps in narrow ones."""
    starts = np.concatenate([[0], np.arange(1, edges.size - 1, MERGED)])
    return edges[[*starts, -1]], np.add.reduceat(counts, starts, axis=-1)


def _logarithmic_weights(axes: Axes, edges: np.ndarray, end: float) -> None:
    """Label the first bin 0 and powers of ten apart from it."""
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log")
    exponents = range(int(np.ceil(np.log10(edges[1]) + 0.7)), int(np.floor(np.log10(end))) + 1)
    axes.set_xticks(
        [np.sqrt(edges[0] * edges[1]), *(10.0**n for n in exponents)],
        ["0", *(f"$10^{{{n}}}$" for n in exponents)],
    )
    axes.xaxis.set_minor_locator(NullLocator())


def trained_examples_figure(figure: Figure, sweep: TrainingSweep) -> None:
    """Draw what training did to networks of low, moderate and high initial rate, a column each.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 8.4 inches.
    sweep : TrainingSweep
    """
    examples = example_networks(sweep)
    curves, weights = figure.subfigures(2, height_ratios=(2.2, 1.2))
    grid = curves.subplots(4, len(examples), sharex=True, squeeze=False)
    lower = weights.subplots(2, len(examples), squeeze=False)
    for column, level in enumerate(examples):
        _over_epochs(grid[:, column], sweep, examples[level])
        grid[0, column].set_title(_title(sweep, examples[level], level), loc="center", fontsize=8)
        _weights(lower[:, column], sweep, examples[level])
    for row in (*grid, *lower):
        for axes in row[1:]:
            axes.set_ylabel("")
    ratio = sweep.ratio[next(iter(examples.values()))]
    curves.suptitle(
        f"{ratio_label(ratio)} networks: classes and their mean over the training",
        x=0.02,
        ha="left",
        fontsize=9,
        fontweight="bold",
    )
    _name_classes(curves, sweep)
    weights.suptitle("Absolute weights", x=0.02, ha="left", fontsize=9, fontweight="bold")
    _name_lines(weights)


def _title(sweep, network, level):
    rate, width = sweep.initial_rate[network], sweep.sigma_init[network]
    return f"{level}: {rate:.3g} Hz at first\n" + rf"$\sigma_\mathrm{{init}}$ = {width:g}"


def _over_epochs(column, sweep, network):
    exc, inh, part, accuracy = column
    spikes = sweep.class_spikes[network]
    class_curves(exc, spikes[..., 0], EXCITATORY, "E spikes\nper sample")
    class_curves(inh, spikes[..., 1], INHIBITORY, "I spikes\nper sample")
    top = 1.05 * max(np.nanmax(spikes), 1e-3)
    exc.set_ylim(0, top)
    inh.set_ylim(0, top)
    class_curves(part, sweep.excitatory_percentage[network], "black", "E spikes (%)")
    part.set_ylim(0, 100)
    part.set_yticks(range(0, 101, 25))
    chance_line(accuracy, sweep)
    class_curves(accuracy, 100 * sweep.class_accuracy[network], "black", "")
    accuracy_axis(accuracy, "accuracy (%)")
    accuracy.set_xlabel("epoch")


def _weights(column, sweep, network):
    weights_before_and_after(column[0], sweep, network, (0, 1), "weight from an input")
    weights_before_and_after(column[1], sweep, network, (2, 3), "weight to a readout")


def _name_classes(part, sweep):
    from matplotlib.lines import Line2D

    names = sweep.class_names
    handles = [Line2D([], [], color=color) for color in class_colors(names.size)]
    part.legend(
        handles,
        [str(name) for name in names],
        loc="outside lower center",
        ncols=5,
        fontsize=7,
        columnspacing=1.2,
    )


def _name_lines(part):
    from matplotlib.lines import Line2D

    handles = {
        f"{name} {when} training": Line2D([], [], color=color, linewidth=width, linestyle=dashes)
        for name, color, width in WEIGHT_LINES
        for when, dashes in WEIGHT_DASHES.items()
    }
    part.legend(
        handles.values(),
        handles.keys(),
        loc="outside lower center",
        ncols=4,
        fontsize=7,
        handlelength=2.2,
    )
