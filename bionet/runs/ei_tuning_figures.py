"""The figures of one ``ei_tuning`` run, drawn from its results into ``figures/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bionet.plotting.style import drawing
from bionet.plotting.tuned_neuron import neuron_figure
from bionet.plotting.tuned_neurons import TunedNeurons
from bionet.plotting.tuning_sweep import constraint_figure, initial_weights_figure
from bionet.runs.run_directory import RunDirectory

__all__ = ["draw"]

#: Each figure's file, what draws it, and its width and height in inches.
FIGURES = {
    "neuron.png": (neuron_figure, (7.0, 5.6)),
    "constraint.png": (constraint_figure, (7.0, 2.3)),
    "initial_weights.png": (initial_weights_figure, (7.0, 2.5)),
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
        ``neuron.png``, ``constraint.png`` where there is more than one, ``initial_weights.png``
        where they were varied.

    Raises
    ------
    FigureError
        If the results lack an array, or one has a wrong shape; names both file and array.
    RunDirectoryError
        If the results are missing or damaged.
    """
    neurons = TunedNeurons.from_results(directory.load_results(), str(directory.results_path))
    swept = {name: np.unique(neurons[name]).size > 1 for name in ("excitation", "inhibition")}
    drawn = {
        "neuron.png": True,
        "constraint.png": neurons.constraints.size > 1,
        "initial_weights.png": any(swept.values()),
    }
    directory.figures_path.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (figure_of, (width, height)) in FIGURES.items():
        if drawn[name]:
            paths.append(directory.figures_path / name)
            with drawing(paths[-1], width, height) as figure:
                figure_of(figure, neurons)
    return paths
