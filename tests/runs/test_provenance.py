"""Behaviour of the provenance record: what it names, and what it keeps to itself."""

import json
import platform
import subprocess
from pathlib import Path

from toy_kind import Drive, Toy

import bionet
from bionet.runs import provenance

TOY = Toy(steps=4, drive=Drive(rate=10.0), seed=7)


def test_a_session_names_software_hardware_and_seeds(monkeypatch):
    monkeypatch.setenv("CXXFLAGS", "-O1")
    session = provenance.session(["run", "a b.toml"], "toy", TOY)
    assert session["command"] == "bionet run 'a b.toml'"
    assert session["versions"]["python"] == platform.python_version()
    assert session["versions"]["brian2"] == "2.10.1"
    assert session["seeds"] == {"seed": 7}
    assert session["variables"]["CXXFLAGS"] == "-O1"
    assert session["processor"]["usable"] >= 1
    assert json.loads(json.dumps(session, allow_nan=False)) == session


def test_the_hash_tells_configurations_apart():
    one = provenance.session([], "toy", TOY)["configuration_sha256"]
    same = provenance.session([], "toy", Toy(4, Drive(10.0), seed=7))["configuration_sha256"]
    other = provenance.session([], "toy", Toy(4, Drive(10.5), seed=7))["configuration_sha256"]
    assert one == same != other


def test_neither_home_nor_host_is_recorded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CXX", f"{tmp_path}/bin/g++")
    text = json.dumps(provenance.session(["run", f"{tmp_path}/x.toml"], "toy", TOY))
    assert "~/x.toml" in text
    assert str(tmp_path) not in text
    assert platform.node() not in text or len(platform.node()) < 3


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, text=True)


def test_the_commit_is_that_of_the_package_itself(monkeypatch, tmp_path):
    checkout = tmp_path / "checkout"
    package = checkout / "bionet"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(bionet, "__file__", str(package / "__init__.py"))
    assert provenance.source_commit() is None

    # A virtual environment inside some project's repository: not that project's commit.
    git(tmp_path, "init", "--quiet")
    assert provenance.source_commit() is None

    git(checkout, "init", "--quiet")
    assert provenance.source_commit() == {"hash": None, "dirty": True}
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message", "first")
    commit = provenance.source_commit()
    assert len(commit["hash"]) == 40
    assert not commit["dirty"]
    Path(package, "__init__.py").write_text("changed = True")
    assert provenance.source_commit() == {**commit, "dirty": True}


def test_changes_name_what_may_change_results():
    before = {"versions": {"numpy": "1", "jax": "1"}, "commit": None, "compiler": {"path": "a"}}
    now = {"versions": {"numpy": "2", "jax": "1"}, "commit": None, "compiler": {"path": "b"}}
    assert provenance.changes(before, now) == ["numpy 1 is now 2", "the compiler changed"]
    assert provenance.changes(now, now) == []
