"""Replicas: K networks in one are K networks (behaviour, and reference: each one run alone)."""

import numpy as np
import pytest
import small_networks
from brian2 import ms

from bionet.devices import compile_network

# The same operations in the same order, but for sums over synapses.
ROUNDING_TOLERANCE = 1e-9

FIRST = {"ee.alpha": 0.004, "ee.gamma": 0.015, "ee.tau_pre": 0.020, "ee.w_max": 0.09}
SECOND = {"ee.alpha": -0.003, "ee.gamma": -0.01, "ee.tau_pre": 0.035, "ee.w_max": 0.2}


@pytest.fixture(scope="module")
def two_replicas():
    return compile_network(
        small_networks.two_plastic_networks,
        small_networks.DURATION,
        device="runtime",
        inputs=small_networks.PLASTIC_INPUTS,
        outputs=small_networks.PLASTIC_OUTPUTS,
    )


def test_each_replica_equals_a_run_of_its_own(two_replicas, plastic_on, drive):
    """Coefficients of shape (K,) reach their replica, and replicas do not touch each other."""
    n = small_networks.N_EXC
    common = {name: drive[name] for name in ("exc.i_background", "inh.i_background")}
    starts = {name: np.tile(np.asarray(drive[name]), 2) for name in ("exc.v", "inh.v")}
    starts["exc.v"][n:] -= 2e-3
    both = two_replicas(
        common | starts | {name: np.array([FIRST[name], SECOND[name]]) for name in FIRST}
    )
    alone = plastic_on("runtime")
    differ = []
    for k, rule in enumerate((FIRST, SECOND)):
        own = {name: value[: value.size // 2] for name, value in starts.items()}
        if k:
            own = {name: value[value.size // 2 :] for name, value in starts.items()}
        single = alone(common | own | rule)
        block = slice(k * n, (k + 1) * n)
        for name in (*small_networks.STATISTICS, "exc.v"):
            np.testing.assert_allclose(
                both[name][block], single[name], rtol=ROUNDING_TOLERANCE, err_msg=name
            )
        np.testing.assert_allclose(
            both["population_rate.rate"][k], single["population_rate.rate"][0]
        )
        synapses = both["ee.i"] // n == k
        np.testing.assert_array_equal(both["ee.i"][synapses] - k * n, single["ee.i"])
        np.testing.assert_array_equal(both["ee.j"][synapses] - k * n, single["ee.j"])
        np.testing.assert_allclose(
            both["ee.w"][synapses], single["ee.w"], rtol=ROUNDING_TOLERANCE, atol=1e-12
        )
        differ.append(single["ee.w"])
    assert not np.allclose(differ[0], differ[1])


def test_one_value_serves_all_replicas(two_replicas, drive):
    starts = {name: np.tile(np.asarray(drive[name]), 2) for name in ("exc.v", "inh.v")}
    inputs = drive | starts
    scalar = two_replicas(inputs | {"ee.alpha": 0.001, "ee.tau_pre": 15 * ms})
    array = two_replicas(inputs | {"ee.alpha": [0.001, 0.001], "ee.tau_pre": [15, 15] * ms})
    np.testing.assert_array_equal(scalar["ee.w"], array["ee.w"])
    np.testing.assert_array_equal(scalar["spikes.t"], array["spikes.t"])


def test_wrong_number_of_replicas_is_refused(two_replicas):
    with pytest.raises(ValueError, match=r"'ee.alpha' has shape \(3,\), expected \(\) or \(2,\)"):
        two_replicas({"ee.alpha": [1, 2, 3]})


@pytest.mark.compiles
@pytest.mark.parametrize("name", ["ee", "ei", "ie", "ii"])
def test_connectivity_is_block_diagonal(random_compiled, name):
    """No synapse leaves its replica, none is a neuron's own, and both blocks are filled alike."""
    sizes = {"e": small_networks.RANDOM_EXC, "i": small_networks.RANDOM_INH}
    n, m = sizes[name[0]], sizes[name[1]]
    counts = np.zeros(2)
    for seed in range(4):
        outcome = random_compiled(seed=seed)
        i, j = outcome[f"{name}.i"], outcome[f"{name}.j"]
        np.testing.assert_array_equal(i // n, j // m)
        assert np.unique(i * 1000 + j).size == i.size
        if n == m:
            assert np.all(i != j)
        counts += np.bincount(i // n, minlength=2)
    pairs = 4 * (n * m - (n if n == m else 0))
    p = small_networks.RANDOM_PROBABILITY
    standard_errors = np.abs(counts - pairs * p) / np.sqrt(pairs * p * (1 - p))
    # seeds are fixed; a count beyond four standard errors is no chance
    assert np.all(standard_errors < 4)


@pytest.mark.compiles
def test_inputs_reach_their_replica_in_cpp(random_compiled):
    """Closed form: the weights are the initial ones, plus alpha for each presynaptic spike."""
    outcome = random_compiled({"ee.w_initial": [0.1, 0.2]}, seed=3)
    replica = outcome["ee.i"] // small_networks.RANDOM_EXC
    np.testing.assert_allclose(outcome["ee.w"], np.array([0.1, 0.2])[replica])
    learned = random_compiled(
        {"ee.w_initial": [0.1, 0.2], "ee.alpha": [1e-7, 0], "ee.w_max": 10}, seed=3
    )
    change = learned["ee.w"] - outcome["ee.w"]
    assert np.all(change[replica == 1] == 0)
    last_step = learned["spikes.t"] < 0.1 - 1.5e-4
    arrived = np.bincount(learned["spikes.i"][last_step], minlength=2 * small_networks.RANDOM_EXC)
    assert arrived[: small_networks.RANDOM_EXC].sum() > 0
    np.testing.assert_allclose(
        change[replica == 0], 1e-7 * arrived[learned["ee.i"][replica == 0]], rtol=1e-6, atol=1e-12
    )
