"""Behaviour of making a run directory: whole or not at all, and never over an existing one."""

import errno
import os
import signal
import time

import pytest
from other_process import in_child
from toy_kind import Drive, Toy

from bionet.runs import (
    ExistingRunDirectoryError,
    RunDirectory,
    RunDirectoryError,
    create_run_directory,
    creation,
)

TOY = Toy(steps=4, drive=Drive(rate=10.0))

HOUR = 3600.0  # s


@pytest.fixture
def directory(tmp_path):
    return create_run_directory(tmp_path / "run", "toy", TOY, {"command": "first"})


def test_a_new_directory_holds_configuration_and_provenance(directory):
    assert directory.load_configuration(Toy) == TOY
    assert directory.sessions() == [{"command": "first"}]
    names = {path.name for path in directory.path.iterdir()}
    assert names == {"config.toml", "began.toml", "environment.json", "figures"}
    # No hidden folder of the creation is left beside it.
    assert [path.name for path in directory.path.parent.iterdir()] == ["run"]


def test_an_existing_directory_is_refused_untouched(directory):
    before = directory.config_path.read_text()
    with pytest.raises(ExistingRunDirectoryError, match=r"--out, .*: bionet resume .*run"):
        create_run_directory(directory.path, "toy", Toy(9, Drive(1.0)), {})
    assert directory.config_path.read_text() == before


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(ExistingRunDirectoryError):
        create_run_directory(tmp_path / "run", "toy", TOY, {})
    assert (tmp_path / "run").read_text() == "mine"


def test_an_empty_directory_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    assert create_run_directory(tmp_path / "run", "toy", TOY, {}).load_configuration(Toy) == TOY


def test_of_two_creations_at_once_one_wins(tmp_path, monkeypatch):
    fill = creation._fill

    def fill_while_another_finishes(*arguments):
        monkeypatch.setattr(creation, "_fill", fill)
        create_run_directory(tmp_path / "run", "toy", TOY, {"command": "other"})
        fill(*arguments)

    monkeypatch.setattr(creation, "_fill", fill_while_another_finishes)
    with pytest.raises(ExistingRunDirectoryError):
        create_run_directory(tmp_path / "run", "toy", TOY, {"command": "this"})
    assert RunDirectory.open(tmp_path / "run").sessions() == [{"command": "other"}]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


_KILLED_CREATION = """
import os, signal, sys
from toy_kind import Drive, Toy
from bionet.runs import atomic, create_run_directory
module, name = {"write_text": (atomic, "write_text"), "write_json": (atomic, "write_json"),
                "fsync": (os, "fsync"), "rename": (os, "rename")}[sys.argv[2]]
setattr(module, name, lambda *arguments: os.kill(os.getpid(), signal.SIGKILL))
create_run_directory(sys.argv[1], "toy", Toy(4, Drive(10.0)), {})
"""


@pytest.mark.parametrize("moment", ["write_text", "write_json", "fsync", "rename"])
def test_a_killed_creation_leaves_nothing_in_the_way(tmp_path, monkeypatch, moment):
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    process = in_child(_KILLED_CREATION, tmp_path / "run", moment)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".run.creating-")
    with pytest.raises(RunDirectoryError, match="there is no such run directory"):
        RunDirectory.open(tmp_path / "run")

    # What is left may be another process's: only when it is old is it removed.
    create_run_directory(tmp_path / "run", "toy", TOY, {})
    assert left.exists()
    os.utime(left, (time.time() - 2 * HOUR,) * 2)
    (tmp_path / "run").rename(tmp_path / "moved")
    create_run_directory(tmp_path / "run", "toy", TOY, {})
    assert not left.exists()


def test_a_failed_creation_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        create_run_directory(tmp_path / "run", "toy", TOY, {})
    assert list(tmp_path.iterdir()) == []
