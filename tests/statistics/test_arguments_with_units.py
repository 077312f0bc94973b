"""Every public function with quantities: the same numbers as without, or refused by name.

One table of calls for all of `bionet.statistics`: an argument that is given as ``(numbers, unit)``
must have the same effect as a quantity of that unit, in SI; any other must be refused with a unit.
"""

import dataclasses
import inspect

import numpy as np
import pytest
from brian2 import Hz, NeuronGroup, Quantity, kgram, ms, mV, second

from bionet import statistics
from bionet.statistics import SpikeTrains
from bionet.statistics.hidden_units import match_hidden, matched_distance

ROUNDING_TOLERANCE = 1e-12

TRAINS = SpikeTrains([0.011, 0.024, 0.038, 0.013, 0.041], [0, 0, 0, 1, 1], 2, 0.0, 0.05)
COUNTS = np.array([[1, 0, 2, 1], [0, 1, 2, 0], [1, 1, 0, 3]])
GRID = np.array([[0, 1], [1, 0], [1, 1], [0, 1]])
FIELDS = np.arange(18.0).reshape(2, 3, 3)
BARS = np.stack([np.eye(3)[k][:, None] * np.ones(3) for k in range(3)] * 2)
A, B = np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0, 3.5])
DISTANCES = np.array([[0.0, 1, 2], [1, 0, 3], [2, 3, 0]])

#: Functions by name: arguments, those with a unit as (numbers, unit). Weights, distances and
#: currents have any one unit, here mV.
CALLS = {
    "Activity": {
        "rates": (A, Hz),
        "isi_cvs": B,
        "population_rate": (A, Hz),
        "bin_width": (0.01, second),
        "completed": 1.0,
    },
    "Activity.from_online": {
        "spike_count": [3, 4],
        "isi_sum": ([0.2, 0.3], second),
        "isi_sum_squares": ([0.05, 0.06], second**2),
        "window": (0.5, second),
        "population_rate": (A, Hz),
        "bin_width": (0.01, second),
        "completed": 1.0,
    },
    "Activity.from_spikes": {
        "times": ([0.1, 0.2], second),
        "indices": [0, 1],
        "n_neurons": 2,
        "start": (0.05, second),
        "stop": (0.3, second),
        "bin_width": (0.01, second),
        "completed": 1.0,
    },
    "SpikeTrains": {
        "times": ([0.1, 0.2], second),
        "indices": [0, 1],
        "n_neurons": 2,
        "start": (0.05, second),
        "stop": (0.3, second),
    },
    "binned_spike_counts": {"spikes": TRAINS, "bin_width": (0.005, second)},
    "charge_ratio": {"excitatory": (A, mV), "inhibitory": (B, mV), "axis": 0},
    "co_tuning_index": {"excitation": (A, mV), "inhibition": (B, mV)},
    "coincidence": {"both": A, "first": B, "second": B},
    "count_fields": {"kinds": ["cross"]},
    "current_correlation": {"excitatory": (A, mV), "inhibitory": (B, mV)},
    "distinct_fields": {"fields": (FIELDS, mV), "alike": 0.9},
    "fano_factors_from_spikes": {"spikes": TRAINS, "window": (0.01, second)},
    "field_kinds": {"fields": (FIELDS, mV), "bars": BARS},
    "firing_frequency": {"spikes": GRID, "dt": (0.001, second)},
    "firing_rates": {"spike_count": COUNTS[0], "window": (0.5, second)},
    "firing_rates_from_spikes": {"spikes": TRAINS},
    "fisher_exact": {"a": [True, True, False], "b": [False, False]},
    "fraction_at_bounds": {"weights": (A, mV), "w_max": (4.0, mV), "tolerance": 0.01},
    "friedman": {"subjects": (DISTANCES, mV)},
    "golomb_chi": {"counts": COUNTS},
    "inter_spike_intervals": {"spikes": TRAINS},
    "isi_cvs": {"spikes": TRAINS, "minimum_intervals": 2},
    "isi_cvs_from_sums": {
        "spike_count": [3, 4],
        "isi_sum": ([0.2, 0.3], second),
        "isi_sum_squares": ([0.05, 0.06], second**2),
        "minimum_intervals": 2,
    },
    "isi_distribution": {"intervals": (A, second), "edges": ([0.0, 1, 3], second)},
    "kruskal_wallis": {"groups": ([A, B], mV)},
    "match_hidden": {"weights": (FIELDS[0], mV), "target": (FIELDS[1], mV)},
    "matched_bars": {"fields": (FIELDS, mV), "bars": BARS},
    "matched_distance": {"weights": (FIELDS[0], mV), "target": (FIELDS[1], mV)},
    "mean_isi_cv": {"cvs": A},
    "mean_pairwise_correlation": {"counts": COUNTS},
    "mean_van_rossum_distances": {
        "spikes": GRID[None],
        "tau": (0.01, second),
        "dt": (0.001, second),
    },
    "median_interval": {
        "values": (A, mV),
        "axis": 0,
        "confidence": 0.9,
        "resamples": 10,
        "seed": 0,
    },
    "pair_groups": {"distances": (DISTANCES, mV), "excitatory": np.array([True, True, False])},
    "pair_window": {
        "interval": (A, second),
        "tau": (0.02, second),
        "weight": 0.5,
        "inhibition": -1.0,
        "inhibited_after": (0.01, second),
        "eta": (2.0, Hz),
    },
    "pairwise_similarity": {"fields": (FIELDS, mV)},
    "population_rate": {"spikes": TRAINS, "bin_width": (0.005, second)},
    "population_rate_cv": {"population_rate": (A, Hz)},
    "recovered": {"errors": {"tau": COUNTS}, "tolerance": {"tau": 2.0}, "records": 2},
    "scaled_error": {"student": (A, mV), "teacher": (B, mV)},
    "signed_rank": {"a": (A, mV), "b": (B, mV)},
    "spatial_fano_factor": {"counts": COUNTS},
    "spike_counts": {"spikes": TRAINS},
    "spike_trains_from_grid": {"spikes": GRID, "dt": (0.001, second)},
    "t_test": {"a": (A, mV), "b": (B, mV), "equal_variance": True},
    "temporal_fano_factor": {"counts": COUNTS},
    "trace_overlap": {"interval": (A, second), "tau": (0.02, second)},
    "van_rossum_distances": {"spikes": GRID, "tau": (0.01, second), "dt": (0.001, second)},
    "van_rossum_distances_of_times": {"spikes": TRAINS, "tau": (0.01, second)},
    "weight_creep": {"mean_weights": (A, mV)},
    "weight_distribution": {"weights": (A, mV), "w_max": (4.0, mV), "tolerance": 0.01},
}
#: Records that functions return, and the constant.
NO_FUNCTIONS = {
    "MINIMUM_INTERVALS",
    "ISIDistribution",
    "MedianInterval",
    "Significance",
    "WeightDistribution",
}
#: Not numbers, wherever they are asked for.
NOT_NUMBERS = {"kinds", "equal_variance"}
OUTSIDE_THE_PACKAGE = {"match_hidden": match_hidden, "matched_distance": matched_distance}


def function(name):
    if name in OUTSIDE_THE_PACKAGE:
        return OUTSIDE_THE_PACKAGE[name]
    found = statistics
    for part in name.split("."):
        found = getattr(found, part)
    return found


def has_unit(argument):
    return isinstance(argument, tuple) and isinstance(argument[1], Quantity)


def plain(arguments):
    """Numbers in SI: what a quantity is without its unit."""
    return {
        name: _scaled(value[0], float(value[1])) if has_unit(value) else value
        for name, value in arguments.items()
    }


def quantities(arguments):
    return {
        name: _scaled(value[0], value[1]) if has_unit(value) else value
        for name, value in arguments.items()
    }


def _scaled(numbers, unit):
    several = isinstance(numbers, list) and isinstance(numbers[0], np.ndarray)
    return [part * unit for part in numbers] if several else np.asarray(numbers) * unit


def numbers_of(result):
    """Return all numbers of a result, and that none of them is a quantity."""
    if dataclasses.is_dataclass(result):
        parts = [getattr(result, field.name) for field in dataclasses.fields(result)]
    elif isinstance(result, dict):
        parts = list(result.values())
    elif isinstance(result, tuple):
        parts = list(result)
    else:
        assert not isinstance(result, Quantity)
        return [np.asarray(result)]
    return [numbers for part in parts for numbers in numbers_of(part)]


def test_the_table_holds_every_public_function():
    public = set(statistics.__all__) - NO_FUNCTIONS
    assert public == {name.partition(".")[0] for name in CALLS} - set(OUTSIDE_THE_PACKAGE)
    for name, arguments in CALLS.items():
        assert set(arguments) == set(inspect.signature(function(name)).parameters), name


@pytest.mark.parametrize("name", CALLS)
def test_a_quantity_is_its_number_in_si(name):
    arguments = CALLS[name]
    expected = numbers_of(function(name)(**plain(arguments)))
    result = numbers_of(function(name)(**quantities(arguments)))
    for found, wanted in zip(result, expected, strict=True):
        if wanted.dtype.kind in "fiu":
            np.testing.assert_allclose(found, wanted, rtol=ROUNDING_TOLERANCE)
        else:
            np.testing.assert_array_equal(found, wanted)


def of_any_unit(arguments):
    """Names of the arguments that may have any unit, but the same."""
    return [name for name, value in arguments.items() if has_unit(value) and value[1] is mV]


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (name, argument)
        for name, arguments in CALLS.items()
        for argument, value in arguments.items()
        if argument not in NOT_NUMBERS
        if not isinstance(value, SpikeTrains)
        if of_any_unit(arguments) != [argument]
    ],
)
def test_another_unit_is_refused_by_name(name, argument):
    arguments = CALLS[name]
    given = plain(arguments)
    alike = of_any_unit(arguments)
    if argument in alike:
        given |= quantities({other: arguments[other] for other in alike})
    numbers = plain({"numbers": arguments[argument]})["numbers"]
    if isinstance(numbers, dict):
        given[argument] = {key: np.asarray(part) * kgram for key, part in numbers.items()}
    else:
        given[argument] = np.asarray(numbers) * kgram
    named = "|".join(alike) if argument in alike else argument
    with pytest.raises(ValueError, match=rf"^({named}) must (be|have) "):
        function(name)(**given)


def test_variables_of_a_group_and_lists_of_quantities_are_taken():
    group = NeuronGroup(3, "v : volt")
    group.v = [1, 2, 4] * mV
    assert statistics.weight_creep(group.v) == 3.0
    rate = statistics.firing_rates([10, 20], 500 * ms)
    np.testing.assert_array_equal(rate, [20.0, 40.0])
    listed = statistics.isi_distribution([5 * ms, 0.02 * second], [0 * ms, 10 * ms, 0.1])
    np.testing.assert_array_equal(listed.probability, [0.5, 0.5])


def test_a_list_with_one_wrong_unit_is_refused():
    with pytest.raises(ValueError, match=r"intervals must be in s, got 2. \* mvolt"):
        statistics.isi_distribution([5 * ms, 2 * mV], [0, 1])


class OtherQuantity(np.ndarray):
    """Like those of the packages quantities and pint."""

    dimensionality = "ms"


def test_quantities_of_other_packages_are_refused():
    """NumPy would take their number without the prefix of its unit: 5 for 5 ms."""
    with pytest.raises(ValueError, match="bin_width must be plain numbers or a quantity of Brian2"):
        statistics.population_rate(TRAINS, np.array(5.0).view(OtherQuantity))


def test_arguments_by_position_are_converted_too():
    rates = statistics.population_rate(TRAINS, 5 * ms)
    np.testing.assert_array_equal(rates, statistics.population_rate(TRAINS, 0.005))
    assert not isinstance(rates, Quantity)


def test_two_of_any_unit_must_have_the_same():
    with pytest.raises(ValueError, match=r"w_max must have the unit of weights, got 1. \* second"):
        statistics.fraction_at_bounds([1, 2] * mV, 1 * second)
