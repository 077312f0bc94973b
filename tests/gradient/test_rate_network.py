"""Rate networks and their training: closed forms, reference implementation by hand, behaviour."""

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

import jax
import optax

from bionet.gradient import DivergedError
from bionet.gradient.feedback import (
    BACKPROPAGATION,
    FEEDBACK_ALIGNMENT,
    FEEDBACK_RULES,
    KOLEN_POLLACK,
    WEIGHT_MIRROR,
)
from bionet.gradient.mirror import MirrorRule
from bionet.gradient.rate_network import RateNetwork
from bionet.gradient.rate_training import RateTrainer, decaying

#: Single precision over some tens of additions.
ROUNDING = 1e-5
#: Standard errors that a variance of random numbers may be off: one test in 10^6 would fail.
SIGMAS = 5

SIZES = (7, 5, 4, 3)
DEVICE = jax.devices()[:1]


def phi(a):
    return 1 / (1 + np.exp(-a))


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(2)
    return rng.random((24, 7)).astype("f"), rng.integers(0, 3, 24).astype(np.int32)


def test_loss_and_errors_of_feedback_alignment_by_hand(samples):
    """Reference: numpy, double precision. The output's error is phi - target, then it goes by B."""
    network = RateNetwork(SIZES, FEEDBACK_ALIGNMENT)
    p = {name: value.astype(float) for name, value in network.initial(1).items()}
    x, labels = samples
    target = np.eye(3)[labels]
    a1 = x @ p["layer_1.w"] + p["layer_1.bias"]
    a2 = phi(a1) @ p["layer_2.w"] + p["layer_2.bias"]
    a3 = phi(a2) @ p["layer_3.w"] + p["layer_3.bias"]
    loss = -(target * np.log(phi(a3)) + (1 - target) * np.log(1 - phi(a3))).sum(axis=1)
    found = network.losses(network.initial(1), x, labels)
    np.testing.assert_allclose(found, loss, rtol=ROUNDING)
    d3 = phi(a3) - target
    d2 = (d3 @ p["layer_3.feedback"]) * phi(a2) * (1 - phi(a2))
    d1 = (d2 @ p["layer_2.feedback"]) * phi(a1) * (1 - phi(a1))
    for delta, expected in zip(
        network.deltas(network.initial(1), x, labels), (d1, d2, d3), strict=True
    ):
        np.testing.assert_allclose(delta, expected, rtol=0, atol=ROUNDING)


def test_networks_begin_alike_whatever_the_rule():
    """Weights and biases are the same; all have variance 1/(n + m)."""
    first = RateNetwork((300, 200), BACKPROPAGATION).initial([4, 1])
    for rule in FEEDBACK_RULES.values():
        own = RateNetwork((300, 200), rule).initial([4, 1])
        for name, value in first.items():
            np.testing.assert_array_equal(own[name], value)
        assert ("layer_1.feedback" in own) is rule.has_weights
        for name, value in own.items():
            error = SIGMAS * np.sqrt(2 / value.size)
            assert value.var() * 500 == pytest.approx(1, rel=error), name
    assert (RateNetwork((300, 200)).initial([4, 2])["layer_1.w"] != first["layer_1.w"]).any()


def test_angles_of_backpropagation_are_zero_and_those_of_its_negative_180(samples):
    """Closed form."""
    network = RateNetwork(SIZES, FEEDBACK_ALIGNMENT)
    parameters = network.initial(3)
    for sign, expected in ((1, 0.0), (-1, 180.0)):
        for k in (1, 2, 3):
            parameters[f"layer_{k}.feedback"] = sign * parameters[f"layer_{k}.w"].T
        np.testing.assert_allclose(network.weight_angles(parameters), [expected] * 3, atol=1e-3)
        # two layers of negative feedback: the error of the lower one has its sign again
        deltas = network.delta_angles(parameters, *samples)
        np.testing.assert_allclose(deltas, [0.0, expected], atol=1e-3)


@pytest.mark.parametrize(("optimiser", "decay"), [("sgd", 0.05), ("adam", 0.05), ("sgd", 0.0)])
def test_kolen_pollack_makes_feedback_the_transposed_weights(samples, optimiser, decay):
    """Closed form: W - B^T shrinks by 1 - lambda in each update, whatever the gradients are."""
    network = RateNetwork((7, 5, 3), KOLEN_POLLACK)
    rate = getattr(optax, optimiser)(0.01)
    trainer = RateTrainer(
        network, decaying(rate, decay, (".w", ".feedback")), batch=8, devices=DEVICE
    )
    before = network.initial(1)
    state = trainer.begun({name: value[None] for name, value in before.items()})
    for number in (1, 2):  # of three batches each
        state, _ = trainer.epoch(state, *samples, seed=1, number=number, seeds=[0])
    for k in (1, 2):
        w, b = (np.asarray(state.parameters[f"layer_{k}.{kind}"][0]) for kind in ("w", "feedback"))
        old = before[f"layer_{k}.w"] - before[f"layer_{k}.feedback"].T
        np.testing.assert_allclose(w - b.T, (1 - decay) ** 6 * old, rtol=0, atol=ROUNDING)
        assert np.abs(w - before[f"layer_{k}.w"]).max() > 100 * ROUNDING  # something was learned
    bias = state.parameters["layer_1.bias"][0]
    assert np.abs(bias - before["layer_1.bias"]).max() < 0.1  # 0.26 of it would have decayed


def test_feedback_that_errors_teach_nothing_stays(samples):
    """Under decay of weights, too; of the mirror it is the noise alone that changes it."""
    for rule, mirror in ((FEEDBACK_ALIGNMENT, None), (WEIGHT_MIRROR, MirrorRule(1e-30))):
        network = RateNetwork((7, 5, 3), rule)
        trainer = RateTrainer(network, optax.adam(0.01), batch=8, mirror=mirror, devices=DEVICE)
        before = network.initial(1)
        state = trainer.begun({name: value[None] for name, value in before.items()})
        state, _ = trainer.epoch(state, *samples, seed=1, number=1, seeds=[0])
        found = state.parameters
        np.testing.assert_array_equal(found["layer_2.feedback"][0], before["layer_2.feedback"])
        assert (found["layer_2.w"][0] != before["layer_2.w"]).all()


def test_a_mirror_phase_turns_feedback_towards_the_weights():
    """From at random, about 90 degrees, to the angle that the noise leaves; the weights stay."""
    network = RateNetwork((20, 10), WEIGHT_MIRROR)
    trainer = RateTrainer(
        network,
        optax.sgd(0.1),
        batch=100,
        mirror=MirrorRule(0.01, 0.05, centred=True),
        amplitude=0.5,
        devices=DEVICE,
    )
    seeds = [0, 1]
    each = [network.initial(seed) for seed in seeds]
    begun = trainer.begun({name: np.stack([p[name] for p in each]) for name in each[0]})
    state = trainer.mirrored(begun, seed=1, number=0, seeds=seeds, batches=200)
    x, labels = np.ones((1, 20), "f"), np.zeros(1, np.int32)
    before, after = (trainer.angles(s, x, labels)[0] for s in (begun, state))
    assert (before > 60).all()
    assert (after < 15).all()
    np.testing.assert_array_equal(state.parameters["layer_1.w"], begun.parameters["layer_1.w"])
    # each network has noise of its own, by its seed and not by its place
    alone = trainer.begun({name: value[None] for name, value in each[1].items()})
    alone = trainer.mirrored(alone, seed=1, number=0, seeds=[1], batches=200)
    for name, value in alone.parameters.items():
        np.testing.assert_array_equal(value[0], state.parameters[name][1])


def test_learning_what_is_refused(samples):
    """Numbers that make no sense at construction, too few samples, losses that are no numbers."""
    network = RateNetwork((7, 5, 3), WEIGHT_MIRROR)
    with pytest.raises(ValueError, match="the weight mirror needs a MirrorRule"):
        RateTrainer(network, optax.sgd(0.1))
    with pytest.raises(ValueError, match="batch must be at least 1; found 0"):
        RateTrainer(RateNetwork((7, 3)), optax.sgd(0.1), batch=0)
    with pytest.raises(ValueError, match="amplitude must be positive; found 0"):
        RateTrainer(network, optax.sgd(0.1), mirror=MirrorRule(0.1), amplitude=0)
    with pytest.raises(ValueError, match=r"sizes must be two or more, each at least 1; found \(7,"):
        RateNetwork((7, 0, 3))
    with pytest.raises(ValueError, match="rule must be a feedback rule; found 'random'"):
        RateNetwork((7, 3), "random")
    with pytest.raises(ValueError, match=r"decay must lie in \[0, 1\); found 1"):
        decaying(optax.sgd(0.1), 1, (".w",))
    trainer = RateTrainer(RateNetwork((7, 3)), optax.sgd(0.1), batch=8, devices=DEVICE)
    parameters = {k: v[None].copy() for k, v in RateNetwork((7, 3)).initial(1).items()}
    state = trainer.begun(parameters)
    with pytest.raises(ValueError, match="a batch of 8 is not filled by 4 samples"):
        trainer.epoch(state, *(a[:4] for a in samples), seed=1, number=1, seeds=[0])
    parameters["layer_1.bias"][0, 1] = np.inf
    with pytest.raises(DivergedError) as diverged:
        trainer.epoch(trainer.begun(parameters), *samples, seed=1, number=4, seeds=[0])
    assert (diverged.value.epoch, diverged.value.batch, diverged.value.network) == (4, 1, None)
