"""Reference: Brian2's own tests of standalone devices pass on bionet's C++ device."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SUITE = Path(__file__).parents[2] / "benchmarks" / "brian2_suite.py"
#: What each loop of the device could get wrong; those of one part are collected once.
SUBSETS = {
    "one run": (
        "test_transmission_one_to_all_heterogeneous_delays",
        "test_transmission_scalar_delay_different_clocks",
        "test_summed_variables_subgroups",
        "test_vectorisation_STDP_like",
        "test_refractoriness_repeated",
        "test_poissoninput_refractory",
    ),
    "several runs": ("test_dt_changes_between_runs",),
}
pytestmark = [
    pytest.mark.compiles,
    pytest.mark.skipif(find_spec("brian2.tests") is None, reason="Brian2 came without its tests"),
]


def records_of(path, *options):
    """Return the suite's record of each test that it ran; those of this device only."""
    command = [sys.executable, SUITE, "--out", path, *options]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("part", SUBSETS)
def test_a_subset(part, tmp_path):
    only = " or ".join(SUBSETS[part])
    records = records_of(tmp_path / "records", "--part", part, "--only", only)
    passed = {r["test"].split("::")[-1] for r in records if r["outcome"] == "passed"}
    assert passed >= set(SUBSETS[part])


@pytest.mark.slow
def test_all_of_it(tmp_path):
    """Ten minutes."""
    records = records_of(tmp_path / "records")
    assert sum(record["outcome"] == "passed" for record in records) >= 246
