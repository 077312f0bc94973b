"""Runs of kind ``weight_transport``, behaviour: small networks, made-up images, the command.

Compiling takes longer than all else here, so that networks are compiled once for the whole module.
"""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

from made_up_images import TEST, write_images
from made_up_transport import RATE, SPIKING

from bionet.runs import RunDirectory, weight_transport, weight_transport_results
from bionet.runs.command import main

RULES, REPEATS, EPOCHS = ("weight_mirror", "kolen_pollack"), 2, 3
NETWORKS = len(RULES) * REPEATS

#: Single precision: results are kept in it.
ROUNDING = 1e-6


@pytest.fixture(scope="module", autouse=True)
def compiled_once():
    """Give runs that differ in length and grouping alone the same learners."""
    kept, learners_of = {}, weight_transport._learners

    def learners(configuration, devices):
        training = replace(configuration.training, epochs=1, at_a_time=None, repeats=1)
        key = repr(replace(configuration, training=training))
        if key not in kept:
            kept[key] = learners_of(configuration, devices)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weight_transport, "_learners", learners)
        yield


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def rate(images):
    return RATE.format(folder=images)


def run(folder, text):
    """Start a run in a folder and return its exit status."""
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(text)
    arguments = ["run", str(folder / "config.toml"), "--out", str(folder / "run")]
    return main([*arguments, "--workers", "1"])


def resume(path):
    return main(["resume", str(path), "--workers", "1"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory, rate):
    """Give a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    assert run(folder, rate) == 0
    return folder / "run"


def results_of(path):
    return RunDirectory.open(path).load_results()


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
    "model": (),
    **dict.fromkeys(("rule", "repeat", "learning_rate"), (NETWORKS,)),
    "connection_names": (3,),
    "layer_names": (2,),
    "train_loss": (NETWORKS, EPOCHS),
    "test_accuracy": (NETWORKS, EPOCHS + 1),
    "weight_angle": (NETWORKS, EPOCHS + 1, 3),
    "delta_angle": (NETWORKS, EPOCHS + 1, 2),
}


def test_results_are_those_documented(finished):
    """Every name in the table of `weight_transport_results` and no other, each in its shape."""
    table = re.findall(r"^``(\w+)``", weight_transport_results.__doc__, re.MULTILINE)
    results = results_of(finished)
    assert results.keys() == set(table)
    assert {name: array.shape for name, array in results.items()} == SHAPES


def test_results_say_which_networks_these_are(finished):
    """The first repeat of every rule, then the next."""
    results = results_of(finished)
    assert results["rule"].tolist() == [*RULES] * REPEATS
    assert results["repeat"].tolist() == [0, 0, 1, 1]
    assert results["model"] == "rate"
    names = ["input to hidden 1", "hidden 1 to hidden 2", "hidden 2 to output"]
    assert results["connection_names"].tolist() == names
    assert results["layer_names"].tolist() == ["hidden 1", "hidden 2"]


def test_networks_learn_and_repeats_differ(finished):
    """Losses fall; accuracies are fractions of the test images; angles are angles."""
    results = results_of(finished)
    loss = results["train_loss"]
    assert (loss[:, -1] < loss[:, 0]).all()
    counts = results["test_accuracy"] * TEST
    np.testing.assert_allclose(counts, counts.round(), rtol=0, atol=TEST * ROUNDING)
    for name in ("weight_angle", "delta_angle"):
        assert ((results[name] >= 0) & (results[name] <= 180)).all()
    assert (loss[:2] != loss[2:]).all()


def test_angles_fall_for_rules_that_learn_their_feedback(finished):
    """Of all connections of Kolen-Pollack; the mirror's have fallen before the first epoch.

    (Its noise of 8 samples a batch shows the 784 inputs' weights worse than those of 6 units.)
    """
    results = results_of(finished)
    angles = results["weight_angle"]
    pollack = results["rule"] == "kolen_pollack"
    assert (angles[pollack][:, -1] < angles[pollack][:, 0]).all()
    assert angles[pollack][:, 0].mean() > 60
    assert (angles[~pollack][:, 0, 1:] < 15).all()
    assert (angles[~pollack][:, 0, 0] < 80).all()


def test_every_epoch_is_a_line_of_the_log(finished):
    """What the results say, for reading; no rule is more than a tenth of the epochs ahead."""
    results = results_of(finished)
    lines = [json.loads(line) for line in (finished / "log.jsonl").read_text().splitlines()]
    order = [(line["epoch"], line["repeat"], line["rule"]) for line in lines]
    assert order == [(e, k, rule) for e in (1, 2, 3) for k in (0, 1) for rule in RULES]
    for line in lines:
        k = RULES.index(line["rule"]) + len(RULES) * line["repeat"]
        assert line["loss"] == pytest.approx(results["train_loss"][k, line["epoch"] - 1], abs=1e-5)
        angles = results["weight_angle"][k, line["epoch"]]
        np.testing.assert_allclose(line["weight_angle"], angles, atol=0.01)
    assert lines[0]["name"] == "weight mirror, repeat 1"


def test_results_do_not_depend_on_how_many_are_trained_together(tmp_path, rate, finished):
    """All repeats of a rule at a time, nor on which other rules there are."""
    alone = rate.replace("at_a_time = 1\n", "").replace("[0.5, 0.5]", "[0.5]")
    assert run(tmp_path, alone.replace('"weight_mirror", ', "")) == 0
    found, expected = results_of(tmp_path / "run"), results_of(finished)
    for name in ("rule", "repeat", "train_loss", "test_accuracy", "weight_angle", "delta_angle"):
        np.testing.assert_array_equal(found[name], expected[name][1::2], err_msg=name)


@pytest.mark.parametrize("logged", [True, False])
def test_a_stopped_run_goes_on_with_the_next_epoch(tmp_path, rate, finished, capsys, logged):
    """Results are bit by bit those of a run that was never stopped; status says where it is."""
    log = weight_transport._log

    def log_or_stop(directory, chunk, course):
        here = (chunk.rule, chunk.repeats, course.epochs) == ("kolen_pollack", (0,), 2)
        if logged or not here:
            log(directory, chunk, course)
        if here:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weight_transport, "_log", log_or_stop)
        assert run(tmp_path, rate) == 130
    path = tmp_path / "run"
    assert only_line(capsys) == f"bionet: interrupted; go on with: bionet resume {path}"
    assert not (path / "results.npz").exists()
    assert main(["status", str(path)]) == 0
    said = capsys.readouterr().out
    assert f"0 of {NETWORKS} networks trained for {EPOCHS} epochs" in said
    assert re.search(r"weight mirror, repeat 1: epoch 2, test accuracy \d+\.00 %", said)
    assert resume(path) == 0
    assert "training: 12/12 epochs (100 %)" in capsys.readouterr().err
    assert_equal_results(path, finished)
    assert not (path / "trainings").exists()
    assert main(["status", str(path)]) == 0
    assert f"{NETWORKS} networks trained for {EPOCHS} epochs" in capsys.readouterr().out


def test_other_settings_are_refused_on_resuming(tmp_path, rate, capsys):
    """One line that names the key; a damaged checkpoint is named, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weight_transport, "_log", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run(tmp_path, rate) == 130
    capsys.readouterr()
    path = tmp_path / "run"
    config = path / "config.toml"
    before = config.read_text()
    config.write_text(before.replace("decay = 0.01\n", "decay = 0.02\n"))
    assert resume(path) == 2
    assert "rules.decay was 0.01, is 0.02 now" in only_line(capsys)
    other = write_images(tmp_path / "other", seed=1)
    config.write_text(re.sub('folder = ".*"', f'folder = "{other}"', before))
    assert resume(path) == 1
    assert "images.txt: data.folder holds other images" in only_line(capsys)
    config.write_text(before)
    (checkpoint,) = (path / "trainings").glob("*.npz")
    checkpoint.write_bytes(checkpoint.read_bytes()[:200])
    assert resume(path) == 1
    assert f"{checkpoint}: damaged" in only_line(capsys)


def test_a_loss_that_is_no_number_is_named(tmp_path, rate, capsys):
    """The rule, its repeat, epoch and batch; one line."""
    from bionet.gradient import DivergedError
    from bionet.runs.weight_transport_learners import RateLearner

    def diverge(self, state, number, repeats):
        raise DivergedError(number, 2, 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RateLearner, "epoch", diverge)
        assert run(tmp_path, rate) == 1
    line = only_line(capsys)
    assert "weight mirror, repeat 1: the loss is no longer a number at epoch 1, batch 2" in line


def test_figures_are_drawn_from_the_results(finished):
    """As the command draws them."""
    assert main(["figure", str(finished)]) == 0
    for name in ("learning.png", "angles.png"):
        assert (finished / "figures" / name).read_bytes().startswith(b"\x89PNG")


def test_spiking_networks_learn_and_their_mirror_finds_the_weights(tmp_path, images):
    """The same results; feedback begins at random, and noise brings it near the weights."""
    assert run(tmp_path, SPIKING.format(folder=images)) == 0
    results = results_of(tmp_path / "run")
    assert results["model"] == "spiking"
    assert results["connection_names"].tolist() == ["hidden 1 to output"]
    assert results["layer_names"].tolist() == ["hidden 1"]
    assert results["weight_angle"].shape == results["delta_angle"].shape == (1, 3, 1)
    assert np.isfinite(results["train_loss"]).all()
    angles = results["weight_angle"][0]
    assert (angles[0] > 60).all()
    assert (angles[-1] < 30).all()


REFUSED = {
    "rule": ('["weight_mirror", ', '["mirror", ', "rules.names[0]: expected one of"),
    "twice": ('"kolen_pollack"]', '"weight_mirror"]', "rules: names names a value twice"),
    "rates": ("[0.5, 0.5]", "[0.5]", "rules: learning_rates must have one for each of 2 names"),
    "no rate": ("[0.5, 0.5]", "[0.5, 0.0]", "rules: learning_rates[1] must be positive"),
    "decay": ("decay = 0.01", "decay = 1.0", "rules: decay must lie in [0, 1); found 1.0"),
    "layer": ("[6, 5]", "[6, 0]", "network: hidden[1] must lie in"),
    "model": ("hidden = [", 'model = "lif"\nhidden = [', "network.model: expected one of"),
    "noise": ("amplitude = 0.5", "amplitude = -1.0", "mirror: amplitude must lie in"),
    "mirror": ("before = 300", "before = -1", "mirror: before must not be negative; found -1"),
    "batch": ("batch = 8", "batch = 25", "training.batch: there are 24 images; found 25"),
    "samples": ("samples = 12", "samples = 25", "measurement.samples: there are 24 images"),
    "few": ("[network]", "train = 10\n[network]", "measurement.samples = 12 is more than data.t"),
    "many": ("[network]", "test = 21\n[network]", "data.test: there are 20 images; found 21"),
    "unit": ("[rules]", '[spiking]\ntau = "1 mV"\n[rules]', "spiking.tau: expected a quantity"),
    "short": ("[rules]", '[spiking]\ntau = "0.1 ms"\n[rules]', "tau must not be shorter than step"),
    "unknown": ("epochs = 3", "epoch = 3", "training.epoch: unknown key; did you mean 'epochs'?"),
    "seed": ("seed = 4000000000", "seed = 5000000000", "seed must lie in [0, 4294967295]"),
}


@pytest.mark.parametrize(("old", "new", "message"), REFUSED.values(), ids=REFUSED)
def test_what_a_configuration_must_not_say(tmp_path, rate, capsys, old, new, message):
    """One line that names the key, status 2, nothing written."""
    assert old in rate
    assert run(tmp_path, rate.replace(old, new)) == 2
    assert message in only_line(capsys)
    assert not (tmp_path / "run").exists()


def test_images_that_are_not_there_are_named(tmp_path, rate, images, capsys):
    assert run(tmp_path, rate.replace(str(images), str(tmp_path / "none"))) == 2
    assert f"there is no folder {tmp_path / 'none'}" in only_line(capsys)
