"""Behaviour of the kind ``simulation``: its configuration, log, resuming, results and figures.

No network is simulated here (tests/papers does that): a function that makes up spikes stands in
for the compiled one, so that what it returns is known.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from bionet.devices import Outcome, Status
from bionet.runs import ConfigurationError, RunDirectory, read_configuration
from bionet.runs import simulated_network as simulated_network_module
from bionet.runs.command import main
from bionet.runs.simulation_configuration import Simulation
from bionet.statistics import SpikeTrains, isi_cvs

N_EXC, N_INH, DURATION, WARMUP = 20, 5, 4.0, 1.0
BIN_WIDTH = 0.01
# Results are kept in single precision.
SINGLE_PRECISION = 1e-6

STATIC = """
kind = "simulation"
[network]
n_exc = 20
n_inh = 5
[conductances]
ee = 0.6
ei = 0.6
ie = 6.7
ii = 6.7
[simulation]
duration = "4 s"
warmup = "1 s"
seeds = [3, 1, 2]
recorded_neurons = 8
"""
PLASTIC = STATIC + '[plasticity]\ntarget_rate = "3 Hz"\nweight_interval = "1 s"\n'
CURRENTS = """
kind = "simulation"
[network]
model = "current_lif"
[currents]
ee = "1.62 mV"
ei = "1.62 mV"
ie = "-9 mV"
ii = "-9 mV"
"""


def made_up_spikes(seed, n_neurons):
    """Poisson spikes of a rate that tells the seeds apart: 10 Hz times the seed."""
    generator = np.random.default_rng(seed)
    number = generator.poisson(10 * seed * DURATION * n_neurons)
    times = np.sort(generator.uniform(0, DURATION, number))
    return times, generator.integers(0, n_neurons, number)


def statistics(population, times, neurons, n_neurons):
    values = {"spike_count": [], "isi_sum": [], "isi_sum_squares": []}
    for neuron in range(n_neurons):
        intervals = np.diff(times[(neurons == neuron) & (times >= WARMUP)])
        values["spike_count"].append(((neurons == neuron) & (times >= WARMUP)).sum())
        values["isi_sum"].append(intervals.sum())
        values["isi_sum_squares"].append((intervals**2).sum())
    return {f"{population}.{name}": np.array(value) for name, value in values.items()}


def made_up_network(inputs, seed):
    """Return an outcome such as the compiled network's."""
    values = {}
    for population, monitor, size in (("exc", "spikes", N_EXC), ("inh", "inh_spikes", N_INH)):
        times, neurons = made_up_spikes(seed, size)
        values |= statistics(population, times, neurons, size)
        recorded = neurons < (8 if population == "exc" else 2)
        values |= {f"{monitor}.t": times[recorded], f"{monitor}.i": neurons[recorded]}
    times, _ = made_up_spikes(seed, N_EXC)
    counts, _ = np.histogram(times, np.arange(401) * BIN_WIDTH)
    # as the monitor records: a void bin first, the last bin never
    rate = np.concatenate([[0.0], counts[:-1] / (N_EXC * BIN_WIDTH)])
    samples = np.arange(4.0)
    values |= {
        "population_rate.rate": rate[np.newaxis],
        "voltage.t": np.arange(40000) * 1e-4,
        "voltage.v": np.full((1, 40000), -0.055),
        "ie_weights.t": samples,
        "ie_weights.w": samples * np.array([[1.0], [3.0]]) / 2,
        "ie.w": np.array([0.1, 0.2, 29.9]),
    }
    return Outcome(Status.COMPLETED, values, DURATION, DURATION, 0.0)


def fails_from_seed_2_on(inputs, seed):
    if seed == 2:
        return Outcome(Status.FAILED, {}, 0.0, DURATION, 0.0, "killed by signal 9")
    return made_up_network(inputs, seed)


@pytest.fixture
def use_network(monkeypatch):
    """Let a function stand in for the compiled network; returns the seeds it is called with."""

    def use(network):
        called = []

        def call(inputs, seed):
            called.append(seed)
            return network(inputs, seed)

        monkeypatch.setattr(simulated_network_module, "compiled_network", lambda _: call)
        return called

    return use


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[conductances]\nee", "[currents]\nee", "currents.ee: expected a quantity"),
        ("[network]\nn_exc = 20", '[network]\nmodel = "current_lif"\nn_exc = 20', "[currents]"),
        ("ii = 6.7", "ii = -6.7", "conductances: a conductance must not be negative"),
        ("seeds = [3, 1, 2]", "seeds = [3, 1, 3]", "none twice"),
        ('warmup = "1 s"', 'warmup = "5 s"', "warmup must not be negative and must end before"),
        ("recorded_neurons = 8", "recorded_neurons = 21", "must not exceed network.n_exc"),
        ("[simulation]", "[plasticity]\nw_max = 5.0\n[simulation]", "must not exceed plasticity"),
        ("[simulation]", "[plasticity]\neta = 0.0\n[simulation]", "eta must be positive"),
        ("[simulation]", '[kick]\nrate = "0 Hz"\n[simulation]', "rate and until must be positive"),
    ],
)
def test_a_wrong_configuration_is_named(write, old, new, said):
    """One line that names the key or the table."""
    assert old in STATIC
    with pytest.raises(ConfigurationError, match=r"config\.toml: ") as error:
        read_configuration(write(STATIC.replace(old, new)))
    assert said in str(error.value)


def test_currents_are_quantities(write):
    """Weights of current-based neurons carry their unit, and inhibitory ones their sign."""
    _, configuration = read_configuration(write(CURRENTS))
    assert configuration.weights == configuration.currents
    assert configuration.weights.ie == -9e-3
    with pytest.raises(ConfigurationError, match="ie and ii not positive"):
        read_configuration(write(CURRENTS.replace('"-9 mV"', '"9 mV"')))


def test_plasticity_needs_conductances(write):
    """The rule's weights are in units of the leak conductance."""
    with pytest.raises(ConfigurationError, match="needs the model conductance_lif"):
        read_configuration(write(CURRENTS + "[plasticity]\n"))


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


def test_a_broken_off_run_goes_on_with_what_is_missing(tmp_path, write, use_network, capsys):
    """The results are those of a run that was never broken off, and no seed runs twice."""
    out, whole = tmp_path / "run", tmp_path / "whole"
    use_network(made_up_network)
    main(["run", str(write(STATIC)), "--out", str(whole)])
    use_network(fails_from_seed_2_on)
    assert main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"]) == 1
    assert "seed 2: FAILED: killed by signal 9" in capsys.readouterr().err
    assert main(["status", str(out)]) == 0
    assert "2 of 3 seeds finished" in capsys.readouterr().out

    called = use_network(made_up_network)
    assert main(["resume", str(out)]) == 0
    assert called == [2]
    resumed, expected = (RunDirectory.open(path).load_results() for path in (out, whole))
    assert resumed.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
    assert not (out / "seeds").exists()


def test_a_half_written_line_is_simulated_again(tmp_path, write, use_network):
    """A kill in the middle of a line loses that seed only."""
    out = tmp_path / "run"
    use_network(made_up_network)
    use_network(fails_from_seed_2_on)
    main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"])
    log = out / "log.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    called = use_network(made_up_network)
    assert main(["resume", str(out), "--workers", "1"]) == 0
    assert called == [1, 2]
    seeds = [json.loads(line)["seed"] for line in log.read_text().splitlines()]
    assert seeds == [3, 1, 2]


@pytest.mark.parametrize("damage", ["log", "arrays"])
def test_damage_is_named(tmp_path, write, use_network, capsys, damage):
    """A damaged line, or the missing arrays of a logged seed: one line that says what to do."""
    out = tmp_path / "run"
    use_network(fails_from_seed_2_on)
    main(["run", str(write(STATIC)), "--out", str(out), "--workers", "1"])
    capsys.readouterr()
    use_network(made_up_network)
    if damage == "log":
        log = out / "log.jsonl"
        log.write_text("{}\n" + log.read_text())
        said = "log.jsonl: line 1 is damaged"
    else:
        (out / "seeds/3.npz").write_bytes(b"PK")
        said = "seeds/3.npz: missing or damaged; remove the line of seed 3"
    assert main(["resume", str(out)]) == 1
    assert said in capsys.readouterr().err


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


def test_the_resolved_configuration_reads_back(tmp_path, write, use_network):
    """All tables, the optional ones included."""
    use_network(made_up_network)
    text = PLASTIC + '[kick]\nuntil = "20 ms"\n'
    main(["run", str(write(text)), "--out", str(tmp_path / "run")])
    _, configuration = read_configuration(write(text))
    assert RunDirectory.open(tmp_path / "run").load_configuration(Simulation) == configuration


def test_inputs_carry_every_number(write):
    """Weights, drive and the rule reach the network as inputs, under its own names and in SI."""
    text = PLASTIC.replace("ie = 6.7", "ie = 0.5") + 'eta = 2e-3\n[kick]\nuntil = "20 ms"\n'
    text = text.replace("n_exc = 20", 'background = "20 mV"\nn_exc = 20')
    inputs = simulated_network_module.inputs_of(read_configuration(write(text))[1])
    assert inputs["exc.i_background"] == inputs["inh.i_background"] == 0.02
    assert (inputs["ee.w"], inputs["ie.w_initial"], inputs["ii.w"]) == (0.6, 0.5, 6.7)
    assert "ie.w" not in inputs
    assert inputs["poisson_exc.w"] == inputs["poisson_inh.w"] == 0.6
    # Vogels et al. 2011: alpha = -2 eta rate tau
    assert inputs["ie.alpha"] == pytest.approx(-2 * 2e-3 * 3 * 0.02)
    assert inputs["ie.kappa"] == inputs["ie.gamma"] == 2e-3
    assert inputs["exc.warmup_end"] == inputs["inh.warmup_end"] == WARMUP
