"""The loop: behaviour (one log whatever the executor, callbacks, failures), closed form."""

import math
import os
import signal
import statistics
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from search_problems import OPTIMUM, PARAMETERS, SEARCH, FailsOnce, slow_sphere, sphere

from bionet.errors import BionetError
from bionet.metalearning import (
    EvaluationError,
    LogError,
    Parameters,
    Stopping,
    metalearn,
    read_log,
    trial_seed,
)

CONVERGED = 0.05
"""In search units; the search below ends at a spread of 0.01, and starts more than 1 away."""


def threads(problem, folder, parameters=PARAMETERS, **settings):
    with ThreadPoolExecutor(2) as executor:
        return metalearn(
            problem,
            parameters,
            log_path=folder / "log.jsonl",
            executor=executor,
            **{**SEARCH, **settings},
        )


def same_value(values, trial, seed):
    return 5.0, {}


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
    assert result.stop_reasons == {"max_generations": "all 5 generations are done"}


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


@pytest.fixture
def second_generation_alpha(finished):
    """Return the alpha of a candidate of the second generation."""
    _, evaluations = read_log(finished[0] / "log.jsonl")
    return next(
        e.values["ee.alpha"]
        for e in evaluations
        if (e.trial.generation, e.trial.candidate) == (1, 3)
    )


@pytest.mark.parametrize(
    ("how", "named"),
    [("raise", "RuntimeError: the network exploded"), ("nan", "ValueError: .*loss nan")],
)
@pytest.mark.parametrize("workers", [None, 2])
def test_an_evaluation_that_fails_is_named_and_the_finished_ones_are_kept(
    tmp_path, finished, second_generation_alpha, how, named, workers
):
    problem = FailsOnce(second_generation_alpha, how, seconds=0.3)
    with pytest.raises(EvaluationError, match=f"generation 1, candidate 3, .*{named}") as caught:
        if workers:
            metalearn(
                problem, PARAMETERS, log_path=tmp_path / "log.jsonl", workers=workers, **SEARCH
            )
        else:
            threads(problem, tmp_path)
    assert f"ee.alpha = {second_generation_alpha!r}" in str(caught.value)
    assert isinstance(caught.value, BionetError)
    assert caught.value.__cause__ is not None
    _, evaluations = read_log(tmp_path / "log.jsonl")
    # Two workers: one meets the failure and sleeps, the other goes on in the meantime.
    assert len(evaluations) >= 12 + 6
    threads(sphere, tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


def test_a_worker_that_dies_is_reported_and_the_finished_ones_are_kept(
    tmp_path, finished, second_generation_alpha
):
    problem = FailsOnce(second_generation_alpha, "die", seconds=0.3)
    with pytest.raises(EvaluationError, match="a worker process died in generation 1"):
        metalearn(problem, PARAMETERS, log_path=tmp_path / "log.jsonl", workers=2, **SEARCH)
    assert len(read_log(tmp_path / "log.jsonl")[1]) >= 12 + 6
    threads(sphere, tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


def test_ctrl_c_keeps_what_finished_and_ends_at_once(tmp_path, finished):
    evaluations = []

    def interrupt(evaluation):
        evaluations.append(evaluation)
        if len(evaluations) == 15:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        threads(sphere, tmp_path, on_evaluation=interrupt)
    assert len(read_log(tmp_path / "log.jsonl")[1]) >= 15
    threads(sphere, tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


class AtOnce(Executor):
    """An executor whose evaluations are all finished before the first is waited for."""

    def submit(self, function, /, *arguments):
        """Compute and finish at once."""
        future = Future()
        future.set_result(function(*arguments))
        return future


def test_ctrl_c_logs_what_has_finished_but_was_not_logged_yet(tmp_path, finished):
    def interrupt(evaluation):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        metalearn(
            sphere,
            PARAMETERS,
            log_path=tmp_path / "log.jsonl",
            executor=AtOnce(),
            on_evaluation=interrupt,
            **SEARCH,
        )
    assert len(read_log(tmp_path / "log.jsonl")[1]) == 12
    threads(sphere, tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


def test_ctrl_c_between_a_line_and_its_bookkeeping_writes_no_line_twice(
    tmp_path, finished, monkeypatch
):
    from bionet.metalearning import log as log_module

    real_append, lines = log_module.append_line, []

    def interrupted(descriptor, path, line):
        real_append(descriptor, path, line)
        lines.append(line)
        if len(lines) == 15:
            raise KeyboardInterrupt

    monkeypatch.setattr(log_module, "append_line", interrupted)
    with pytest.raises(KeyboardInterrupt):
        threads(sphere, tmp_path)
    threads(sphere, tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


def tampered(finished, tmp_path, change, line=20):
    lines = (finished[0] / "log.jsonl").read_text().splitlines(keepends=True)
    changed = change(lines[line])
    assert changed != lines[line]
    lines[line] = changed
    (tmp_path / "log.jsonl").write_text("".join(lines))


def test_a_changed_candidate_is_noticed_in_its_last_digit(tmp_path, finished):
    _, evaluations = read_log(finished[0] / "log.jsonl")
    alpha = evaluations[19].values["ee.alpha"]
    other = repr(math.nextafter(alpha, math.inf))
    tampered(finished, tmp_path, lambda line: line.replace(repr(alpha), other))
    with pytest.raises(LogError, match=f"generation 1 has ee.alpha = {other}, where this search"):
        threads(sphere, tmp_path)


def test_a_changed_seed_is_noticed(tmp_path, finished):
    tampered(finished, tmp_path, lambda line: line.replace('"seed": ', '"seed": 1'))
    with pytest.raises(LogError, match=r"does not replay: .* seed = 1"):
        threads(sphere, tmp_path)


def test_a_changed_loss_is_noticed_in_the_next_generation(tmp_path, finished):
    loss = repr(read_log(finished[0] / "log.jsonl")[1][18].loss)
    tampered(finished, tmp_path, lambda line: line.replace(loss, "1e-3"), line=19)
    with pytest.raises(LogError, match="generation 2 "):
        threads(sphere, tmp_path)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 8}, "seed is 7 in the log and 8 now"),
        ({"trials": 3}, "trials is 2 in the log and 3 now"),
        ({"sigma": 2.0}, "sigma is 1.0 in the log and 2.0 now"),
        ({"aggregate": "max"}, "aggregate is mean in the log and max now"),
    ],
)
def test_other_settings_than_the_logs_are_named(tmp_path, finished, changed, named):
    (tmp_path / "log.jsonl").write_bytes((finished[0] / "log.jsonl").read_bytes())
    with pytest.raises(LogError, match=named):
        threads(sphere, tmp_path, **changed)


def test_other_parameters_than_the_logs_are_named(tmp_path, finished):
    (tmp_path / "log.jsonl").write_bytes((finished[0] / "log.jsonl").read_bytes())
    others = Parameters(["ee.alpha"], [0.0], [1.0])
    with pytest.raises(LogError, match=r"names is \['ee.alpha', 'ee.beta', 'ee.tau_pre'\] in"):
        threads(sphere, tmp_path, parameters=others)


@pytest.mark.parametrize(
    "settings", [{"workers": 0}, {"trials": 0}, {"population_size": 1}, {"seed": -3}]
)
def test_settings_out_of_range_write_nothing(tmp_path, settings):
    (name,) = settings
    with pytest.raises(ValueError, match=name):
        metalearn(
            same_value, PARAMETERS, log_path=tmp_path / "log.jsonl", **{"seed": 1, **settings}
        )
    assert os.listdir(tmp_path) == []


def test_workers_and_an_executor_exclude_each_other(tmp_path):
    with pytest.raises(ValueError, match="not both"):
        threads(same_value, tmp_path, workers=2)


def test_a_problem_that_no_worker_could_load_is_refused_at_once(tmp_path):
    with pytest.raises(EvaluationError, match="top level of a module"):
        metalearn(
            lambda values, trial, seed: (0.0, {}),
            PARAMETERS,
            log_path=tmp_path / "log.jsonl",
            **SEARCH,
        )
    assert os.listdir(tmp_path) == []


def test_equal_losses_from_the_start_do_not_end_the_search_at_once(tmp_path):
    result = threads(same_value, tmp_path, stopping=Stopping(flat_generations=4))
    assert list(result.stop_reasons) == ["flat_generations"]
    assert len(result.history) == 4
