"""What a run prints, behaviour: for people to read in 80 columns, and to paste."""

import shlex
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_simulation import PLASTIC, STATIC, made_up_network

from bionet.devices.cpp_compiler import CompilationError
from bionet.metalearning import EvaluationError
from bionet.runs import simulated_network
from bionet.runs.command import main
from bionet.runs.compiling import compiling
from bionet.runs.hints import command_for
from bionet.runs.plasticity_measurement import _show_progress

COLUMNS = 80


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_a_hint_can_be_pasted_whatever_the_path(path):
    program, action, pasted = shlex.split(command_for("resume", path))
    assert (program, action) == ("bionet", "resume")
    assert pasted in (path, f"./{path}")
    assert not pasted.startswith("-")


def test_hints_of_a_path_with_spaces_can_be_pasted(tmp_path, write, use_network, capsys):
    out = tmp_path / "two  spaces & more"
    use_network(made_up_network)
    assert main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"]) == 0
    (hint,) = [line for line in capsys.readouterr().out.splitlines() if "draw them" in line]
    assert shlex.split(hint)[-3:] == ["bionet", "figure", str(out)]
    assert main(["run", str(write(STATIC)), "--out", str(out)]) == 2
    assert shlex.split(capsys.readouterr().err)[-3:] == ["bionet", "resume", str(out)]
    assert main(["status", str(out)]) == 0
    assert shlex.split(capsys.readouterr().out)[-3:] == ["bionet", "figure", str(out)]
    (out / "results.npz").unlink()
    assert main(["figure", str(out)]) == 1
    assert shlex.split(capsys.readouterr().err)[-3:] == ["bionet", "resume", str(out)]


@pytest.mark.filterwarnings("ignore")  # pytest alone shows those of other packages
@pytest.mark.parametrize("configuration", [STATIC, PLASTIC])
def test_progress_fits_the_columns_of_a_terminal(
    tmp_path, write, use_network, capsys, configuration
):
    use_network(made_up_network)
    main(["run", str(write(configuration)), "--out", str(tmp_path / "run"), "--workers", "1"])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "compiling (some seconds, once)"
    assert lines[1].startswith("compiled in ")
    assert any(line.startswith("simulation: 3/3 seeds (100 %)") for line in lines)
    assert max(map(len, lines)) <= COLUMNS


def test_status_fits_the_columns_of_a_terminal(tmp_path, write, use_network, capsys):
    """Where a path alone does not, the words beside it go to the next line."""
    use_network(made_up_network)
    out = tmp_path / ("r" * COLUMNS)
    main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"])
    capsys.readouterr()
    assert main(["status", str(out)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"{out}: finished"
    results = f"  {out}/results.npz"
    assert told[told.index("results:") + 1 :][:1] == [results]
    words = [line for line in told if str(out) not in line]
    assert max(map(len, words)) <= COLUMNS


def test_one_is_not_many(tmp_path, write, use_network, capsys):
    out = tmp_path / "run"
    use_network(made_up_network)
    one = STATIC.replace("[3, 1, 2]", "[3]")
    assert main(["run", str(write(one)), "--out", str(out), "--workers", "1"]) == 0
    assert "simulation: 1/1 seed (100 %)" in capsys.readouterr().err
    assert main(["status", str(out)]) == 0
    assert "1 of 1 seed finished" in capsys.readouterr().out


@pytest.mark.parametrize("cached", [False, True])
def test_a_build_is_told_from_one_that_was_there(tmp_path, cached):
    def compiled():
        time.sleep(0.05)  # more than the clock of a file system is late
        if not cached:
            (tmp_path / "build.json").touch()
        return SimpleNamespace(directory=tmp_path)

    if cached:
        (tmp_path / "build.json").touch()
        time.sleep(0.05)
    said = []
    assert compiling(compiled, say=said.append).directory == tmp_path
    assert said[0] == "compiling (some seconds, once)"
    assert said[1] == ("found what was compiled before, in 1 s" if cached else "compiled in 1 s")


def test_a_build_that_fails_does_not_speak_of_what_is_kept(
    tmp_path, write, capsys, monkeypatch, use_network
):
    def fails(configuration):
        raise CompilationError("'g++' was not found")

    use_network(made_up_network)
    monkeypatch.setattr(simulated_network, "compiled_network", fails)
    out = tmp_path / "run"
    assert main(["run", str(write(STATIC)), "--out", str(out)]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"bionet: 'g++' was not found; once mended, go on with: bionet resume {out}"
    )


def dies_from_seed_2_on(inputs, seed):
    if seed == 2:
        raise BrokenProcessPool
    return made_up_network(inputs, seed)


def test_a_worker_that_died_is_told_once(tmp_path, write, use_network, capsys):
    use_network(dies_from_seed_2_on)
    assert main(["run", str(write(STATIC)), "--out", str(tmp_path / "run"), "--workers", "1"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("bionet: seed 2: its worker died: killed, ")
    assert error.count("is kept") == 1


def finished(outcome=None, error=None):
    future = Future()
    if error is None:
        future.set_result(outcome)
    else:
        future.set_exception(error)
    return future


def test_a_measurement_shows_how_far_it_is(capsys):
    done = SimpleNamespace(status="completed")
    _show_progress([finished(done), finished(done), finished(done)])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("measuring the best rule: 3/3 simulations (100 %), ")


def test_a_worker_that_died_in_a_measurement_is_told():
    with pytest.raises(EvaluationError, match="a worker died while the best rule was measured: "):
        _show_progress([Future(), finished(error=BrokenProcessPool())])
