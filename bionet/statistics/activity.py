"""What a loss sees of one simulation: rates, irregularity, population rate, how far it came."""

from dataclasses import dataclass

import numpy as np

from bionet.si import fields_in_si, takes_si
from bionet.statistics.irregularity import isi_cvs, isi_cvs_from_sums, mean_isi_cv
from bionet.statistics.rate import firing_rates, population_rate
from bionet.statistics.requirements import (
    require_finite,
    require_fraction,
    require_nonnegative_array,
    require_positive,
)
from bionet.statistics.spike_trains import SpikeTrains, spike_counts


@dataclass(frozen=True, eq=False)
class Activity:
    """Statistics of one population in one simulation, after its warm-up.

    Parameters
    ----------
    rates : array_like, (N,)
        Rate of each neuron over the scored window, Hz; 0 for a silent neuron.
    isi_cvs : array_like, (N,)
        CV of each neuron's inter-spike intervals; NaN where it has too few of them.
    population_rate : array_like, (T,)
        Rate of the population in consecutive bins, Hz.
    bin_width : float
        Length of such a bin, s.
    completed : float
        Part of the planned duration that was simulated, in [0, 1]. 1 means that it ran to its end,
        anything less that it was stopped because its rate left the allowed range.

    Raises
    ------
    ValueError
        If a shape is wrong, there is no neuron, a value is negative or not finite (NaN is allowed
        among `isi_cvs` only), or a simulation that ran to its end has no population rate.

    Notes
    -----
    The arrays are copied and read-only. A simulation stopped during its warm-up has rates of 0, no
    CV and no bins.
    """

    rates: np.ndarray
    isi_cvs: np.ndarray
    population_rate: np.ndarray
    bin_width: float
    completed: float = 1.0

    def __post_init__(self):
        fields_in_si(self, rates="Hz", population_rate="Hz", bin_width="s")
        rates = require_nonnegative_array("rates", self.rates)
        cvs = np.asarray(self.isi_cvs, dtype=float)
        binned = require_nonnegative_array("population_rate", self.population_rate)
        completed = require_fraction("completed", self.completed)
        if not rates.size:
            raise ValueError("rates must hold at least one neuron, got none")
        if cvs.shape != rates.shape:
            raise ValueError(
                "isi_cvs must have one entry for each of the rates, "
                f"got shape {cvs.shape} for {rates.shape}"
            )
        require_nonnegative_array("isi_cvs", np.where(np.isnan(cvs), 0, cvs))
        if completed == 1 and not binned.size:
            raise ValueError(
                "population_rate must hold at least one bin when the simulation ran to its end"
            )
        for name, array in (("rates", rates), ("isi_cvs", cvs), ("population_rate", binned)):
            own = array.copy()
            own.flags.writeable = False
            object.__setattr__(self, name, own)
        object.__setattr__(self, "bin_width", require_positive("bin_width", self.bin_width))
        object.__setattr__(self, "completed", completed)

    @classmethod
    @takes_si(isi_sum="s", isi_sum_squares="s^2", window="s", population_rate="Hz", bin_width="s")
    def from_online(
        cls,
        spike_count,
        isi_sum,
        isi_sum_squares,
        window,
        population_rate,
        bin_width,
        completed=1.0,
    ):
        """Activity from what a simulation accumulated in its neurons after a warm-up.

        Parameters
        ----------
        spike_count : array_like, (N,)
            Spikes of each neuron after the warm-up.
        isi_sum : array_like, (N,)
            Sum of its intervals between consecutive spikes that both lie after the warm-up, s.
        isi_sum_squares : array_like, (N,)
            Sum of the squares of these intervals, s^2.
        window : float
            Time simulated after the warm-up, s. 0 for a simulation stopped before the warm-up's
            end, whose counts must then be 0.
        population_rate : array_like, (T,)
            Rate of the population in bins after the warm-up, Hz.
        bin_width : float
            Length of a bin, s.
        completed : float
            Part of the planned duration that was simulated.

        Returns
        -------
        Activity

        Raises
        ------
        ValueError
            As `Activity`, `firing_rates` and `isi_cvs_from_sums` do.
        """
        count = require_nonnegative_array("spike_count", spike_count)
        return cls(
            rates=_rates_of_counts(count, window, completed),
            isi_cvs=isi_cvs_from_sums(count, isi_sum, isi_sum_squares),
            population_rate=population_rate,
            bin_width=bin_width,
            completed=completed,
        )

    @classmethod
    @takes_si(times="s", start="s", stop="s", bin_width="s")
    def from_spikes(cls, times, indices, n_neurons, start, stop, bin_width, completed=1.0):
        """Activity from recorded spikes.

        Parameters
        ----------
        times : array_like, (S,)
            Time of each spike, s, in any order.
        indices : array_like of int, (S,)
            Neuron of each spike.
        n_neurons : int
            Size of the population, silent neurons included.
        start, stop : float
            The scored window [start, stop), s: the end of the warm-up, and of the simulation (or
            where it was stopped).
        bin_width : float
            Length of a bin of the population rate, s. Whole bins only.
        completed : float
            Part of the planned duration that was simulated.

        Returns
        -------
        Activity

        Raises
        ------
        ValueError
            As `Activity` and `SpikeTrains` do.
        """
        spikes = SpikeTrains(times, indices, n_neurons, start, stop)
        return cls(
            rates=_rates_of_counts(spike_counts(spikes), spikes.duration, completed),
            isi_cvs=isi_cvs(spikes),
            population_rate=population_rate(spikes, bin_width),
            bin_width=bin_width,
            completed=completed,
        )

    @property
    def mean_rate(self):
        """Mean rate over all neurons, silent ones included, Hz."""
        return float(self.rates.mean())

    @property
    def rate_std(self):
        """Standard deviation of the rates over neurons, silent ones included, Hz."""
        return float(self.rates.std())

    @property
    def mean_isi_cv(self):
        """Mean CV over the neurons that have one, biased if they have few intervals; NaN if none.

        How much: see `bionet.statistics.irregularity`.
        """
        return mean_isi_cv(self.isi_cvs)

    @property
    def fraction_with_cv(self):
        """Part of the neurons that have a CV, that is, enough intervals."""
        return float(np.mean(~np.isnan(self.isi_cvs)))

    @property
    def population_rate_std(self):
        """Standard deviation of the population rate over time, Hz; NaN without bins."""
        return float(self.population_rate.std()) if self.population_rate.size else float("nan")


def _rates_of_counts(count, window, completed):
    window = require_finite("window", window)
    stopped_in_warm_up = window == 0 and completed < 1 and not count.any()
    return np.zeros(count.shape) if stopped_in_warm_up else firing_rates(count, window)
