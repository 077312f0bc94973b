"""Behaviour of the command ``bionet``: what it refuses, what a run leaves, what loads."""

import shlex
import signal
from importlib.metadata import version

import pytest
from other_process import PATIENCE
from toy_kind import Toy

from bionet.runs import RunDirectory
from bionet.runs.command import main


def everything_below(folder):
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('stepz = 4\n[drive]\nrate = "10 Hz"\n', "stepz: unknown key; did you mean 'steps'?"),
        ('[drive]\nrate = "10 Hz"\n', "steps: missing"),
        ("steps = 4\n", "drive.rate: missing"),
        ('steps = "4"\n[drive]\nrate = "10 Hz"\n', "steps: expected an integer"),
        ('steps = 4\n[drive]\nrate = "10 mV"\n', "drive.rate: expected a quantity that"),
        ("steps = 4\n[drive]\nrate = 10\n", "drive.rate: expected a quantity with its unit"),
        ('steps = 4\n[drive]\nrate = "-1 Hz"\n', "drive: rate must be positive"),
        ("steps = \n", "not a TOML file"),
    ],
)
def test_a_wrong_configuration_writes_nothing(tmp_path, write_config, capsys, text, said):
    """Exit status 2 and one line that names file and key."""
    config = write_config(text)
    before = everything_below(tmp_path)
    assert main(["run", str(config), "--out", str(tmp_path / "run")]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(f"bionet: {config}: ")
    assert said in error
    assert error.count("\n") == 1
    assert everything_below(tmp_path) == before


def test_a_missing_file_and_an_unknown_kind(tmp_path, write_config, capsys):
    """Exit status 2 for both."""
    assert main(["run", str(tmp_path / "absent.toml")]) == 2
    assert "absent.toml: there is no such file" in capsys.readouterr().err
    assert main(["run", str(write_config(kind="tyo"))]) == 2
    assert 'found "tyo"' in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5", "", "٣", "1" * 5000, "100000"])
def test_workers_are_a_positive_number(write_config, capsys, workers):
    """The command line is refused with exit status 2."""
    with pytest.raises(SystemExit) as refused:
        main(["run", str(write_config()), "--workers", workers])
    assert refused.value.code == 2
    error = capsys.readouterr().err
    assert f"expected a positive integer up to 10000; found '{workers}'" in error


def test_a_run_leaves_all_that_is_needed(tmp_path, write_config, capsys):
    """Resolved configuration, provenance, log and results; then its figures."""
    out = tmp_path / "run"
    arguments = ["run", str(write_config()), "--out", str(out), "--workers", "3"]
    assert main(arguments) == 0
    assert f"results: {out}/results.npz" in capsys.readouterr().out
    directory = RunDirectory.open(out)
    assert directory.load_configuration(Toy).steps == 4
    assert 'rate = "10 Hz"' in directory.config_path.read_text()
    (session,) = directory.sessions()
    assert session["workers"] == 3
    assert session["seeds"] == {"seed": 1}
    assert shlex.split(session["command"]) == ["bionet", *arguments]
    assert list(directory.load_results()["steps"]) == [0, 1, 2, 3]
    assert not directory.is_locked()

    assert main(["figure", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}/figures/steps.txt\n"
    assert (out / "figures/steps.txt").read_text() == "4"


def test_the_default_directory_is_named_after_the_protocol(tmp_path, write_config, monkeypatch):
    """``runs/<folder>_<file>``, in the working directory."""
    config = write_config(name="quick.toml")
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(config)]) == 0
    assert (tmp_path / "runs/protocol_quick/results.npz").is_file()


def test_an_existing_directory_is_never_overwritten(tmp_path, write_config, capsys):
    """Exit status 2; the line says how to go on; not a byte is changed."""
    out = tmp_path / "run"
    assert main(["run", str(write_config()), "--out", str(out)]) == 0
    capsys.readouterr()
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert main(["run", str(write_config()), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert f"bionet resume {out}" in error
    assert "--out" in error
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_resuming_a_finished_run_does_nothing(tmp_path, write_config, capsys):
    """It says where the results are."""
    out = tmp_path / "run"
    main(["run", str(write_config()), "--out", str(out)])
    before = (out / "environment.json").read_bytes()
    capsys.readouterr()
    assert main(["resume", str(out)]) == 0
    assert "is finished; its results are in" in capsys.readouterr().out
    assert (out / "environment.json").read_bytes() == before


def test_signal_handlers_are_left_as_they_were(tmp_path, write_config):
    """Calling the command from Python changes nothing global."""

    def own_handler(signal_number, frame):
        pass

    before = signal.signal(signal.SIGTERM, own_handler)
    try:
        main(["run", str(write_config()), "--out", str(tmp_path / "run")])
        assert signal.getsignal(signal.SIGTERM) is own_handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_help_says_what_can_be_said(capsys):
    """Version, exit statuses, the kinds; lines fit a terminal."""
    for arguments, said in (
        (["--version"], f"bionet {version('bionet')}"),
        (["--help"], "130  interrupted"),
        (["run", "--help"], "weight_transport"),
        (["run", "--help"], "130  interrupted"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert said in text
        assert max(map(len, text.splitlines())) <= 80


def test_a_reader_that_goes_away_is_no_fault(tmp_path, write_config, start_command, capsys):
    """``bionet status DIR | head``: no traceback, exit status 141."""
    out = tmp_path / "run"
    main(["run", str(write_config()), "--out", str(out)])
    process = start_command("status", out)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(PATIENCE) == 141


def test_what_cannot_fit_is_refused_before_anything_is_written(tmp_path, write_config, capsys):
    """The kind says how large its arrays are, and by which keys."""
    config = write_config('steps = 1_000_000_000_000_000\n[drive]\nrate = "10 Hz"\n')
    before = everything_below(tmp_path)
    assert main(["run", str(config), "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("bionet: steps: need 8e+06 GB of memory or more; this machine has ")
    assert error.count("\n") == 1
    assert everything_below(tmp_path) == before
