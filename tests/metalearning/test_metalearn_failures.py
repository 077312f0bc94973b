"""The loop when evaluations fail, workers die or Ctrl-C is pressed: behaviour, nothing is lost."""

import os
import signal
import subprocess
import sys
from concurrent.futures import Executor, Future

import pytest
from search_problems import PARAMETERS, SEARCH, FailsOnce, sphere, threads

from bionet.errors import BionetError
from bionet.metalearning import EvaluationError, metalearn, read_log


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
    died = "a worker process died in generation 1: killed, (or )?out of memory.*\n.* is logged"
    with pytest.raises(EvaluationError, match=died):
        metalearn(problem, PARAMETERS, log_path=tmp_path / "log.jsonl", workers=2, **SEARCH)
    assert len(read_log(tmp_path / "log.jsonl")[1]) >= 12 + 6
    threads(sphere, tmp_path)
    assert (tmp_path / "log.jsonl").read_bytes() == (finished[0] / "log.jsonl").read_bytes()


UNGUARDED = """
from search_problems import PARAMETERS, SEARCH, sphere
from bionet.metalearning import metalearn
metalearn(sphere, PARAMETERS, log_path="log.jsonl", workers=1, **SEARCH)
"""


def test_a_script_that_every_worker_runs_again_is_named(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    process = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.path.dirname(__file__)},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 1
    error, note = process.stderr.splitlines()[-2:]
    assert "a worker process died in generation 0: most likely because" in error
    assert f'{script} starts workers outside of `if __name__ == "__main__":`' in error
    assert note.endswith("the search goes on from there.")


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
