"""Online learning from spikes: closed forms of the rules, a reference implementation, behaviour."""

import math

import numpy as np
import pytest
from brian2 import ms

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from bionet.gradient.mismatch_rules import BraunVogels, SurrogateMismatch, Vanilla
from bionet.gradient.neuron import DifferentiableNeuron
from bionet.gradient.spike_matching import DRAWN_TOGETHER, SpikeMatching
from bionet.gradient.surrogates import fast_sigmoid
from bionet.models import DOUBLE_EXPONENTIAL_LIF

# Some hundred multiplications in double precision; Adam divides by the root of its second moment.
ROUNDING = 1e-9

INPUTS, TEACHERS, STEPS = 5, 2, 10 * DRAWN_TOGETHER
RATES = {"w": 1e-3, "tau_m": 2e-5, "v_reset": 1e-3}
RULES = [Vanilla(), BraunVogels(), SurrogateMismatch(0.5)]
BOUNDS = {"v_reset": (-0.22, -0.18)}
PROBABILITY = np.full(INPUTS, 0.05)


def lif():
    return DifferentiableNeuron(DOUBLE_EXPONENTIAL_LIF, 1 * ms, fast_sigmoid(), driven=("s",))


@pytest.fixture(scope="module")
def matching():
    return SpikeMatching(lif(), "s", RULES, rates=RATES, bounds=BOUNDS, probability=PROBABILITY)


def beginning():
    """Return students, one a rule and teacher, and teachers."""
    rng = np.random.default_rng(3)
    shape = (len(RULES), TEACHERS)
    teachers = {
        "w": rng.uniform(0.2, 0.8, (INPUTS, 1, TEACHERS)),
        "tau_m": np.array([[0.02, 0.03]]),
        "tau_s": np.array([[0.005, 0.008]]),
        "v_reset": np.array([[0.0, -0.5]]),
    }
    students = {
        "w": np.repeat(rng.uniform(0.2, 0.8, (INPUTS, 1, TEACHERS)), len(RULES), axis=1),
        "tau_m": np.full(shape, 0.025),
        "tau_s": np.repeat(teachers["tau_s"], len(RULES), axis=0),
        "v_reset": np.full(shape, -0.2),
    }
    return students, teachers


def learned_by(matching, students, teachers, *, parts=1, learn=True, scale=1.0):
    """Return the state after all steps, which are gone through in so many calls."""
    fixed = {"tau_s": jnp.asarray(students["tau_s"])}
    teachers = jax.tree.map(jnp.asarray, teachers)
    state, spikes = matching.initial(students, teachers), 0
    for _ in range(parts):
        state, counts = matching.run(
            state, fixed, teachers, jax.random.key(5), scale, steps=STEPS // parts, learn=learn
        )
        spikes = spikes + np.array(counts)
    return jax.tree.map(np.array, state), spikes


def factor(rule, v, missing, since):
    """Return lambda as papers.md has it, `since` in ms."""
    if rule == "vanilla":
        return 1.0
    if rule == "surrogate":
        return 1 / (1 + 0.5 * abs(v - 1)) ** 2 if missing else 1.0
    return 1000 * (1 - math.exp(math.log(0.5) * (min(75, since) / 500) ** 4))


class Reference:
    """One leaky neuron of Braun & Vogels 2021, written as they do: filters of its spikes."""

    def __init__(self, w, tau_m, tau_s, v_reset):
        self.theta = {"w": w.copy(), "tau_m": tau_m, "v_reset": v_reset}
        self.tau_s = tau_s
        self.slow, self.fast, self.own = np.zeros(len(w)), np.zeros(len(w)), 0.0
        self.slow_by_tau, self.own_by_tau = np.zeros(len(w)), 0.0
        self.weighted, self.v_by_tau = 0.0, 0.0
        self.state = np.zeros(2)  # v and s, with the weights and resets of their time

    def step(self):
        """Go on for 1 ms; return v and its derivatives by w, tau_m and v_reset."""
        tau, s = self.theta["tau_m"], self.tau_s
        slow, fast = math.exp(-1e-3 / tau), math.exp(-1e-3 / s)
        v, current = self.state
        self.v_by_tau = slow * self.v_by_tau + 1e-3 / tau**2 * slow * (v + current)
        self.state = np.array([slow * v + current * (slow - fast), fast * current])
        self.slow, self.fast, self.own = slow * self.slow, fast * self.fast, slow * self.own
        return self.state[0], {
            "w": self.slow - self.fast,
            "tau_m": self.v_by_tau,
            "v_reset": self.own,
        }

    def arrive(self, inputs, spiked):
        """Take the inputs of this step, and reset after an own spike."""
        self.state[1] += self.theta["w"] @ inputs
        self.slow, self.fast = self.slow + inputs, self.fast + inputs
        if spiked:
            self.state[0] += self.theta["v_reset"] - 1
            self.own += 1


def reference(students, teachers, inputs, rule, r, k):
    """Return what one student has learned, and its number of spikes."""
    student, teacher = (
        Reference(each["w"][:, i, k], *(each[n][i, k] for n in ("tau_m", "tau_s", "v_reset")))
        for each, i in ((students, r), (teachers, 0))
    )
    first = {name: 0 * np.asarray(value) for name, value in student.theta.items()}
    second, count, last, spikes = dict(first), 0, None, 0
    for n in range(STEPS):
        (v, slopes), (target_v, _) = student.step(), teacher.step()
        spike, target = v > 1, target_v > 1
        spikes += spike
        if spike != target:
            since = 1e9 if last is None else n - last
            error = factor(rule, v, target, since) * (1 if spike else -1)
            count, last = count + 1, n
            for name, slope in slopes.items():
                first[name] = 0.9 * first[name] + 0.1 * error * slope
                second[name] = 0.999 * second[name] + 0.001 * (error * slope) ** 2
                root = np.sqrt(second[name] / (1 - 0.999**count)) + 1e-8
                move = RATES[name] * first[name] / (1 - 0.9**count) / root
                student.theta[name] = student.theta[name] - move
            student.theta["v_reset"] = np.clip(student.theta["v_reset"], *BOUNDS["v_reset"])
        student.arrive(inputs[n, :, k], spike)
        teacher.arrive(inputs[n, :, k], target)
    return student.theta, spikes, count


def test_agrees_with_the_algorithm_written_out(matching, double_precision):
    """Reference implementation: every student, thousands of steps, some hundred mismatches."""
    students, teachers = beginning()
    state, spikes = learned_by(matching, students, teachers)
    below = np.round(PROBABILITY * 2**16)[None, :, None]
    shape = (DRAWN_TOGETHER, INPUTS, 1, TEACHERS)
    inputs = np.concatenate(
        [
            np.asarray(jax.random.bits(jax.random.fold_in(jax.random.key(5), n), shape, "uint16"))
            for n in range(0, STEPS, DRAWN_TOGETHER)
        ]
    )[:, :, 0]
    inputs = (inputs < below).astype(float)
    bounded = 0
    for r, rule in enumerate(("vanilla", "braun_vogels", "surrogate")):
        for k in range(TEACHERS):
            theta, number, mismatches = reference(students, teachers, inputs, rule, r, k)
            assert mismatches > 20
            assert spikes[0, r, k] == number
            bounded += theta["v_reset"] in BOUNDS["v_reset"]
            np.testing.assert_allclose(state.learned["w"][:, r, k], theta["w"], rtol=ROUNDING)
            for name in ("tau_m", "v_reset"):
                np.testing.assert_allclose(state.learned[name][r, k], theta[name], rtol=ROUNDING)
    assert bounded  # or the bounds would not be tested


def test_a_student_that_is_its_teacher_learns_nothing(matching):
    _, teachers = beginning()
    same = {name: np.repeat(value, len(RULES), axis=-2) for name, value in teachers.items()}
    state, (own, target, both) = learned_by(matching, same, teachers)
    assert own.min() > 5
    np.testing.assert_array_equal(own, both)
    np.testing.assert_array_equal(target, both)
    for name in RATES:
        np.testing.assert_array_equal(state.learned[name], np.float32(same[name]))


def test_nothing_is_learned_without_learning(matching):
    students, teachers = beginning()
    state, (own, _, both) = learned_by(matching, students, teachers, learn=False)
    np.testing.assert_array_equal(state.learned["w"], np.float32(students["w"]))
    assert (own != both).all()


def test_two_calls_are_one(matching):
    """Behaviour: where a run is divided changes no number."""
    students, teachers = beginning()
    whole, spikes = learned_by(matching, students, teachers)
    parts, spikes_of_parts = learned_by(matching, students, teachers, parts=2)
    jax.tree.map(np.testing.assert_array_equal, parts, whole)
    np.testing.assert_array_equal(spikes_of_parts, spikes)


def test_the_scale_multiplies_every_learning_rate(matching):
    students, teachers = beginning()
    small, large = (
        learned_by(matching, students, teachers, scale=scale)[0].learned for scale in (1e-3, 2e-3)
    )
    for name in RATES:
        start = np.float32(students[name])
        moved = np.abs(large[name] - start).max() / np.abs(small[name] - start).max()
        assert moved == pytest.approx(2, rel=0.05)  # hardly any spike differs at such rates


def test_rules_have_their_closed_forms():
    distance, missing = jnp.array([0.2, -0.3, -3.0]), jnp.array([False, True, True])
    since = jnp.array([0.01, 0.075, 20.0])
    np.testing.assert_array_equal(Vanilla().factor(distance, missing, since), 1)
    np.testing.assert_allclose(
        SurrogateMismatch(2.0).factor(distance, missing, since), [1, 1 / 1.6**2, 1 / 49], rtol=1e-6
    )
    most = 1000 * (1 - 0.5 ** (0.15**4))
    np.testing.assert_allclose(
        BraunVogels().factor(distance, missing, since),
        [1000 * (1 - 0.5 ** (0.02**4)), most, most],
        rtol=1e-5,
    )
    assert [rule.name for rule in RULES] == ["vanilla", "braun_vogels", "surrogate 0.5"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rules": []}, "at least one rule"),
        ({"rates": {"w": 0.0}}, "learning rate of 'w' must be positive"),
        ({"rates": {"w": 1.0, "tau": 1.0}}, "'tau' is no parameter"),
        ({"bounds": {"v_reset": (1.0, 0.0)}}, "bounds of 'v_reset' are empty"),
        ({"probability": np.ones(3)}, r"must lie in \[0, 1\)"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, message):
    given = {"rules": RULES, "rates": RATES, "bounds": BOUNDS, "probability": PROBABILITY} | wrong
    rules = given.pop("rules")
    with pytest.raises(ValueError, match=message):
        SpikeMatching(lif(), "s", rules, **given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SurrogateMismatch(-1.0), "slope of a surrogate"),
        (lambda: BraunVogels(half=0.0), "half must be positive"),
        (lambda: BraunVogels(scale=float("inf")), "scale must be positive"),
    ],
)
def test_a_rule_refuses_constants_without_a_meaning(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_steps_without_a_mismatch_do_not_overflow(matching):
    """A year of agreement counts as much as what is remembered at the beginning."""
    students, teachers = beginning()
    with jax.enable_x64(True):
        quiet = {**teachers, "w": np.zeros_like(teachers["w"])}
        same = {**students, "w": np.zeros_like(students["w"])}
        state, _ = learned_by(matching, same, quiet)
    assert state.since.min() > 0
    assert state.since.max() <= 2**30 + 1


@pytest.mark.parametrize("steps", [0, DRAWN_TOGETHER + 1, DRAWN_TOGETHER / 2])
def test_steps_that_would_be_left_out_are_refused(matching, steps):
    students, teachers = beginning()
    with pytest.raises(ValueError, match=f"a multiple of {DRAWN_TOGETHER}; found {steps}"):
        matching.run(
            matching.initial(students, teachers), {}, teachers, jax.random.key(0), steps=steps
        )
