"""Figures: functions that draw into an Axes they are given; matplotlib loads when one is made.

    from bionet import plotting
    with plotting.drawing("rate.png", width=4, height=2) as figure:
        plotting.population_rate(figure.subplots(), rate, bin_width=0.01)

The figures of a whole run are put together in `bionet.runs.meta_learning_figures`,
`bionet.runs.simulation_figures` and `bionet.runs.dendritic_balance_figures`; nothing here knows
what a run directory is.
"""

from bionet.plotting.coding_activity import coding_activity
from bionet.plotting.errors import FigureError
from bionet.plotting.fields import field_grid
from bionet.plotting.histograms import isi_cv_histogram, rate_histogram, weight_histogram
from bionet.plotting.loss_curves import curve_over_images
from bionet.plotting.loss_over import loss_over
from bionet.plotting.raster import raster
from bionet.plotting.stdp_window import stdp_window
from bionet.plotting.style import (
    EXCITATORY,
    INHIBITORY,
    MUTED,
    SCHEME_COLORS,
    SCHEME_LABELS,
    SCHEME_MARKERS,
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
    "SCHEME_COLORS",
    "SCHEME_LABELS",
    "SCHEME_MARKERS",
    "STYLE_SHEET",
    "TARGET",
    "FigureError",
    "averaged",
    "coding_activity",
    "curve_over_images",
    "drawing",
    "field_grid",
    "initial_weight_colors",
    "isi_cv_histogram",
    "loss_over",
    "population_rate",
    "raster",
    "rate_histogram",
    "stdp_window",
    "target_line",
    "voltage_trace",
    "weight_histogram",
    "weight_trace",
]
