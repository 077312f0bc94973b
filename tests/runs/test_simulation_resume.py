"""Resuming a run of kind ``simulation``, behaviour: failures, damage, interrupts; nothing is lost.

A function that makes up spikes stands in for the compiled network; where processes matter, one
that sleeps.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from made_up_simulation import DURATION, STATIC, made_up_network
from other_process import PATIENCE, wait_until

from bionet.devices import Outcome, Status
from bionet.runs import RunDirectory
from bionet.runs.command import main
from bionet.runs.simulation import SimulationError, _outcomes


def assert_equal_results(path, expected):
    found, expected = (RunDirectory.open(each).load_results() for each in (path, expected))
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def fails_from_seed_2_on(inputs, seed):
    if seed == 2:
        return Outcome(Status.FAILED, {}, 0.0, DURATION, 0.0, "killed by signal 9")
    return made_up_network(inputs, seed)


def test_a_broken_off_run_goes_on_with_what_is_missing(tmp_path, write, use_network, capsys):
    """The results are those of a run that was never broken off, and no seed runs twice."""
    out, whole = tmp_path / "run", tmp_path / "whole"
    use_network(made_up_network)
    main(["run", str(write(STATIC)), "--out", str(whole)])
    use_network(fails_from_seed_2_on)
    assert main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"]) == 1
    assert "seed 2: FAILED: killed by signal 9" in capsys.readouterr().err
    assert main(["status", str(out)]) == 0
    assert "2 of 3 seeds finished" in capsys.readouterr().out

    called = use_network(made_up_network)
    assert main(["resume", str(out)]) == 0
    assert called == [2]
    assert_equal_results(out, whole)
    assert not (out / "seeds").exists()


def test_seeds_of_an_earlier_version_have_no_largest_step(tmp_path, write, use_network, capsys):
    """It did not look at time steps: NaN in the results, beside those of seeds simulated now."""
    out = tmp_path / "run"

    def unwatched(inputs, seed):
        outcome = fails_from_seed_2_on(inputs, seed)
        values = {name: v for name, v in outcome.values.items() if "largest_step" not in name}
        return replace(outcome, values=values)

    use_network(unwatched)
    assert main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"]) == 1
    assert main(["status", str(out)]) == 0
    assert "overshoots" not in "".join(capsys.readouterr())
    use_network(made_up_network)
    assert main(["resume", str(out)]) == 0
    steps = RunDirectory.open(out).load_results()["largest_step"]
    np.testing.assert_array_equal(steps, [np.nan, np.nan, 0.75])  # seeds 3, 1 and 2


def test_a_half_written_line_is_simulated_again(tmp_path, write, use_network):
    """A kill in the middle of a line loses that seed only."""
    out = tmp_path / "run"
    use_network(made_up_network)
    use_network(fails_from_seed_2_on)
    main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"])
    log = out / "log.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    called = use_network(made_up_network)
    assert main(["resume", str(out), "--workers", "1"]) == 0
    assert called == [1, 2]
    seeds = [json.loads(line)["seed"] for line in log.read_text().splitlines()]
    assert seeds == [3, 1, 2]


@pytest.mark.parametrize("damage", ["log", "digit", "arrays"])
def test_damage_is_named(tmp_path, write, use_network, capsys, damage):
    """A damaged line, or damaged arrays of a logged seed: one line that says what to do."""
    out = tmp_path / "run"
    use_network(fails_from_seed_2_on)
    main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"])
    capsys.readouterr()
    use_network(made_up_network)
    if damage == "log":
        log = out / "log.jsonl"
        log.write_text("{}\n" + log.read_text())
        said = "log.jsonl: line 1 is damaged"
    elif damage == "digit":
        log = out / "log.jsonl"
        log.write_text(log.read_text().replace('"rate": ', '"rate": 1') + log.read_text())
        said = "log.jsonl: line 1 is damaged. Remove it, and its seed is simulated again"
    else:
        (out / "seeds/3.npz").write_bytes(b"PK")
        said = "seeds/3.npz: damaged; remove it, and seed 3 is simulated again"
    assert main(["resume", str(out)]) == 1
    assert said in capsys.readouterr().err


def test_damaged_results_are_made_again(tmp_path, write, use_network, capsys):
    """Moved away, as the message says: every seed is simulated again, for its arrays are gone."""
    out, whole = tmp_path / "run", tmp_path / "whole"
    for path in (out, whole):
        use_network(made_up_network)
        main(["run", str(write(STATIC)), "--out", str(path), "--workers", "1"])
    (out / "results.npz").unlink()
    capsys.readouterr()
    assert main(["status", str(out)]) == 0
    assert "0 of 3 seeds finished" in capsys.readouterr().out
    called = use_network(made_up_network)
    assert main(["resume", str(out), "--workers", "1"]) == 0
    assert called == [3, 1, 2]
    assert_equal_results(out, whole)


def test_lost_arrays_of_a_seed_are_made_again(tmp_path, write, use_network):
    """That seed alone is simulated again, beside the one that failed."""
    out = tmp_path / "run"
    use_network(fails_from_seed_2_on)
    main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"])
    (out / "seeds/3.npz").unlink()
    called = use_network(made_up_network)
    assert main(["resume", str(out), "--workers", "1"]) == 0
    assert called == [3, 2]


def test_resuming_a_finished_run_removes_what_a_kill_left(tmp_path, write, use_network):
    """Arrays of single seeds, and a file that was half written."""
    out = tmp_path / "run"
    use_network(made_up_network)
    main(["run", str(write(STATIC)), "--out", str(out)])
    (out / "seeds").mkdir()
    for name in ("3.npz", ".1.npz.0a1b2c3d.partial"):
        (out / "seeds" / name).write_bytes(b"")
    assert main(["resume", str(out)]) == 0
    assert not (out / "seeds").exists()


@pytest.mark.parametrize(
    ("failure", "expected"),
    [("raised", (OSError, "No space left")), ("failed", (SimulationError, "seed 1: FAILED"))],
)
def test_a_failure_keeps_what_is_running_but_starts_nothing_more(failure, expected):
    """The first failure is raised at the end, after the outcome of the seed that ran beside it."""
    failed, called = threading.Event(), []

    def simulate(seed):
        called.append(seed)
        if seed == 1:
            failed.set()
            if failure == "raised":
                raise OSError(28, "No space left on device")
            return Outcome(Status.FAILED, {}, 0.0, DURATION, 0.0, "killed by signal 9")
        assert failed.wait(PATIENCE)
        time.sleep(0.2)  # until the failure has been seen
        if seed == 3:
            raise OSError(5, "a later failure")
        return made_up_network({}, seed)

    yielded = []
    with (
        ThreadPoolExecutor(3) as executor,
        pytest.raises(expected[0], match=expected[1]),
    ):
        for seed, outcome in _outcomes(simulate, [1, 2, 3, 4], executor, 3):
            yielded.append((seed, outcome.status))
    assert yielded == [(2, Status.COMPLETED)]
    assert sorted(called) == [1, 2, 3]


def is_running(text):
    processes = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True).stdout
    return any(text in line for line in processes.splitlines())


def test_sigterm_to_the_command_alone_ends_its_simulations(tmp_path, write):
    """As a batch system may send it: exit status 130 at once, and no process is left."""
    script = os.path.join(os.path.dirname(__file__), "made_up_simulation.py")
    command = [sys.executable, script, "run", str(write(STATIC)), "--out", "run", "--workers", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    simulating = [tmp_path / f"simulating-{seed}" for seed in (3, 1)]
    try:
        wait_until(lambda: all(path.exists() for path in simulating))
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert process.returncode == 130
    assert "interrupted; go on with: bionet resume run" in error
    wait_until(lambda: not is_running(str(tmp_path / "simulating-")))
