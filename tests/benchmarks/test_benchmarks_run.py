"""Behaviour: each benchmark runs to its end at a tiny size and reports every ratio it promises.

No time is tested: a time is no property of the code alone.
"""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: Between two runs of one program: names of folders, the environment.
COUNTS_DIFFER = 1e-3
TINY = ("--n-exc", "80", "--n-inh", "20", "--probability", "0.1")

SCRIPTS = {
    "biological_second": (
        (*TINY, "--short", "0.1", "--long", "0.3"),
        {
            "bionet, double: times faster than textbook Brian2",
            "bionet, single: times faster than textbook Brian2",
            "bionet, single, reordering: times faster than textbook Brian2",
            "bionet, double: peak memory",
        },
    ),
    "static_networks": (
        (*TINY, "--short", "0.1", "--long", "0.3"),
        {
            "Vogels-Abbott, bionet, double: times faster than plain Brian2",
            "various delays, bionet, single: times faster than plain Brian2",
        },
    ),
    "growth": (
        ("--sizes", "500", "1000", "--work", "0.02", "--probability", "0.002"),
        {
            "double: slowest size over fastest",
            "single, 1000 neurons: set-up",
            "single: a plastic synapse, peak",
        },
    ),
    "build_time": (
        TINY,
        {
            "cold: times faster than textbook Brian2",
            "with headers: a build",
            "warm: CPU time of it",
        },
    ),
    "optimisations": (
        (*TINY, "--long", "0.2", "--images", "20", "--only", "rows", "dense"),
        {
            "plastic network, double, without rows: times slower",
            "plastic network, double, without any: times the memory",
            "bars, DB, without dense: times slower",
        },
    ),
    "second_call": (
        (*TINY, "--rebuilds", "1"),
        {"a call beyond the simulation itself", "bionet: times faster than building anew"},
    ),
    "generation": (
        (*TINY, "--candidates", "2", "--candidates-rebuilt", "1", "--duration", "0.1"),
        {
            "bionet, two workers: times faster than rebuilding each",
            "two workers: times faster than one",
        },
    ),
    "dendritic_bars": (
        ("--images", "40", "--textbook-images", "2", "--test-images", "2"),
        {
            "bionet, DB: times faster than textbook Brian2",
            "bionet, SB: times faster than textbook Brian2",
            "bionet, DB: times faster than with W = -F D in full",
            "bionet, DB: loss after 2 images",
            "textbook Brian2, DB: loss after 2 images",
        },
    ),
    "surrogate_gradients": (
        ("--batches", "1", "--images", "256"),
        {
            "bionet, 1 core: times faster than with dense spikes",
            "bionet, 2 cores: times faster than with dense spikes",
            "bionet, 8 networks, 2 cores: times the time of one, 1 core",
            "bionet, 1 core: compiling, in the first call",
            "bionet, 1 network, 256 images: peak memory",
        },
    ),
}


def run(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, *(str(a) for a in arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.compiles
@pytest.mark.parametrize("name", SCRIPTS)
def test_reports_every_ratio_that_it_promises(name, tmp_path):
    """Its last line, also appended to ``--out``, is JSON with the promised rows, all finite."""
    options, promised = SCRIPTS[name]
    out = tmp_path / "results.jsonl"
    result = run(BENCHMARKS / f"{name}.py", "--repeats", 1, *options, "--out", out)
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout.splitlines()[-1])
    assert record == json.loads(out.read_text())
    assert record["benchmark"] == name
    rows = {row["what"]: row for row in record["rows"]}
    assert promised <= rows.keys()
    assert all(math.isfinite(row["median"]) for row in rows.values())


@pytest.mark.slow
@pytest.mark.compiles
@pytest.mark.skipif(not shutil.which("valgrind"), reason="needs valgrind")
def test_instructions_are_the_same_in_every_repeat():
    """A count does not depend on the machine; Brian2's own loops need more."""
    options = (*TINY, "--short", 0.1, "--long", 0.2)
    result = run(BENCHMARKS / "instructions.py", "--repeats", 2, *options)
    assert result.returncode == 0, result.stderr
    rows = {row["what"]: row for row in json.loads(result.stdout.splitlines()[-1])["rows"]}
    counts = rows["bionet, double: instructions of a biological second"]
    assert counts["min"] == pytest.approx(counts["max"], rel=COUNTS_DIFFER)
    assert rows["bionet, double: times fewer than with Brian2's own loops"]["median"] > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "option"),
    (
        ("biological_second", "--floor"),
        ("dendritic_bars", "--floor"),
        ("instructions", "--floor"),
        ("surrogate_gradients", "--torch"),
    ),
)
def test_peer_that_does_not_exist_is_one_clear_line(name, option, tmp_path):
    """Nothing is built for a benchmark whose peer is not there."""
    result = run(BENCHMARKS / f"{name}.py", option, tmp_path / "none")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [f"{option}: there is no file {tmp_path / 'none'}"]


@pytest.mark.slow
@pytest.mark.compiles
def test_peer_that_trains_another_network_is_not_published(tmp_path):
    """Times are compared only where the losses are the same."""
    python, out = tmp_path / "python", tmp_path / "results.jsonl"
    answer = {"ms_per_batch": [1.0], "ms_per_batch_with_input": [1.0], "losses": [1.0]}
    python.write_text(f"#!{sys.executable}\nprint({json.dumps(answer)!r})\n")
    python.chmod(0o755)
    tiny = ("--batches", 1, "--images", 256, "--repeats", 1)
    result = run(BENCHMARKS / "surrogate_gradients.py", *tiny, "--torch", python, "--out", out)
    assert result.returncode == 1
    assert "PyTorch, tutorial, 1 thread: the loss of batch 1 is 1" in result.stderr
    assert not out.exists()
