"""Figures: functions that draw into an Axes they are given; matplotlib loads when one is made.

    from bionet import plotting
    with plotting.drawing("rate.png", width=4, height=2) as figure:
        plotting.population_rate(figure.subplots(), rate, bin_width=0.01)

The figures of a whole run are put together in `bionet.runs.meta_learning_figures` and
`bionet.runs.simulation_figures`; nothing here knows what a run directory is.
"""

from bionet.plotting.errors import FigureError
from bionet.plotting.histograms import isi_cv_histogram, rate_histogram, weight_histogram
from bionet.plotting.raster import raster
from bionet.plotting.style import (
    EXCITATORY,
    INHIBITORY,
    MUTED,
    STYLE_SHEET,
    TARGET,
    drawing,
    initial_weight_colors,
)
from bionet.plotting.traces import (
    averaged,
    population_rate,
    target_line,
    voltage_trace,
    weight_trace,
)

__all__ = [
    "EXCITATORY",
    "INHIBITORY",
    "MUTED",
    "STYLE_SHEET",
    "TARGET",
    "FigureError",
    "averaged",
    "drawing",
    "initial_weight_colors",
    "isi_cv_histogram",
    "population_rate",
    "raster",
    "rate_histogram",
    "target_line",
    "voltage_trace",
    "weight_histogram",
    "weight_trace",
]
