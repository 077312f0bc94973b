"""History and progress: behaviour (read back what was, without changing it), closed form."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest
from search_problems import rewritten

from bionet.metalearning import (
    GenerationSummary,
    LogError,
    progress,
    progress_line,
    read_history,
    read_log,
)


def test_history_read_back_is_the_history_that_was(finished):
    folder, result = finished
    before = (folder / "log.jsonl").read_bytes()
    history = read_history(folder / "log.jsonl")
    assert len(history) == len(result.history) == 5
    for found, was in zip(history, result.history, strict=True):
        for name in ("generation", "best_loss", "median_loss", "best_values", "sigma"):
            assert getattr(found, name) == getattr(was, name)
        np.testing.assert_array_equal(found.mean, was.mean)
        np.testing.assert_array_equal(found.spread, was.spread)
        assert found.metrics["rate"] == was.metrics["rate"]
    assert (folder / "log.jsonl").read_bytes() == before


def test_history_of_a_running_search_has_its_complete_generations(finished, tmp_path):
    lines = (finished[0] / "log.jsonl").read_bytes().splitlines(keepends=True)
    content = b"".join(lines[:30]) + lines[30][:50]
    (tmp_path / "log.jsonl").write_bytes(content)
    assert len(read_history(tmp_path / "log.jsonl")) == 2
    assert (tmp_path / "log.jsonl").read_bytes() == content


def changed_alpha(finished, tmp_path, factor):
    _, evaluations = read_log(finished[0] / "log.jsonl")
    alpha = evaluations[20].values["ee.alpha"]
    lines = (finished[0] / "log.jsonl").read_text().splitlines(keepends=True)
    for number in (21, 22):  # both trials of the candidate
        lines[number] = rewritten(
            lines[number].rstrip(), lambda text: text.replace(repr(alpha), repr(alpha * factor))
        )
    (tmp_path / "log.jsonl").write_text("".join(lines))
    return tmp_path / "log.jsonl"


def test_history_can_be_drawn_where_the_last_digits_are_rounded_otherwise(finished, tmp_path):
    assert len(read_history(changed_alpha(finished, tmp_path, 1 + 1e-13))) == 5


def test_history_of_a_changed_log_is_refused(finished, tmp_path):
    with pytest.raises(LogError, match=r"generation 1 has ee\.alpha"):
        read_history(changed_alpha(finished, tmp_path, 1.001))


def test_progress_counts_and_finds_the_best(finished, tmp_path):
    folder, result = finished
    found = progress(folder / "log.jsonl")
    assert (found.generations, found.evaluations, found.generation_size) == (5, 60, 12)
    assert found.best_loss == result.best_loss
    assert found.best_values == result.best_values
    lines = (folder / "log.jsonl").read_bytes().splitlines(keepends=True)
    # The second generation in the order of arrival, and incomplete.
    (tmp_path / "log.jsonl").write_bytes(b"".join(lines[:13] + lines[22:15:-1]) + b'{"gener')
    running = progress(tmp_path / "log.jsonl")
    assert (running.generations, running.evaluations) == (1, 19)
    assert running.best_loss == result.history[0].best_loss


def test_progress_before_the_first_generation_has_no_best(finished, tmp_path):
    lines = (finished[0] / "log.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_bytes(b"".join(lines[:5]))
    found = progress(tmp_path / "log.jsonl")
    assert (found.generations, found.evaluations, found.best_values) == (0, 4, {})
    assert math.isnan(found.best_loss)


def test_progress_needs_neither_pycma_nor_a_simulator(finished):
    program = (
        "import sys; from bionet.metalearning import progress; "
        f"progress({str(finished[0] / 'log.jsonl')!r}); "
        "print([m for m in ('cma', 'brian2', 'jax', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout == "[]\n", answer.stderr


def summary(**metrics):
    nothing = np.zeros(0)
    return GenerationSummary(11, 0.53124, 1.92, {}, metrics, 0.41234, nothing, nothing)


def test_progress_line_says_all_that_is_known():
    line = progress_line(summary(rate=9.801, isi_cv=0.834, other=3.0), 40)
    assert " ".join(line.split()) == ("gen 12/40 best 0.531 median 1.92 sigma 0.41 9.80 Hz CV 0.83")


def test_progress_line_leaves_out_what_is_not_known():
    assert progress_line(summary(), 40).split()[-2:] == ["sigma", "0.41"]
    assert "CV    -" in progress_line(summary(isi_cv=math.nan), 40)


def test_progress_lines_have_columns():
    first = progress_line(summary(rate=9.8), 100)
    second = progress_line(summary(rate=123.45), 100)
    assert len(first) == len(second)


def test_progress_lines_fit_80_columns():
    wide = dataclasses.replace(
        summary(rate=123.456, isi_cv=1.0), best_loss=-1.2345e-10, median_loss=2.3456e15, sigma=1e-10
    )
    assert len(progress_line(wide, 100)) <= 80
