"""Runs of kind ``student_network``, behaviour: the command, resuming, priors, wrong settings.

One tiny run of two rules is made; all else starts from copies of it.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

from bionet.plotting import FigureError
from bionet.runs import (
    RunDirectory,
    read_configuration,
    student_network,
    student_network_teachers,
    student_network_training,
)
from bionet.runs.command import main
from bionet.runs.configuration import ConfigurationError
from bionet.runs.student_network_configuration import (
    NetworkTable,
    StudentNetwork,
    TeacherTable,
    TrainingTable,
)
from bionet.runs.student_network_figures import draw
from bionet.runs.student_network_priors import draw_neurons, draw_weights
from bionet.runs.student_network_results import errors_of
from bionet.runs.student_network_teachers import W_IN, W_OUT, TeacherError, draw_pairs
from bionet.runs.student_network_training import Training
from bionet.runs.surrogate_networks import begin_on_devices

PROTOCOL = Path(__file__).parents[2] / "protocols" / "braun_2020_teacher_student"

CONFIGURATION = """
kind = "student_network"

[network]
excitatory = 8
inhibitory = 2
excitatory_rate = "50 Hz"
inhibitory_rate = "200 Hz"

[teacher]
hidden_rate = ["1 Hz", "30 Hz"]
output_rate = ["1 Hz", "40 Hz"]
duration = "4 s"

[rule]
names = ["superspike", "backpropagation_parameters"]

[training]
seeds = 2
updates = 6
interval = 2
batch = 2
duration = "0.1 s"
learning_rates = [0.01, 0.03]

[evaluation]
trials = 2
duration = "0.2 s"
shown = 1
"""
RULES, SEEDS, RATES, RECORDS, INPUTS, HIDDEN = 2, 2, 2, 4, 10, 2

# Means of 20 000 draws: five standard errors.
MEAN_TOLERANCE = 0.03
SINGLE = 1e-5


@pytest.fixture(scope="module", autouse=True)
def compiled_once():
    """Give the same rule and settings the same compiled updates: compiling takes longest here."""
    made, training, teachers = {}, student_network_training.Training, draw_pairs

    def kept(configuration, rule, pairs, devices):
        if (key := repr((configuration, rule, devices))) not in made:
            made[key] = training(configuration, rule, pairs, devices)
        return made[key]

    def drawn_once(configuration):
        if (key := repr(configuration)) not in made:
            made[key] = teachers(configuration)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(student_network_training, "Training", kept)
        patch.setattr(student_network_teachers, "draw_pairs", drawn_once)
        yield


def run(folder, text=CONFIGURATION):
    (folder / "config.toml").write_text(text)
    arguments = ["run", str(folder / "config.toml"), "--out", str(folder / "run")]
    return main([*arguments, "--workers", "1"])


def results_of(path):
    return RunDirectory.open(path).load_results()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Give a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    assert run(folder) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Give a run that Ctrl-C stopped after two records of the second rule."""
    folder, log = tmp_path_factory.mktemp("stopped"), student_network._log

    def stop(directory, rule, updates, loss):
        log(directory, rule, updates, loss)
        if (rule, updates) == ("backpropagation_parameters", 4):
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(student_network, "_log", stop)
        assert run(folder) == 130
    return folder / "run"


def test_results(finished):
    results = results_of(finished)
    shape = (RULES, SEEDS, RATES)
    assert results["error"].shape == (*shape, RECORDS)
    assert results["loss"].shape == (*shape, RECORDS - 1)
    assert results["student_w"].shape == (*shape, INPUTS, HIDDEN)
    assert results["hidden_coincidence"].shape == (*shape, HIDDEN)
    np.testing.assert_array_equal(results["updates"], [0, 2, 4, 6])
    np.testing.assert_array_equal(results["error"][..., 0], 1)
    assert (results["teacher_rates"] > 0).all()
    # the students of both rules begin alike, and only those of the second learn their neurons
    np.testing.assert_array_equal(results["distance"][0, ..., 0], results["distance"][1, ..., 0])
    assert (results["neuron_error"][0] == 0).all()
    # (the largest error may be that of an output neuron which has heard no spike yet)
    assert np.ptp(results["neuron_error"][1], axis=-1).max() > 0
    # what is shown and what is kept of the last record are the same weights
    for rule, best in enumerate(results["best"]):
        np.testing.assert_array_equal(
            results["shown_w"][rule, 0, -1], results["student_w"][rule, 0, best]
        )
    left = np.linalg.norm(results["student_w"] - results["teacher_w"][None, :, None], axis=(-2, -1))
    size = np.linalg.norm(results["teacher_w"], axis=(-2, -1))[None, :, None]
    np.testing.assert_allclose(results["distance"][..., -1], left / size, rtol=SINGLE)


def test_a_resumed_run_gives_the_same_numbers(finished, stopped, tmp_path, capsys):
    path = shutil.copytree(stopped, tmp_path / "run")
    assert main(["status", str(path)]) == 0
    assert "backpropagation_parameters: 4 of 6 updates" in capsys.readouterr().out
    assert main(["resume", str(path), "--workers", "1"]) == 0
    expected, found = results_of(finished), results_of(path)
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert not (path / "students").exists()


def test_weights_that_are_no_numbers_are_noticed(stopped, tmp_path, monkeypatch, capsys):
    """Neurons of such weights never spike, so that the loss alone would not tell."""
    path, advance = shutil.copytree(stopped, tmp_path / "run"), Training.advance

    def broken(self, state, number):
        state, loss = advance(self, state, number)
        free = {name: np.array(value) for name, value in state["free"].items()}
        free[W_IN][1, 0] = np.nan
        return {**state, "free": free}, np.zeros_like(loss)

    monkeypatch.setattr(Training, "advance", broken)
    assert main(["resume", str(path), "--workers", "1"]) == 1
    assert "seed 1, learning rate 0.01: the loss is no longer" in capsys.readouterr().err


def test_a_resumed_run_keeps_its_settings(stopped, tmp_path, capsys):
    path = shutil.copytree(stopped, tmp_path / "run")
    config = path / "config.toml"
    config.write_text(config.read_text().replace("slope = 10.0", "slope = 5.0"))
    assert main(["resume", str(path), "--workers", "1"]) == 2
    assert "rule.slope was 10.0, is 5.0 now" in capsys.readouterr().err


def test_figures(finished, tmp_path):
    directory = RunDirectory.open(shutil.copytree(finished, tmp_path / "run"))
    for path in draw(directory):
        assert path.stat().st_size > 10_000
    results = results_of(finished)
    del results["best"]
    directory.save_results(**results)
    with pytest.raises(FigureError, match="best"):
        draw(directory)


def test_a_teacher_has_the_rates_that_are_asked_for_and_its_student_the_same_neurons():
    configuration = StudentNetwork(training=TrainingTable(seeds=2, updates=50))
    pairs = draw_pairs(configuration)
    for name, value in pairs.teacher.items():
        if name in (W_IN, W_OUT):
            assert not np.allclose(value, pairs.student[name])
        else:
            np.testing.assert_array_equal(value, pairs.student[name])
    # exchanging hidden neurons is found out, and the distance left is 0
    exchanged = {
        W_IN: pairs.teacher[W_IN][None, :, None, :, ::-1],
        W_OUT: pairs.teacher[W_OUT][None, :, None, ::-1],
    }
    errors = errors_of(exchanged, pairs)
    assert (errors["distance"] == 0).all()
    assert (errors["output_distance"] == 0).all()


def test_impossible_rates_are_refused():
    configuration = StudentNetwork(
        teacher=TeacherTable(hidden_rate=(400.0, 500.0), duration=0.5),
        training=TrainingTable(seeds=1, updates=50),
    )
    with pytest.raises(TeacherError, match="seed 0: none of"):
        draw_pairs(configuration)


def test_priors_of_weights():
    """Braun & Vogels 2021: mean 1/20, at most 0.3, inhibitory ones negative."""
    draws = draw_weights(np.random.default_rng(1), 10_000, 10_000, 1)
    assert np.abs(draws).max() <= 0.3
    assert (draws[:10_000] > 0).all()
    assert (draws[10_000:] < 0).all()
    # without the tail above 0.3 the mean is a little lower
    assert np.abs(draws).mean() == pytest.approx(0.05, rel=MEAN_TOLERANCE)


@pytest.mark.parametrize("model", ["double_exponential_lif", "resonate_and_fire"])
def test_kappa_brings_a_lone_input_to_threshold(model):
    """Closed form of the response, on a fine grid."""
    t = np.arange(0, 0.3, 1e-5)
    for seed in range(20):
        neurons = draw_neurons(np.random.default_rng(seed), model)
        p = neurons.parameters
        if model == "resonate_and_fire":
            response = np.exp(p["b"] * t) * np.sin(p["omega"] * t)
            assert neurons.kappa <= 4
        else:
            response = np.exp(-t / p["tau_m"]) - np.exp(-t / p["tau_s"])
        assert neurons.kappa * response.max() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("updates = 6", "updates = 7", "updates must be a multiple of interval"),
        ("[0.01, 0.03]", "[0.01, 0.01]", "learning_rates names a value twice"),
        ('["1 Hz", "30 Hz"]', '["30 Hz", "1 Hz"]', "hidden_rate must be two numbers"),
        ('["superspike", ', '["hebbian", ', "names"),
        ('"200 Hz"', '"2000 Hz"', "inhibitory_rate must lie between .* and one spike a step"),
        ('"200 Hz"', '"0.01 Hz"', "inhibitory_rate must lie between .* and one spike a step"),
        ("seeds = 2", "seeds = 0", "seeds must lie in"),
        ("seeds = 2", 'seeds = 2\noptimiser = "sgd"', "optimiser"),
        ("seeds = 2", "seeds = 2\nlargest_weight = 1.5", "largest_weight must not be below 1.6"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, before, after, message):
    path = tmp_path / "config.toml"
    assert before in CONFIGURATION
    path.write_text(CONFIGURATION.replace(before, after))
    with pytest.raises(ConfigurationError, match=message):
        read_configuration(path)


def test_rmaxprop_and_bounds_of_weights():
    """Closed form: the first step of RMaxProp is that of the gradient's sign, then clipped."""
    bound, rate = 1.7, 2.0
    configuration = StudentNetwork(
        network=NetworkTable(excitatory=8, inhibitory=2, excitatory_rate=50, inhibitory_rate=200),
        training=TrainingTable(
            seeds=2,
            updates=1,
            interval=1,
            batch=2,
            learning_rates=(rate,),
            optimiser="rmaxprop",
            largest_weight=bound,
        ),
    )
    pairs = draw_pairs(configuration)
    training = Training(configuration, "superspike", pairs, begin_on_devices(1))
    state = training.begin()
    after, _ = training.advance(state, 0)
    for name, limits in ((W_IN, False), (W_OUT, True)):
        weights, begun = after["free"][name][:, 0], state["free"][name][:, 0]
        largest = bound * pairs.kappa[name]
        assert (np.abs(weights) <= largest * (1 + SINGLE)).all()
        clipped = np.isclose(np.abs(weights), largest, rtol=SINGLE)
        assert clipped.any() == limits
        moved = np.abs(weights - begun) / (rate * pairs.scale[name])
        moved = moved[~clipped & (weights != begun)]
        np.testing.assert_allclose(moved, 1, rtol=10 * SINGLE)
        assert moved.size or limits


@pytest.mark.parametrize(
    "name", ["layers", "layers_rf", "layers_rmaxprop", "layers_rf_rmaxprop", "layers_quick"]
)
def test_configurations_of_the_protocol(name):
    kind, configuration = read_configuration(PROTOCOL / f"{name}.toml")
    assert kind.name == "student_network"
    assert configuration.rule.names == ("direct", "superspike", "backpropagation")
