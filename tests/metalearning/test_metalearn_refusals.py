"""What the loop refuses: behaviour (changed logs, other settings, what cannot be evaluated)."""

import math
import os

import pytest
from search_problems import PARAMETERS, SEARCH, rewritten, same_value, sphere, threads

from bionet.metalearning import EvaluationError, LogError, Parameters, metalearn, read_log


def tampered(finished, tmp_path, change, line=20):
    lines = (finished[0] / "log.jsonl").read_text().splitlines(keepends=True)
    lines[line] = rewritten(lines[line].rstrip(), change)
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


def test_a_log_that_would_be_the_file_of_times_too_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"timing\.jsonl: that is the name of the file of times"):
        metalearn(same_value, PARAMETERS, log_path=tmp_path / "timing.jsonl", seed=1)
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
