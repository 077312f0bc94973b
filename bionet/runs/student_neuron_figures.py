"""The figures of one ``student_neuron`` run, drawn from its results into ``figures/``."""

from __future__ import annotations

from pathlib import Path

from bionet.plotting.recovered_parameters import parameters_figure
from bionet.plotting.recovery_by_rule import recovery_figure
from bionet.plotting.style import drawing
from bionet.runs.run_directory import RunDirectory
from bionet.runs.student_neuron_configuration import StudentNeuron

__all__ = ["draw"]


def draw(directory: RunDirectory, configuration: StudentNeuron) -> list[Path]:
    """Draw a run's figures from its results.

    Parameters
    ----------
    directory : RunDirectory
    configuration : StudentNeuron
        The directory's.

    Returns
    -------
    list of Path
        ``recovery.png``, and ``parameters.png`` where more than weights was learned.

    Raises
    ------
    FigureError
        If the results lack an array; names both file and array.
    RunDirectoryError
        If the results are missing or damaged.
    """
    results, source = directory.load_results(), str(directory.results_path)
    figures = {"recovery.png": (recovery_figure, (7.0, 4.6))}
    if configuration.learned == "all":
        figures["parameters.png"] = (parameters_figure, (7.0, 4.2))
    directory.figures_path.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (figure_of, (width, height)) in figures.items():
        paths.append(directory.figures_path / name)
        with drawing(paths[-1], width, height) as figure:
            figure_of(figure, results, source)
    return paths
