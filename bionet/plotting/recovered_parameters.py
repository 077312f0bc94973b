"""A student's parameters on their way to its teacher's, which are dashed lines.

As Figure 1 of Braun's report (2020) has it: time along the abscissa, a colour a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.measured import require
from bionet.plotting.student_rules import rule_label
from bionet.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["parameters_figure", "trajectories"]

#: Weights, or teachers, of which one Axes shows the trajectories.
SHOWN_WEIGHTS, SHOWN_TEACHERS = 8, 6
#: Unit of time, and in which parameters are drawn: label and factor.
HOUR = 3600.0
_UNITS = {
    "tau_m": (r"$\tau_m$ (ms)", 1e3),
    "tau_s": (r"$\tau_s$ (ms)", 1e3),
    "v_reset": (r"$V_R$", 1.0),
    "b": (r"$b$ (1/s)", 1.0),
    "omega": (r"$\omega/2\pi$ (Hz)", 1 / (2 * np.pi)),
    "x_reset": (r"$I_R$", 1.0),
    "y_reset": (r"$V_R$", 1.0),
}


def trajectories(axes: Axes, time: np.ndarray, values: np.ndarray, targets: np.ndarray) -> None:
    """Draw values over time, each towards its target.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    time : array, (T,)
        Seconds; drawn in hours.
    values : array, (T, n)
    targets : array, (n,)
    """
    import matplotlib

    colors = matplotlib.colormaps["turbo"](np.linspace(0.08, 0.92, len(targets)))
    for value, target, color in zip(values.T, targets, colors, strict=True):
        axes.axhline(target, color=color, linestyle=(0, (4, 3)), linewidth=0.8)
        axes.plot(time / HOUR, value, color=color, linewidth=1.1)
    axes.set_xlim(time[0] / HOUR, time[-1] / HOUR)
    axes.set_xlabel("simulated time (h)")


def shown_weights(teacher: np.ndarray) -> np.ndarray:
    """Return which weights are drawn: as many as an Axes takes, evenly over their sizes."""
    order = np.argsort(teacher)
    return order[np.linspace(0, len(order) - 1, min(SHOWN_WEIGHTS, len(order))).round().astype(int)]


def parameters_figure(figure: Figure, results: Mapping[str, np.ndarray], source: str) -> None:
    """Draw the parameters of a rule's students, an Axes each, and the weights of one of them.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 4.6 inches.
    results : mapping of str to array
        Of a ``student_neuron`` run that learns parameters. The rule that comes closest is drawn.
    source : str
        Their file, for messages.

    Raises
    ------
    FigureError
        If an array is missing.
    """
    names = [str(name) for name in results.get("learned", ()) if name != "w"]
    needed = ("rules", "time", "shown", "shown_weights", "teacher.w", "weight_distance", "learned")
    each = [f"{kind}.{name}" for name in names for kind in ("parameter", "teacher")]
    require(results, (*needed, *each), source)
    rule = int(np.median(results["weight_distance"][-1], axis=1).argmin())
    teacher = results["teacher.w"][:, int(results["shown"])]
    time, shown = results["time"], shown_weights(teacher)
    columns = (len(names) + 2) // 2
    panels = figure.subplots(2, columns, squeeze=False).ravel()
    trajectories(panels[0], time, results["shown_weights"][:, shown, rule], teacher[shown])
    panels[0].set_ylabel("weight")
    panels[0].set_title(f"One student, {rule_label(str(results['rules'][rule]))}")
    for axes, name in zip(panels[1:], names, strict=False):
        label, factor = _UNITS.get(name, (name, 1.0))
        values = factor * results[f"parameter.{name}"][:, rule, :SHOWN_TEACHERS]
        trajectories(axes, time, values, factor * results[f"teacher.{name}"][:SHOWN_TEACHERS])
        axes.set_ylabel(label)
    panels[1].set_title(counted(values.shape[1], "student"))
    for axes in panels[1 + len(names) :]:
        axes.set_visible(False)
