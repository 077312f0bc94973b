"""Runs of kind ``ei_tuning``, behaviour: two groups of few inputs, the command, wrong inputs."""

import json
import re
import shutil

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

from bionet.gradient import Trainer
from bionet.plotting import FigureError
from bionet.plotting.tuned_neurons import TunedNeurons
from bionet.runs import RunDirectory, ei_tuning, ei_tuning_measurements, ei_tuning_neurons
from bionet.runs.command import main
from bionet.runs.ei_tuning_configuration import EITuning

CONFIGURATION = """
kind = "ei_tuning"
[task]
groups = 2
excitatory = 10
inhibitory = 3
active = "80 Hz"
alone = "10 ms"
window = "30 ms"
train = 96
test = 40
[neuron]
tau_i = "15 ms"
slope = 2.0
[sweep]
excitation = ["2 mV", "4 mV"]
inhibition = [0.5]
constraint = [0.0, 0.1]
seeds = 2
[training]
epochs = 4
batch = 32
learning_rate = "0.5 mV"
units = 8
rate = "20 Hz"
seed = 5
"""
NEURONS, GROUPS, EPOCHS = 8, 2, 4

#: Standard errors that a mean may be off: one test in 10^6 that is right would fail.
SIGMAS = 5


@pytest.fixture(scope="module", autouse=True)
def compiled_once():
    """Give runs the same trainers: compiling takes longer than all else here."""
    trainers, trainer_of = {}, ei_tuning_neurons.trainer_of

    def kept(configuration, constraint, devices=None):
        key = repr((configuration, constraint))
        if key not in trainers:
            trainers[key] = trainer_of(configuration, constraint, devices)
        return trainers[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ei_tuning_neurons, "trainer_of", kept)
        patch.setattr(ei_tuning_measurements, "trainer_of", kept)
        yield


def run(folder, text):
    (folder / "config.toml").write_text(text)
    arguments = ["run", str(folder / "config.toml"), "--out", str(folder / "run")]
    return main([*arguments, "--workers", "1"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned")
    assert run(folder, CONFIGURATION) == 0
    return folder / "run"


def results_of(path):
    return RunDirectory.open(path).load_results()


def test_results_are_those_documented(finished):
    """Every name in the table of `ei_tuning_measurements` and no other, each in its shape."""
    rows = re.findall(r"^``([\w, ]+)``", ei_tuning_measurements.__doc__, re.MULTILINE)
    names = [name for row in rows for name in row.split(", ")]
    measured = names[names.index("accuracy") : names.index("example_neuron")]
    documented = {n for n in names if n not in ("NAME_before", "NAME_after", *measured)}
    documented |= {f"{name}_{when}" for name in measured for when in ("before", "after")}
    results = results_of(finished)
    assert results.keys() == documented
    shapes = {name: array.shape for name, array in results.items()}
    assert shapes["test_accuracy"] == (NEURONS, EPOCHS + 1)
    assert shapes["train_loss"] == (NEURONS, EPOCHS)
    assert shapes["counts_after"] == (NEURONS, GROUPS, 64)
    assert shapes["profile_before"] == (NEURONS, GROUPS, 2)
    assert shapes["example_v"] == (GROUPS, 40)


def test_which_neurons_these_are(finished):
    results = results_of(finished)
    np.testing.assert_array_equal(results["constraint"], np.repeat([0, 0.1], 4))
    np.testing.assert_array_equal(results["seed"], [0, 0, 1, 1] * 2)
    np.testing.assert_array_equal(results["excitation"], [2e-3, 4e-3] * 4)
    # a seed begins alike under every constraint
    profile = results["profile_before"]
    np.testing.assert_array_equal(profile[:4], profile[4:])
    assert (profile[0] != profile[2]).any()


def test_initial_weights():
    """Their mean and their charges are those asked for, their signs Dale's law's."""
    configuration = EITuning()
    neurons = [ei_tuning_neurons.TunedNeuron(2e-3, 0.5, 0.0, seed) for seed in range(4)]
    weights = ei_tuning_neurons.initial_parameters(configuration, neurons)
    exc, inh = weights["exc_neuron.w"], -weights["inh_neuron.w"]
    assert exc.shape == (4, 500, 1) and inh.shape == (4, 125, 1)
    assert min(exc.min(), inh.min()) > 0
    # a gamma distribution of shape 4 has the standard deviation of half its mean
    assert exc.mean() == pytest.approx(2e-3, rel=SIGMAS * 0.5 / np.sqrt(exc.size))
    charge = inh.sum() * 10e-3 / (exc.sum() * 5e-3)
    assert charge == pytest.approx(0.5, rel=SIGMAS * 0.5 * np.sqrt(1 / exc.size + 1 / inh.size))


def test_what_was_measured_agrees(finished):
    """Accuracies with those of training, rates with counts, the index with the profile."""
    results = results_of(finished)
    np.testing.assert_allclose(
        results["accuracy_after"], results["test_accuracy"][:, -1], atol=1e-6
    )
    np.testing.assert_allclose(
        results["accuracy_before"], results["test_accuracy"][:, 0], atol=1e-6
    )
    counts = results["counts_after"]
    assert (counts.sum(axis=(1, 2)) == 40).all()
    mean = (counts * np.arange(64)).sum(axis=(1, 2)) / 40
    np.testing.assert_allclose(results["rate_after"], mean / 0.03, rtol=1e-6)
    for k, profile in enumerate(results["profile_after"]):
        slope = np.diff(profile, axis=0)[0]
        assert results["co_tuning_after"][k] == pytest.approx(np.sign(slope[0] * slope[1]))
    assert (results["charge_ratio_after"] > 0).all()


def test_neurons_learn_and_keep_their_signs(finished):
    results = results_of(finished)
    free = results["constraint"] == 0
    assert results["train_loss"][free, -1].mean() < results["train_loss"][free, 0].mean()
    assert (results["profile_after"] != results["profile_before"]).any(axis=(1, 2)).all()


def test_the_constraint_pulls_the_rate_to_its_target(finished):
    results = results_of(finished)
    free = results["constraint"] == 0
    distance = np.abs(results["rate_after"] - 20)
    assert distance[~free].mean() < distance[free].mean()


def test_the_example_is_the_best_unconstrained_neuron(finished):
    results = results_of(finished)
    best = int(results["example_neuron"])
    assert results["constraint"][best] == 0
    assert results["accuracy_after"][best] == results["accuracy_after"][:4].max()
    assert results["example_labels"].tolist() == [0, 1]
    assert results["example_step"].max() < 40 and results["example_unit"].max() < 26


@pytest.mark.parametrize("group", [0, 3])
def test_resumed_exactly(finished, tmp_path, monkeypatch, group):
    """Stopped in the middle of a training, with neurons behind it or none."""
    log = ei_tuning._log

    def stop(directory, number, neurons, history):
        log(directory, number, neurons, history)
        if (number, history.epochs) == (group, 2):
            raise KeyboardInterrupt

    monkeypatch.setattr(ei_tuning, "_log", stop)
    assert run(tmp_path, CONFIGURATION) == 130
    assert not (tmp_path / "run" / "results.npz").exists()
    monkeypatch.setattr(ei_tuning, "_log", log)
    numbers, epoch = [], Trainer.epoch

    def counted(self, *arguments, number, **options):
        numbers.append(number)
        return epoch(self, *arguments, number=number, **options)

    monkeypatch.setattr(Trainer, "epoch", counted)
    assert main(["resume", str(tmp_path / "run"), "--workers", "1"]) == 0

    assert numbers == [3, 4] + [1, 2, 3, 4] * (3 - group)
    found, expected = results_of(tmp_path / "run"), results_of(finished)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert not (tmp_path / "run" / "trainings").exists()


def test_settings_may_not_change(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(ei_tuning, "_log", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run(tmp_path, CONFIGURATION) == 130
    config = tmp_path / "run" / "config.toml"
    config.write_text(config.read_text().replace("epochs = 4", "epochs = 6"))
    assert main(["resume", str(tmp_path / "run")]) == 2
    assert "training.epochs was 4, is 6 now" in capsys.readouterr().err


def test_status_and_log(finished, capsys):
    assert main(["status", str(finished)]) == 0
    assert "8 neurons trained for 4 epochs" in capsys.readouterr().out
    lines = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    assert len(lines) == 4 * EPOCHS
    assert {line["group"] for line in lines} == {0, 1, 2, 3}


def test_figures(finished, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "run")
    assert main(["figure", str(copy)]) == 0
    drawn = {path.name for path in (copy / "figures").iterdir()}
    assert drawn == {"neuron.png", "constraint.png", "initial_weights.png"}


def test_figures_refuse_what_is_missing(finished):
    results = dict(results_of(finished))
    with pytest.raises(FigureError, match=r"of a run: array missing: profile_after"):
        TunedNeurons.from_results(
            {n: v for n, v in results.items() if n != "profile_after"}, "of a run"
        )
    with pytest.raises(FigureError, match="seed has shape"):
        TunedNeurons.from_results(results | {"seed": results["seed"][:3]}, "of a run")


REFUSED = {
    "unit": ('active = "80 Hz"', 'active = "80 mV"', "task.active: expected a quantity"),
    "unknown key": ("seeds = 2", "repeats = 2", "sweep.repeats: unknown key"),
    "task": ('alone = "10 ms"', 'alone = "10.5 ms"', "task: alone must be a whole number of steps"),
    "rate": ('active = "80 Hz"', 'active = "1200 Hz"', "task: active must lie between 0 and"),
    "groups": ("groups = 2", "groups = 1", "task: groups must lie in [2, 1000]"),
    "order": ('tau_i = "15 ms"', 'tau_i = "4 ms"', "neuron: tau_e must be shorter than tau_i"),
    "equal": ('tau_i = "15 ms"', 'tau_i = "20 ms"', "neuron: tau_m must differ"),
    "weights": ('["2 mV", "4 mV"]', '["0 mV"]', "sweep: excitation[0] must lie in"),
    "none": ("inhibition = [0.5]", "inhibition = []", "inhibition must name at least one value"),
    "twice": ("constraint = [0.0, 0.1]", "constraint = [0.1, 0.1]", "names a value twice"),
    "negative": ("constraint = [0.0, 0.1]", "constraint = [-0.1]", "constraint[0] must not be"),
    "batch": ("train = 96", "train = 20", "task.train = 20 does not fill a batch of 32"),
    "kind of mean": ("seed = 5", 'constraint = "all"', "training.constraint: expected one of"),
    "learning": ('learning_rate = "0.5 mV"', 'learning_rate = "0 mV"', "must be positive"),
}


@pytest.mark.parametrize(("old", "new", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_configurations(tmp_path, capsys, old, new, message):
    """One line that names the key, exit status 2, nothing written."""
    assert CONFIGURATION.count(old) == 1
    assert run(tmp_path, CONFIGURATION.replace(old, new)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "run").exists()


def test_a_diverging_loss_is_named(tmp_path, capsys):
    text = CONFIGURATION.replace(
        'learning_rate = "0.5 mV"', 'learning_rate = "1 V"\nperceptron_learning_rate = 3e38'
    )
    assert run(tmp_path, text) == 1
    assert re.search(
        r"excitation 2 mV, inhibition 0.5, constraint 0, seed 0: the (loss|parameter '[a-z_.]+') "
        r"is no longer a number at epoch \d, batch \d",
        capsys.readouterr().err,
    )


def test_a_test_without_one_of_the_classes(tmp_path):
    """The example shows the classes that there are."""
    text = CONFIGURATION.replace("test = 40", "test = 1").replace("[0.0, 0.1]", "[0.0]")
    text = text.replace("epochs = 4", "epochs = 1").replace("seeds = 2", "seeds = 1")
    assert run(tmp_path, text) == 0
    assert results_of(tmp_path / "run")["example_labels"].shape == (1,)
    assert main(["figure", str(tmp_path / "run")]) == 0


def test_configuration_by_default_is_sound():
    assert EITuning().inputs.inputs == {"exc": 500, "inh": 125}
