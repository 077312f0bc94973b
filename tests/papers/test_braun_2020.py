"""Braun 2020, Braun & Vogels 2021: students recover their teachers. Published claims.

What takes minutes is read from the protocol's saved results, and simulated anew by the slow tests;
a problem of twenty inputs and four minutes of simulated time is run every time.
"""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax", reason="the extra bionet[gradient] is not installed")

from bionet.runs import RunDirectory
from bionet.runs.creation import create_run_directory
from bionet.runs.student_neuron import start
from bionet.runs.student_neuron_configuration import (
    EvaluationTable,
    InputTable,
    LearningTable,
    StudentNeuron,
)
from bionet.statistics.recovery import coincidence

PROTOCOL = Path(__file__).parents[2] / "protocols/braun_2020_teacher_student"


def run(tmp_path, configuration):
    directory = create_run_directory(tmp_path / "run", "student_neuron", configuration, {})
    with directory.locked():
        start(configuration, directory, workers=1)
    return directory.load_results()


def saved(name):
    path = PROTOCOL / "results" / name
    if not (path / "results.npz").is_file():
        pytest.skip(f"{path} has not been run")
    return RunDirectory.open(path).load_results()


def row(results, rule):
    return list(results["rules"]).index(rule)


def coincidences(results):
    """Return each student's spike coincidence with its teacher, (rules, teachers)."""
    return coincidence(*(results[f"evaluation_{name}"] for name in ("both", "student", "teacher")))


def test_a_student_of_few_inputs_finds_its_teachers_weights_in_minutes(tmp_path):
    """Behaviour; measured: medians of 0.7 % by Braun & Vogels' rule and 11 % by the vanilla one."""
    configuration = StudentNeuron(
        LearningTable(duration=240.0, interval=20.0, rate=1e-2, final_rate=1e-3),
        seeds=4,
        input=InputTable(16, 4, 25.0, 100.0),
        evaluation=EvaluationTable(records=3, duration=20.0),
    )
    results = run(tmp_path, configuration)
    before, after = np.median(results["weight_distance"][[0, -1]], axis=2)
    theirs, vanilla = row(results, "braun_vogels"), row(results, "vanilla")
    assert before.min() > 0.8  # a student knows nothing of its teacher
    assert after[theirs] < 0.05
    assert after[theirs] < after[vanilla]
    common = np.median(coincidences(results), axis=1)
    assert common[theirs] > max(common[vanilla], 0.4)
