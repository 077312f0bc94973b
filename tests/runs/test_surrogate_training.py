"""Runs of kind ``surrogate_training``, behaviour: small networks, made-up images, the command.

Compiling takes longer than all else here, so that networks are compiled once for the whole module.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

from made_up_images import (
    CLASSES,
    EPOCHS,
    HIDDEN,
    NETWORKS,
    STEPS,
    SWEEP,
    TEST,
    TRAIN,
    write_images,
)

from bionet.gradient import InputSpikes, Trainer
from bionet.plotting.training_sweep import TrainingSweep
from bionet.runs import RunDirectory, surrogate_networks, surrogate_results, surrogate_training
from bionet.runs.command import main
from bionet.runs.surrogate_configuration import NetworkTable, SurrogateTraining, SweepTable
from bionet.runs.surrogate_measurements import example
from bionet.runs.surrogate_networks import W_IN, W_OUT, initial_weights, swept_networks

BATCHES = TRAIN // 8
BINS = 61

#: Single precision: results are kept in it.
ROUNDING = 1e-6

#: Standard errors that a random width may be off: one test in 10^6 that is right would fail.
SIGMAS = 5

# The other process loads Brian2 and JAX, and compiles, on a machine that may be busy.
PATIENCE = 300.0  # s


@pytest.fixture(scope="module", autouse=True)
def compiled_once():
    """Give runs whose networks are the same the same trainer."""
    trainers, trainer_of = {}, surrogate_networks.trainer_of

    def kept(configuration, devices=None):
        training = replace(configuration.training, epochs=1, at_a_time=None)
        key = repr((configuration.network, training, devices))
        if key not in trainers:
            trainers[key] = trainer_of(configuration, devices)
        return trainers[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surrogate_networks, "trainer_of", kept)
        yield


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """Return the text of the sweep's configuration; its images are there."""
    return SWEEP.format(folder=write_images(tmp_path_factory.mktemp("images")))


def one_at_a_time(text):
    return text.replace("[training]", "[training]\nat_a_time = 1")


def run(folder, text):
    """Start a run in a folder and return its exit status; one device, as all tests here."""
    (folder / "config.toml").write_text(text)
    arguments = ["run", str(folder / "config.toml"), "--out", str(folder / "run")]
    return main([*arguments, "--workers", "1"])


def resume(path):
    return main(["resume", str(path), "--workers", "1"])


def interrupt_at(patch, network, epoch, *, logged=True):
    """Press Ctrl-C when the checkpoint of an epoch is there, before or after its log line."""
    log = surrogate_training._log

    def log_or_stop(directory, chunk, networks, history):
        here = (chunk[0], history.epochs) == (network, epoch)
        if logged or not here:
            log(directory, chunk, networks, history)
        if here:
            raise KeyboardInterrupt

    patch.setattr(surrogate_training, "_log", log_or_stop)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, sweep):
    """Give a run of all networks together that nothing disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    assert run(folder, sweep) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, sweep):
    """Give a run, one network at a time, stopped after the first epoch of the third network."""
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, 2, 1)
        assert run(folder, one_at_a_time(sweep)) == 130
    return folder / "run"


@pytest.fixture
def half_done(stopped, tmp_path):
    """Give a copy of `stopped` that a test may change."""
    return shutil.copytree(stopped, tmp_path / "run")


@pytest.fixture
def epochs_trained(monkeypatch):
    """Count the epochs that any trainer goes through: a list of their numbers."""
    numbers, epoch = [], Trainer.epoch

    def counted(self, *arguments, number, **options):
        numbers.append(number)
        return epoch(self, *arguments, number=number, **options)

    monkeypatch.setattr(Trainer, "epoch", counted)
    return numbers


def results_of(path):
    return RunDirectory.open(path).load_results()


def log_of(path):
    return [json.loads(line) for line in (path / "log.jsonl").read_text().splitlines()]


def assert_equal_results(path, expected):
    """Compare bit by bit."""
    found, expected = results_of(path), results_of(expected)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def only_line(capsys):
    """Return what went wrong: the one line of standard error that is not progress."""
    lines = capsys.readouterr().err.splitlines()
    (line,) = [line for line in lines if line.startswith("bionet: ")]
    assert lines[-1] == line
    return line


SHAPES = {
    **dict.fromkeys(("sigma_init", "ratio", "sigma_noise", "repeat"), (NETWORKS,)),
    **dict.fromkeys(("n_hidden", "duration", "step", "example_network", "example_label"), ()),
    "class_names": (CLASSES,),
    "train_loss": (NETWORKS, EPOCHS),
    "train_accuracy": (NETWORKS, EPOCHS),
    "test_accuracy": (NETWORKS, EPOCHS + 1),
    "class_accuracy": (NETWORKS, EPOCHS + 1, CLASSES),
    "class_spikes": (NETWORKS, EPOCHS + 1, CLASSES, 2),
    "distance_before": (NETWORKS, 3),
    "distance_after": (NETWORKS, 3),
    "weight_edges": (BINS + 1,),
    "weight_counts": (NETWORKS, 2, 4, BINS),
    "example_spikes": (STEPS, HIDDEN),
    "example_readout": (STEPS, CLASSES),
}


def test_results_are_those_documented(finished):
    """Every name in the table of `surrogate_results` and no other, each in its shape."""
    table = re.findall(r"^``([\w, ]+)``", surrogate_results.__doc__, re.MULTILINE)
    documented = {name for names in table for name in names.split(", ")}
    results = results_of(finished)
    assert results.keys() == documented
    shapes = {name: array.shape for name, array in results.items()}
    spikes = {name: shapes.pop(name) for name in ("example_step", "example_unit")}
    assert shapes == SHAPES
    assert len(set(spikes.values())) == 1


def test_results_say_which_networks_these_are(finished):
    """In the order of the sweep, noise within cell types; SI units."""
    results = results_of(finished)
    assert results["sigma_init"].tolist() == [0.008] * NETWORKS
    assert results["ratio"].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert results["sigma_noise"].tolist() == [0.0, 0.002, 0.0, 0.002]
    assert results["repeat"].tolist() == [0] * NETWORKS
    assert results["n_hidden"] == HIDDEN
    assert results["step"] == 0.001
    assert results["duration"] == pytest.approx(0.015)
    assert results["class_names"][[0, -1]].tolist() == ["T-shirt", "ankle boot"]


def test_networks_learn(finished):
    """Losses fall from the order of ln 10; accuracies are fractions of the samples that count."""
    results = results_of(finished)
    loss = results["train_loss"]
    assert (loss[:, -1] < loss[:, 0]).all()
    assert (loss > 0).all() and (loss < 3 * np.log(CLASSES)).all()
    for name, samples in {"train_accuracy": TRAIN, "test_accuracy": TEST}.items():
        counts = results[name] * samples
        np.testing.assert_allclose(counts, counts.round(), rtol=0, atol=samples * ROUNDING)
        assert counts.min() >= 0 and counts.max() <= samples
    # equally many test samples of every class
    mean = results["class_accuracy"].mean(axis=2)
    np.testing.assert_allclose(mean, results["test_accuracy"], rtol=0, atol=ROUNDING)
    assert results["test_accuracy"][:, -1].max() > 1 / CLASSES


def test_class_spikes_are_those_of_the_recorded_hidden_layer(finished):
    """Reference: the spikes of untrained networks, counted by hand, by class and kind of cell."""
    configuration = RunDirectory.open(finished).load_configuration(SurrogateTraining)
    networks = swept_networks(configuration)
    weights = initial_weights(configuration, networks)
    samples, labels = surrogate_networks.spikes_of(configuration, "test")
    trainer = surrogate_networks.trainer_of(
        configuration, surrogate_networks.begin_on_devices(workers=1)
    )
    found = results_of(finished)["class_spikes"]
    for k in (0, 2):
        own = {name: value[k] for name, value in weights.items()}
        counts = trainer.record(own, samples, "hidden.spikes").sum(axis=1)
        excitatory = np.arange(HIDDEN) < (3 if k == 0 else HIDDEN)
        for group, cells in enumerate((excitatory, ~excitatory)):
            spikes = counts[:, cells].sum(axis=1)
            expected = [spikes[labels == label].mean() for label in range(CLASSES)]
            np.testing.assert_allclose(found[k, 0, :, group], expected, rtol=ROUNDING)
    assert found.sum() > 0
    assert not found[2:, ..., 1].any()


def test_weights_are_counted_by_kind_of_cell(finished):
    """Every weight is in one bin; before training they are the initial weights'."""
    results = results_of(finished)
    configuration = RunDirectory.open(finished).load_configuration(SurrogateTraining)
    weights = initial_weights(configuration, swept_networks(configuration))
    counts, edges = results["weight_counts"], results["weight_edges"]
    for k, n in enumerate((3, 3, 6, 6)):
        of = (784 * n, 784 * (HIDDEN - n), CLASSES * n, CLASSES * (HIDDEN - n))
        np.testing.assert_array_equal(counts[k].sum(axis=-1), [of, of])
        own = (weights[W_IN][k, :, :n], weights[W_IN][k, :, n:], weights[W_OUT][k, :n])
        for group, values in enumerate(own):
            np.testing.assert_array_equal(
                counts[k, 0, group], np.histogram(np.abs(values), edges)[0]
            )
    assert (np.diff(edges) > 0).all()
    assert (counts[:, 0] != counts[:, 1]).any(axis=(1, 2)).all()


def test_distances_are_of_pairs_that_there_are(finished):
    """Networks without inhibitory neurons have E-E pairs alone."""
    results = results_of(finished)
    for name in ("distance_before", "distance_after"):
        assert np.isfinite(results[name][:2]).all()
        assert (results[name][:, 0] >= 0).all()
        assert np.isnan(results[name][2:, 1:]).all()
    assert (results["distance_after"] > 0).any()
    assert (results["distance_after"][:2] != results["distance_before"][:2]).any(axis=1).all()


def test_the_example_is_what_the_best_network_does(finished):
    """With a sample that it classifies correctly; input spikes lie on the grid."""
    results = results_of(finished)
    last = results["test_accuracy"][:, -1]
    assert last[results["example_network"]] == last.max()
    readout = results["example_readout"].max(axis=0)
    assert readout.argmax() == results["example_label"]
    assert results["example_step"].min() >= 0 and results["example_step"].max() < STEPS
    # a stripe of 8 lines, which begins two lines lower with each class
    lines = np.unique(results["example_unit"] // 28)
    np.testing.assert_array_equal(lines, 2 * results["example_label"] + np.arange(8))
    assert results["example_spikes"].dtype == bool
    assert results["example_spikes"].any()


class Recorded:
    """Stands in for a trainer: three samples of four steps, a unit a class."""

    steps = 4

    def __init__(self, winners):
        self.readout = np.zeros((3, 4, 2))
        self.readout[range(3), 2, winners] = 1

    def record(self, weights, samples, name):
        """Return what was made up, whatever the weights and samples."""
        return self.readout if name == "readout.v" else np.ones((3, 4, 5))


@pytest.mark.parametrize(
    ("winners", "label", "steps", "units"),
    [([0, 0, 1], 0, [1, 2], [0, 1]), ([0, 1, 0], 1, [3], [1])],
)
def test_the_example_is_the_first_sample_that_is_right(winners, label, steps, units):
    """The first of all where none is; step 4 of 4 is no spike."""
    samples = InputSpikes(np.array([[4, 3], [1, 2], [0, 4]]), np.array([[0, 1]]), units=2)
    found = example(Recorded(winners), {}, samples, np.array([1, 0, 1]))
    assert found["example_label"] == label
    assert found["example_step"].tolist() == steps
    assert found["example_unit"].tolist() == units
    assert found["example_spikes"].shape == (4, 5)
    assert found["example_readout"].shape == (4, 2)


def test_the_figures_take_the_results(finished):
    """What the figures of this kind are drawn from reads them without a complaint."""
    sweep = TrainingSweep.from_results(results_of(finished), source=str(finished))
    assert sweep.has_distances


def test_networks_that_differ_in_noise_alone_begin_alike(finished):
    """And end differently, while those with other cell types begin differently."""
    results = results_of(finished)
    before = {
        "test_accuracy": results["test_accuracy"][:, 0],
        "class_spikes": results["class_spikes"][:, 0],
        "weight_counts": results["weight_counts"][:, 0],
        "distance_before": results["distance_before"],
    }
    for name, values in before.items():
        np.testing.assert_array_equal(values[0::2], values[1::2], err_msg=name)
    inputs = before["weight_counts"][:, :2].sum(axis=1)
    assert (inputs[0] != inputs[2]).any()
    assert (results["train_loss"][0::2, -1] != results["train_loss"][1::2, -1]).all()


def test_every_epoch_is_a_line_of_the_log(finished):
    """What the results say, for reading."""
    results, lines = results_of(finished), log_of(finished)
    places = [(line["epoch"], line["network"]) for line in lines]
    assert places == [(e, k) for e in range(1, EPOCHS + 1) for k in range(NETWORKS)]
    for line in lines:
        k, epoch = line["network"], line["epoch"]
        assert line["loss"] == pytest.approx(results["train_loss"][k, epoch - 1], abs=ROUNDING)
        accuracy = results["test_accuracy"][k, epoch]
        assert line["test_accuracy"] == pytest.approx(accuracy, abs=ROUNDING)
    names = [line["name"] for line in lines[:NETWORKS]]
    assert names[0] == "sigma_init 0.008, 50 % excitatory, repeat 1"
    assert names[3] == "sigma_init 0.008, 100 % excitatory, noise 0.002, repeat 1"


def test_initial_weights_have_the_widths_asked_for():
    """Closed form: the mean of |x| of a normal number is sigma sqrt(2/pi); signs are the cells'."""
    configuration = SurrogateTraining(
        network=NetworkTable(hidden=200),
        sweep=SweepTable(sigma_init=(0.001, 0.05), excitatory=(0.25,), repeats=2),
    )
    networks = swept_networks(configuration)
    weights = initial_weights(configuration, networks)
    # 7 (1 - exp(-1 ms/10 ms))/sqrt(200) for the readout, as in the authors' code
    widths = [(W_IN, n.sigma_init, 784 * 200) for n in networks]
    widths += [(W_OUT, 7 * (1 - np.exp(-0.1)) / np.sqrt(200), 200 * CLASSES) for _ in networks]
    for k, (name, sigma, n) in enumerate(widths):
        size = np.abs(weights[name][k % len(networks)])
        error = np.sqrt((np.pi / 2 - 1) / n)
        assert size.mean() == pytest.approx(sigma * np.sqrt(2 / np.pi), rel=SIGMAS * error)
        assert (size**2).mean() == pytest.approx(sigma**2, rel=SIGMAS * np.sqrt(2 / n))
    assert (weights[W_IN] > 0).all()
    assert (weights[W_OUT][:, :50] > 0).all()
    assert (weights[W_OUT][:, 50:] < 0).all()
    given = replace(configuration, network=NetworkTable(hidden=200, sigma_readout=1e-3))
    np.testing.assert_allclose(
        initial_weights(given, networks)[W_OUT], weights[W_OUT] * 1e-3 / widths[-1][1], rtol=1e-5
    )


def test_a_network_begins_alike_wherever_it_is_in_a_sweep():
    """Its numbers follow from the seed, its own values and its repeat."""
    wide = SurrogateTraining(sweep=SweepTable((0.001, 0.01), (0.8, 0.5), (0.0, 1e-4), repeats=2))
    narrow = SurrogateTraining(sweep=SweepTable((0.01,), (0.5,), (1e-4,), repeats=2))
    all_of_them = swept_networks(wide)
    few = swept_networks(narrow)
    places = [all_of_them.index(network) for network in few]
    for name, values in initial_weights(narrow, few).items():
        np.testing.assert_array_equal(initial_weights(wide, all_of_them)[name][places], values)
        assert (values[0] != values[1]).any()
    for noise in (False, True):
        seeds = [tuple(n.seed(1, noise=noise).generate_state(2)) for n in all_of_them]
        assert len(set(seeds)) == len(seeds) // (1 if noise else 2)
    assert few[0].seed(1).generate_state(1) != few[0].seed(2).generate_state(1)


def test_trained_weights_obey_dales_law(stopped, sweep):
    """Inputs excite, each hidden neuron has one sign; what would have crossed zero is zero."""
    configuration = RunDirectory.open(stopped).load_configuration(SurrogateTraining)
    networks = swept_networks(configuration)
    begun = initial_weights(configuration, networks)
    for k in range(2):
        with np.load(stopped / f"trainings/networks_000{k}-000{k}.finished.npz") as file:
            w_in, w_out = file[f"weights.{W_IN}"][0], file[f"weights.{W_OUT}"][0]
        assert (w_in >= 0).all()
        assert (w_out[:3] >= 0).all()
        assert (w_out[3:] <= 0).all()
        assert (w_in == 0).any() and (w_out == 0).any()
        assert (w_in != begun[W_IN][k]).any() and (w_out != begun[W_OUT][k]).any()


def test_results_do_not_depend_on_how_many_are_trained_together(tmp_path, sweep, finished):
    """One network at a time, bit by bit what all of them together give."""
    assert run(tmp_path, one_at_a_time(sweep)) == 0
    assert_equal_results(tmp_path / "run", finished)


@pytest.mark.parametrize(
    ("network", "epoch", "logged"), [(0, 1, True), (0, 3, True), (2, 2, False), (3, 3, False)]
)
def test_a_stopped_run_goes_on_with_the_next_epoch(
    tmp_path, sweep, finished, monkeypatch, capsys, epochs_trained, network, epoch, logged
):
    """Results are bit by bit those of a run that was never stopped; no epoch is trained twice."""
    with monkeypatch.context() as patch:
        interrupt_at(patch, network, epoch, logged=logged)
        assert run(tmp_path, one_at_a_time(sweep)) == 130
    path = tmp_path / "run"
    assert only_line(capsys) == f"bionet: interrupted; go on with: bionet resume {path}"
    assert not (path / "results.npz").exists()
    assert len(epochs_trained) == network * EPOCHS + epoch
    assert resume(path) == 0
    assert epochs_trained == [*range(1, EPOCHS + 1)] * NETWORKS
    progress = capsys.readouterr().err
    assert (network, epoch) == (3, 3) or "training: 12/12 epochs (100 %)" in progress
    assert_equal_results(path, finished)
    places = {(line["network"], line["epoch"]) for line in log_of(path)}
    assert len(places) == len(log_of(path)) == NETWORKS * EPOCHS - (not logged)


def test_networks_that_were_trained_together_go_on_together(
    tmp_path, sweep, finished, monkeypatch, epochs_trained
):
    """Also where memory would now hold another number of them."""
    monkeypatch.setattr(surrogate_training, "_that_fit", lambda configuration: 1)
    with monkeypatch.context() as patch:
        interrupt_at(patch, 1, 2)
        assert run(tmp_path, sweep) == 130
    monkeypatch.setattr(surrogate_training, "_that_fit", lambda configuration: NETWORKS)
    assert resume(tmp_path / "run") == 0
    assert len(epochs_trained) == NETWORKS * EPOCHS
    assert_equal_results(tmp_path / "run", finished)


_KILLED = """
import os, signal, sys
import jax
from bionet.runs import surrogate_training
from bionet.runs.command import main
log = surrogate_training._log
def log_and_be_killed(directory, chunk, networks, history):
    log(directory, chunk, networks, history)
    if (chunk[0], history.epochs) == (1, 2):
        print(len(jax.devices()), "devices", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
surrogate_training._log = log_and_be_killed
main(sys.argv[1:])
"""


def test_a_killed_run_on_two_devices_goes_on_with_one(tmp_path, sweep, finished):
    """Kill -9; each worker is a device, one of which had a copy, and the results are the same."""
    path = tmp_path / "run"
    (tmp_path / "config.toml").write_text(one_at_a_time(sweep))
    arguments = ["run", str(tmp_path / "config.toml"), "--out", str(path), "--workers", "2"]
    ran = subprocess.run(
        [sys.executable, "-c", _KILLED, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == -signal.SIGKILL
    assert ran.stdout.splitlines()[-1] == "2 devices"
    assert len(log_of(path)) == EPOCHS + 2
    assert resume(path) == 0
    assert_equal_results(path, finished)


def test_status_says_how_far_networks_are(half_done, finished, capsys):
    """Those under way by name, before, during and after."""
    assert main(["status", str(half_done)]) == 0
    said = capsys.readouterr().out
    assert ": stopped" in said
    assert f"2 of {NETWORKS} networks trained for {EPOCHS} epochs" in said
    (line,) = [line for line in said.splitlines() if "excitatory" in line]
    assert re.fullmatch(
        r"sigma_init 0.008, 100 % excitatory, repeat 1: epoch 1, test accuracy \d+\.0 %", line
    )
    with open(half_done / "log.jsonl", "a") as log:
        log.write('{"network": 3, "na')  # half written
    assert main(["status", str(half_done)]) == 0
    assert f"2 of {NETWORKS} networks" in capsys.readouterr().out
    (half_done / "log.jsonl").unlink()
    assert main(["status", str(half_done)]) == 0
    assert f"0 of {NETWORKS} networks trained" in capsys.readouterr().out
    assert main(["status", str(finished)]) == 0
    said = capsys.readouterr().out
    assert ": finished" in said
    assert f"\n{NETWORKS} networks trained for {EPOCHS} epochs\n" in said


_LIGHT = """
import sys
from bionet.runs.command import main
status = main(["status", sys.argv[1]])
heavy = {"brian2", "jax", "optax", "matplotlib", "scipy", "sympy"} & set(sys.modules)
print("heavy:", sorted(heavy), "status:", status)
"""


def test_status_loads_nothing_heavy(stopped):
    """Neither Brian2, JAX nor matplotlib."""
    command = [sys.executable, "-c", _LIGHT, str(stopped)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert f"2 of {NETWORKS} networks" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "heavy: [] status: 0"


def test_other_images_are_refused_on_resuming(half_done, tmp_path, capsys):
    """One line that names the checkpoint, which stays."""
    config = half_done / "config.toml"
    other = write_images(tmp_path / "other", seed=1)
    config.write_text(re.sub('folder = ".*"', f'folder = "{other}"', config.read_text()))
    checkpoint = half_done / "trainings/networks_0002-0002.npz"
    before = checkpoint.read_bytes()
    assert resume(half_done) == 1
    said = only_line(capsys)
    assert f"{checkpoint}: another training's (other samples, initial values or" in said
    assert checkpoint.read_bytes() == before
    assert not (half_done / "results.npz").exists()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("learning_rate = 0.01", "learning_rate = 0.001", "training.learning_rate"),
        ("steps = 15", "steps = 15\ntrain = 16", "data.train"),
        ("steps = 15", "steps = 15\ntest = 10", "data.test"),
        ("noise = [\n    0.0,", "noise = [\n    0.001,", "sweep.noise"),
        ('tau_mem = "10 ms"', 'tau_mem = "20 ms"', "network.tau_mem"),
    ],
)
def test_other_settings_are_refused_on_resuming(half_done, capsys, old, new, named):
    """Networks that are done would be mixed with others; one line that names the key."""
    config = half_done / "config.toml"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))
    assert resume(half_done) == 2
    said = only_line(capsys)
    assert f"{half_done}/config.toml: {named} was " in said
    assert ": a run goes on with what it began with; put it back" in said
    assert not (half_done / "results.npz").exists()


def change_epochs(path, epochs):
    config = path / "config.toml"
    config.write_text(config.read_text().replace(f"epochs = {EPOCHS}", f"epochs = {epochs}"))


def test_more_epochs_are_trained_on_resuming(half_done, finished, epochs_trained):
    """Of networks that had reached the earlier end, too, and none of the earlier ones again."""
    change_epochs(half_done, EPOCHS + 1)
    assert resume(half_done) == 0
    assert epochs_trained == [4, 4, 2, 3, 4, 1, 2, 3, 4]
    loss = results_of(half_done)["train_loss"]
    assert loss.shape == (NETWORKS, EPOCHS + 1)
    np.testing.assert_array_equal(loss[:, :EPOCHS], results_of(finished)["train_loss"])


def test_fewer_epochs_than_were_trained_are_refused(half_done, capsys):
    """The first network's checkpoint is at the third."""
    change_epochs(half_done, 2)
    assert resume(half_done) == 1
    checkpoint = half_done / "trainings/networks_0000-0000.npz"
    assert f"{checkpoint}: has 3 epochs behind it; asked for were 2" in only_line(capsys)


def middle_changed(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


DAMAGES = {
    "empty": lambda content: b"",
    "its first bytes": lambda content: content[:2],
    "its first half": lambda content: content[: len(content) // 2],
    "a byte changed": middle_changed,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["networks_0001-0001.finished.npz", "networks_0002-0002.npz"])
def test_damaged_checkpoints_are_named(half_done, capsys, name, damage):
    """One line that says what to do; done, the run ends."""
    path = half_done / "trainings" / name
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert resume(half_done) == 1
    assert f"bionet: {path}: damaged; remove it" in only_line(capsys)


def test_what_was_damaged_is_trained_anew(half_done, finished, epochs_trained):
    """Once it is removed, as the line says."""
    (half_done / "trainings/networks_0002-0002.npz").unlink()
    (half_done / "trainings/networks_0000-0000.finished.npz").unlink()
    assert resume(half_done) == 0
    assert epochs_trained == [1, 2, 3, 1, 2, 3]
    assert_equal_results(half_done, finished)


def test_a_loss_that_is_no_number_names_the_network(tmp_path, sweep, capsys):
    """One line: network, epoch and batch; exit status 1, and no results."""
    text = sweep.replace("noise = [0.0, 0.002]", "noise = [0.002, 3e38]")
    assert run(tmp_path, text) == 1
    path = tmp_path / "run"
    assert only_line(capsys) == (
        "bionet: sigma_init 0.008, 50 % excitatory, noise 3e+38, repeat 1: the parameter "
        "'hidden_readout.w' is no longer a number at epoch 1, batch 1; the last checkpoint is "
        "kept, and a new run with a lower learning rate may go further; once mended, go on with: "
        f"bionet resume {path}"
    )
    assert not (path / "results.npz").exists()
    assert main(["status", str(path)]) == 0
    assert f"0 of {NETWORKS} networks" in capsys.readouterr().out


def test_the_checkpoint_before_a_loss_that_is_no_number_is_kept(half_done, capsys):
    """The third network goes on with a weight that is no number: its second epoch fails."""
    checkpoint = half_done / "trainings/networks_0002-0002.npz"
    with np.load(checkpoint) as file:
        arrays = dict(file)
    (name,) = [name for name in arrays if name.startswith("state.parameters") and W_OUT in name]
    arrays[name][:] = np.nan
    np.savez(checkpoint, **arrays)
    before = checkpoint.read_bytes()
    log = log_of(half_done)
    assert resume(half_done) == 1
    said = only_line(capsys)
    assert "bionet: sigma_init 0.008, 100 % excitatory, repeat 1: the loss is no longer" in said
    assert "at epoch 2, batch 1;" in said
    assert checkpoint.read_bytes() == before
    assert log_of(half_done) == log


def test_a_finished_run_has_no_checkpoints(half_done, finished):
    """They go last, also where a kill came between, but not what someone else put there."""
    assert not (finished / "trainings").exists()
    shutil.copy(finished / "results.npz", half_done)
    (half_done / "trainings/.networks_0002-0002.npz.partial").write_bytes(b"")
    (half_done / "trainings/notes.md").write_text("mine")
    assert resume(half_done) == 0
    assert [file.name for file in (half_done / "trainings").iterdir()] == ["notes.md"]
    (half_done / "trainings/notes.md").unlink()
    assert resume(half_done) == 0
    assert not (half_done / "trainings").exists()
