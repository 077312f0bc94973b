"""The search: closed form (known minima), behaviour (determinism, refusals, stop criteria)."""

import configparser
import importlib.metadata
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bionet.metalearning import Parameters, Search, Stopping

CONVERGED = 1e-4
"""Distance to the minimum at which a search with min_spread 1e-6 has surely converged."""

TWO = Parameters(["a", "b"], [3.0, -2.0], [1.0, 1.0])


def minimise(search, loss):
    while not search.stop():
        search.tell([loss(values) for values in search.ask()])
    return search


def rosenbrock(values):
    return 100 * (values["b"] - values["a"] ** 2) ** 2 + (1 - values["a"]) ** 2


def test_finds_the_minimum_of_rosenbrock():
    search = minimise(Search(TWO, 8, seed=3, stopping=Stopping(max_generations=400)), rosenbrock)
    assert abs(search.best.values["a"] - 1) < CONVERGED
    assert abs(search.mean["b"] - 1) < CONVERGED
    assert search.best.loss == rosenbrock(search.best.values)


def test_scales_of_very_different_sizes_do_not_matter():
    # In search units the two problems are the same one, up to rounding.
    scaled = Parameters(["a", "b"], [3e-6, -2e3], [1e-6, 1e3])
    search = minimise(
        Search(scaled, 8, seed=3, stopping=Stopping(max_generations=400)),
        lambda values: rosenbrock({"a": values["a"] * 1e6, "b": values["b"] * 1e-3}),
    )
    assert abs(search.best.values["a"] * 1e6 - 1) < CONVERGED


def test_a_minimum_outside_the_bounds_is_found_on_the_bound():
    bounded = Parameters(["a", "b"], [1.0, -2.0], [1.0, 1.0], lower=[0.5, None], upper=[3.0, None])
    asked = []

    def loss(values):
        asked.append(values["a"])
        return (values["a"] + 4) ** 2 + (values["b"] - 1) ** 2

    search = minimise(Search(bounded, 8, seed=1, stopping=Stopping(max_generations=200)), loss)
    assert min(asked) >= 0.5
    assert max(asked) <= 3.0
    assert abs(search.best.values["a"] - 0.5) < CONVERGED
    assert abs(search.best.values["b"] - 1) < CONVERGED


def test_one_coefficient_is_enough():
    search = minimise(Search(Parameters(["x"], [5.0], [1.0])), lambda v: (v["x"] - 2) ** 2)
    assert abs(search.best.values["x"] - 2) < CONVERGED


def test_first_generation_has_the_scales_as_standard_deviations():
    parameters = Parameters(["a", "b"], [0.0, 10.0], [2.0, 5.0])
    candidates = Search(parameters, 4000, sigma=1.0, seed=1).ask()
    spread = [np.std([values[name] for values in candidates]) for name in ("a", "b")]
    # Standard error of a standard deviation of 4000 draws: 1.1 %; five of them.
    np.testing.assert_allclose(spread, [2.0, 5.0], rtol=0.056)


BOUNDS = {
    "none": {},
    "lower": {"lower": -0.4},
    "upper": {"upper": 0.6},
    "both": {"lower": -0.7, "upper": 0.8},
    "logarithmic": {"lower": -0.7, "upper": 0.8, "logarithmic": True},
}
"""Distances of the bounds from the start, in first spreads. Two bounds are 1.5 spreads apart:
closer than three, and pycma by itself would cut the first spread."""

SCALES = (2e-3, 30.0, 1.0, 5e4, 0.1)

SPREAD_TOLERANCE = 2e-4
"""pycma makes the first variances differ by up to this part, lest two eigenvalues are the same."""


def bounded(n, bounds):
    names = [f"x{k}" for k in range(n)]
    if bounds.get("logarithmic"):
        initial, scales = [3.0] * n, [0.2 * (k + 1) for k in range(n)]

        def place(k, distance):
            return initial[k] * math.exp(scales[k] * distance)
    else:
        initial, scales = [10.0 * SCALES[k] for k in range(n)], list(SCALES[:n])

        def place(k, distance):
            return initial[k] + scales[k] * distance

    sides = {
        side: [place(k, bounds[side]) for k in range(n)]
        for side in ("lower", "upper")
        if side in bounds
    }
    logarithmic = names if bounds.get("logarithmic") else ()
    return Parameters(names, initial, scales, **sides, logarithmic=logarithmic)


@pytest.mark.parametrize("kind", BOUNDS)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_first_spread_is_the_one_asked_for_whatever_the_bounds(n, kind):
    parameters = bounded(n, BOUNDS[kind])
    slopes = [
        scale * (initial if kind == "logarithmic" else 1)
        for initial, scale in zip(parameters.initial, parameters.scales, strict=True)
    ]
    search = Search(parameters, 2000, seed=1)
    np.testing.assert_allclose(search.spread, slopes, rtol=SPREAD_TOLERANCE)
    # As far as 0.2 spreads from the start no bound bends the normal distribution.
    near = math.erf(0.2 / math.sqrt(2))
    x = np.array([parameters.to_search(values) for values in search.ask()])
    # Samples folded at a bound that is 0.4 spreads away or more come back in part.
    folded = np.mean(np.abs(x) < 0.2, axis=0)
    if kind == "none":
        np.testing.assert_allclose(folded, near, atol=5 * math.sqrt(near / 2000))
    else:
        assert (folded > 0.8 * near).all()


@pytest.mark.parametrize("kind", BOUNDS)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_kind_of_bounds_leads_to_the_minimum(n, kind):
    parameters = bounded(n, BOUNDS[kind])
    lower, upper = parameters.search_bounds()
    goal = 0.3

    def loss(values):
        x = parameters.to_search(values)
        assert (lower <= x).all()
        assert (x <= upper).all()
        return float(((x - goal) ** 2).sum())

    for seed in range(3):
        search = minimise(Search(parameters, seed=seed), loss)
        np.testing.assert_allclose(parameters.to_search(search.mean), goal, atol=CONVERGED)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("width", [1.5, 40.0])
def test_a_spread_that_nothing_holds_grows_to_a_third_of_the_bounds_and_no_further(n, width):
    names = [f"x{k}" for k in range(n)]
    parameters = Parameters(names, [0] * n, [1] * n, lower=[-width / 2] * n, upper=[width / 2] * n)
    search, widest = Search(parameters, seed=1, stopping=Stopping(max_generations=100)), 0.0
    while not search.stop():
        mean = search.mean
        # The farther from the mean the better: whatever is selected widens the search.
        search.tell([-max(abs(v[name] - mean[name]) for name in names) for v in search.ask()])
        widest = max(widest, float(search.spread.max()))
    assert widest == pytest.approx(max(width / 3, 1), rel=SPREAD_TOLERANCE)


def narrow_valley(values):
    # So narrow that pycma turns its coordinates into the valley's.
    along, across = values["a"] + values["b"], values["a"] - values["b"]
    return 1e13 * across**2 + 1e-2 * along**2


@pytest.mark.parametrize("bounds", [{}, {"lower": [-30, -30], "upper": [30, 30]}])
def test_the_spread_of_an_ill_conditioned_search_is_in_the_coefficients_own_units(bounds):
    parameters = Parameters(["a", "b"], [3.0, -2.0], [1.0, 1.0], **bounds)
    for generations in (20, 40, 60):
        search = Search(parameters, 20, seed=1, stopping=Stopping(max_generations=generations))
        minimise(search, narrow_valley)
        candidates = search.ask()
        spread = [np.std([values[name] for values in candidates]) for name in ("a", "b")]
        # Standard error of a standard deviation of 20 draws: 16 %; three of them.
        np.testing.assert_allclose(search.spread, spread, rtol=0.48)
    assert not search._strategy.gp.isidentity


def test_an_ill_conditioned_search_ends_by_its_spread_in_the_coefficients_own_units():
    stopping = Stopping(max_generations=400, min_spread=1e-3)
    search = minimise(Search(TWO, 20, seed=1, stopping=stopping), narrow_valley)
    assert list(search.stop()) == ["min_spread"]
    assert not search._strategy.gp.isidentity
    assert 1e-4 < search.spread.max() < 1e-3


@pytest.mark.parametrize("seed", [0, 5])
def test_global_random_state_is_neither_used_nor_changed(seed):
    np.random.seed(1)
    first = minimise(Search(TWO, 6, seed=seed, stopping=Stopping(max_generations=8)), rosenbrock)
    np.random.seed(99)
    before = np.random.get_state()
    second = minimise(Search(TWO, 6, seed=seed, stopping=Stopping(max_generations=8)), rosenbrock)
    after = np.random.get_state()
    assert before[2] == after[2]
    np.testing.assert_array_equal(before[1], after[1])
    assert first.best == second.best


def test_another_seed_gives_other_candidates():
    assert Search(TWO, 6, seed=1).ask() != Search(TWO, 6, seed=2).ask()


FRESH_PROCESS = """
import json
from bionet.metalearning import Parameters, Search
search = Search(Parameters(["a", "b"], [3.0, -2.0], [1.0, 1.0]), 6, seed=4)
for _ in range(12):
    search.tell([v["a"] ** 2 + 3 * v["a"] * v["b"] + 9 * v["b"] ** 2 for v in search.ask()])
print(json.dumps([search.mean, search.sigma, search.ask()]))
"""


def test_a_fresh_process_gives_the_same_numbers_and_leaves_no_file(tmp_path):
    answers = set()
    for hash_seed in ("1", "2"):
        finished = subprocess.run(
            [sys.executable, "-c", FRESH_PROCESS],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert finished.stderr == ""
        answers.add(finished.stdout)
    assert len(answers) == 1
    assert len(json.loads(answers.pop())[2]) == 6
    assert list(tmp_path.iterdir()) == []


def test_files_of_pycma_in_the_working_directory_are_ignored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cma_signals.in").write_text('{"maxiter": 1}')
    search = Search(TWO, 6, seed=1, stopping=Stopping(max_generations=5))
    minimise(search, rosenbrock)
    assert search.generation == 5


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_is_refused_and_changes_nothing(loss):
    search, untouched = Search(TWO, 4, seed=1), Search(TWO, 4, seed=1)
    candidates = search.ask()
    with pytest.raises(ValueError, match="candidate 2 of generation 0"):
        search.tell([1.0, 2.0, loss, 4.0])
    assert search.ask() == candidates
    for each in (search, untouched):
        each.ask()
        each.tell([1.0, 2.0, 3.0, 4.0])
    assert search.ask() == untouched.ask()


def test_tell_needs_ask_and_one_loss_a_candidate():
    search = Search(TWO, 4, seed=1)
    with pytest.raises(ValueError, match="tell before ask"):
        search.tell([1.0, 2.0, 3.0, 4.0])
    search.ask()
    with pytest.raises(ValueError, match="3 losses for 4 candidates"):
        search.tell([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("stopping", "loss", "reason"),
    [
        (Stopping(max_generations=3), rosenbrock, "max_generations"),
        (Stopping(target_loss=0.5), rosenbrock, "target_loss"),
        (Stopping(max_generations=400, min_spread=0.1), rosenbrock, "min_spread"),
        (Stopping(min_loss_range=1e6), rosenbrock, "min_loss_range"),
        (Stopping(flat_generations=4), lambda v: 219.0, "flat_generations"),
        (Stopping(max_growth=10), lambda v: -v["a"], "max_growth"),
    ],
)
def test_every_criterion_stops_a_search_with_a_sentence(stopping, loss, reason):
    search = minimise(Search(TWO, 6, seed=2, stopping=stopping), loss)
    assert reason in search.stop()
    assert " " in search.stop()[reason]
    if reason == "max_generations":
        assert search.generation == 3
    else:
        assert search.generation < stopping.max_generations


def test_flat_generations_counts_generations_not_questions():
    search = Search(TWO, 6, seed=2, stopping=Stopping(flat_generations=4))
    generations = 0
    while not search.stop():
        search.stop()
        search.ask()
        search.tell([219.0] * 6)
        generations += 1
    assert generations == 4


def test_pycmas_own_criterion_of_stagnation_does_not_end_a_noisy_search():
    # Left to itself, pycma ends this one before generation 650 by "tolstagnation".
    random = np.random.default_rng(1)
    search = Search(TWO, 6, seed=1, stopping=Stopping(max_generations=700))
    minimise(search, lambda v: v["a"] ** 2 + v["b"] ** 2 + random.random())
    assert list(search.stop()) == ["max_generations"]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"population_size": 3}, "population_size is 3"),
        ({"population_size": 6.0}, "population_size is 6.0"),
        ({"sigma": 0.0}, "sigma is 0.0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
    ],
)
def test_settings_out_of_range_are_named(settings, named):
    with pytest.raises(ValueError, match=named):
        Search(TWO, **settings)


def test_a_scale_wider_than_the_bounds_is_named():
    with pytest.raises(ValueError, match="first spread of 'b'"):
        Search(Parameters(["a", "b"], [0, 0], [1, 1], lower=[-9, -0.2], upper=[9, 0.2]))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"max_generations": 0}, "max_generations"),
        ({"flat_generations": 2.5}, "flat_generations"),
        ({"min_spread": 0.0}, "min_spread"),
        ({"min_loss_range": -1.0}, "min_loss_range"),
        ({"target_loss": math.nan}, "target_loss"),
    ],
)
def test_stop_criteria_out_of_range_are_named(settings, named):
    with pytest.raises(ValueError, match=named):
        Stopping(**settings)


def test_pycma_is_bounded_where_its_private_parts_are_used():
    """Its next major version may spread otherwise, without an error."""
    settings = configparser.ConfigParser()
    settings.read(Path(__file__).parents[2] / "setup.cfg")
    required = settings["options"]["install_requires"].split("\n")
    assert "cma >=4.0,<5" in required
    assert importlib.metadata.version("cma").startswith("4.")
