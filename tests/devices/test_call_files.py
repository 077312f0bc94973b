"""What a call in C++ writes, where, and what it says when it cannot (behaviour)."""

import dataclasses
import errno
import os
import tempfile
from pathlib import Path

import pytest
import small_networks_of_users as users

from bionet.devices import Status, cache


@pytest.fixture(scope="module")
def compiled(cells_on):
    return cells_on("cpp")


@pytest.fixture
def call_folders(monkeypatch):
    """Record what is in a call's directory when the call is over, and that it goes."""
    seen = []

    class Watched(tempfile.TemporaryDirectory):
        def __exit__(self, *arguments):
            seen.append((Path(self.name), {p.name for p in Path(self.name).iterdir()}))
            return super().__exit__(*arguments)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", Watched)
    return seen


@pytest.mark.compiles
def test_only_requested_outputs_are_written(compiled, call_folders):
    before = sorted(p.name for p in compiled.directory.rglob("*"))
    compiled()
    compiled.returning(["cells.v"])()
    (folder, files), (_, fewer) = call_folders
    assert files == {"inputs.bin", "end"} | {f"output_{k}" for k in range(len(users.OUTPUTS))}
    assert fewer == {"inputs.bin", "end", "output_0"}
    assert not folder.exists()
    assert sorted(p.name for p in compiled.directory.rglob("*")) == before


@pytest.mark.compiles
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("file", ["output_0", "end"])
def test_full_disk_is_an_error_not_an_outcome(compiled, monkeypatch, file):
    class Full(tempfile.TemporaryDirectory):
        def __enter__(self):
            folder = super().__enter__()
            os.symlink("/dev/full", Path(folder) / file)
            return folder

    monkeypatch.setattr(tempfile, "TemporaryDirectory", Full)
    message = f"could not write {file}: No space left on device"
    with pytest.raises(OSError, match=message) as caught:
        compiled()
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.compiles
def test_results_that_cannot_be_written_say_why(compiled, monkeypatch):
    class Occupied(tempfile.TemporaryDirectory):
        def __enter__(self):
            folder = super().__enter__()
            (Path(folder) / "output_0").mkdir()
            return folder

    monkeypatch.setattr(tempfile, "TemporaryDirectory", Occupied)
    with pytest.raises(IsADirectoryError, match=r"could not write output_0: Is a directory"):
        compiled()


@pytest.mark.compiles
def test_simulation_ended_by_a_signal_is_an_outcome(compiled, tmp_path):
    """A stand-in for a binary that the system kills."""

    def make(folder):
        (folder / "main").write_text("#!/bin/sh\nkill -9 $$\n")
        (folder / "main").chmod(0o755)
        return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIONET_CACHE", str(tmp_path))
        entry = cache.publish("killed", make)
    outcome = dataclasses.replace(compiled, directory=entry)()
    assert outcome.status is Status.FAILED
    assert outcome.reason == "the simulation was ended by SIGKILL (out of memory?)"
