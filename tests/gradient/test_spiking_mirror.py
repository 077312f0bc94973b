"""Weight mirror of spiking layers: closed form for readouts, Stein's lemma for neurons."""

import numpy as np
import pytest

pytest.importorskip("jax")

import jax
from brian2 import ms

from bionet.gradient import Connection, DifferentiableNetwork, Layer
from bionet.gradient.alignment import angle
from bionet.gradient.feedback import FEEDBACK_ALIGNMENT, WEIGHT_MIRROR
from bionet.gradient.mirror import MirrorRule
from bionet.gradient.spiking_mirror import SpikingMirror
from bionet.models import LEAKY_READOUT, UNIT_LIF

#: Standard errors that a mean of random numbers may be off: one test in 10^6 would fail.
SIGMAS = 5
STEPS = 30


def network(feedback=WEIGHT_MIRROR):
    return DifferentiableNetwork(
        [Layer("hidden", UNIT_LIF, 8), Layer("other", UNIT_LIF, 6), Layer("out", LEAKY_READOUT, 3)],
        [
            Connection("input", "hidden", "I"),
            Connection("hidden", "other", "I", delay=1, feedback=feedback),
            Connection("other", "out", "I", feedback=feedback),
        ],
        inputs=4,
        dt=1 * ms,
        record=["out.v"],
    )


@pytest.fixture(scope="module")
def parameters():
    rng = np.random.default_rng(1)
    shapes = {**network().weights, **network().feedback_weights}
    return {name: rng.normal(0, 0.3, shape).astype("f") for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def mirrored(parameters):
    """Feedback weights that were zero, after one large batch of noise at rate 1."""
    mirror = SpikingMirror(
        network(), MirrorRule(1.0, 1.0), amplitude=0.6, tau=10 * ms, steps=STEPS, batch=4000
    )
    return mirror.updated(parameters, jax.random.key(3))


def test_a_readout_is_mirrored_as_its_closed_form_has_it(parameters, mirrored):
    """E[sum of v_i(t) r_j(t)] = sigma^2 W_ji sum over t, and s <= t, of kappa_v(s) kappa_r(s).

    A spike adds 1 to I after the update of its step, so that with a = exp(-dt/tau_syn) and
    b = exp(-dt/tau_mem) v is W sum of a^i b^(s-1-i), i < s, after s steps; r is exp(-s dt/tau).
    """
    a, b = np.exp(-1 / 5), np.exp(-1 / 10)
    kappa_v = np.array([sum(a**i * b ** (s - 1 - i) for i in range(s)) for s in range(STEPS)])
    shared = kappa_v * np.exp(-np.arange(STEPS) / 10)
    gain = 4000 * 0.6**2 * shared.cumsum().sum()
    found, w = np.asarray(mirrored["other_out.feedback"]), parameters["other_out.w"]
    # the sum over t of one sample is of the order of its own mean of all weights' shares
    spread = gain * np.sqrt((w**2).sum(axis=0) / 4000)[:, None]
    assert (np.abs(found - gain * w.T) < SIGMAS * spread).all()
    assert (gain * np.abs(w.T) > SIGMAS * spread).mean() > 0.5  # the bound says something


def test_rows_of_spiking_targets_point_where_their_weights_do(parameters, mirrored):
    """Statistical: each target's row, up to a positive factor of its own; nothing else changes."""
    w = parameters["hidden_other.w"]
    for row, weights in zip(mirrored["hidden_other.feedback"], w.T, strict=True):
        # at random in 8 dimensions 6 rows below 20 degrees have a probability below 1e-18
        assert float(angle(row, weights)) < 20
    for name, value in parameters.items():
        if not name.endswith(".feedback"):
            assert mirrored[name] is value


def test_what_cannot_be_mirrored_is_refused():
    options = {"amplitude": 0.5, "tau": 10 * ms, "steps": 5, "batch": 2}
    with pytest.raises(ValueError, match="no connection of the network has a weight mirror"):
        SpikingMirror(network(FEEDBACK_ALIGNMENT), MirrorRule(1.0), **options)
    with pytest.raises(ValueError, match="amplitude must be positive; found 0"):
        SpikingMirror(network(), MirrorRule(1.0), **{**options, "amplitude": 0})
    with pytest.raises(ValueError, match="steps must be positive; found 0"):
        SpikingMirror(network(), MirrorRule(1.0), **{**options, "steps": 0})
