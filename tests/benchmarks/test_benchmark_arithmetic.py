"""Closed form: what the benchmarks compute from what they measured, and where tables are kept."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MEGABYTE = 1e6
#: What a Python process without the array has at most.
SMALL = 60 * MEGABYTE
ARRAY = 100 * MEGABYTE


@pytest.fixture
def module(monkeypatch):
    """Return a function that imports one of the benchmarks' modules."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def test_a_biological_second_is_the_difference_of_two_runs(module):
    """0.5 s of set-up and 2 s for each second; 300 spikes a second of 10 neurons after 0.1 s."""

    def run(duration: float) -> dict:
        spikes = {"exc.spike_count": 200 * duration + 7, "inh.spike_count": 100 * duration, "x": 1}
        cpu = 0.5 + 2 * duration
        return {"cpu": cpu, "peak": 1e6 * duration, "resident": None, "totals": spikes}

    measured = module("contenders").Durations(0.1, 4.1, 10).measured(run)
    assert measured.seconds == pytest.approx(2)
    assert measured.set_up == pytest.approx(0.5)
    assert measured.rate == pytest.approx(30)
    assert measured.peak == pytest.approx(4.1e6)
    assert measured.resident is None


def test_contenders_take_turns(module):
    order = []
    contenders = {what: lambda what=what: order.append(what) or what for what in "ab"}
    measured = module("contenders").interleaved(contenders, 3)
    assert order == ["a", "b"] * 3
    assert measured == {"a": ["a"] * 3, "b": ["b"] * 3}


@pytest.mark.parametrize("n", (2500, 10_000, 84_000, 160_000))
def test_networks_grow_at_one_in_degree(module, n):
    size = module("growth").size_with(n)
    assert size.n == n
    assert size.probability * size.n_exc == pytest.approx(160)
    assert size.probability * size.n_inh == pytest.approx(40)


def test_ten_thousand_neurons_are_the_plastic_network(module):
    assert module("growth").size_with(10_000) == module("plastic_network").Size()


def test_smaller_networks_are_simulated_longer(module):
    """In proportion, within a factor of two up and down."""
    simulated = module("growth").simulated
    sizes = (2500, 8000, 10_000, 16_000, 160_000)
    assert [simulated(n, 2.0) for n in sizes] == [4.0, 2.5, 2.0, 1.25, 1.0]


def test_instructions_are_read_from_the_log(module, tmp_path):
    log = tmp_path / "log"
    log.write_text("==7== Events    : Ir\n==7== Collected : 107106918\n")
    assert module("instructions").counted(log) == 107106918


@pytest.mark.parametrize("text", ("==7== Process terminating with signal 4 (SIGILL)\n", None))
def test_nothing_counted_is_said(module, tmp_path, text):
    if text:
        (tmp_path / "log").write_text(text)
    with pytest.raises(SystemExit, match="valgrind counted nothing"):
        module("instructions").counted(tmp_path / "log")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_memory_at_the_end_is_not_the_peak(module):
    """A child that frees 100 MB and goes on a while has them no more."""
    script = f"import os, time; x = b'x' * {int(ARRAY)}; {{}}time.sleep(0.3); os._exit(0)"
    for free, low, high in (("", ARRAY, ARRAY + SMALL), ("del x; ", 0, SMALL)):
        with module("resident_memory").watched_child() as resident:
            subprocess.run([sys.executable, "-c", script.format(free)], check=True)
        assert low < resident.last < high


@pytest.mark.parametrize(
    ("value", "text"),
    ((0.08899, "0.089"), (18.33, "18.3"), (999.4, "999"), (999.6, "1000"), (4003.2, "4003")),
)
def test_numbers_have_three_digits_or_all_before_the_point(module, value, text):
    assert module("report").digits(value) == text


def test_every_optimisation_has_a_place(module):
    """Places name optimisations that there are, and networks that are compiled."""
    from bionet.devices import OPTIMISATIONS

    optimisations = module("optimisations")
    options = type("Options", (), {"n_exc": 8, "n_inh": 2, "probability": 0.5})
    options.short, options.long, options.images = 0.1, 0.2, 10
    assert optimisations.PLACES.keys() <= OPTIMISATIONS.keys()
    assert {optimisations.PLASTIC, *optimisations.PLACES.values()} <= optimisations._places(
        options
    ).keys()


def test_records_that_were_not_made_anew_stay(module, tmp_path):
    run_all, results = module("run_all"), tmp_path / "results.jsonl"
    assert run_all.read(results) == {}
    later, earlier = run_all.SCRIPTS.keys() - {"growth"}, "growth"
    first = {name: {"benchmark": name, "rows": [1]} for name in later}
    run_all.write(results, first)
    run_all.write(results, run_all.read(results) | {earlier: {"benchmark": earlier, "rows": [2]}})
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    assert [line["benchmark"] for line in lines] == list(run_all.SCRIPTS)
    assert run_all.read(results)[earlier]["rows"] == [2]


def test_every_benchmark_is_there_and_in_the_readme(module):
    """Those of the C++ device are among them; the README has a line for each, and records."""
    run_all = module("run_all")
    assert set(run_all.CPP_DEVICE) <= run_all.SCRIPTS.keys()
    readme = (BENCHMARKS / "README.md").read_text()
    for name in run_all.SCRIPTS:
        assert (BENCHMARKS / f"{name}.py").is_file()
        assert f"| `{name}.py` |" in readme
    assert all("command" in r for r in run_all.read(BENCHMARKS / "results.jsonl").values())
