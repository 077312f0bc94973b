"""Reference implementation: statistics kept by the neurons against those of recorded spikes."""

import numpy as np
import pytest
import small_networks
from brian2 import Network, SpikeMonitor, ms, mV

from bionet.devices import compile_network
from bionet.models import CURRENT_LIF
from bionet.networks.online_statistics import with_online_statistics
from bionet.statistics import Activity

# Sums of a dozen intervals; their squares lose a few digits where the CV is small.
ROUNDING_TOLERANCE = 1e-8
BIN = 0.01


def online_activity(outcome, warmup):
    return Activity.from_online(
        *(outcome[name] for name in small_networks.STATISTICS),
        window=small_networks.DURATION - warmup,
        population_rate=outcome["population_rate.rate"][0],
        bin_width=BIN,
    )


def recorded_activity(outcome, warmup):
    return Activity.from_spikes(
        outcome["spikes.t"],
        outcome["spikes.i"],
        small_networks.N_EXC,
        start=warmup,
        stop=small_networks.DURATION,
        bin_width=BIN,
    )


@pytest.mark.parametrize(
    ("nth_spike", "steps_later"), [(None, 0), (0, 1), (17, 0), (17, 1), (-1, 0), (-1, 1)]
)
def test_statistics_equal_those_of_recorded_spikes(
    plastic, plastic_on, drive, nth_spike, steps_later
):
    """The warm-up ends at a spike (which counts) or one step after it (it does not)."""
    warmup = 0.0
    if nth_spike is not None:
        if nth_spike != 17 and plastic is plastic_on("runtime"):
            pytest.skip("the same equations; one warm-up is enough of a slow run")
        warmup = float(np.sort(plastic(drive)["spikes.t"])[nth_spike]) + steps_later * 1e-4
    outcome = plastic(drive | {"exc.warmup_end": warmup})
    online, recorded = online_activity(outcome, warmup), recorded_activity(outcome, warmup)
    assert recorded.rates.sum() > 0 or nth_spike == -1
    np.testing.assert_allclose(online.rates, recorded.rates, rtol=ROUNDING_TOLERANCE)
    np.testing.assert_allclose(online.isi_cvs, recorded.isi_cvs, rtol=ROUNDING_TOLERANCE, atol=1e-7)


def test_population_rate_is_that_of_recorded_spikes(plastic, drive):
    """Bin k holds the spikes of [k-1, k) bin widths; the first is void."""
    outcome = plastic(drive)
    rate = outcome["population_rate.rate"]
    n_bins = round(small_networks.DURATION / BIN)
    assert rate.shape == (1, n_bins)
    steps = np.rint(outcome["spikes.t"] / 1e-4).astype(int)
    counts = np.bincount(steps // 100, minlength=n_bins)
    assert counts.sum() > 80
    assert rate[0, 0] == 0
    np.testing.assert_allclose(
        rate[0, 1:], counts[:-1] / (small_networks.N_EXC * BIN), rtol=ROUNDING_TOLERANCE
    )


def regular_neurons():
    group = with_online_statistics(CURRENT_LIF.replaced(v_rest=-40 * mV)).group(1, name="cells")
    group.v = -60 * mV
    return Network(group, SpikeMonitor(group, name="spikes"))


def test_regular_spikes_in_closed_form():
    """Closed form: n regular spikes have n - 1 intervals that sum to last minus first."""
    outputs = ["cells.spike_count", "cells.isi_sum", "cells.isi_sum_squares", "spikes.t"]
    run = compile_network(regular_neurons, 100 * ms, device="runtime", outputs=outputs)
    outcome = run()
    times = outcome["spikes.t"]
    n = times.size
    assert n > 3
    interval = times[1] - times[0]
    assert outcome["cells.spike_count"] == n
    np.testing.assert_allclose(outcome["cells.isi_sum"], (n - 1) * interval)
    np.testing.assert_allclose(outcome["cells.isi_sum_squares"], (n - 1) * interval**2)
