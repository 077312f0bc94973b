"""Behaviour: the trial of Brian2's examples tells what is equal, wrong, refused or left out."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

CELLS = """
from brian2 import *
tau, drive = 10*ms, 1.2
cells = NeuronGroup(5, "dv/dt = (drive*i/4 - v)/tau {noise} : 1", threshold="v > 1",
                    reset="v = 0", method="{method}")
links = Synapses(cells, cells, on_pre="v_post += 0.01")
links.connect(condition="i > j")
spikes = SpikeMonitor(cells)
run(1*second)
raise SystemExit("not reached")
"""
SCRIPTS = {
    "drive.py": CELLS.format(noise="", method="exact"),
    "noise.py": CELLS.format(noise="+ 0.1*xi*tau**-0.5", method="euler"),
    "needs.py": "import no_such_package\nrun(1)",
    "not_an_example.py": "value = 1",
}


@pytest.fixture
def arrays(monkeypatch):
    """Return the module that compares arrays."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import example_arrays

    return example_arrays


@pytest.fixture
def verdict(monkeypatch):
    """Return the function that judges a record."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    from example_table import verdict

    return verdict


def tried(folder, *options) -> subprocess.CompletedProcess:
    """Try the scripts at 200 time steps."""
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
    command = [sys.executable, BENCHMARKS / "brian2_examples.py", folder, "--steps", "200"]
    return subprocess.run([*command, *options], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("measured", "expected", "found"),
    (
        ([1.0, np.nan], [1.0, np.nan], "equal bit for bit"),
        ([1.0, 2 + 1e-12], [1.0, 2.0], "equal to rounding"),
        ([0.0, 1e-12], [0.0, 0.0], "wrong"),
        ([1.0, 2.001], [1.0, 2.0], "wrong"),
        ([1.0, np.nan], [1.0, 2.0], "wrong"),
        ([1.0, np.inf], [1.0, -np.inf], "wrong"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "wrong"),
        ([1, 2], [1, 3], "wrong"),
        ([True], [1], "wrong"),
    ),
)
def test_arrays_differ_by_no_more_than_rounding_or_are_wrong(arrays, measured, expected, found):
    """Shapes, types, whole numbers and what is not finite must be the same."""
    told = arrays.compared({"a": np.array(measured)}, {"a": np.array(expected)})
    assert told["verdict"] == found
    assert told.get("array") == (None if found == "equal bit for bit" else "a")


BIT = "equal bit for bit"


@pytest.mark.parametrize(
    ("noisy", "checks", "found"),
    (
        (False, {"runtime": BIT, "cpp": BIT, "given back": BIT}, BIT),
        (False, {"runtime": BIT, "cpp": "equal to rounding"}, "equal to rounding"),
        (False, {"runtime": BIT, "cpp": "wrong"}, "wrong"),
        (False, {"runtime": BIT, "cpp": "wrong", "function": BIT}, "equal to Brian2's C++"),
        (False, {"runtime": "wrong", "cpp": "wrong", "function": BIT}, "wrong"),
        (False, {"cpp": BIT, "given back": "wrong"}, "wrong"),
        (True, {"cpp": "wrong", "function": BIT}, "wrong"),
        (True, {"cpp": BIT, "function": "wrong"}, "wrong"),
        (True, {"cpp": BIT, "function": BIT}, "equal to Brian2's C++"),
        (True, {"cpp": BIT, "function": "no peer"}, "noise without a peer"),
        (False, {"runtime": BIT, "cpp": "refused by name"}, "refused by name"),
        (False, {"runtime": "refused unclearly", "cpp": BIT}, "refused unclearly"),
        (False, {"cpp": "refused by name", "given back": "wrong"}, "wrong"),
    ),
)
def test_one_wrong_part_makes_the_example_wrong(verdict, noisy, checks, found):
    """Only where rounding grows may C++ differ from numpy, if it is Brian2's C++ bit for bit."""
    record = {"noisy": noisy, "checks": {name: {"verdict": v} for name, v in checks.items()}}
    assert verdict(record) == found


def test_scripts_are_tried_up_to_their_first_run(tmp_path):
    """One that needs what is not there is told; `--resume` tries none again."""
    out, table = tmp_path / "out.jsonl", tmp_path / "table.md"
    options = ("--devices", "runtime", "--out", out, "--table", table)
    result = tried(tmp_path, *options)
    assert result.returncode == 0, result.stderr
    lines = out.read_text()
    records = {r["example"]: r for r in map(json.loads, lines.splitlines())}
    assert {name: r["verdict"] for name, r in records.items()} == {
        "drive.py": BIT,
        "noise.py": BIT,
        "needs.py": "left out",
    }
    assert "no_such_package" in records["needs.py"]["left_out"]
    assert records["noise.py"]["noisy"]
    assert not records["drive.py"]["noisy"]
    assert records["drive.py"]["duration"] == pytest.approx(0.02)
    assert "| drive.py | 20 ms |" in table.read_text()
    first, *rest = lines.splitlines(keepends=True)
    out.write_text("".join(rest) + first[:20])  # killed while it wrote
    again = tried(tmp_path, *options, "--resume")
    assert again.returncode == 0, again.stderr
    written = out.read_text().splitlines()
    assert len(written) == 4
    assert json.loads(written[-1])["example"] == json.loads(first)["example"]
    assert "| drive.py | 20 ms |" in table.read_text()


@pytest.mark.slow
@pytest.mark.compiles
def test_noise_is_that_of_plain_brian2_in_cpp(tmp_path):
    """Bit for bit, from the same seed; without noise C++ is compared with numpy."""
    out = tmp_path / "out.jsonl"
    result = tried(tmp_path, "--only", "drive|noise", "--out", out)
    assert result.returncode == 0, result.stderr
    records = {r["example"]: r for r in map(json.loads, out.read_text().splitlines())}
    assert records["noise.py"]["verdict"] == "equal to Brian2's C++"
    assert records["noise.py"]["checks"]["function"]["verdict"] == BIT
    assert records["drive.py"]["verdict"] in (BIT, "equal to rounding")


def test_folder_that_does_not_exist_is_one_clear_line(tmp_path):
    """Nothing is tried."""
    command = [sys.executable, BENCHMARKS / "brian2_examples.py", tmp_path / "none"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [f"{tmp_path / 'none'}: there is no such folder"]
