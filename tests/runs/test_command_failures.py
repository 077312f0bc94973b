"""Behaviour of the command ``bionet`` when a run is killed, interrupted, fails or is damaged."""

import json
import os
import signal

import numpy as np
import pytest
from other_process import PATIENCE, wait_until

from bionet.runs import RunDirectory
from bionet.runs.command import main

SLOW = 'steps = 60\npause = "20 ms"\n[drive]\nrate = "10 Hz"\n'


def steps(directory):
    """Count the steps in the log of a run; none before it is made."""
    log = directory / "log.jsonl"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_killed_run_is_resumed_to_the_same_log(tmp_path, write_config, start_command, capsys):
    """Kill -9 in the middle, then resume: the log of an uninterrupted run."""
    out = tmp_path / "run"
    process = start_command("run", write_config(SLOW), "--out", out)
    wait_until(lambda: steps(out) > 3)

    assert main(["status", str(out)]) == 0
    assert f"{out}: running" in capsys.readouterr().out
    assert main(["resume", str(out)]) == 1
    assert "another bionet process is running it" in capsys.readouterr().err

    process.kill()
    process.wait()
    assert steps(out) < 60
    assert main(["status", str(out)]) == 0
    text = capsys.readouterr().out
    assert f"{out}: stopped" in text
    assert f"{steps(out)} of 60 steps" in text
    assert f"bionet resume {out}" in text

    assert main(["resume", str(out)]) == 0
    lines = [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert lines == list(range(60))
    capsys.readouterr()
    assert main(["status", str(out)]) == 0
    text = capsys.readouterr().out
    assert f"{out}: finished" in text
    assert "resumed 1 time" in text
    assert f"results: {out}/results.npz" in " ".join(text.split())
    assert len(RunDirectory.open(out).sessions()) == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_one_line_and_can_be_resumed(tmp_path, write_config, start_command, how):
    """Ctrl-C and a batch system's SIGTERM: exit status 130, the way on, the lock let go."""
    out = tmp_path / "run"
    process = start_command("run", write_config(SLOW), "--out", out)
    wait_until(lambda: steps(out) > 1)
    process.send_signal(how)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert error == f"bionet: interrupted; go on with: bionet resume {out}\n"
    assert not RunDirectory.open(out).is_locked()


@pytest.mark.parametrize("failure", ["full disk", "full disk below"])
def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path, write_config, capsys, failure):
    """Also where another exception hides it; with space again, resume ends the run."""
    out = tmp_path / "run"
    config = write_config(f'steps = 4\nfailure = "{failure}"\n[drive]\nrate = "10 Hz"\n')
    assert main(["run", str(config), "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert error == (
        f"bionet: no space left on device while writing {out}/log.jsonl; everything finished "
        f"before is kept; free space and run: bionet resume {out}\n"
    )
    assert steps(out) == 2
    resolved = (out / "config.toml").read_text()
    (out / "config.toml").write_text(resolved.replace(failure, "none"))
    assert main(["resume", str(out)]) == 0
    assert steps(out) == 4


def test_a_disk_too_full_to_start(tmp_path, write_config, capsys, monkeypatch):
    """Nothing is left, and the line says so."""

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["run", str(write_config()), "--out", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert error.endswith("No space left on device; nothing was started\n")
    assert [path.name for path in tmp_path.iterdir()] == ["protocol"]


def test_a_file_where_the_directory_should_go(tmp_path, write_config, capsys):
    """A parent that is a file: one line."""
    (tmp_path / "file").write_text("")
    assert main(["run", str(write_config()), "--out", str(tmp_path / "file/run")]) == 1
    assert "cannot make the run directory" in capsys.readouterr().err


def test_expected_failures_are_a_line_and_faults_a_traceback(tmp_path, write_config, capsys):
    """A BionetError is told in one line; anything else is the program's fault and shown whole."""
    expected = write_config('steps = 4\nfailure = "expected"\n[drive]\nrate = "10 Hz"\n')
    assert main(["run", str(expected), "--out", str(tmp_path / "a")]) == 1
    assert capsys.readouterr().err == (
        "bionet: the compiler is missing; everything finished before is kept; once mended, go on "
        f"with: bionet resume {tmp_path / 'a'}\n"
    )
    fault = write_config('steps = 4\nfailure = "fault"\n[drive]\nrate = "10 Hz"\n')
    with pytest.raises(ZeroDivisionError) as raised:
        main(["run", str(fault), "--out", str(tmp_path / "b")])
    assert raised.value.__cause__ is None
    assert not RunDirectory.open(tmp_path / "b").is_locked()


def test_changed_versions_are_told_on_resume(tmp_path, write_config, capsys):
    """A run that goes on with another Brian2 than it was started with says so."""
    out = tmp_path / "run"
    config = write_config('steps = 4\nfailure = "expected"\n[drive]\nrate = "10 Hz"\n')
    main(["run", str(config), "--out", str(out)])
    environment = json.loads((out / "environment.json").read_text())
    now = environment["sessions"][0]["versions"]["brian2"]
    environment["sessions"][0]["versions"]["brian2"] = "2.0"
    (out / "environment.json").write_text(json.dumps(environment))
    capsys.readouterr()
    main(["resume", str(out)])
    assert f"note: since this run was started, brian2 2.0 is now {now}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.toml", "kind = "),
        ("environment.json", "{"),
        ("log.jsonl", '{"step": 0}\nrubbish\n'),
        ("results.npz", "rubbish"),
    ],
)
def test_status_names_what_is_damaged(tmp_path, write_config, capsys, name, content):
    """Exit status 1, the file's name, and the rest of the report all the same."""
    out = tmp_path / "run"
    main(["run", str(write_config()), "--out", str(out)])
    (out / name).write_text(content)
    capsys.readouterr()
    assert main(["status", str(out)]) == 1
    text = capsys.readouterr().out
    assert f"{out}: finished\nlast activity" in text
    (problem,) = [line for line in text.splitlines() if line.startswith("problem: ")]
    assert name in problem


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "not npz", "pickled"])
def test_damaged_results_are_the_same_fault_to_all(tmp_path, write_config, capsys, damage):
    """Neither drawn nor called finished; moved away, the run makes them again."""
    out = tmp_path / "run"
    main(["run", str(write_config()), "--out", str(out)])
    results = out / "results.npz"
    sound = results.read_bytes()
    if damage == "pickled":
        np.savez(results, steps=np.array([{}], dtype=object))
    else:
        middle = len(sound) // 2
        flipped = sound[:middle] + bytes([sound[middle] ^ 255]) + sound[middle + 1 :]
        contents = {"empty": b"", "cut": sound[:-30], "flipped": flipped, "not npz": b"rubbish"}
        results.write_bytes(contents[damage])
    capsys.readouterr()
    said = f"{results}: damaged; move it away and make it again with: bionet resume {out}"
    for action in ("status", "resume", "figure"):
        assert main([action, str(out)]) == 1
        told = "".join(capsys.readouterr())
        assert said in told
        assert "bionet figure" not in told
        assert "is finished" not in told
    results.unlink()
    assert main(["resume", str(out)]) == 0
    assert list(RunDirectory.open(out).load_results()["steps"]) == [0, 1, 2, 3]


@pytest.mark.parametrize("action", ["resume", "status", "figure"])
def test_what_is_no_run_directory_is_named(tmp_path, capsys, action):
    """Exit status 2 and one line: nothing was there to be written to."""
    assert main([action, str(tmp_path / "absent")]) == 2
    assert capsys.readouterr().err == f"bionet: {tmp_path}/absent: there is no such run directory\n"
    (tmp_path / "empty").mkdir()
    assert main([action, str(tmp_path / "empty")]) == 2
    assert "it has no config.toml" in capsys.readouterr().err
    assert not list((tmp_path / "empty").iterdir())


def test_figures_before_results_say_how_to_go_on(tmp_path, write_config, capsys):
    """One line, exit status 1."""
    out = tmp_path / "run"
    config = write_config('steps = 4\nfailure = "expected"\n[drive]\nrate = "10 Hz"\n')
    main(["run", str(config), "--out", str(out)])
    capsys.readouterr()
    assert main(["figure", str(out)]) == 1
    assert "has no results yet" in capsys.readouterr().err
