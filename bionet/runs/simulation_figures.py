"""The figures of one ``simulation`` run, drawn from its results into its folder ``figures``."""

from __future__ import annotations

from pathlib import Path

from bionet.plotting.simulation import network_figure, plasticity_figure
from bionet.plotting.style import drawing
from bionet.runs.run_directory import RunDirectory
from bionet.runs.simulation_configuration import Simulation

__all__ = ["draw"]


def draw(directory: RunDirectory, configuration: Simulation) -> list[Path]:
    """Draw a run's figures from its results.

    Parameters
    ----------
    directory : RunDirectory
    configuration : Simulation

    Returns
    -------
    list of Path
        ``network.png``, and ``plasticity.png`` where weights changed.
    """
    results = directory.load_results()
    paths = [directory.figures_path / "network.png"]
    with drawing(paths[0], width=6.5, height=4.6) as figure:
        network_figure(figure, results)
    if configuration.plasticity is not None:
        paths.append(directory.figures_path / "plasticity.png")
        with drawing(paths[1], width=6.5, height=5.8) as figure:
            plasticity_figure(figure, results, configuration.plasticity.target_rate)
    return paths
