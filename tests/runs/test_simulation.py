"""Results of the kind ``simulation``, behaviour: numbers, examples, weights and figures of a run.

No network is simulated here (tests/papers does that): a function that makes up spikes stands in
for the compiled one, so that what it returns is known.
"""

import json
import re
import tomllib
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from made_up_simulation import (
    BIN_WIDTH,
    CURRENTS,
    DURATION,
    N_EXC,
    N_INH,
    PLASTIC,
    STATIC,
    WARMUP,
    made_up_network,
    made_up_spikes,
)

from bionet.devices import compile_network
from bionet.devices.cpp_source import FLAGS
from bionet.runs import RunDirectory, read_configuration
from bionet.runs.command import main
from bionet.runs.configuration import from_table
from bionet.runs.simulated_network import STEPS, inputs_of, network_of, outputs_of
from bionet.runs.simulation import describe
from bionet.runs.simulation_configuration import Simulation
from bionet.runs.simulation_results import arrays_of, summary
from bionet.statistics import SpikeTrains, isi_cvs

# Results are kept in single precision.
SINGLE_PRECISION = 1e-6


@pytest.mark.parametrize("workers", [1, 3])
def test_results_hold_all_seeds_in_order(tmp_path, write, use_network, workers):
    """Rates and CVs are those of the spikes, in the configuration's order of seeds."""
    use_network(made_up_network)
    out = tmp_path / "run"
    assert main(["run", str(write(STATIC)), "--out", str(out), "--workers", str(workers)]) == 0
    results = RunDirectory.open(out).load_results()
    assert results["seeds"].tolist() == [3, 1, 2]
    for row, seed in enumerate(results["seeds"]):
        times, neurons = made_up_spikes(seed, N_EXC)
        counts = np.bincount(neurons[times >= WARMUP], minlength=N_EXC)
        rates = counts / (DURATION - WARMUP)
        np.testing.assert_allclose(results["rates"][row], rates, rtol=SINGLE_PRECISION)
        late = times >= WARMUP
        cvs = isi_cvs(SpikeTrains(times[late], neurons[late], N_EXC, WARMUP, DURATION))
        np.testing.assert_allclose(results["isi_cvs"][row], cvs, rtol=1e-5)
    assert results["inh_rates"].shape == (3, N_INH)
    # every spike but those of the last bin, which the monitor does not see
    times, _ = made_up_spikes(3, N_EXC)
    seen = (times < DURATION - BIN_WIDTH).sum() / (N_EXC * BIN_WIDTH)
    assert results["population_rate"][0].sum() == pytest.approx(seen, rel=1e-5)


def test_examples_are_of_the_first_seed(tmp_path, write, use_network):
    """Spikes of recorded neurons in the first and the last second, the potential in the last."""
    use_network(made_up_network)
    main(["run", str(write(STATIC)), "--out", str(tmp_path / "run")])
    results = RunDirectory.open(tmp_path / "run").load_results()
    times, neurons = made_up_spikes(3, N_EXC)
    kept = (neurons < 8) & ((times < 1.0) | (times >= 3.0))
    np.testing.assert_allclose(results["spikes_t"], times[kept], rtol=SINGLE_PRECISION)
    np.testing.assert_array_equal(results["spikes_i"], neurons[kept])
    assert results["voltage_t"].min() >= 3.0
    assert results["voltage"].shape == results["voltage_t"].shape == (10000,)


def test_weights_of_a_plastic_network(tmp_path, write, use_network):
    """Mean and spread of the sample over time, and a histogram of all at the end."""
    use_network(made_up_network)
    main(["run", str(write(PLASTIC)), "--out", str(tmp_path / "run")])
    results = RunDirectory.open(tmp_path / "run").load_results()
    np.testing.assert_allclose(results["mean_weight"], np.tile([0, 1, 2, 3], (3, 1)))
    np.testing.assert_allclose(results["std_weight"], np.tile([0, 0.5, 1, 1.5], (3, 1)))
    assert results["weights_t"].tolist() == [0, 1, 2, 3]
    assert results["weight_counts"].sum(axis=1).tolist() == [3, 3, 3]
    low, top = results["weight_edges"][1:] < 0.5, -1
    assert results["weight_counts"][0, low].sum() == 2
    assert results["weight_counts"][0, top] + results["weight_counts"][0, -2] == 1


def test_a_step_that_overshot_is_told_and_kept(tmp_path, write, use_network, capsys):
    """While the run goes on and by status, of its seed alone; the results hold all seeds'."""
    use_network(made_up_network)
    out = tmp_path / "run"
    for arguments in (["run", str(write(STATIC)), "--out", str(out)], ["status", str(out)]):
        assert main(arguments) == 0
        said = " ".join("".join(capsys.readouterr()).split())
        (place,) = re.finditer("a time step went 3.60 of the way; above 1 it overshoots", said)
        assert re.findall(r"seed \d: rate", said[: place.start()])[-1] == "seed 1: rate"
    results = RunDirectory.open(out).load_results()
    np.testing.assert_array_equal(results["largest_step"], [0.75, 3.6, 0.75])


def overshooting(text):
    """Return a short simulation on the runtime device, with weights that make steps too long."""
    text = text.replace('"4 s"', '"0.2 s"').replace('"1 s"', '"0.05 s"').replace("6.7", "150")
    table = tomllib.loads(text.replace("n_exc", 'background = "50 mV"\nn_exc', 1))
    del table["kind"]
    configuration = from_table(Simulation, table, "config.toml")
    simulate = compile_network(
        partial(network_of, configuration),
        configuration.simulation.duration,
        device="runtime",
        inputs=list(inputs_of(configuration)),
        outputs=outputs_of(configuration),
    )
    return configuration, simulate(inputs_of(configuration), seed=1)


def test_steps_are_watched_where_forward_euler_integrates():
    """The network itself: its potential falls below E_i, which nothing else would tell."""
    configuration, outcome = overshooting(STATIC)
    assert outcome["voltage.v"].min() < -0.08
    arrays = arrays_of(outcome, configuration)
    assert arrays["largest_step"] > 1
    assert "above 1 it overshoots" in describe(summary(arrays, configuration))


def test_steps_that_are_exact_are_not_watched(write):
    """The current-based model's; its results say nothing of steps."""
    _, configuration = read_configuration(write(CURRENTS))
    assert not set(STEPS) & set(outputs_of(configuration))
    outcome = made_up_network({}, 1)
    values = {name: array for name, array in outcome.values.items() if name not in STEPS}
    arrays = arrays_of(replace(outcome, values=values), configuration)
    assert "largest_step" not in arrays
    assert "overshoots" not in describe(summary(arrays, configuration))


def test_silence_is_logged(tmp_path, write, use_network):
    """A network that falls silent has no CV (null in the log), and its end is logged."""

    def silent(inputs, seed):
        outcome = made_up_network(inputs, seed)
        values = {
            name: np.zeros_like(array) if name.startswith(("exc.", "inh.")) else array.copy()
            for name, array in outcome.values.items()
        }
        values["population_rate.rate"][:, 51:] = 0
        return replace(outcome, values=values)

    use_network(silent)
    out = tmp_path / "run"
    assert main(["run", str(write(STATIC)), "--out", str(out)]) == 0
    entry = json.loads((out / "log.jsonl").read_text().splitlines()[0])
    assert entry["isi_cv"] is None
    assert entry["rate"] == 0
    assert entry["active_until"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "names"),
    [(STATIC, ["network.png"]), (PLASTIC, ["network.png", "plasticity.png"])],
)
def test_figures_are_drawn(tmp_path, write, use_network, capsys, text, names):
    """From the results alone."""
    use_network(made_up_network)
    out = tmp_path / "run"
    main(["run", str(write(text)), "--out", str(out)])
    capsys.readouterr()
    assert main(["figure", str(out)]) == 0
    paths = [out / "figures" / name for name in names]
    assert capsys.readouterr().out.split() == [str(path) for path in paths]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_how_the_network_was_built_is_recorded(tmp_path, write, use_network, monkeypatch):
    """Compiler, flags, precision, and the build's name without its place on this machine."""
    monkeypatch.setenv("CXX", "g++ -fno-plt")
    use_network(made_up_network)
    out = tmp_path / "run"
    main(["run", str(write(STATIC)), "--out", str(out)])
    (session,) = RunDirectory.open(out).sessions()
    assert session["build"] == {
        "command": ["g++", "-fno-plt"],
        "flags": list(FLAGS),
        "precision": "double",
        "key": "made-up-build",
    }


def test_an_index_of_a_large_network_is_kept(tmp_path, write, use_network):
    """Neurons beyond 32 767 are still themselves."""

    def large(inputs, seed):
        outcome = made_up_network(inputs, seed)
        neurons = outcome["spikes.i"] + 40_000
        return replace(outcome, values={**outcome.values, "spikes.i": neurons})

    use_network(large)
    out = tmp_path / "run"
    main(["run", str(write(STATIC)), "--out", str(out)])
    assert RunDirectory.open(out).load_results()["spikes_i"].min() >= 40_000
