"""The figures of one ``surrogate_training`` run, drawn from its results into ``figures/``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bionet.plotting.class_activity import class_activity_figure
from bionet.plotting.learning_curves import learning_curves_figure
from bionet.plotting.noise_robustness import noise_figure, swept_width
from bionet.plotting.pair_distances import pair_distances_figure
from bionet.plotting.style import drawing
from bionet.plotting.trained_examples import trained_examples_figure
from bionet.plotting.training_overview import accuracy_over_rate_figure
from bionet.plotting.training_sweep import TrainingSweep
from bionet.runs.run_directory import RunDirectory

__all__ = ["draw", "draw_results"]

#: Each figure's file, what draws it, and its width and height in inches.
FIGURES = {
    "accuracy_over_rate.png": (accuracy_over_rate_figure, (7.0, 5.4)),
    "learning_curves.png": (learning_curves_figure, (7.0, 2.6)),
    "noise_robustness.png": (noise_figure, (7.0, 4.8)),
    "class_activity.png": (class_activity_figure, (7.0, 3.8)),
    "example_networks.png": (trained_examples_figure, (7.0, 8.4)),
    "pair_distances.png": (pair_distances_figure, (7.0, 5.8)),
}


def draw(directory: RunDirectory, configuration: Any) -> list[Path]:
    """Draw a run's figures from its results.

    Parameters
    ----------
    directory : RunDirectory
    configuration : object
        The directory's. What is drawn follows from the results alone.

    Returns
    -------
    list of Path
        ``accuracy_over_rate.png``, ``learning_curves.png``, ``noise_robustness.png`` where noise
        was varied, ``class_activity.png``, ``example_networks.png``, and ``pair_distances.png``
        where distances were measured.

    Raises
    ------
    FigureError
        If the results lack an array, or one has a wrong shape; names both file and array.
    RunDirectoryError
        If the results are missing or damaged.
    """
    results = directory.load_results()
    return draw_results(results, str(directory.results_path), directory.figures_path)


def draw_results(results: Mapping[str, np.ndarray], source: str, folder: Path) -> list[Path]:
    """Draw the figures of arrays as `bionet.runs.surrogate_results` lists them.

    Parameters
    ----------
    results : mapping of str to array
    source : str
        Their file, for messages.
    folder : Path
        Where the figures go.

    Returns
    -------
    list of Path
        See `draw`.
    """
    sweep = TrainingSweep.from_results(results, source)
    folder.mkdir(parents=True, exist_ok=True)
    left_out = {
        "noise_robustness.png": swept_width(sweep) is None,
        "pair_distances.png": not sweep.has_distances,
    }
    paths = []
    for name, (figure_of, (width, height)) in FIGURES.items():
        if left_out.get(name, False):
            continue
        paths.append(folder / name)
        with drawing(paths[-1], width, height) as figure:
            figure_of(figure, sweep)
    return paths
