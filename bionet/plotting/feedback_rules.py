"""How networks learn whose errors come back by different rules: error, loss and angles by epoch.

The rules are those of `bionet.gradient.feedback`; the figures are those of Akrout et al. (2019),
Fig. 3: accuracy, and the angles between feedback and forward weights and between what a rule and
what backpropagation teaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.errors import FigureError
from bionet.plotting.loss_axis import loss_axis
from bionet.plotting.measured import require
from bionet.plotting.style import MUTED
from bionet.statistics import median_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "RULE_COLORS",
    "RULE_LABELS",
    "RuleCourses",
    "angle_figure",
    "angle_over_epochs",
    "error_over_epochs",
    "learning_figure",
    "loss_over_epochs",
    "rule_legend",
]

#: Rules in the order of legends.
RULE_LABELS = {
    "backpropagation": "backpropagation",
    "weight_mirror": "weight mirror",
    "kolen_pollack": "Kolen-Pollack",
    "sign_symmetry": "sign symmetry",
    "feedback_alignment": "feedback alignment",
}
RULE_COLORS = {
    "backpropagation": "#111111",
    "weight_mirror": "#1f5fa8",
    "kolen_pollack": "#2f9e8f",
    "sign_symmetry": "#e0a030",
    "feedback_alignment": "#d9472f",
}
RULE_STYLES = {
    "backpropagation": "-",
    "weight_mirror": "-",
    "kolen_pollack": (0, (5, 1.5)),
    "sign_symmetry": (0, (3, 1, 1, 1)),
    "feedback_alignment": "-",
}

BAND_ALPHA = 0.2
#: No angle: the random vectors' own, and what feedback is better than if it is below.
ORTHOGONAL = 90.0
#: Upper end of the axis of angles, degrees: errors may at first point the wrong way.
HIGHEST = 125.0
#: Panels that fit in one row, and the height of such a figure in inches.
IN_A_ROW, LOW = 3, 2.7

_OF_EACH = ("rule", "repeat")
_MEASURED = ("train_loss", "test_accuracy", "weight_angle", "delta_angle")
_NEEDED = ("model", *_OF_EACH, "connection_names", "layer_names", *_MEASURED)


@dataclass(frozen=True, eq=False)
class RuleCourses:
    """M networks trained for E epochs, of C connections and L hidden layers.

    Attributes
    ----------
    model : str
        ``"rate"`` or ``"spiking"``.
    rule : array of str, (M,)
    repeat : array of int, (M,)
    connection_names : array of str, (C,)
    layer_names : array of str, (L,)
    train_loss : array, (M, E)
    test_accuracy : array, (M, E + 1)
        Fractions; the first is of the untrained network.
    weight_angle : array, (M, E + 1, C)
        Degrees.
    delta_angle : array, (M, E + 1, L)
        Degrees.
    """

    model: str
    rule: np.ndarray
    repeat: np.ndarray
    connection_names: np.ndarray
    layer_names: np.ndarray
    train_loss: np.ndarray
    test_accuracy: np.ndarray
    weight_angle: np.ndarray
    delta_angle: np.ndarray

    @classmethod
    def from_results(cls, results: Mapping[str, np.ndarray], source: str) -> RuleCourses:
        """Read a run's arrays, named as the attributes.

        Parameters
        ----------
        results : mapping of str to array
        source : str
            Their file, for messages.

        Raises
        ------
        FigureError
            If an array is missing, of a wrong shape or out of range; names it.
        """
        require(results, _NEEDED, source)
        names = [name for name in _NEEDED if name != "model"]
        courses = cls(str(results["model"]), **{name: np.asarray(results[name]) for name in names})
        courses._check(source)
        return courses

    def _check(self, source: str) -> None:
        m, epochs = self.rule.size, self.train_loss.shape[-1]
        expected = {
            "repeat": (m,),
            "train_loss": (m, epochs),
            "test_accuracy": (m, epochs + 1),
            "weight_angle": (m, epochs + 1, self.connection_names.size),
            "delta_angle": (m, epochs + 1, self.layer_names.size),
        }
        for name, shape in expected.items():
            if (got := getattr(self, name).shape) != shape:
                raise FigureError(f"{source}: {name} must have shape {shape}, got {got}")
        if unknown := sorted(set(self.rule.tolist()) - set(RULE_LABELS)):
            raise FigureError(
                f"{source}: unknown rule {unknown[0]!r}; there are {', '.join(RULE_LABELS)}"
            )
        if not ((self.test_accuracy >= 0) & (self.test_accuracy <= 1)).all():
            raise FigureError(f"{source}: test_accuracy must lie in [0, 1]")

    @property
    def rules(self) -> list[str]:
        """Those that were trained, in the order of legends."""
        return [rule for rule in RULE_LABELS if rule in self.rule]

    @property
    def n_epochs(self) -> int:
        """E."""
        return self.train_loss.shape[1]

    def of(self, rule: str) -> np.ndarray:
        """Return the numbers of a rule's networks."""
        return np.flatnonzero(self.rule == rule)


def error_over_epochs(axes: Axes, courses: RuleCourses) -> None:
    """Draw the test error of each rule after each epoch, logarithmically, in percent.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    courses : RuleCourses
    """
    error = 100 * (1 - courses.test_accuracy[:, 1:])
    drawn = [_curve(axes, courses, rule, error, first=1) for rule in courses.rules]
    loss_axis(axes, np.concatenate(drawn), "test error (%)")


def loss_over_epochs(axes: Axes, courses: RuleCourses) -> None:
    """Draw the training loss of each rule, logarithmically.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    courses : RuleCourses
    """
    drawn = [_curve(axes, courses, rule, courses.train_loss, first=1) for rule in courses.rules]
    loss_axis(axes, np.concatenate(drawn), "training loss (nats)")


def angle_over_epochs(axes: Axes, courses: RuleCourses, angles: np.ndarray) -> None:
    """Draw an angle of each rule but backpropagation, whose angle is 0.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    courses : RuleCourses
    angles : array, (M, E + 1)
        Degrees. Epochs at which one of a rule's networks has none, NaN, are left out.
    """
    axes.axhline(ORTHOGONAL, color=MUTED, linewidth=0.8, linestyle=":")
    for rule in courses.rules:
        if rule != "backpropagation":
            _curve(axes, courses, rule, angles, first=0)
    axes.set_ylim(0, HIGHEST)
    axes.set_yticks([0, 30, 60, 90, 120])


def rule_legend(figure: Figure, rules: Sequence[str]) -> None:
    """Name the rules below all panels.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    rules : sequence of str
    """
    from matplotlib.lines import Line2D

    lines = [
        Line2D(
            [], [], color=RULE_COLORS[rule], linestyle=RULE_STYLES[rule], label=RULE_LABELS[rule]
        )
        for rule in rules
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), fontsize=7.5)


def learning_figure(figure: Figure, courses: RuleCourses) -> None:
    """Draw test error and training loss side by side.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 2.9 inches.
    courses : RuleCourses
    """
    error, loss = figure.subplots(1, 2)
    error_over_epochs(error, courses)
    loss_over_epochs(loss, courses)
    rule_legend(figure, courses.rules)


def angle_figure(figure: Figure, courses: RuleCourses) -> None:
    """Draw the angle of each connection's weights, then those of what each layer is taught.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 4.6 inches. Three panels stand in one row, and make it lower.
    courses : RuleCourses
    """
    taught = "errors" if courses.model == "rate" else "gradients"
    kinds = (
        (courses.connection_names, courses.weight_angle, "feedback to weights"),
        (courses.layer_names, courses.delta_angle, f"{taught} to exact ones"),
    )
    counts = [names.size for names, _, _ in kinds]
    if sum(counts) <= IN_A_ROW:
        figure.set_size_inches(figure.get_figwidth(), LOW)
        panels = figure.subplots(1, sum(counts), sharey=True)
        rows = (panels[: counts[0]], panels[counts[0] :])
    else:
        rows = figure.subplots(2, max(counts), squeeze=False, sharey=True)
    for row, (names, angles, what) in zip(rows, kinds, strict=True):
        row[0].set_ylabel(f"{what} (degrees)", fontsize="small")
        for k, axes in enumerate(row):
            if k >= names.size:
                axes.remove()
                continue
            angle_over_epochs(axes, courses, angles[:, :, k])
            axes.set_title(names[k])
    rule_legend(figure, [rule for rule in courses.rules if rule != "backpropagation"])


def _curve(axes, courses: RuleCourses, rule: str, values: np.ndarray, *, first: int) -> np.ndarray:
    """Draw the median over a rule's networks and its interval; return all that was drawn."""
    own = values[courses.of(rule)]
    there = np.isfinite(own).all(axis=0)
    own, epochs = own[:, there], first + np.flatnonzero(there)
    interval = median_interval(own)
    axes.plot(epochs, interval.median, color=RULE_COLORS[rule], linestyle=RULE_STYLES[rule])
    if np.isfinite(interval.low).all():
        axes.fill_between(
            epochs, interval.low, interval.high,
            color=RULE_COLORS[rule], alpha=BAND_ALPHA, linewidth=0,
        )  # fmt: skip
    axes.set_xlabel("epoch")
    axes.set_xlim(0, max(courses.n_epochs, 1))
    axes.xaxis.get_major_locator().set_params(integer=True)
    return own.ravel()
