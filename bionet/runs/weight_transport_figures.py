"""The figures of one ``weight_transport`` run, drawn from its results into ``figures/``."""

from __future__ import annotations

from pathlib import Path

from bionet.plotting.feedback_rules import RuleCourses, angle_figure, learning_figure
from bionet.plotting.style import drawing
from bionet.runs.run_directory import RunDirectory

__all__ = ["draw"]

#: Each figure's file, what draws it, and its width and height in inches.
FIGURES = {
    "learning.png": (learning_figure, (7.0, 2.9)),
    "angles.png": (angle_figure, (7.0, 4.6)),
}


def draw(directory: RunDirectory) -> list[Path]:
    """Draw a run's figures from its results.

    Parameters
    ----------
    directory : RunDirectory

    Returns
    -------
    list of Path
        ``learning.png`` and ``angles.png``.

    Raises
    ------
    FigureError
        If the results lack an array, or one has a wrong shape; names both file and array.
    RunDirectoryError
        If the results are missing or damaged.
    """
    courses = RuleCourses.from_results(directory.load_results(), str(directory.results_path))
    directory.figures_path.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (figure_of, (width, height)) in FIGURES.items():
        paths.append(directory.figures_path / name)
        with drawing(paths[-1], width, height) as figure:
            figure_of(figure, courses)
    return paths
