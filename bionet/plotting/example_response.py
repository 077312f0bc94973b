"""One sample through a trained network: input spikes, hidden spikes, and the readout that decides.

Kilgore et al., Fig. 1B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.raster import raster
from bionet.plotting.style import MUTED, TARGET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bionet.plotting.training_sweep import TrainingSweep

__all__ = ["hidden_raster", "input_raster", "readout_traces"]

#: Points.
DOT_SIZE = 1.2
#: The class that wins.
WINNER = "#b3247a"


def input_raster(axes: Axes, sweep: TrainingSweep) -> None:
    """Draw the spikes of the input units.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
        Whose example is drawn.
    """
    example, n_inputs = sweep.example, sweep.n_inputs
    axes.plot(
        _milliseconds(sweep, example.step),
        example.unit,
        linestyle="none",
        marker="o",
        markersize=DOT_SIZE,
        markeredgewidth=0,
        color=MUTED,
        rasterized=True,
    )
    axes.set_xlim(0, _milliseconds(sweep, len(example.spikes)))
    axes.set_ylim(-1, n_inputs)
    axes.set_yticks([(n_inputs - 1) / 2], [f"{n_inputs} inputs"])
    axes.tick_params(axis="y", length=0)


def hidden_raster(axes: Axes, sweep: TrainingSweep) -> None:
    """Draw the spikes of the hidden neurons, excitatory ones over inhibitory ones.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
        Whose example is drawn.
    """
    example = sweep.example
    n_exc = sweep.n_excitatory(example.network)
    n_inh = sweep.n_hidden - n_exc
    steps, neurons = np.nonzero(example.spikes)
    times, exc = _milliseconds(sweep, steps), neurons < n_exc
    raster(
        axes,
        (times[exc], neurons[exc]),
        (times[~exc], neurons[~exc] - n_exc) if n_inh else None,
        n_exc=n_exc,
        n_inh=n_inh,
        interval=(0, _milliseconds(sweep, len(example.spikes))),
    )
    axes.set_xlabel("")
    axes.set_ylabel("")


def readout_traces(axes: Axes, sweep: TrainingSweep) -> None:
    """Draw each class's readout, and mark the highest peak, which is the network's answer.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    sweep : TrainingSweep
        Whose example is drawn. The true class is dashed if another one wins.
    """
    example, answer = sweep.example, sweep.example.answer
    times = _milliseconds(sweep, np.arange(len(example.readout)))
    for k, trace in enumerate(example.readout.T):
        axes.plot(times, trace, color=MUTED, linewidth=0.6, alpha=0.7, label=f"_{k}")
    trace = example.readout[:, answer]
    peak = int(trace.argmax())
    axes.plot(times, trace, color=WINNER, linewidth=1.4, label=str(sweep.class_names[answer]))
    axes.plot(times[peak], trace[peak], "o", color=WINNER, markersize=4, label="_peak")
    if example.label != answer:
        axes.plot(
            times,
            example.readout[:, example.label],
            color=TARGET,
            linestyle=(0, (3, 2)),
            label=f"true class: {sweep.class_names[example.label]}",
        )
    axes.margins(y=0.12)
    axes.set_xlim(0, _milliseconds(sweep, len(times)))
    axes.set_xlabel("time (ms)")
    axes.set_ylabel("readout")
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        title="answer",
        title_fontsize=7,
        fontsize=7,
        alignment="left",
    )


def _milliseconds(sweep: TrainingSweep, steps: int | np.ndarray) -> float | np.ndarray:
    return 1e3 * sweep.step * steps
