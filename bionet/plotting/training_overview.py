"""The first figure of a training sweep: architecture, one sample, accuracy over initial rate.

Kilgore et al., Fig. 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bionet.plotting.accuracy_over_rate import accuracy_over_rate
from bionet.plotting.example_response import (
    hidden_raster,
    input_raster,
    readout_traces,
)
from bionet.plotting.layer_sketch import layer_sketch
from bionet.plotting.ratios import ratio_label, ratio_legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = ["accuracy_over_rate_figure"]


def accuracy_over_rate_figure(figure: Figure, sweep: TrainingSweep) -> None:
    """Draw the architecture, an example of its activity, and what all networks came to.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; about 7 x 5.4 inches.
    sweep : TrainingSweep
    """
    above, below = figure.subfigures(2, height_ratios=(1.15, 1))
    sketch, response = above.subfigures(1, 2, width_ratios=(1, 2.1))
    _architecture(sketch, sweep)
    _response(response, sweep)
    axes = below.subplots()
    accuracy_over_rate(axes, sweep)
    ratio_legend(axes, sweep.ratios)


def _architecture(part: SubFigure, sweep: TrainingSweep) -> None:
    n_exc = sweep.n_excitatory(sweep.example.network)
    layer_sketch(
        part.subplots(),
        sweep.n_inputs,
        n_exc,
        sweep.n_hidden - n_exc,
        sweep.class_names.size,
    )
    part.suptitle("Network", x=0.02, ha="left", fontsize=9, fontweight="bold")


def _response(part: SubFigure, sweep: TrainingSweep) -> None:
    inputs, hidden, readout = part.subplots(3, sharex=True, height_ratios=(1, 1.6, 1.2))
    input_raster(inputs, sweep)
    hidden_raster(hidden, sweep)
    readout_traces(readout, sweep)
    example = sweep.example
    ratio, width = (values[example.network] for values in (sweep.ratio, sweep.sigma_init))
    part.suptitle(
        rf"One sample: {sweep.class_names[example.label]} ({ratio_label(ratio)}, "
        rf"$\sigma_\mathrm{{init}}$ = {width:g}, after training)",
        x=0.02,
        ha="left",
        fontsize=9,
        fontweight="bold",
    )
