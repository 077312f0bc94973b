"""Kind ``meta_learning`` end to end on a tiny network: behaviour of the command, killed or not."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from other_process import wait_until

from bionet.devices import cpp_compiler
from bionet.devices.cpp_source import FLAGS
from bionet.metalearning import read_log
from bionet.runs.command import main
from bionet.runs.run_directory import RunDirectory

CONFIGURATION = """
kind = "meta_learning"
target_rate = "10 Hz"

[network]
n_exc = 80
n_inh = 20
connection_probability = 0.2

[trials]
initial_weights = [0.3, 0.7]
training = "200 ms"
scored = "300 ms"

[search]
population_size = 4
generations = 3

[measurement]
duration = "1 s"
recorded_neurons = 20
"""
EVALUATIONS = 3 * 4 * 2


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    path = tmp_path_factory.mktemp("protocol") / "tiny.toml"
    path.write_text(CONFIGURATION)
    return path


@pytest.fixture(scope="module")
def finished(configuration, build_cache):
    path = configuration.parent / "finished"
    assert main(["run", str(configuration), "--out", str(path), "--workers", "2"]) == 0
    return RunDirectory.open(path)


@pytest.mark.compiles
def test_a_run_leaves_its_log_and_the_measurement_of_its_best_rule(finished, build_cache):
    plan, evaluations = read_log(finished.log_path)
    results = finished.load_results()

    assert plan.parameters.names == ("alpha", "beta", "kappa", "gamma")
    assert len(evaluations) == EVALUATIONS
    losses = {}
    for evaluation in evaluations:
        key = (evaluation.trial.generation, evaluation.trial.candidate)
        losses.setdefault(key, []).append((evaluation.loss, evaluation.values))
    best = min(losses.values(), key=lambda trials: sum(loss for loss, _ in trials))
    np.testing.assert_array_equal(results["rule"], list(best[0][1].values()))
    assert results["rates"].shape == (2, 80)
    assert {e.metrics["initial_weight"] for e in evaluations} == {0.3, 0.7}
    # without plasticity the weights stay where they were
    np.testing.assert_allclose(
        results["static_mean_weight"][:, -1], results["initial_weights"], rtol=1e-6
    )
    (session,) = finished.sessions()
    assert session["build"]["command"] == cpp_compiler.command()
    assert session["build"]["flags"] == list(FLAGS)
    assert (Path(build_cache) / session["build"]["key"] / "main").is_file()
    total = results["weight_counts"].sum(axis=1)
    np.testing.assert_array_equal(total, results["static_weight_counts"].sum(axis=1))


@pytest.mark.compiles
def test_killed_at_several_moments_and_resumed_it_is_the_same_run(
    configuration, finished, start_command, tmp_path, capsys
):
    path = tmp_path / "killed"
    moments = random.Random(1)
    arguments = ("run", configuration, "--out", path)
    for lines in (1, 6, 15, EVALUATIONS + 1):
        process = start_command(*arguments, "--workers", "2")
        log = path / "log.jsonl"
        wait_until(
            lambda log=log, lines=lines: log.exists() and log.read_bytes().count(b"\n") >= lines
        )
        time.sleep(moments.uniform(0, 0.2))
        process.kill()
        process.wait()
        arguments = ("resume", path)
    assert main(["resume", str(path)]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["compiling (some seconds, once)", said[1]]
    assert said[1].startswith("found what was compiled before, in ")
    assert any(line.startswith("measuring the best rule: 4/4 simulations (100 %)") for line in said)
    assert max(map(len, said)) <= 80

    again = RunDirectory.open(path)
    assert again.log_path.read_bytes() == finished.log_path.read_bytes()
    expected, results = finished.load_results(), again.load_results()
    assert set(results) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(results[name], array, err_msg=name)


@pytest.mark.compiles
def test_status_of_a_finished_run_names_the_best_rule(finished, capsys):
    assert main(["status", str(finished.path)]) == 0
    shown = capsys.readouterr().out
    assert "generation 3 of 3" in shown
    assert "alpha" in shown
