"""One neuron that tells groups of inputs apart: what it gets, what it does, what it has learned.

Sagtekin, Giannakakis & Levina (poster): model, rasters, accuracy and loss, weight profiles,
histograms of spike counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.style import EXCITATORY, INHIBITORY, MUTED, TARGET
from bionet.statistics import median_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bionet.plotting.tuned_neurons import TunedNeurons

__all__ = [
    "count_histograms",
    "currents",
    "group_raster",
    "learning",
    "neuron_figure",
    "tuning_sketch",
    "weight_profile",
]

DOT_SIZE, BAND_ALPHA, BAR_WIDTH = 1.0, 0.2, 0.38
#: Where inputs, neuron and perceptron stand in the sketch.
PLACES, RADIUS = (0.14, 0.52, 0.86), 0.045
#: Of the histograms, above the highest bar.
ROOM = 1.4


def tuning_sketch(axes: Axes, neurons: TunedNeurons) -> None:
    """Draw the model: groups of E and I inputs, one neuron, a perceptron that reads its count.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Loses its ticks and frame.
    neurons : TunedNeurons
    """
    from matplotlib.patches import Circle, FancyBboxPatch

    heights = 0.5 + 0.17 * ((neurons.groups - 1) / 2 - np.arange(neurons.groups))
    for height in heights:
        for shift, color, end in ((0.035, EXCITATORY, 0.02), (-0.045, INHIBITORY, -0.02)):
            axes.plot(
                [PLACES[0], PLACES[1] - RADIUS], [height + shift, 0.5 + end],
                color=color, linewidth=0.8, alpha=0.6, zorder=1,
            )  # fmt: skip
            axes.add_patch(Circle((PLACES[0], height + shift), 0.033, color=color, zorder=2))
    axes.add_patch(Circle((PLACES[1], 0.5), RADIUS * 1.5, color=TARGET, zorder=3))
    axes.annotate(
        "", (PLACES[2] - 0.1, 0.5), (PLACES[1] + 0.07, 0.5), arrowprops={"arrowstyle": "->"}
    )
    axes.add_patch(
        FancyBboxPatch(
            (PLACES[2] - 0.08, 0.4),
            0.2,
            0.2,
            boxstyle="round,pad=0.01",
            facecolor="white",
            edgecolor=TARGET,
            linewidth=0.8,
        )
    )
    axes.text(PLACES[2] + 0.02, 0.5, "MLP", ha="center", va="center", fontsize=7)
    exc, inh = neurons["inputs_a_group"]
    axes.text(PLACES[0], 0.03, f"{neurons.groups} groups:", ha="center", va="top", fontsize=7)
    axes.text(PLACES[0], -0.06, f"{exc} E", color=EXCITATORY, ha="center", va="top", fontsize=7)
    axes.text(PLACES[0], -0.15, f"{inh} I", color=INHIBITORY, ha="center", va="top", fontsize=7)
    axes.text(PLACES[1], 0.36, "one\nneuron", ha="center", va="top", fontsize=7)
    axes.text(PLACES[2] + 0.02, 0.36, "reads its\nspike count", ha="center", va="top", fontsize=7)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.25, 1)
    axes.set_aspect("equal")
    axes.set_axis_off()


def group_raster(axes: Axes, neurons: TunedNeurons) -> None:
    """Draw the input spikes of a sample, group over group, inhibitory inputs above excitatory."""
    exc, inh = (int(n) for n in neurons["inputs_a_group"])
    unit = neurons["example_unit"].astype(int)
    inhibitory = unit >= neurons.groups * exc
    within = np.where(inhibitory, unit - neurons.groups * exc, unit)
    group = np.where(inhibitory, within // inh, within // exc)
    row = group * (exc + inh) + np.where(inhibitory, exc + within % inh, within % exc)
    time = _milliseconds(neurons, neurons["example_step"])
    for chosen, color in ((~inhibitory, EXCITATORY), (inhibitory, INHIBITORY)):
        axes.plot(
            time[chosen], row[chosen], linestyle="none", marker="o", markersize=DOT_SIZE,
            markeredgewidth=0, color=color, rasterized=True,
        )  # fmt: skip
    middle = (np.arange(neurons.groups) + 0.5) * (exc + inh)
    axes.set_yticks(middle, [f"{group + 1}" for group in range(neurons.groups)])
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("input group")
    axes.set_ylim(0, neurons.groups * (exc + inh))
    _time_axis(axes, neurons)


def currents(axes: Axes, neurons: TunedNeurons) -> None:
    """Draw the currents of that sample, their sum, and the neuron's spikes."""
    time = _milliseconds(neurons, np.arange(neurons["example_v"].shape[1]))
    g_e, g_i = (1e3 * neurons[f"example_{name}"][0] for name in ("g_e", "g_i"))
    axes.plot(time, g_e, color=EXCITATORY, linewidth=0.8, label="E current")
    axes.plot(time, g_i, color=INHIBITORY, linewidth=0.8, label="I current")
    axes.plot(time, g_e + g_i, color=TARGET, linewidth=0.8, label="sum")
    top = 1.1 * g_e.max()
    for at in time[neurons["example_spikes"][0] > 0]:
        axes.plot([at, at], [top, 1.12 * top], color=TARGET, linewidth=0.8)
    axes.set_ylabel("current (mV)")
    axes.legend(loc="lower left", ncols=3, fontsize=6, handlelength=1.2)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.2 * (high - low), high)  # room for the legend
    _time_axis(axes, neurons)
    axes.set_xlabel("time (ms)")


def learning(axes: Axes, neurons: TunedNeurons) -> None:
    """Draw test accuracy and training loss of the neurons with the weakest constraint.

    Medians over seeds (each the mean of its neurons), and their 95 % bootstrap intervals.
    """
    accuracy = 100 * neurons.of_seeds("test_accuracy", neurons.weakest)
    loss = neurons.of_seeds("train_loss", neurons.weakest)
    beside = axes.twinx()
    for panel, values, first, color in ((axes, accuracy, 0, TARGET), (beside, loss, 1, MUTED)):
        epochs = first + np.arange(values.shape[1])
        found = median_interval(values)
        panel.plot(epochs, found.median, color=color)
        panel.fill_between(
            epochs, found.low, found.high, color=color, alpha=BAND_ALPHA, linewidth=0
        )
    axes.axhline(100 / neurons.groups, color=MUTED, linewidth=0.6, linestyle=":")
    axes.set_ylim(0, 102)
    beside.set_ylim(bottom=0)
    beside.spines.right.set_visible(True)
    beside.tick_params(axis="y", colors=MUTED)
    axes.set_xlabel("epoch")
    axes.set_ylabel("test accuracy (%)")
    beside.set_ylabel("training loss", color=MUTED)


def weight_profile(axes: Axes, neurons: TunedNeurons) -> None:
    """Draw the example's summed excitatory and inhibitory weights of each group of inputs.

    Each relative to the largest of its kind, groups in the order of their excitation.
    """
    profile = neurons["profile_after"][neurons.example]
    order = np.argsort(profile[:, 0])
    place = np.arange(neurons.groups)
    for column, color, shift, name in ((0, EXCITATORY, -0.5, "E"), (1, INHIBITORY, 0.5, "I")):
        share = profile[order, column] / max(profile[:, column].max(), 1e-30)
        axes.bar(
            place + shift * BAR_WIDTH, share, width=BAR_WIDTH, color=color, label=f"{name} weights"
        )
    index = neurons["co_tuning_after"][neurons.example]
    axes.set_xticks(place, [f"{group + 1}" for group in order])
    axes.set_ylim(0, 1.3)
    axes.legend(loc="upper left", ncols=2, fontsize=6, handlelength=1)
    axes.set_title(f"co-tuning index {_signed(index)}", fontsize=8, fontweight="normal")
    axes.set_xlabel("input group")
    axes.set_ylabel("relative to the largest")


def count_histograms(axes: Axes, neurons: TunedNeurons) -> None:
    """Draw how many spikes the example fires for each group, over all test samples."""
    from matplotlib import colormaps

    counts = neurons["counts_after"][neurons.example]
    order = np.argsort(neurons["profile_after"][neurons.example][:, 0])
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = colormaps["viridis"](np.linspace(0, 0.92, neurons.groups))
    for group, shade in zip(order, shades, strict=True):
        axes.stairs(
            share[group], np.arange(counts.shape[1] + 1) - 0.5, fill=True, color=shade, alpha=0.6,
            label=f"group {group + 1}",
        )  # fmt: skip
    axes.set_xlim(-0.5, np.flatnonzero(counts.sum(axis=0)).max() + 1.5)
    axes.set_ylim(0, ROOM * share.max())
    axes.legend(loc="upper center", ncols=3, fontsize=6, handlelength=1, columnspacing=1)
    accuracy = 100 * neurons["accuracy_after"][neurons.example]
    axes.set_title(f"most accurate neuron, {accuracy:.1f} %", fontsize=8, fontweight="normal")
    axes.set_xlabel("spikes in the window that is read")
    axes.set_ylabel("part of samples")


def neuron_figure(figure: Figure, neurons: TunedNeurons) -> None:
    """Draw the model, a sample, learning, and what the most accurate neuron has learned.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 5.6 inches.
    neurons : TunedNeurons
    """
    grid = figure.add_gridspec(3, 3, height_ratios=(1.1, 0.9, 1.2))
    tuning_sketch(figure.add_subplot(grid[:2, 0]), neurons)
    above = figure.add_subplot(grid[0, 1:])
    group_raster(above, neurons)
    above.tick_params(labelbottom=False)
    label = int(neurons["example_labels"][0]) + 1
    above.set_title(f"group {label} starts" if neurons.is_novelty else f"group {label} is active")
    currents(figure.add_subplot(grid[1, 1:], sharex=above), neurons)
    learning(figure.add_subplot(grid[2, 0]), neurons)
    weight_profile(figure.add_subplot(grid[2, 1]), neurons)
    count_histograms(figure.add_subplot(grid[2, 2]), neurons)


def _time_axis(axes, neurons):
    if neurons.is_novelty:
        axes.axvline(
            _milliseconds(neurons, neurons["from_step"]), color=MUTED, linewidth=0.8, linestyle="--"
        )
    axes.set_xlim(0, _milliseconds(neurons, neurons["example_v"].shape[1]))


def _milliseconds(neurons, steps):
    return 1e3 * np.asarray(steps) * float(neurons["step"])


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
