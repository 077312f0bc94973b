"""Spikes and weights to numbers: rates, irregularity, variability, synchrony, distributions."""

from bionet.statistics.activity import Activity
from bionet.statistics.irregularity import (
    MINIMUM_INTERVALS,
    inter_spike_intervals,
    isi_cvs,
    isi_cvs_from_sums,
    mean_isi_cv,
)
from bionet.statistics.rate import firing_rates, firing_rates_from_spikes, population_rate
from bionet.statistics.spike_trains import SpikeTrains, binned_spike_counts, spike_counts
from bionet.statistics.synchrony import (
    golomb_chi,
    mean_pairwise_correlation,
    population_rate_cv,
)
from bionet.statistics.variability import (
    fano_factors_from_spikes,
    spatial_fano_factor,
    temporal_fano_factor,
)
from bionet.statistics.weights import (
    WeightDistribution,
    fraction_at_bounds,
    weight_creep,
    weight_distribution,
)

__all__ = [
    "MINIMUM_INTERVALS",
    "Activity",
    "SpikeTrains",
    "WeightDistribution",
    "binned_spike_counts",
    "fano_factors_from_spikes",
    "firing_rates",
    "firing_rates_from_spikes",
    "fraction_at_bounds",
    "golomb_chi",
    "inter_spike_intervals",
    "isi_cvs",
    "isi_cvs_from_sums",
    "mean_isi_cv",
    "mean_pairwise_correlation",
    "population_rate",
    "population_rate_cv",
    "spatial_fano_factor",
    "spike_counts",
    "temporal_fano_factor",
    "weight_creep",
    "weight_distribution",
]
