"""A rule that learns at presynaptic spikes only: its values reach the network (closed form)."""

import numpy as np
import pytest
from brian2 import ms, mV

from bionet.devices import compile_network
from bionet.models import POLYNOMIAL_PLASTICITY, SynapseModel
from bionet.networks import Recording, balanced_network

N_EXC = 8
A, BOUND, INITIAL = 0.01, 1.0, 0.3
# Some dozen additions and a clip.
ROUNDING_TOLERANCE = 1e-12

POTENTIATION = SynapseModel(
    equations="""
    w : {weight}
    w_initial : {weight} (shared, constant)
    w_max : {weight} (shared, constant)
    a : {weight} (shared, constant)
    """,
    on_pre="""
    {target} += w
    w = clip(w + a, 0, w_max)
    """,
    parameters={"a": A, "w_initial": 0.0, "w_max": BOUND},
    name="potentiation",
)
WITHOUT_INITIAL = SynapseModel("w : {weight}", on_pre="{target} += w; w += 0.5", name="growth")


def network(rule=POTENTIATION, replicas=1):
    return balanced_network(
        n_exc=N_EXC,
        n_inh=2,
        connection_probability=1.0,
        w_ee=INITIAL,
        w_ie=0.0,
        background=30 * mV,
        delay=0 * ms,
        plasticity={"ee": rule},
        replicas=replicas,
        recording=Recording(weights=4, weight_interval=50 * ms),
    )


def runtime(build, *inputs):
    return compile_network(
        build,
        0.06,
        device="runtime",
        inputs=list(inputs),
        outputs=["ee.w", "ee.i", "exc.spike_count", "ee_weights.w"],
    )


@pytest.fixture(scope="module")
def learning():
    return runtime(network, "ee.w_initial", "ee.a", "ee.w_max")


def expected(outcome, initial=INITIAL, a=A, bound=BOUND):
    """Each spike of its presynaptic neuron adds a to a weight."""
    spikes = outcome["exc.spike_count"][outcome["ee.i"]]
    assert spikes.min() >= 2
    return np.minimum(initial + a * spikes, bound)


def test_the_defaults_reach_the_network(learning):
    outcome = learning({}, seed=1)
    np.testing.assert_allclose(outcome["ee.w"], expected(outcome), rtol=ROUNDING_TOLERANCE)
    np.testing.assert_allclose(outcome["ee_weights.w"][:, 0], INITIAL)


def test_the_inputs_reach_the_network(learning):
    values = {"ee.w_initial": 0.5, "ee.a": 0.1, "ee.w_max": 0.55}
    outcome = learning(values, seed=1)
    weights = expected(outcome, 0.5, 0.1, 0.55)
    np.testing.assert_allclose(outcome["ee.w"], weights, rtol=ROUNDING_TOLERANCE)


def test_each_replica_has_its_own_coefficients():
    both = runtime(lambda: network(replicas=2), "ee.w_initial", "ee.a")
    outcome = both({"ee.w_initial": [0.1, 0.4], "ee.a": [0.02, 0.03]}, seed=1)
    second = outcome["ee.i"] >= N_EXC
    weights = expected(outcome, np.where(second, 0.4, 0.1), np.where(second, 0.03, 0.02))
    np.testing.assert_allclose(outcome["ee.w"], weights, rtol=ROUNDING_TOLERANCE)


def test_a_rule_without_an_initial_weight_starts_at_the_projection_s():
    outcome = runtime(lambda: network(WITHOUT_INITIAL))({}, seed=1)
    weights = expected(outcome, INITIAL, 0.5, np.inf)
    np.testing.assert_allclose(outcome["ee.w"], weights, rtol=ROUNDING_TOLERANCE)


def test_an_initial_weight_that_would_have_no_effect_is_refused():
    rule = POLYNOMIAL_PLASTICITY.replaced(w_initial=0.5)
    with pytest.raises(ValueError, match=r"'ee': w_ee sets .* w_initial = 0.5 of .*polynomial"):
        network(rule)
