"""Braun 2020, Braun & Vogels 2021: students recover their teachers. Published claims.

What takes minutes is read from the protocol's saved results, and simulated anew by the slow tests;
a problem of twenty inputs and four minutes of simulated time is run every time.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax", reason="the extra bionet[gradient] is not installed")

from bionet.runs import RunDirectory, read_configuration
from bionet.runs.creation import create_run_directory
from bionet.runs.student_neuron import start
from bionet.runs.student_neuron_configuration import (
    EvaluationTable,
    InputTable,
    LearningTable,
    RuleTable,
    StudentNeuron,
)
from bionet.statistics.recovery import coincidence

PROTOCOL = Path(__file__).parents[2] / "protocols/braun_2020_teacher_student"

# After 200 h the paper has 0.940 +- 0.030 for leaky neurons and 0.963 +- 0.031 for resonators;
# recovered students may be off their means by two of their standard deviations.
COINCIDENCE = {"neuron_lif": (0.940, 0.060), "neuron_rf": (0.963, 0.062)}
# Below it 90 minutes have too few spikes to learn from: 25 000 of the teacher's.
ENOUGH_RATE = 5.0


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


@pytest.mark.parametrize("name", COINCIDENCE)
def test_most_students_recover_their_teachers_weights_by_their_rule(name):
    """Braun & Vogels: in most seeds; here all whose teachers fire often enough in 90 minutes."""
    results = saved(name)
    rule = row(results, "braun_vogels")
    recovered = results["recovered"][rule]
    assert recovered.size >= 20
    assert recovered.mean() > 0.5
    assert recovered[results["teacher_rate"] > ENOUGH_RATE].all()
    expected, off = COINCIDENCE[name]
    assert coincidences(results)[rule][recovered].mean() == pytest.approx(expected, abs=off)


@pytest.mark.parametrize("name", COINCIDENCE)
def test_fewer_students_recover_with_a_steeper_surrogate(name):
    """Published for slopes of 1/16 to 4: 100 to 0 % of leaky neurons, 57 to 13 % of resonators."""
    results = saved(name)
    rules = [rule for rule in results["rules"] if rule.startswith("surrogate")]
    slopes = [float(rule.split()[1]) for rule in rules]
    assert slopes == sorted(slopes)
    rows = [row(results, rule) for rule in rules]
    shares = results["recovered"][rows].mean(axis=1)
    assert (np.diff(shares) <= 0).all()
    assert shares[0] > shares[-1] == 0
    distances = np.median(results["weight_distance"][-1, rows], axis=1)
    assert (np.diff(distances) > 0).all()
    assert results["recovered"][row(results, "braun_vogels")].mean() > shares[0]


@pytest.mark.parametrize("name", ["neuron_lif_all", "neuron_rf_all"])
def test_parameters_of_the_neuron_are_learned_by_their_rule_only(name):
    """Medians over 20 teachers: errors fall below a tenth by their rule, and not by the vanilla."""
    results = saved(name)
    theirs, vanilla = row(results, "braun_vogels"), row(results, "vanilla")
    names = [parameter for parameter in results["learned"] if parameter != "w"]
    assert len(names) >= 3
    for parameter in names:
        errors = np.median(results[f"error.{parameter}"], axis=2)
        assert errors[-1, theirs] < 0.1 < errors[0, theirs]
        assert errors[-1, vanilla] > 0.1
    common = coincidences(results)
    assert np.median(common[theirs]) > 0.7 > 0.3 > np.median(common[vanilla])
    assert results["recovered"][theirs].any()
    assert not results["recovered"][vanilla].any()


@pytest.mark.slow
def test_resonators_learn_faster_by_their_rule(tmp_path):
    """Half an hour of simulated time, teachers of the protocol: near by their rule only."""
    _, configuration = read_configuration(PROTOCOL / "neuron_rf.toml")
    configuration = replace(
        configuration,
        seeds=6,
        rule=RuleTable(),
        learning=replace(configuration.learning, duration=1800.0),
        evaluation=EvaluationTable(records=5, duration=100.0),
    )
    results = run(tmp_path, configuration)
    distance = np.median(results["weight_distance"][-1], axis=1)
    assert distance[row(results, "braun_vogels")] < 0.05
    assert distance[row(results, "vanilla")] > 0.1
