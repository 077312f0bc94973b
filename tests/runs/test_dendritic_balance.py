"""Runs of kind ``dendritic_balance``, behaviour: what is called, what is kept, what a resume does.

Made-up outcomes stand in for the compiled networks; the last test compiles real ones.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from made_up_balance import BARS, EPOCHS, N_X, TRAININGS, MadeUpLayer, made_up_outcome

from bionet.devices import Outcome, Status
from bionet.devices.cpp_compiler import CompilationError
from bionet.metalearning import executors
from bionet.runs import RunDirectory, balance_conditions
from bionet.runs.balance_configuration import DendriticBalance
from bionet.runs.balance_log import Checkpoints
from bionet.runs.command import main

# A few operations on doubles of order 1
ROUNDING = 1e-9


@pytest.fixture
def use_layer(monkeypatch):
    """Let a function stand in for all compiled layers; returns the list of their calls."""
    monkeypatch.setattr(executors, "worker_processes", ThreadPoolExecutor)

    def use(function=made_up_outcome):
        calls = []

        def compiled(condition, bias, stimulus, *, recording=False):
            return MadeUpLayer(function, recording, calls)

        monkeypatch.setattr(balance_conditions, "compiled", compiled)
        return calls

    return use


def results_of(path):
    return RunDirectory.open(path).load_results()


def assert_equal_results(path, expected):
    found, expected = results_of(path), results_of(expected)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def fails_at(call, function, status=Status.FAILED):
    left = [call]

    def failing(inputs, seed):
        left[0] -= 1
        if left[0] == 0:
            return Outcome(status, {}, 0.0, 1.0, 0.0, "killed by signal 9")
        return function(inputs, seed)

    return failing


def test_results_of_all_conditions(tmp_path, write, use_layer):
    """Loss and rates follow from the outcomes by the paper's definitions; fields are rows."""
    use_layer()
    assert main(["run", str(write(BARS)), "--out", str(tmp_path / "run")]) == 0
    results = results_of(tmp_path / "run")
    assert results["loss"].shape == (TRAININGS, EPOCHS)
    assert sorted(set(results["scheme"])) == ["analytic", "somatic"]
    assert sorted(set(results["p"])) == [0.5, 1.0]
    assert results["images"].tolist() == [10, 20, 30]
    # 4 inputs of error e over 500 steps, halved: e/2/500
    errors = results["loss"] * 2 * 500
    np.testing.assert_allclose(errors, errors.round(), atol=ROUNDING)
    assert errors.min() >= 1
    # 15, 20 and 25 spikes in 1 s
    np.testing.assert_allclose(results["training_rate"], 20.0)
    np.testing.assert_allclose(results["rates_0"], [15, 20, 25])
    assert results["F_0"].shape == (3, N_X)
    first_seed = results["seed"] == 7
    shown = np.array([f"shown_{k}_x" in results for k in range(TRAININGS)])
    np.testing.assert_array_equal(shown, first_seed)
    # what was there at the end of each image, a row an image
    np.testing.assert_allclose(results["shown_0_x"], np.arange(8).reshape(4, 2).T / 8)
    np.testing.assert_allclose(results["shown_0_reconstruction"], results["shown_0_x"] / 2)


def test_an_epoch_starts_from_what_the_last_one_left(tmp_path, write, use_layer):
    """Weights are handed on, annealing goes on, and phases change the rates they name."""
    calls = use_layer()
    main(["run", str(write(BARS)), "--out", str(tmp_path / "run"), "--workers", "1"])
    first, second, third = calls[:EPOCHS]
    assert first[0] == pytest.approx(1.5)  # 10 + 5 images
    assert not first[1]["feedforward.F"].any()
    np.testing.assert_array_equal(second[1]["feedforward.F"], first[2] % 1000)
    assert [call[1]["image.first_number"] for call in calls[:EPOCHS]] == [0, 10, 20]
    learned = third[1]["coding.learn_until"]
    assert 0.999 < learned < 1.0  # between the last step of learning and the first of the test
    # Du_end + (Du_start - Du_end) exp(-2 eta_s t), 1 s an epoch
    expected = 0.1 + 0.9 * np.exp(-2 * 0.1 * np.arange(3))
    np.testing.assert_allclose([call[1]["coding.Du_start"] for call in calls[:3]], expected)
    for name, values in {
        "feedforward.eta_F": [1.0, 1.0, 0.5],
        "feedforward.eta_D": [2.0, 2.0, 2.0],
        "coding.eta_b": [10.0, 10.0, 2.5],
    }.items():
        np.testing.assert_allclose([call[1][name] for call in calls[:3]], values)
    assert len({call[2] for call in calls[:3]}) == EPOCHS


def test_workers_do_not_change_results(tmp_path, write, use_layer):
    """One at a time, or four."""
    for workers in ("1", "4"):
        use_layer()
        arguments = ["run", str(write(BARS)), "--out", str(tmp_path / workers)]
        assert main([*arguments, "--workers", workers]) == 0
    assert_equal_results(tmp_path / "4", tmp_path / "1")


@pytest.mark.parametrize("at", [1, 2, 5, 24])
def test_a_broken_off_run_goes_on_with_the_next_epoch(tmp_path, write, use_layer, capsys, at):
    """The results are those of a run that was never broken off, and no epoch runs twice."""
    out, whole = tmp_path / "run", tmp_path / "whole"
    use_layer()
    main(["run", str(write(BARS)), "--out", str(whole)])
    use_layer(fails_at(at, made_up_outcome))
    assert main(["run", str(write(BARS)), "--out", str(out), "--workers", "1"]) == 1
    assert "killed by signal 9" in capsys.readouterr().err
    assert main(["status", str(out)]) == 0
    assert f"{(at - 1) // EPOCHS} of 8 trainings finished" in capsys.readouterr().out
    calls = use_layer()
    assert main(["resume", str(out)]) == 0
    assert len(calls) == TRAININGS * EPOCHS - (at - 1)
    assert_equal_results(out, whole)
    assert not (out / "trainings").exists()
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert len({(line["training"], line["images"]) for line in lines}) == TRAININGS * EPOCHS


def test_damaged_checkpoint_is_named(tmp_path, write, use_layer, capsys):
    """One line that says what to do."""
    out = tmp_path / "run"
    use_layer(fails_at(3, made_up_outcome))
    main(["run", str(write(BARS)), "--out", str(out), "--workers", "1"])
    (checkpoint,) = (out / "trainings").glob("*.npz")
    checkpoint.write_bytes(b"PK")
    capsys.readouterr()
    use_layer()
    assert main(["resume", str(out)]) == 1
    assert f"{checkpoint}: damaged; remove it" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("name", "shape", "called"),
    [("input.squared_error", N_X, "the loss"), ("feedforward.F", 3 * N_X, "feedforward.F")],
)
def test_an_infinite_number_ends_the_run_and_names_the_training(
    tmp_path, write, use_layer, capsys, name, shape, called, bad
):
    """The last good checkpoint stays."""

    def diverging(inputs, seed):
        outcome = made_up_outcome(inputs, seed)
        if inputs["image.first_number"] < 10:
            return outcome
        error = {name: np.full(shape, bad)}
        return replace(outcome, values={**outcome.values, **error})

    out = tmp_path / "run"
    use_layer(diverging)
    assert main(["run", str(write(BARS)), "--out", str(out), "--workers", "1"]) == 1
    assert f"{called} is no longer finite after 20 images" in (said := capsys.readouterr().err)
    assert "analytic_p0.5_n3_step1ms_Du0.1_seed7" in said
    main(["status", str(out)])
    assert "seed7: 10 images" in capsys.readouterr().out


REFUSED = {
    "p outside": ("p = [0.5, 1.0]", "p = [0.5, 1.5]", "bars: p[1] must lie in [0, 1]; found 1.5"),
    "no stimulus": ("[bars]\nside = 2\np = [0.5, 1.0]", "", "found none"),
    "missing rate": ('eta_W = "4e-3 1/ms"', "", "whose name is somatic needs eta_W"),
    "rate too many": (
        'eta_D = "2e-3 1/ms"\n[[schemes]]',
        'eta_D = "2e-3 1/ms"\neta_W = "1e-3 1/ms"\n[[schemes]]',
        "name is analytic does not take eta_W",
    ),
    "unit": ('rho = "15 Hz"', 'rho = "15 ms"', "neurons.rho: expected a quantity that converts"),
    "epochs": ("images = 30\n", "images = 35\n", "images must be a multiple of test_every"),
    "phase": ("first_image = 20", "first_image = 25", "phases must begin"),
    "step": ("n_coding = [3]", 'n_coding = [3]\nstep = ["20 ms"]', "step[0] must lie in [0.001"),
    "rate": ('rho = "15 Hz"', 'rho = "1500 Hz"', "spike or more in every layer.step"),
    "rate of nothing": ('rho = "15 Hz"', 'rho = "0 Hz"', "neurons: rho must lie in"),
    "no p": ("p = [0.5, 1.0]", "p = []", "bars: p must name at least one value"),
    "p twice": ("p = [0.5, 1.0]", "p = [0.5, 0.5]", "bars: p names a value twice"),
    "negative": ('eta_F = "1e-3 1/ms"', 'eta_F = "-1e-3 1/ms"', "eta_F must not be negative"),
    "early phase": ("first_image = 20", "first_image = -20", "first_image must not be negative"),
    "frozen": (
        'eta_D = "2e-3 1/ms"\n[[schemes]]',
        'eta_D = "2e-3 1/ms"\nF_frozen_until = 15\n[[schemes]]',
        "F_frozen_until of scheme analytic must be a multiple of training.test_every; found 15",
    ),
    "twice": ('name = "somatic"', 'name = "analytic"', "name is analytic does not take eta_W"),
    "slow": (
        'name = "somatic"',
        'name = "slow"\neta_Fbar = "1e-3 1/ms"',
        "scheme slow divides by F: initial_F must not be 0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_configurations_are_refused_in_one_line(tmp_path, write, capsys, case):
    """Exit status 2 and nothing written."""
    old, new, said = REFUSED[case]
    assert old in BARS
    out = tmp_path / "run"
    assert main(["run", str(write(BARS.replace(old, new, 1))), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not out.exists()


def broken_off(tmp_path, write, use_layer):
    """Return a run that was broken off after two epochs of its first training."""
    out = tmp_path / "run"
    use_layer(fails_at(3, made_up_outcome))
    main(["run", str(write(BARS)), "--out", str(out), "--workers", "1"])
    use_layer()
    return out


def test_other_settings_are_refused_on_resuming(tmp_path, write, use_layer, capsys):
    """A rate that was edited would go on from weights that another one has learned."""
    out = broken_off(tmp_path, write, use_layer)
    config = out / "config.toml"
    config.write_text(config.read_text().replace('eta_D = "0.002 1/ms"', 'eta_D = "0.003 1/ms"'))
    assert 'eta_D = "0.003 1/ms"' in config.read_text()
    capsys.readouterr()
    assert main(["resume", str(out)]) == 2
    assert 'schemes[0].eta_D was "0.002 1/ms", is "0.003 1/ms" now' in capsys.readouterr().err


def test_more_images_are_trained_on_resuming(tmp_path, write, use_layer):
    """What decides the weights so far is the same."""
    out = broken_off(tmp_path, write, use_layer)
    config = out / "config.toml"
    config.write_text(config.read_text().replace("images = 30", "images = 50"))
    assert main(["resume", str(out)]) == 0
    assert results_of(out)["images"].tolist() == [10, 20, 30, 40, 50]


def test_what_a_network_showed_before_it_learned_more_is_not_kept(tmp_path, write, use_layer):
    """Recorded at an earlier end, before more images were asked for."""
    out = broken_off(tmp_path, write, use_layer)
    directory = RunDirectory.open(out)
    first = balance_conditions.conditions(directory.load_configuration(DendriticBalance))[0]
    Checkpoints(directory).save_shown(first, {"x": np.full((2, N_X), -1.0)})
    assert main(["resume", str(out)]) == 0
    assert results_of(out)["shown_0_x"].min() >= 0


def test_fewer_images_than_were_shown_are_refused(tmp_path, write, use_layer, capsys):
    """Losses of trainings of two lengths would not fit one array."""
    out = broken_off(tmp_path, write, use_layer)
    config = out / "config.toml"
    config.write_text(config.read_text().replace("\nimages = 30", "\nimages = 10"))
    capsys.readouterr()
    assert main(["resume", str(out)]) == 1
    said = "training.images is 10, but it has 20 behind it"
    assert said in capsys.readouterr().err


def test_a_failure_to_start_keeps_what_is_running(tmp_path, write, use_layer, monkeypatch, capsys):
    """The network of the second scheme does not compile: the first training's epoch is kept."""
    use_layer()
    compiled = balance_conditions.compiled

    def refusing(condition, *arguments, **options):
        if condition.scheme.name == "somatic":
            raise CompilationError("compiling the network failed")
        return compiled(condition, *arguments, **options)

    monkeypatch.setattr(balance_conditions, "compiled", refusing)
    out = tmp_path / "run"
    assert main(["run", str(write(BARS)), "--out", str(out), "--workers", "2"]) == 1
    assert "compiling the network failed" in capsys.readouterr().err
    assert main(["status", str(out)]) == 0
    assert "analytic_p0.5_n3_step1ms_Du0.1_seed7: 10 images" in capsys.readouterr().out


IMAGES = {
    "no folder": ('[digits]\nfolder = "nowhere"', "there is no folder nowhere"),
    "no file": ('[scenes]\nfile = "nowhere.npy"', "nowhere.npy"),
    "too small": ('[scenes]\nfile = "{small}"', "small.npy"),
    "not whitened": ('[scenes]\nfile = "{raw}"', "must be whitened"),
}


@pytest.mark.parametrize("case", IMAGES)
def test_wrong_images_are_refused_before_anything_is_written(tmp_path, write, capsys, case):
    """One line that names the file, exit status 2, no run directory."""
    files = {"small": tmp_path / "small.npy", "raw": tmp_path / "raw.npy"}
    generator = np.random.default_rng(0)
    np.save(files["small"], generator.standard_normal((3, 6, 6)))
    np.save(files["raw"], generator.random((3, 64, 64)))
    table, said = IMAGES[case]
    text = BARS.replace("[bars]\nside = 2\np = [0.5, 1.0]", table.format(**files))
    out = tmp_path / "run"
    assert main(["run", str(write(text)), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not out.exists()


@pytest.mark.compiles
def test_a_real_run(tmp_path, write):
    """Compiled networks, from the configuration to the figures; learning lowers the loss."""
    text = BARS.split("[[schemes]]")
    text = "[[schemes]]".join([text[0], text[1]]) + "[training]" + text[2].split("[training]")[1]
    text = text.replace("[0.5, 1.0]", "[0.5]").replace("test_images = 5", "test_images = 100")
    text = text.replace("images = 30\ntest_every = 10", "images = 600\ntest_every = 200")
    out = tmp_path / "run"
    assert main(["run", str(write(text)), "--out", str(out)]) == 0
    results = results_of(out)
    assert (results["loss"][:, -1] < results["loss"][:, 0]).all()
    assert results["shown_0_x"].max() == 1.0
    assert main(["figure", str(out)]) == 0
    assert list((out / "figures").glob("*.png"))
