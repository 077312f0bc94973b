"""Spikes and weights to numbers: rates, irregularity, distances, distributions, significance."""

from bionet.statistics.activity import Activity
from bionet.statistics.bootstrap import MedianInterval, median_interval
from bionet.statistics.gridded_spikes import firing_frequency, spike_trains_from_grid
from bionet.statistics.input_balance import (
    charge_ratio,
    co_tuning_index,
    current_correlation,
)
from bionet.statistics.irregularity import (
    MINIMUM_INTERVALS,
    inter_spike_intervals,
    isi_cvs,
    isi_cvs_from_sums,
    mean_isi_cv,
)
from bionet.statistics.isi_distribution import ISIDistribution, isi_distribution
from bionet.statistics.pair_groups import pair_groups
from bionet.statistics.paired_tests import friedman, signed_rank
from bionet.statistics.rate import firing_rates, firing_rates_from_spikes, population_rate
from bionet.statistics.receptive_fields import (
    count_fields,
    distinct_fields,
    field_kinds,
    matched_bars,
    pairwise_similarity,
)
from bionet.statistics.recovery import coincidence, recovered, scaled_error
from bionet.statistics.significance import Significance, fisher_exact, kruskal_wallis, t_test
from bionet.statistics.spike_trains import SpikeTrains, binned_spike_counts, spike_counts
from bionet.statistics.stdp_window import pair_window, trace_overlap
from bionet.statistics.synchrony import (
    golomb_chi,
    mean_pairwise_correlation,
    population_rate_cv,
)
from bionet.statistics.van_rossum import (
    mean_van_rossum_distances,
    van_rossum_distances,
    van_rossum_distances_of_times,
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
    "ISIDistribution",
    "MedianInterval",
    "Significance",
    "SpikeTrains",
    "WeightDistribution",
    "binned_spike_counts",
    "charge_ratio",
    "co_tuning_index",
    "coincidence",
    "count_fields",
    "current_correlation",
    "distinct_fields",
    "fano_factors_from_spikes",
    "field_kinds",
    "firing_frequency",
    "firing_rates",
    "firing_rates_from_spikes",
    "fisher_exact",
    "fraction_at_bounds",
    "friedman",
    "golomb_chi",
    "inter_spike_intervals",
    "isi_cvs",
    "isi_cvs_from_sums",
    "isi_distribution",
    "kruskal_wallis",
    "matched_bars",
    "mean_isi_cv",
    "mean_pairwise_correlation",
    "mean_van_rossum_distances",
    "median_interval",
    "pair_groups",
    "pair_window",
    "pairwise_similarity",
    "population_rate",
    "population_rate_cv",
    "recovered",
    "scaled_error",
    "signed_rank",
    "spatial_fano_factor",
    "spike_counts",
    "spike_trains_from_grid",
    "t_test",
    "temporal_fano_factor",
    "trace_overlap",
    "van_rossum_distances",
    "van_rossum_distances_of_times",
    "weight_creep",
    "weight_distribution",
]
