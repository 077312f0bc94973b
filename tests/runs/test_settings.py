"""Behaviour: a run goes on with the settings it began with; what may change is declared."""

import hashlib
import json
import re
from dataclasses import fields, is_dataclass
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_simulation import DURATION, STATIC, made_up_network
from mutated_configurations import ALL_KINDS, PROTOCOLS, mutated

from bionet.devices import Outcome, Status
from bionet.runs import ConfigurationError, RunDirectory, read_configuration
from bionet.runs.command import main
from bionet.runs.configuration import from_table, to_toml
from bionet.runs.kinds import KINDS, kind_named
from bionet.runs.settings import record_settings, require_same_settings

BROKEN = 'steps = 4\nfailure = "expected"\n[drive]\nrate = "10 Hz"\n'


def edit(run, old, new):
    config = run / "config.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))


@pytest.fixture
def broken_off(tmp_path, write_config, capsys):
    """Return a toy's run that failed after two of its four steps."""
    out = tmp_path / "run"
    assert main(["run", str(write_config(BROKEN)), "--out", str(out)]) == 1
    edit(out, '"expected"', '"none"')
    capsys.readouterr()
    return out


@pytest.fixture
def finished(tmp_path, write_config, capsys):
    """Return a toy's run of four steps."""
    out = tmp_path / "run"
    assert main(["run", str(write_config()), "--out", str(out)]) == 0
    capsys.readouterr()
    return out


def keys_of(cls, prefix=""):
    hints = get_type_hints(cls)
    for field in fields(cls):
        inner = [
            each
            for each in (hints[field.name], *getattr(hints[field.name], "__args__", ()))
            if is_dataclass(each)
        ]
        if inner:
            yield from keys_of(inner[0], f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


@pytest.mark.parametrize("name", KINDS)
def test_what_may_change_are_keys_of_the_kind(name):
    """A misspelt key would let nothing change."""
    kind = kind_named(name, "x.toml")
    assert kind.may_change <= set(keys_of(kind.configuration))


@pytest.mark.parametrize("name", ALL_KINDS)
def test_the_readme_lists_what_may_change(name):
    """A row a kind."""
    readme = (PROTOCOLS.parent / "README.md").read_text()
    (row,) = [line for line in readme.splitlines() if line.startswith(f"| `{name}` |")]
    assert set(re.findall("`([^`]+)`", row.split("|")[2])) == kind_named(name, "").may_change


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('rate = "10 Hz"', 'rate = "11 Hz"', 'drive.rate was "10 Hz", is "11 Hz" now'),
        ("seed = 1", "seed = 2", "seed was 1, is 2 now"),
        ("seed = 1", 'seed = 1\nlabel = "b"', 'label was left out, is "b" now'),
        ('weights = [\n    "3 nS",', 'weights = [\n    "4 nS",', 'drive.weights was ["3 nS"], is'),
        ("plastic = true", "plastic = false", "plastic was true, is false now"),
    ],
)
def test_a_changed_setting_is_refused_by_its_key(broken_off, capsys, old, new, said):
    """Exit status 2, one line, nothing touched; status says it, too; put back, the run goes on."""
    before = (broken_off / "config.toml").read_text()
    edit(broken_off, old, new)
    contents = {path: path.read_bytes() for path in broken_off.iterdir() if path.is_file()}
    assert main(["resume", str(broken_off)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"bionet: {broken_off}/config.toml: {said}")
    assert f"bionet run {broken_off}/config.toml --out NEW_DIRECTORY" in error
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in contents} == contents
    assert main(["status", str(broken_off)]) == 1
    text = capsys.readouterr().out
    assert f"problem: {broken_off}/config.toml: {said}" in text
    assert "go on with" not in text
    assert main(["figure", str(broken_off)]) == 2
    (broken_off / "config.toml").write_text(before)
    assert main(["resume", str(broken_off)]) == 0


def test_what_may_change_is_told_and_recorded(broken_off, capsys):
    """Then it is what the run is made with, and what a finished one is compared with."""
    edit(broken_off, "steps = 4", "steps = 6")
    assert main(["status", str(broken_off)]) == 0
    assert "since it was started, steps was 4, is 6 now" in capsys.readouterr().out
    assert main(["resume", str(broken_off)]) == 0
    assert "note: since this run was started, steps was 4, is 6 now" in capsys.readouterr().err
    assert len(RunDirectory.open(broken_off).load_results()["steps"]) == 6
    assert main(["resume", str(broken_off)]) == 0
    assert "is finished" in capsys.readouterr().out


def test_another_layout_of_the_same_settings_is_no_change(broken_off):
    """Comments, spaces, other units of the same quantity."""
    edit(broken_off, 'rate = "10 Hz"', '# as in the paper\nrate =   "0.01 kHz"')
    assert main(["resume", str(broken_off)]) == 0


def test_another_kind_is_refused(broken_off, monkeypatch, capsys):
    """The key ``kind`` is one like the others."""
    monkeypatch.setitem(KINDS, "toy_again", "toy_kind:AGAIN")
    edit(broken_off, 'kind = "toy"', 'kind = "toy_again"')
    assert main(["resume", str(broken_off)]) == 2
    assert 'kind was "toy", is "toy_again" now' in capsys.readouterr().err


@pytest.mark.parametrize("action", ["resume", "figure"])
def test_a_finished_run_is_not_taken_for_another(finished, capsys, action):
    """Of what may change the line says how to go on with it, and that works."""
    edit(finished, "steps = 4", "steps = 6")
    assert main([action, str(finished)]) == 2
    error = capsys.readouterr().err
    assert "steps was 4, is 6 now, but this run is finished" in error
    assert f"move results.npz away and go on with: bionet resume {finished}" in error
    (finished / "results.npz").rename(finished / "before.npz")
    assert main(["resume", str(finished)]) == 0
    assert len(RunDirectory.open(finished).load_results()["steps"]) == 6
    edit(finished, "seed = 1", "seed = 2")
    assert main([action, str(finished)]) == 2
    assert "seed was 1, is 2 now: a run goes on with" in capsys.readouterr().err


def test_runs_of_an_earlier_version_go_on_if_nothing_changed(broken_off, capsys):
    """They have a checksum of the whole, in each session, and no ``began.toml``."""
    (broken_off / "began.toml").unlink()
    assert main(["resume", str(broken_off)]) == 2  # its failure was edited
    assert "is not what this run began with" in capsys.readouterr().err
    edit(broken_off, '"none"', '"expected"')
    assert main(["resume", str(broken_off)]) == 1
    assert (broken_off / "began.toml").is_file()
    edit(broken_off, '"expected"', '"none"')
    assert main(["resume", str(broken_off)]) == 0


def test_a_finished_run_of_an_earlier_version_is_compared_with_its_last_session(finished, capsys):
    """Its results are those of that one; an edited configuration is told by all three."""
    (finished / "began.toml").unlink()
    environment = json.loads((finished / "environment.json").read_text())
    environment["sessions"].insert(0, {"configuration_sha256": "of fewer steps"})
    (finished / "environment.json").write_text(json.dumps(environment))
    for action in ("resume", "status", "figure"):
        assert main([action, str(finished)]) == 0
    capsys.readouterr()
    edit(finished, "seed = 1", "seed = 2")
    for action, code in (("resume", 2), ("status", 1), ("figure", 2)):
        assert main([action, str(finished)]) == code
        assert "config.toml: is not what this run began with" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "config",
    sorted(PROTOCOLS.glob("*/results/*/config.toml")),
    ids=lambda path: f"{path.parts[-4]}/{path.parts[-2]}",
)
def test_saved_results_are_those_of_their_configurations(config):
    """So that ``bionet figure`` draws each, and its status names no problem."""
    directory = RunDirectory.open(config.parent)
    assert require_same_settings(*read_configuration(config), directory) == []


def test_a_key_that_an_earlier_version_had_not_stands_for_its_default(broken_off):
    """Its ``config.toml`` lacks it, and its checksum is that of the file."""
    text = re.sub("plastic = .*\n", "", (broken_off / "config.toml").read_text())
    environment = json.loads((broken_off / "environment.json").read_text())
    checksum = hashlib.sha256(text.encode()).hexdigest()
    environment["sessions"][0]["configuration_sha256"] = checksum
    (broken_off / "environment.json").write_text(json.dumps(environment))
    (broken_off / "config.toml").write_text(text)
    (broken_off / "began.toml").unlink()
    assert main(["resume", str(broken_off)]) == 0


def dotted(path):
    return re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, path)))


@pytest.mark.parametrize("name", ALL_KINDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_of_every_kind_only_declared_keys_may_change(tmp_path_factory, name, data):
    """By property: any other value that is a configuration is told, and refused by its key."""
    original, table, path = data.draw(mutated(name))
    kind = kind_named(name, "x.toml")
    before = from_table(kind.configuration, original, "x.toml")
    try:
        now = from_table(kind.configuration, table, "x.toml")
    except ConfigurationError:
        return
    directory = RunDirectory(tmp_path_factory.mktemp("run"))
    record_settings(kind, before, directory)
    directory.config_path.write_text(to_toml(name, now))
    key = dotted(path)
    try:
        changes = require_same_settings(kind, now, directory)
    except ConfigurationError as refusal:
        assert key not in kind.may_change
        assert re.search(rf"{re.escape(key)}\b.* was .*, is .* now", str(refusal))
    else:
        assert changes or now == before
        assert {change.key for change in changes} <= kind.may_change


def fails_from_seed_2_on(inputs, seed):
    if seed == 2:
        return Outcome(Status.FAILED, {}, 0.0, DURATION, 0.0, "killed by signal 9")
    return made_up_network(inputs, seed)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("connection_probability = 0.5", "connection_probability = 0.3", "was 0.5, is 0.3 now"),
        ('duration = "4 s"', 'duration = "3 s"', 'simulation.duration was "4 s", is "3 s" now'),
        ("[conductances]", "[kick]\n[conductances]", "kick.sources was left out, is 20 now"),
    ],
)
def test_seeds_of_two_networks_are_never_mixed(
    tmp_path, write, use_network, capsys, old, new, said
):
    """One results.npz with two networks in it, or seeds of two lengths."""
    out = tmp_path / "run"
    use_network(fails_from_seed_2_on)
    assert main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"]) == 1
    capsys.readouterr()
    edit(out, old, new)
    called = use_network(made_up_network)
    assert main(["resume", str(out)]) == 2
    assert said in capsys.readouterr().err
    assert called == []


def test_more_seeds_are_simulated_on_resuming(tmp_path, write, use_network):
    """Those that are done stay."""
    out = tmp_path / "run"
    use_network(fails_from_seed_2_on)
    main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"])
    config = out / "config.toml"
    config.write_text(re.sub(r"seeds = \[[^]]*\]", "seeds = [3, 1, 7]", config.read_text()))
    called = use_network(made_up_network)
    assert main(["resume", str(out), "--workers", "1"]) == 0
    assert called == [7]
    np.testing.assert_array_equal(RunDirectory.open(out).load_results()["seeds"], [3, 1, 7])
