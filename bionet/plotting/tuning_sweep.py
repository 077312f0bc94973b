"""What becomes of neurons under constraints on their rate, and from which weights they succeed.

Sagtekin, Giannakakis & Levina (poster): raising the rate constraint forces the balance of
excitation and inhibition and in the end costs accuracy; which initial weights lead to a solution.
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
    "NEARLY",
    "SUCCESS",
    "accuracy_over_co_tuning",
    "constraint_figure",
    "initial_weights_figure",
    "initial_weights_map",
    "over_constraint",
]

#: Accuracy from which on a neuron has solved its task, and has nearly.
SUCCESS, NEARLY = 0.95, 0.9
BAND_ALPHA, DOT_SIZE = 0.2, 3
#: What is drawn over the constraint: array, factor, colour, name, a line for comparison.
OVER_CONSTRAINT = (
    ("accuracy_after", 100, TARGET, "test accuracy (%)", None),
    ("rate_after", 1, EXCITATORY, "rate (Hz)", "target_rate"),
    ("charge_ratio_after", 1, INHIBITORY, "I/E charge", 1.0),
    ("co_tuning_after", 1, "#6a3d9a", "co-tuning index", 0.0),
)


def over_constraint(
    axes: Axes, neurons: TunedNeurons, name: str, factor: float, color: str
) -> None:
    """Draw a measurement over the weight of the rate constraint.

    Medians over seeds (each the mean of its neurons) with 95 % bootstrap intervals; no constraint
    stands left of the others, which have a logarithmic axis.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    neurons : TunedNeurons
    name : str
        Of the array.
    factor : float
        What it is multiplied with.
    color : str
    """
    constraints = neurons.constraints
    found = [
        median_interval(factor * neurons.of_seeds(name, neurons["constraint"] == constraint))
        for constraint in constraints
    ]
    place = np.arange(constraints.size)
    median, low, high = ([getattr(f, n) for f in found] for n in ("median", "low", "high"))
    axes.plot(place, median, color=color, marker="o", markersize=DOT_SIZE)
    axes.fill_between(place, low, high, color=color, alpha=BAND_ALPHA, linewidth=0)
    axes.set_xticks(place, [f"{c:g}" for c in constraints], rotation=45, fontsize=6.5)


def constraint_figure(figure: Figure, neurons: TunedNeurons) -> None:
    """Draw accuracy, rate, charge ratio and co-tuning over the constraint.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 2.4 inches.
    neurons : TunedNeurons
        Of more than one constraint.
    """
    panels = figure.subplots(1, len(OVER_CONSTRAINT))
    for panel, (name, factor, color, label, line) in zip(panels, OVER_CONSTRAINT, strict=True):
        if line is not None:
            at = float(neurons[line]) if isinstance(line, str) else line
            panel.axhline(at, color=MUTED, linewidth=0.7, linestyle="--")
        over_constraint(panel, neurons, name, factor, color)
        panel.set_ylabel(label)
    panels[0].axhline(100 / neurons.groups, color=MUTED, linewidth=0.6, linestyle=":")
    panels[0].set_ylim(0, 102)
    panels[2].set_ylim(bottom=0)
    panels[3].set_ylim(-1.05, 1.05)
    figure.supxlabel(r"weight of the rate constraint (1/Hz$^2$)", fontsize=8)


def initial_weights_map(axes: Axes, neurons: TunedNeurons, values: np.ndarray, **image) -> None:
    """Draw means over seeds by the initial weights, neurons of the weakest constraint.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    neurons : TunedNeurons
    values : ndarray, (M,)
    **image
        Arguments of ``Axes.imshow``.
    """
    excitation, inhibition = (np.unique(neurons[n]) for n in ("excitation", "inhibition"))
    means = np.array(
        [
            [
                values[
                    neurons.weakest & (neurons["excitation"] == e) & (neurons["inhibition"] == i)
                ].mean()
                for e in excitation
            ]
            for i in inhibition
        ]
    )
    picture = axes.imshow(means, origin="lower", aspect="auto", **image)
    for (row, column), mean in np.ndenumerate(means):
        shade = picture.cmap(picture.norm(mean))
        light = np.dot(shade[:3], (0.3, 0.6, 0.1)) > 0.55
        axes.text(
            column, row, f"{mean:.2f}".replace("-", "\N{MINUS SIGN}"), ha="center", va="center",
            fontsize=6.5, color="black" if light else "white",
        )  # fmt: skip
    axes.set_xticks(range(excitation.size), [f"{1e3 * e:g}" for e in excitation])
    axes.set_yticks(range(inhibition.size), [f"{i:g}" for i in inhibition])
    axes.tick_params(length=0)
    axes.set_xlabel("initial E weight (mV)")


def accuracy_over_co_tuning(axes: Axes, neurons: TunedNeurons) -> None:
    """Draw each neuron's accuracy over its co-tuning index, before (grey) and after training.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    neurons : TunedNeurons
        Those of the weakest constraint are drawn.
    """
    chosen = neurons.weakest
    for when, color in (("before", MUTED), ("after", TARGET)):
        accuracy = neurons[f"accuracy_{when}"]
        axes.plot(
            neurons[f"co_tuning_{when}"][chosen], 100 * accuracy[chosen], linestyle="none",
            marker="o", markersize=DOT_SIZE, markeredgewidth=0, color=color, alpha=0.6,
            label=f"{when} training",
        )  # fmt: skip
    axes.axhline(100 * SUCCESS, color=MUTED, linewidth=0.7, linestyle="--")
    axes.axvline(0, color=MUTED, linewidth=0.7)
    axes.set_xlim(-1.08, 1.08)
    axes.set_ylim(0, 104)
    axes.legend(loc="lower left" if neurons.is_novelty else "lower right", fontsize=6)
    axes.set_xlabel("co-tuning index")
    axes.set_ylabel("test accuracy (%)")


def initial_weights_figure(figure: Figure, neurons: TunedNeurons) -> None:
    """Draw accuracy and co-tuning by the initial weights, and one over the other.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 2.6 inches.
    neurons : TunedNeurons
    """
    left, middle, right = figure.subplots(1, 3)
    accuracy = neurons["accuracy_after"]
    initial_weights_map(left, neurons, accuracy, cmap="viridis", vmin=1 / neurons.groups, vmax=1)
    reached = (
        f"{100 * np.mean(accuracy[neurons.weakest] >= goal):.0f} % reach {100 * goal:.0f} %"
        for goal in (SUCCESS, NEARLY)
    )
    left.set_title(
        f"mean accuracy\n{', '.join(reached)}",
        fontsize=7, fontweight="normal",
    )  # fmt: skip
    left.set_ylabel("initial I/E charge")
    initial_weights_map(middle, neurons, neurons["co_tuning_after"], cmap="RdBu_r", vmin=-1, vmax=1)
    middle.set_title("mean co-tuning index\n", fontsize=7, fontweight="normal")
    accuracy_over_co_tuning(right, neurons)
