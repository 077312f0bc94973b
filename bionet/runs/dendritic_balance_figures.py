"""The figures of one ``dendritic_balance`` run, drawn from its results into ``figures/``."""

from __future__ import annotations

from pathlib import Path

from bionet.plotting.balance_figures import (
    activity_figure,
    activity_schemes,
    loss_curves_figure,
)
from bionet.plotting.balance_sweeps import sweep_figure
from bionet.plotting.style import drawing
from bionet.plotting.trained_fields import fields_figure, fields_size
from bionet.plotting.trained_layers import TrainedLayers
from bionet.runs.balance_configuration import DendriticBalance
from bionet.runs.run_directory import RunDirectory

__all__ = ["draw"]

#: What may be swept, and the figure of the sweep.
SWEEP_FIGURES = {
    "p": "loss_over_p.png",
    "n_coding": "loss_over_n_coding.png",
    "step": "loss_over_delay.png",
}


def draw(directory: RunDirectory, configuration: DendriticBalance) -> list[Path]:
    """Draw a run's figures from its results.

    Parameters
    ----------
    directory : RunDirectory
    configuration : DendriticBalance
        The directory's. What is drawn follows from the results alone.

    Returns
    -------
    list of Path
        ``activity.png`` where activity was recorded, ``fields.png``, ``loss_curves.png``, and for
        each sweep ``loss_over_p.png``, ``loss_over_n_coding.png``, ``loss_over_delay.png``.

    Raises
    ------
    FigureError
        If the results lack an array, or one has a wrong shape; names both file and array.
    RunDirectoryError
        If the results are missing or damaged.
    """
    layers = TrainedLayers.from_results(directory.load_results(), str(directory.results_path))
    folder, paths = directory.figures_path, []
    folder.mkdir(exist_ok=True)
    if schemes := activity_schemes(layers):
        paths.append(folder / "activity.png")
        with drawing(paths[-1], width=3.5 * len(schemes), height=2.4) as figure:
            activity_figure(figure, layers)
    paths.append(folder / "fields.png")
    with drawing(paths[-1], *fields_size(layers)) as figure:
        fields_figure(figure, layers)
    paths.append(folder / "loss_curves.png")
    with drawing(paths[-1], width=4.0, height=3.6) as figure:
        loss_curves_figure(figure, layers)
    for name, file in SWEEP_FIGURES.items():
        if layers.swept(name).size > 1:
            paths.append(folder / file)
            with drawing(paths[-1], width=7.0, height=2.8) as figure:
                sweep_figure(figure, layers, name)
    return paths
