"""From a rule to its loss, behaviour: which inputs a trial sets, what it reads and reports.

A function that returns given numbers stands in for the compiled network.
"""

import math

import numpy as np
import pytest

from bionet.devices import Outcome, Status
from bionet.losses import Loss, RateError
from bionet.metalearning import EvaluationError
from bionet.metalearning.plasticity_problem import OUTPUTS, PlasticityProblem, inputs_of
from bionet.networks.online_statistics import OUTPUTS as OF_A_POPULATION

WARMUP, DURATION = 1.0, 3.0  # s
# Four neurons; intervals of 0.1 s and 0.3 s (CV 1/2) in the first, none in the last.
VALUES = {
    "exc.spike_count": np.array([21, 10, 5, 0]),
    "exc.isi_sum": np.array([4.0, 1.0, 1.0, 0.0]),
    "exc.isi_sum_squares": np.array([1.0, 1 / 9, 0.25, 0.0]),
    "population_rate.rate": np.concatenate([np.full(101, 50.0), np.full(199, 4.5)])[None],
    "ee_weights.w": np.array([[0.3, 0.0], [0.3, 0.4], [0.3, 1.0], [0.3, 0.6]]),
}


def problem(network):
    return PlasticityProblem(network, Loss((RateError(10.0),)), "ee", (0.3, 0.7), WARMUP, 1.0)


def outcome(values=VALUES, status=Status.COMPLETED, stopped_at=DURATION):
    return Outcome(status, values, stopped_at, DURATION, 0.0, "killed by signal 9")


def test_each_trial_starts_from_the_next_initial_weight():
    called = []

    def network(inputs, seed):
        called.append((inputs, seed))
        return outcome()

    for trial in range(3):
        problem(network)({"alpha": 1e-3}, trial, 5)
    assert [inputs["ee.w_initial"] for inputs, _ in called] == [0.3, 0.7, 0.3]
    for inputs, seed in called:
        assert list(inputs) == inputs_of("ee", ["alpha"])
        assert (inputs["ee.alpha"], inputs["exc.warmup_end"], seed) == (1e-3, WARMUP, 5)


def test_loss_and_metrics_are_those_of_the_scored_time():
    """Closed form: 36 spikes of 4 neurons in 2 s; the bins of the training are left out."""
    loss, metrics = problem(lambda inputs, seed: outcome())({}, 0, 1)
    assert loss == metrics["loss_rate_error"] == pytest.approx((10 - 4.5) ** 2)
    assert metrics["rate"] == pytest.approx(4.5)
    assert metrics["population_rate_std"] == pytest.approx(0)
    assert metrics["mean_weight"] == pytest.approx(0.5)
    assert metrics["weights_at_bounds"] == pytest.approx(0.5)
    assert (metrics["completed"], metrics["initial_weight"]) == (1.0, 0.3)


def test_a_stopped_network_costs_its_penalty_and_a_broken_off_one_is_an_error():
    stopped = {**VALUES, "population_rate.rate": VALUES["population_rate.rate"][:, :50]}
    stopped |= {name: np.zeros(4) for name in VALUES if name.startswith("exc.")}
    stopped["ee_weights.w"] = np.empty((4, 0))
    early = outcome(stopped, Status.STOPPED, 0.5)
    loss, metrics = problem(lambda inputs, seed: early)({}, 0, 1)
    assert loss == pytest.approx(160 * (1 + math.exp(-0.5 / 3)))
    assert math.isnan(metrics["mean_weight"])
    with pytest.raises(EvaluationError, match="killed by signal 9"):
        problem(lambda inputs, seed: outcome({}, Status.FAILED, 0.0))({}, 0, 1)


def test_outputs_are_named_as_networks_name_them():
    """The names are spelled out, for the workers' sake: they must stay those of the networks."""
    assert set(OUTPUTS) == {f"exc.{name}" for name in OF_A_POPULATION} | {"population_rate.rate"}
