"""Temporary directories go with their block, or later if their process was killed (behaviour)."""

import os
import subprocess
import sys
import tempfile

import pytest

from bionet.devices import temporary
from bionet.devices.temporary import ABANDONED_AFTER, temporary_directory


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let this test have a temporary folder that no process has looked into yet."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def make_directory(folder, name, age):
    (folder / name / "inside").mkdir(parents=True)
    modified = (folder / name).stat().st_mtime - age
    os.utime(folder / name, (modified, modified))
    return folder / name


def test_it_is_named_after_its_process_and_goes_with_its_block(folder):
    with pytest.raises(ZeroDivisionError), temporary_directory("call") as own:
        (own / "file").touch()
        assert own.parent == folder
        assert temporary.NAME.fullmatch(own.name)[1] == str(os.getpid())
        raise ZeroDivisionError
    assert list(folder.iterdir()) == []


def test_what_a_dead_process_left_is_removed(folder, dead_process):
    old, young = 2 * ABANDONED_AFTER, 0.5 * ABANDONED_AFTER
    gone = [
        make_directory(folder, f"bionet_{purpose}_{dead_process}_abcd_123", old)
        for purpose in ("call", "source")
    ]
    kept = [
        make_directory(folder, f"bionet_call_{dead_process}_abcd_124", young),
        make_directory(folder, f"bionet_call_{os.getpid()}_abcd_123", old),
        make_directory(folder, f"bionet_run_{dead_process}_abcd_123", old),
        make_directory(folder, f"bionet_call_mine_{dead_process}", old),
    ]
    with temporary_directory("call"):
        pass
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)
