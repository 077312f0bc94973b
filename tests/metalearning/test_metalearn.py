"""The loop: behaviour (one log whatever the executor, callbacks), closed form (the optimum)."""

import math
import os
import statistics
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from search_problems import (
    OPTIMUM,
    PARAMETERS,
    SEARCH,
    same_value,
    slow_sphere,
    sphere,
    threads,
)

from bionet.metalearning import (
    Stopping,
    metalearn,
    read_log,
    trial_seed,
)

CONVERGED = 0.05
"""In search units; the search below ends at a spread of 0.01, and starts more than 1 away."""


def loss_by_trial(values, trial, seed):
    return float(trial), {}


def test_finds_the_optimum(tmp_path):
    result = threads(sphere, tmp_path, trials=1, stopping=Stopping(min_spread=0.01))
    best = PARAMETERS.to_search(result.best_values)
    np.testing.assert_allclose(best, PARAMETERS.to_search(OPTIMUM), atol=CONVERGED)
    mean = PARAMETERS.to_search(result.mean_values)
    np.testing.assert_allclose(mean, PARAMETERS.to_search(OPTIMUM), atol=CONVERGED)
    assert result.best_loss == min(summary.best_loss for summary in result.history)


def test_processes_and_threads_write_the_same_log(tmp_path, finished):
    folder, reference = finished
    result = metalearn(
        partial(slow_sphere, seconds=0.002),
        PARAMETERS,
        log_path=tmp_path / "log.jsonl",
        workers=2,
        **SEARCH,
    )
    assert (tmp_path / "log.jsonl").read_bytes() == (folder / "log.jsonl").read_bytes()
    assert result.best_values == reference.best_values
    assert sorted(os.listdir(tmp_path)) == ["log.jsonl", "timing.jsonl"]


class Backwards(Executor):
    """An executor, other than the standard ones, that finishes a generation last first."""

    def __init__(self, generation_size):
        self.generation_size = generation_size
        self.submitted = 0

    def submit(self, function, /, *arguments):
        """Compute at once, finish the later the earlier it was submitted."""
        later = self.generation_size - self.submitted % self.generation_size
        self.submitted += 1
        future = Future()
        threading.Timer(0.003 * later, future.set_result, [function(*arguments)]).start()
        return future


def test_an_executor_that_finishes_in_reverse_writes_the_same_log(tmp_path, finished):
    arrived = []
    with Backwards(12) as executor:
        metalearn(
            sphere,
            PARAMETERS,
            log_path=tmp_path / "log.jsonl",
            executor=executor,
            on_evaluation=lambda evaluation: arrived.append(evaluation.trial),
            **SEARCH,
        )
    assert arrived != sorted(arrived)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


def test_nothing_is_written_to_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    threads(sphere, tmp_path)
    assert os.listdir(tmp_path / "here") == []


def test_all_trials_of_a_generation_are_submitted_before_any_is_awaited(tmp_path):
    submitted = []

    class Counting(ThreadPoolExecutor):
        def submit(self, *arguments):
            submitted.append(arguments)
            return super().submit(*arguments)

    def count(evaluation):
        at_evaluation.append(len(submitted))

    at_evaluation = []
    with Counting(1) as executor:
        metalearn(
            sphere,
            PARAMETERS,
            log_path=tmp_path / "log.jsonl",
            executor=executor,
            on_evaluation=count,
            **{**SEARCH, "stopping": Stopping(max_generations=1)},
        )
    assert at_evaluation == [12] * 12


def test_trials_share_their_seeds_within_a_generation_only(finished):
    plan, evaluations = read_log(finished[0] / "log.jsonl")
    seeds = {}
    for evaluation in evaluations:
        trial = evaluation.trial
        seeds.setdefault((trial.generation, trial.index), set()).add(trial.seed)
    assert all(len(of_trial) == 1 for of_trial in seeds.values())
    assert len(set.union(*seeds.values())) == len(seeds) == 5 * plan.trials
    assert seeds[3, 1] == {trial_seed(plan.seed, 3, 1)}


def test_seeds_are_those_of_the_seed_sequence():
    sequence = np.random.SeedSequence(11, spawn_key=(1, 2, 3))
    assert trial_seed(11, 2, 3) == int(sequence.generate_state(1)[0])
    assert 0 <= trial_seed(11, 2, 3) < 2**32


@pytest.mark.parametrize(("aggregate", "loss"), [("mean", 1.0), ("max", 2.0)])
def test_a_candidates_loss_is_the_mean_or_the_worst_of_its_trials(tmp_path, aggregate, loss):
    result = threads(
        loss_by_trial,
        tmp_path,
        trials=3,
        aggregate=aggregate,
        stopping=Stopping(max_generations=1),
    )
    assert result.best_loss == loss


def test_each_new_generation_and_evaluation_is_reported_once(tmp_path):
    generations, evaluations = [], []
    result = threads(
        sphere,
        tmp_path,
        on_generation=lambda summary, left: generations.append((summary, left)),
        on_evaluation=evaluations.append,
    )
    assert [summary for summary, _ in generations] == list(result.history)
    assert [left > 0 for _, left in generations] == [True] * 4 + [False]
    assert len(evaluations) == 60
    threads(sphere, tmp_path, on_generation=lambda *_: pytest.fail("nothing is new"))


def test_summaries_agree_with_the_log(finished):
    folder, result = finished
    _, evaluations = read_log(folder / "log.jsonl")
    for summary in result.history:
        trials = [e for e in evaluations if e.trial.generation == summary.generation]
        losses = [
            (first.loss + second.loss) / 2
            for first, second in zip(trials[::2], trials[1::2], strict=True)
        ]
        best = losses.index(min(losses))
        assert summary.best_loss == losses[best]
        assert summary.median_loss == statistics.median(losses)
        assert summary.best_values == trials[2 * best].values
        rates = [trial.metrics["rate"] for trial in trials[2 * best : 2 * best + 2]]
        assert summary.metrics["rate"] == sum(rates) / 2
        assert math.isnan(summary.metrics["isi_cv"])
        assert summary.mean.shape == summary.spread.shape == (3,)
    assert result.stop_reasons == {
        "max_generations": "5 generations done, as many as were asked for"
    }


def test_a_finished_search_can_be_given_more_generations(tmp_path, finished):
    threads(sphere, tmp_path, stopping=Stopping(max_generations=2))
    result = threads(sphere, tmp_path)
    assert len(result.history) == 5
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


def test_fewer_generations_than_the_log_has_lose_nothing(tmp_path, finished):
    content = (finished[0] / "log.jsonl").read_bytes()
    (tmp_path / "log.jsonl").write_bytes(content)
    result = threads(sphere, tmp_path, stopping=Stopping(max_generations=2))
    assert len(result.history) == 5
    assert (tmp_path / "log.jsonl").read_bytes() == content


def test_equal_losses_from_the_start_do_not_end_the_search_at_once(tmp_path):
    result = threads(same_value, tmp_path, stopping=Stopping(flat_generations=4))
    assert list(result.stop_reasons) == ["flat_generations"]
    assert len(result.history) == 4
