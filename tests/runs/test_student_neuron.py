"""Runs of kind ``student_neuron``, behaviour: priors, teachers, the command, resuming, figures."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

from scipy.stats import kstest

from bionet.plotting import FigureError
from bionet.runs import RunDirectory, read_configuration, student_neuron
from bionet.runs.command import main
from bionet.runs.configuration import to_toml
from bionet.runs.student_neuron_configuration import InputTable, LearningTable, StudentNeuron
from bionet.runs.student_neuron_learning import matching_of
from bionet.runs.student_neuron_priors import NEURONS, WEIGHT_LARGEST, draw_weights
from bionet.runs.student_neuron_results import errors_of
from bionet.runs.student_neuron_teachers import RATE_DURATION, draw_students, draw_teachers
from bionet.statistics.recovery import recovered

PROTOCOL = Path(__file__).parents[2] / "protocols" / "braun_2020_teacher_student"

CONFIGURATION = """
kind = "student_neuron"
model = "lif"
learned = "all"
seeds = 2

[input]
excitatory = 8
inhibitory = 2
excitatory_rate = "50 Hz"
inhibitory_rate = "200 Hz"

[rule]
surrogate_slopes = [4.0]

[learning]
duration = "16 s"
interval = "4 s"
checkpoint = 1
rate = 1e-3
final_rate = 5e-4

[evaluation]
records = 2
duration = "4 s"
"""
RULES, TEACHERS, INPUTS, INTERVALS = 3, 2, 10, 4

# A right sample falls below it once in 10^4 tests; seeds are fixed.
P_VALUE = 1e-4
# Rates are counted over 100 s: five standard deviations of a Poisson count, and for more excitable
# models the step of the gain.
SIGMAS = 5
SINGLE = 1e-6


def run(folder, text=CONFIGURATION):
    (folder / "config.toml").write_text(text)
    return main(["run", str(folder / "config.toml"), "--out", str(folder / "run")])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Give a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    assert run(folder) == 0
    return folder / "run"


def results_of(path):
    return RunDirectory.open(path).load_results()


def test_results_have_their_shapes_and_agree_with_one_another(finished):
    results = results_of(finished)
    assert list(results["rules"]) == ["vanilla", "braun_vogels", "surrogate 4"]
    assert list(results["learned"]) == ["w", "tau_m", "tau_s", "v_reset"]
    np.testing.assert_allclose(results["time"], [0, 4, 8, 12, 16])
    each = (INTERVALS + 1, RULES, TEACHERS)
    for name in ("weight_error", "weight_distance", "parameter.tau_m", "error.tau_m"):
        assert results[name].shape == each
    np.testing.assert_array_equal(
        results["shown_weights"][-1], results["final_weights"][:, :, int(results["shown"])]
    )
    difference = results["final_weights"] - results["teacher.w"][:, None]
    norm = np.linalg.norm(results["teacher.w"], axis=0)
    np.testing.assert_allclose(
        results["weight_error"][-1], np.abs(difference.sum(axis=0)) / norm, rtol=1e-4
    )
    np.testing.assert_allclose(
        results["weight_distance"][-1], np.linalg.norm(difference, axis=0) / norm, rtol=1e-4
    )
    tau = 1e3 * (results["parameter.tau_m"] - results["teacher.tau_m"])
    np.testing.assert_allclose(
        results["error.tau_m"], np.abs(tau) / (1e3 * results["teacher.tau_m"]), rtol=1e-3, atol=1e-6
    )
    for name in ("spikes", "evaluation"):
        both, own, target = (results[f"{name}_{k}"] for k in ("both", "student", "teacher"))
        assert (both <= np.minimum(own, target)).all()
        assert (target[..., :1, :] == target).all()  # students of a teacher hear the same
    assert not np.array_equal(results["weight_error"][0], results["weight_error"][-1])
    assert not (finished / "checkpoint.npz").exists()


def test_each_rule_begins_alike_and_learns_differently(finished):
    distance = results_of(finished)["weight_distance"]
    assert (distance[0] == distance[0, :1]).all()
    assert len(np.unique(distance[-1, :, 0])) == RULES


def test_recovered_is_what_the_criterion_says(finished):
    results = results_of(finished)
    configuration = RunDirectory.open(finished).load_configuration(StudentNeuron)
    teachers = {n.removeprefix("teacher."): results[n] for n in results if n.startswith("teacher.")}
    errors = errors_of(configuration, results, teachers)
    expected = recovered(errors, configuration.neuron.tolerance, 2)
    np.testing.assert_array_equal(results["recovered"], expected)
    generous = dict.fromkeys(configuration.neuron.tolerance, np.inf)
    assert recovered(errors, generous, 2).all()


def test_a_run_that_is_broken_off_goes_on_as_if_nothing_had_happened(
    finished, tmp_path, monkeypatch, capsys
):
    log = student_neuron._log

    def log_or_stop(directory, learning):
        if learning.done == 2:
            raise KeyboardInterrupt
        return log(directory, learning)

    with monkeypatch.context() as patch:
        patch.setattr(student_neuron, "_log", log_or_stop)
        assert run(tmp_path) == 130
    path = tmp_path / "run"
    assert main(["status", str(path)]) == 0
    said = capsys.readouterr().out
    assert "1 of 4 intervals, 2 teachers" in said
    assert "braun_vogels: median distance of the weights" in said
    text = (path / "config.toml").read_text()
    (path / "config.toml").write_text(text.replace("0.001", "0.002"))
    assert main(["resume", str(path)]) == 2
    assert "learning.rate was 0.001, is 0.002 now" in capsys.readouterr().err
    (path / "config.toml").write_text(text)
    assert main(["resume", str(path)]) == 0
    found, expected = results_of(path), results_of(finished)
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    lines = [json.loads(line) for line in (path / "log.jsonl").read_text().splitlines()]
    assert {line["interval"] for line in lines} == {1, 3, 4}  # the second was not told


def test_figures_are_drawn_from_what_is_saved(finished, tmp_path):
    path = shutil.copytree(finished, tmp_path / "run")
    assert main(["figure", str(path)]) == 0
    for name in ("recovery.png", "parameters.png"):
        assert (path / "figures" / name).stat().st_size > 10_000
    results = results_of(path)
    del results["teacher.w"]
    RunDirectory.open(path).save_results(**results)
    with pytest.raises(FigureError, match=r"results\.npz: array missing: teacher\.w"):
        student_neuron.figures(RunDirectory.open(path))


@pytest.mark.parametrize("model", NEURONS)
def test_teachers_fire_at_the_rates_drawn_and_inputs_keep_their_signs(model):
    """Behaviour, over other inputs than those by which the gain was found: without learning."""
    configuration = StudentNeuron(LearningTable(duration=1500.0), model=model)
    known, inputs = configuration.neuron, InputTable()
    seeds = [[7, k] for k in range(2)]
    neuron = matching_of(configuration).neuron
    teachers = draw_teachers(known, neuron, inputs, seeds)
    assert (teachers["w"][:80] > 0).all()
    assert (teachers["w"][80:] < 0).all()
    assert (teachers["gain"] <= 2.5).all()
    assert np.ptp(teachers["rate"]) > 0
    for k in range(2):
        rate = rate_of(known, neuron, inputs, teachers, k)
        error = SIGMAS * np.sqrt(2 * teachers["rate"][k] / RATE_DURATION)
        assert rate == pytest.approx(teachers["rate"][k], abs=error)


def rate_of(known, neuron, inputs, teachers, k):
    """Return the rate of a teacher for 100 s of inputs of its own, Hz."""
    import jax
    import jax.numpy as jnp

    steps = round(RATE_DURATION / inputs.step)
    spikes = np.random.default_rng(5).random((steps, len(inputs.signs))) < inputs.probability
    drive = jnp.array((spikes @ teachers["w"][:, k]).astype(np.float32))[:, None]
    own = {name: jnp.array(teachers[name][k : k + 1], jnp.float32) for name in known.parameters}

    def step(state, amount):
        state, _ = neuron.update(state, own, 0)
        fired = (neuron.distances(state, own, 0)[0] > 0).astype(jnp.float32)
        state = neuron.receive(state, known.driven, amount, True, None)
        return neuron.reset(state, own, 0, fired), fired

    fired = jax.lax.scan(step, neuron.initial((1,), jnp.float32, own), drive)[1]
    return float(fired.mean()) / inputs.step


@pytest.mark.parametrize("model", NEURONS)
def test_priors_are_those_of_the_paper(model):
    known, rng = NEURONS[model], np.random.default_rng(2)
    drawn = [known.drawn(rng) for _ in range(400)]
    assert all(known.scale(each) <= known.largest_scale for each in drawn)
    uniform = {"lif": {"tau_m": (0.01, 0.06), "v_reset": (-1.5, 0.9)}}.get(
        model, {"x_reset": (-0.8, 0.8), "y_reset": (-0.8, 0.8)}
    )
    for name, (low, high) in uniform.items():
        values = [(each[name] - low) / (high - low) for each in drawn]
        assert kstest(values, "uniform").pvalue > P_VALUE
    if model == "lif":
        assert all(each["tau_s"] == each["tau_m"] / 4 for each in drawn)
    else:
        assert all(-120 <= each["b"] <= -20 for each in drawn)
        assert all(2 <= each["omega"] / 2 / np.pi <= 25 for each in drawn)


@pytest.mark.parametrize("model", NEURONS)
def test_a_spike_of_unit_weight_and_scale_peaks_at_one(model):
    """Closed form of the response, in steps of 1 us."""
    known = NEURONS[model]
    own = known.drawn(np.random.default_rng(3))
    t = np.arange(0, 0.2, 1e-6)
    if model == "lif":
        response = np.exp(-t / own["tau_m"]) - np.exp(-t / own["tau_s"])
    else:
        response = np.exp(own["b"] * t) * np.sin(own["omega"] * t)
    assert known.scale(own) * response.max() == pytest.approx(1, abs=SINGLE)


def test_weights_are_lognormal_and_cut():
    rng = np.random.default_rng(1)
    weights = draw_weights(rng, np.ones(100_000), 2.0) / 2
    assert 0 < weights.min() < weights.max() <= WEIGHT_LARGEST
    # the cut takes a few of the largest: 0.5 % of the mean, 4 % of the spread
    assert weights.mean() == pytest.approx(1 / 20, rel=0.02)
    assert weights.std() == pytest.approx(1 / 25, rel=0.1)


def test_a_student_does_not_know_which_inputs_inhibit():
    known, inputs, seeds = NEURONS["lif"], InputTable(), [[1, k] for k in range(5)]
    teachers = {
        name: np.full(5, value) for name, value in known.drawn(np.random.default_rng(0)).items()
    }
    teachers["w"] = np.ones((100, 5))
    students = draw_students(known, inputs, teachers, seeds, ("w",))
    assert ((students["w"] < 0).sum(axis=0) == inputs.inhibitory).all()
    assert (students["w"][80:] > 0).any()
    np.testing.assert_array_equal(students["tau_m"], teachers["tau_m"])
    own = draw_students(known, inputs, teachers, seeds, ("w", *known.parameters))
    assert len(np.unique(own["tau_m"])) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"lif"', '"hodgkin"', 'model: expected one of "lif", "resonate_and_fire"'),
        ('"all"', '"some"', 'learned: expected one of "weights", "all"'),
        ("seeds = 2", "seeds = 0", "seeds must lie in [1, 100000]; found 0"),
        ("[4.0]", "[0.0]", "rule: surrogate_slopes[0] must lie in"),
        ("[4.0]", "[4.0, 4.0]", "surrogate_slopes names a value twice"),
        ('"16 s"', '"17 s"', "duration must be a multiple of interval"),
        ('duration = "4 s"', 'duration = "4.1 s"', "evaluation.duration must be a multiple of 200"),
        ("records = 2", "records = 9", "evaluation.records = 9 exceeds the 4 intervals"),
        ("rate = 1e-3", "rate = 0.0", "learning: rate must lie in"),
        ('"50 Hz"', '"1000 Hz"', "excitatory_rate must be below one spike a step"),
        ('"50 Hz"', '"50 mV"', "input.excitatory_rate: expected a quantity"),
        ("[rule]", "[rule]\nvanilla = false\nbraun_vogels = false", None),
        ("inhibitory = 2", "inhibitory = -1", "inhibitory must not be negative"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    tmp_path, capsys, old, new, message
):
    assert old in CONFIGURATION
    text = CONFIGURATION.replace(old, new)
    if message is None:  # no rule at all
        text, message = text.replace("surrogate_slopes = [4.0]", ""), "no rule"
    assert run(tmp_path, text) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_of_another_length_is_refused(finished, tmp_path, monkeypatch, capsys):
    def stop(directory, learning):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(student_neuron, "_log", stop)
        assert run(tmp_path) == 130
    path = tmp_path / "run"
    for name in ("config.toml", "began.toml"):
        text = (path / name).read_text()
        (path / name).write_text(text.replace("16 s", "20 s").replace("16.0 s", "20 s"))
    assert main(["resume", str(path)]) != 0
    assert "of a run of another length" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["quick", "neuron_lif", "neuron_rf", "neuron_lif_all", "neuron_rf_all"]
)
def test_the_protocol_can_be_read_and_written(name):
    kind, configuration = read_configuration(PROTOCOL / f"{name}.toml")
    assert kind.name == "student_neuron"
    assert 'kind = "student_neuron"' in to_toml(kind.name, configuration)
    assert configuration.seeds >= (6 if name == "quick" else 20)


def test_the_rate_falls_exponentially():
    learning = LearningTable(duration=300.0, interval=60.0, rate=1e-3, final_rate=1e-5)
    rates = [learning.rate_in(k) for k in range(5)]
    np.testing.assert_allclose(rates, 1e-3 * 10.0 ** (-np.arange(5) / 2), rtol=SINGLE)
    assert replace(learning, final_rate=None).rate_in(4) == 1e-3
