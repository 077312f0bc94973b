"""Saved arrays of a few simulations of one network, as figures read them.

The names are those of ``results.npz`` of a meta-learning run, see
`bionet.runs.plasticity_measurement`; all begin with the same prefix, ``""`` or ``"static_"``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bionet.plotting.errors import FigureError
from bionet.plotting.raster import raster
from bionet.statistics import mean_isi_cv, population_rate_cv

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MEASURE_AGAIN", "ROUNDING", "Measured", "require"]

#: A completed fraction this close to 1 is 1: the last step may be lost to rounding.
ROUNDING = 1e-6

#: What to do about arrays that the results of an earlier bionet lack.
MEASURE_AGAIN = "if an earlier bionet measured, move the file away, and `bionet resume` does anew"

_ARRAYS = {
    "rates": "rates",
    "isi_cvs": "isi_cvs",
    "population_rate": "population_rate",
    "exc_times": "spikes_t",
    "exc_neurons": "spikes_i",
    "exc_runs": "spikes_run",
    "inh_times": "inh_spikes_t",
    "inh_neurons": "inh_spikes_i",
    "inh_runs": "inh_spikes_run",
}


def require(
    results: Mapping[str, np.ndarray], names: Iterable[str], source: str, remedy: str = ""
) -> None:
    """Refuse results that lack an array.

    Parameters
    ----------
    results : mapping of str to array
    names : iterable of str
        What is needed.
    source : str
        Where the results come from, for the message.
    remedy : str
        What to do about it, for the message.

    Raises
    ------
    FigureError
        Names the arrays that are missing and the source.
    """
    missing = [name for name in names if name not in results]
    if missing:
        noun = "array" if len(missing) == 1 else "arrays"
        message = f"{source}: {noun} missing: {', '.join(missing)}"
        raise FigureError(f"{message}; {remedy}" if remedy else message)


@dataclass(frozen=True, eq=False)
class Measured:
    """W simulations of a network, N excitatory neurons each.

    Attributes
    ----------
    bin_width : float
        Of the population rate, s.
    rates : array of float, (W, N)
        Of each excitatory neuron, Hz.
    isi_cvs : array of float, (W, N)
        NaN with too few spikes.
    population_rate : array of float, (W, T)
        Of the excitatory neurons in bins from the start, Hz; NaN after a simulation stopped.
    exc_times, exc_neurons, exc_runs : array, (S,)
        Recorded spikes: time in s, neuron, and simulation from 0 to W - 1.
    inh_times, inh_neurons, inh_runs : array, (R,)
        The same of inhibitory neurons.
    """

    bin_width: float
    rates: np.ndarray
    isi_cvs: np.ndarray
    population_rate: np.ndarray
    exc_times: np.ndarray
    exc_neurons: np.ndarray
    exc_runs: np.ndarray
    inh_times: np.ndarray
    inh_neurons: np.ndarray
    inh_runs: np.ndarray

    @classmethod
    def from_results(
        cls, results: Mapping[str, np.ndarray], source: str, prefix: str = ""
    ) -> Measured:
        """Take what is needed out of saved results.

        Parameters
        ----------
        results : mapping of str to array
        source : str
            Their file, for messages.
        prefix : str
            With which the arrays' names begin (``bin_width`` has none).

        Raises
        ------
        FigureError
            If an array is missing.
        """
        names = {field: f"{prefix}{name}" for field, name in _ARRAYS.items()}
        require(results, ["bin_width", *names.values()], source)
        arrays = {field: np.asarray(results[name]) for field, name in names.items()}
        return cls(bin_width=float(results["bin_width"]), **arrays)

    def __len__(self) -> int:
        return len(self.rates)

    def mean_rate(self, run: int) -> float:
        """Mean over the excitatory neurons, Hz."""
        return float(np.mean(self.rates[run]))

    def mean_isi_cv(self, run: int) -> float:
        """Mean over the neurons that have one; NaN if none has."""
        return mean_isi_cv(self.isi_cvs[run])

    def population_rate_cv(self, run: int, start: float) -> float:
        """Return std / mean of the population rate from `start` (s) on, in bins of `bin_width`."""
        return population_rate_cv(self._while_running(run)[round(start / self.bin_width) :])

    def stopped_at(self, run: int) -> float:
        """Return the time at which a simulation ended, s, to within a bin."""
        # A rate is known once its bin is over, so the last bin of a simulation is not recorded.
        return (self._while_running(run).size + 1) * self.bin_width

    def last(self, run: int, seconds: float) -> tuple[float, float]:
        """Return start and end (s) of the last part of a simulation, not before its start."""
        stop = self.stopped_at(run)
        return max(stop - seconds, 0.0), stop

    def draw_raster(self, axes: Axes, run: int, interval: tuple[float, float]) -> None:
        """Draw a simulation's spikes in an interval (s), excitatory over inhibitory neurons."""
        exc, inh = self.exc_runs == run, self.inh_runs == run
        raster(
            axes,
            (self.exc_times[exc], self.exc_neurons[exc]),
            (self.inh_times[inh], self.inh_neurons[inh]),
            n_exc=_recorded(self.exc_neurons),
            n_inh=_recorded(self.inh_neurons),
            interval=interval,
        )

    def spikes_of(self, run: int, neuron: int, interval: tuple[float, float]) -> np.ndarray:
        """Return the times (s) of an excitatory neuron's spikes in an interval."""
        times = self.exc_times[(self.exc_runs == run) & (self.exc_neurons == neuron)]
        return times[(times >= interval[0]) & (times < interval[1])]

    def _while_running(self, run: int) -> np.ndarray:
        rate = self.population_rate[run]
        return rate[np.isfinite(rate)]


def _recorded(neurons: np.ndarray) -> int:
    """Return how many neurons were recorded, as far as spikes tell: the silent last ones do not."""
    return int(neurons.max()) + 1 if neurons.size else 1
