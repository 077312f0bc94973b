"""Plasticity rules in closed form: one pair of spikes, the bounds, Vogels et al. as an instance."""

import math

import numpy as np
import pytest
from brian2 import Hz, Network, NeuronGroup, ms, second

from bionet.mean_field import PolynomialRule, inhibitory_fixed_point
from bionet.models import POLYNOMIAL_PLASTICITY, NeuronModel, inhibitory_plasticity

STEP = 1e-4

# A handful of additions, and some hundred multiplications for a trace.
ROUNDING_TOLERANCE = 1e-10

SPIKES_AT_A_TIME = NeuronModel(
    equations="g : 1\nspike_at : second (constant)",
    threshold="t >= spike_at - dt/2 and t < spike_at + dt/2",
    reset="",
)


def pair(pre_at, post_at, rule, delay=0.1 * ms):
    """Return weight and postsynaptic conductance after one spike of each neuron (times in s)."""
    source = rule.extend_source(SPIKES_AT_A_TIME, "plastic").group(1, name="source")
    target = rule.extend_target(SPIKES_AT_A_TIME, "plastic").group(1, name="target")
    source.spike_at, target.spike_at = pre_at * second, post_at * second
    synapses = rule.synapses(
        source,
        target,
        name="plastic",
        target_variable="g",
        delay={"pre": delay, "post": 0 * ms},
    )
    synapses.connect()
    holders = {"source": source, "target": target}
    for name, value in rule.parameters.items():
        if name in rule.carried:
            side, variable = rule.carried[name].format(name="plastic").split(".")
            setattr(holders[side], variable, value)
        else:
            setattr(synapses, name, value)
    synapses.w = "w_initial"
    Network(source, target, synapses).run(100 * ms, namespace={})
    return float(synapses.w[0]), float(target.g[0])


RULE = POLYNOMIAL_PLASTICITY.replaced(
    alpha=0.1,
    beta=0.03,
    kappa=-0.2,
    gamma=0.5,
    tau_pre=20 * ms,
    tau_post=10 * ms,
    w_initial=0.4,
    w_max=2.0,
)


def decayed(tau, seconds):
    """Return an Euler trace `seconds` after its jump to 1."""
    return (1 - STEP / tau) ** round(seconds / STEP)


def test_pre_before_post():
    """Alpha at the arrival, beta + gamma z_pre at the later postsynaptic spike."""
    w, g = pair(0.010, 0.025, RULE)
    expected = 0.4 + 0.1 + 0.03 + 0.5 * decayed(0.020, 0.015)
    assert w == pytest.approx(expected, rel=ROUNDING_TOLERANCE)
    assert g == 0.4


def test_post_before_pre():
    """Beta at the postsynaptic spike, alpha + kappa z_post where the later one arrives."""
    w, g = pair(0.025, 0.010, RULE)
    before = 0.4 + 0.03
    assert w == pytest.approx(before + 0.1 - 0.2 * decayed(0.010, 0.0151), rel=ROUNDING_TOLERANCE)
    # the old weight is what the spike transmits
    assert g == pytest.approx(before, rel=ROUNDING_TOLERANCE)


def test_spikes_of_one_step_do_not_see_each_other():
    """Arrival and postsynaptic spike in one step: both read the traces before this step's jumps."""
    w, g = pair(0.0100, 0.0101, RULE)
    # z_pre jumped one step before the postsynaptic spike; z_post has not jumped yet
    assert w == pytest.approx(0.4 + 0.1 + 0.03 + 0.5 * decayed(0.020, STEP))
    assert g == 0.4


@pytest.mark.parametrize(("alpha", "bound"), [(5.0, 2.0), (-5.0, 0.25)])
def test_weights_are_clipped_at_both_bounds(alpha, bound):
    rule = POLYNOMIAL_PLASTICITY.replaced(alpha=alpha, w_initial=0.4, w_min=0.25, w_max=2.0)
    w, g = pair(0.010, 10.0, rule)
    assert w == bound
    assert g == 0.4


def test_inhibitory_plasticity_is_the_rule_of_vogels_2011():
    """Published claim: dw = eta (z_post - 2 rho tau) at a pre, eta z_pre at a post spike."""
    parameters = inhibitory_plasticity(5 * Hz, eta=0.01, tau=25 * ms).parameters
    assert parameters["alpha"] == pytest.approx(-2 * 0.01 * 5 * 0.025)
    assert parameters["beta"] == 0
    assert parameters["kappa"] == parameters["gamma"] == 0.01
    assert float(parameters["tau_pre"]) == float(parameters["tau_post"]) == pytest.approx(0.025)


@pytest.mark.parametrize("rate", [1.0, 3.0, 10.0])
def test_mean_field_of_inhibitory_plasticity_is_its_target_rate(rate):
    """Published claim: excitatory neurons settle at the target rate, whatever inhibition does."""
    p = inhibitory_plasticity(rate * Hz).parameters
    rule = PolynomialRule(
        **{name: float(p[name]) for name in ("alpha", "beta", "kappa", "gamma")},
        tau_pre=float(p["tau_pre"]),
        tau_post=float(p["tau_post"]),
    )
    for inhibitory_rate in (5.0, 30.0):
        point = inhibitory_fixed_point(rule, inhibitory_rate)
        assert point.rate == pytest.approx(rate)
        assert point.stable


def test_trace_constants_reach_the_neurons_that_decay():
    """Closed form: traces of the same spike decay with tau_pre and tau_post, Euler."""
    model = RULE.extend_target(RULE.extend_source(SPIKES_AT_A_TIME, "p"), "p")
    group = model.group(1, name="cells")
    group.spike_at = 10 * ms
    group.p_tau_source, group.p_tau_target = 20 * ms, 7 * ms
    assert isinstance(group, NeuronGroup)
    Network(group).run(30 * ms, namespace={})
    steps_after = 30e-3 - 10e-3 - STEP
    np.testing.assert_allclose(group.p_z_source[0], decayed(0.020, steps_after))
    np.testing.assert_allclose(group.p_z_target[0], decayed(0.007, steps_after))
    assert math.isclose(float(group.g[0]), 0.0)
