"""The figures of one ``student_network`` run, drawn from its results into ``figures/``."""

from __future__ import annotations

from pathlib import Path

from bionet.plotting.student_layers import errors_figure, success_figure, trajectories_figure
from bionet.plotting.style import drawing
from bionet.runs.run_directory import RunDirectory

__all__ = ["draw"]

#: Each figure's file, what draws it, and its width and height in inches.
FIGURES = {
    "hidden_weights.png": (trajectories_figure, (7.0, 3.6)),
    "errors.png": (errors_figure, (7.0, 3.0)),
    "success.png": (success_figure, (7.2, 2.6)),
}


def draw(directory: RunDirectory) -> list[Path]:
    """Draw a run's figures from its results.

    Parameters
    ----------
    directory : RunDirectory

    Returns
    -------
    list of Path
        ``hidden_weights.png``, ``errors.png`` and ``success.png``.

    Raises
    ------
    FigureError
        If the results lack an array; names both file and array.
    RunDirectoryError
        If the results are missing or damaged.
    """
    results, paths = directory.load_results(), []
    directory.figures_path.mkdir(parents=True, exist_ok=True)
    for name, (figure_of, (width, height)) in FIGURES.items():
        paths.append(directory.figures_path / name)
        with drawing(paths[-1], width, height) as figure:
            figure_of(figure, results, str(directory.results_path))
    return paths
