"""Behaviour of run directories: locked, never half-written, damage named."""

import errno
import json
import os
import signal

import numpy as np
import pytest
from other_process import in_child
from toy_kind import Drive, Toy

from bionet.runs import (
    RunDirectory,
    RunDirectoryError,
    atomic,
    create_run_directory,
)

TOY = Toy(steps=4, drive=Drive(rate=10.0))


@pytest.fixture
def directory(tmp_path):
    return create_run_directory(tmp_path / "run", "toy", TOY, {"command": "first"})


@pytest.mark.parametrize(
    ("path", "said"), [("absent", "no such run directory"), ("empty", "has no config.toml")]
)
def test_what_is_no_run_directory_is_named(tmp_path, path, said):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunDirectoryError, match=f"{path}: .*{said}"):
        RunDirectory.open(tmp_path / path)


_LOCKING = """
import sys, time
from bionet.runs import RunDirectory
with RunDirectory(__import__("pathlib").Path(sys.argv[1])).locked():
    print("locked", flush=True)
    time.sleep(60)
"""


def test_one_process_at_a_time_and_a_killed_one_lets_go(directory):
    process = in_child(_LOCKING, directory.path)
    try:
        assert directory.is_locked()
        with pytest.raises(RunDirectoryError, match="another bionet process"), directory.locked():
            pass
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert not directory.is_locked()
    with directory.locked():
        assert directory.is_locked()
    assert not directory.is_locked()


def test_asking_for_the_lock_does_not_make_one(directory):
    assert not directory.is_locked()
    assert not (directory.path / "run.lock").exists()


def test_results_come_back_as_they_were(directory):
    arrays = {
        "rate": np.array([1.5, np.nan, np.inf]),
        "count": np.arange(6, dtype=np.int32).reshape(2, 3),
        "names": np.array(["exc", "inh"]),
        "self/odd name": np.array(True),
    }
    directory.save_results(**arrays)
    loaded = directory.load_results()
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


def test_objects_are_refused_and_named(directory):
    with pytest.raises(ValueError, match="'outcome' holds Python objects"):
        directory.save_results(outcome=np.array([object()]))
    with pytest.raises(ValueError, match="'file'"):
        directory.save_results(file=[1])
    assert not directory.is_finished


def test_no_results_yet_is_an_error_that_says_so(directory):
    with pytest.raises(RunDirectoryError, match=r"no results yet.*bionet resume"):
        directory.load_results()


def cut(content):
    return content[: len(content) // 2]


def flipped(content):
    middle = content.index(b"\x00\x00\xc0\x3f\x00\x00\xc0\x3f")  # inside the array's own bytes
    return content[:middle] + bytes([content[middle] ^ 0x55]) + content[middle + 1 :]


def emptied(content):
    return b""


def overwritten(content):
    return b"no zip file at all"


@pytest.mark.parametrize("damage", [cut, flipped, emptied, overwritten])
def test_damaged_results_are_named(directory, damage):
    directory.save_results(weights=np.full(1000, 1.5, dtype=np.float32))
    content = directory.results_path.read_bytes()
    directory.results_path.write_bytes(damage(content))
    with pytest.raises(RunDirectoryError, match=r"results.npz: damaged"):
        directory.load_results()


def test_pickles_are_never_loaded(directory, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.savez(directory.results_path, trap=np.array([Trap()], dtype=object))
    with pytest.raises(RunDirectoryError, match="damaged"):
        directory.load_results()
    assert not (tmp_path / "sprung").exists()


def test_a_full_disk_keeps_the_older_results(directory, monkeypatch):
    directory.save_results(rate=[1.0])

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left") as raised:
            directory.save_results(rate=[2.0])
    assert raised.value.filename == str(directory.results_path)
    assert directory.load_results()["rate"] == [1.0]
    assert not list(directory.path.glob(".*"))


_KILLED_WRITE = """
import os, signal, sys
from pathlib import Path
from bionet.runs import RunDirectory
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
RunDirectory(Path(sys.argv[1])).save_results(rate=[2.0])
"""


def test_a_killed_write_keeps_the_older_results(directory):
    directory.save_results(rate=[1.0])
    process = in_child(_KILLED_WRITE, directory.path)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert directory.load_results()["rate"] == [1.0]
    assert len(list(directory.path.glob(".results.npz.*.partial"))) == 1
    with directory.locked():
        assert not list(directory.path.glob(".*.partial"))


def test_sessions_are_appended_and_facts_recorded(directory):
    directory.add_session({"command": "second"})
    directory.record(flags=["-O3"])
    assert directory.sessions() == [
        {"command": "first"},
        {"command": "second", "flags": ["-O3"]},
    ]


def test_a_lost_environment_starts_anew(directory):
    directory.environment_path.unlink()
    assert directory.sessions() == []
    directory.record(flags=[])
    assert directory.sessions() == [{"flags": []}]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sessions": 3}', '{"sessions": [1]}'])
def test_a_damaged_environment_is_named_and_kept(directory, content):
    directory.environment_path.write_text(content)
    with pytest.raises(RunDirectoryError, match=r"environment.json: damaged"):
        directory.add_session({})
    assert directory.environment_path.read_text() == content


def test_json_without_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        atomic.write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []
    atomic.write_json(tmp_path / "x.json", {"loss": 1.5})
    assert json.loads((tmp_path / "x.json").read_text()) == {"loss": 1.5}


def test_last_activity_is_the_newest_files(directory):
    for path in directory.path.iterdir():
        os.utime(path, (1000, 1000))
    directory.log_path.write_text("line\n")
    os.utime(directory.log_path, (2000, 2000))
    assert directory.last_activity() == 2000
