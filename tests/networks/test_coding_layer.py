"""The layer of coding neurons: a reference implementation step by step, closed forms, behaviour."""

import pickle
import re
from functools import partial

import numpy as np
import pytest
from balance_cases import (
    CASES,
    N_X,
    N_Z,
    NEURON_RATES,
    SIDE,
    in_order_of_synapses,
    initial_weights,
    input_names,
    inputs_of,
    output_names,
    reference,
    watched_network,
)
from brian2 import Hz, defaultclock, ms

from bionet.devices import compile_network
from bionet.models import ESCAPE_NOISE_LIF, ESCAPE_NOISE_LIF_UNSCALED_BIAS, LearningScheme
from bionet.networks import dendritic_balance_network, somatic_balance_network
from bionet.stimuli import correlated_bars

# Some thousand additions, in another order than NumPy's; one wrong term of an update is far more.
ROUNDING_TOLERANCE = 1e-9
# Of sums that cancel, such as a potential in balance; weights and images are of order 1.
CANCELLATION = 1e-11
# Bias and rate obey rate = rho - (b(T) - b(0))/(eta_b dt T), which leaves at most 3 % here.
RATE_TOLERANCE = 0.05
# What the weights change by: far above the tolerances, however often they change.
SMALLEST_CHANGE, TYPICAL_CHANGE = 1e-5, 0.02


@pytest.fixture(scope="module")
def compiled():
    """Return the function that compiles a case, once."""
    networks = {}

    def of(name):
        if name not in networks:
            case = CASES[name]
            networks[name] = compile_network(
                partial(watched_network, case),
                case.duration,
                device=case.device,
                inputs=input_names(case),
                outputs=output_names(case),
            )
        return networks[name]

    return of


@pytest.fixture(scope="module")
def simulated(compiled):
    """Return the function that gives a case's outcome, run once."""
    outcomes = {}

    def of(name):
        if name not in outcomes:
            outcomes[name] = compiled(name)(inputs_of(name), seed=3)
        return outcomes[name]

    return of


@pytest.fixture(scope="module")
def expected(simulated):
    """Return the function that gives what the reference makes of a case's images and spikes."""
    results = {}

    def of(name):
        if name not in results:
            results[name] = reference(name, simulated(name))
        return results[name]

    return of


def assert_close(actual, desired, name):
    np.testing.assert_allclose(
        actual, desired, rtol=ROUNDING_TOLERANCE, atol=CANCELLATION, err_msg=name
    )


every_scheme = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.compiles if case.device == "cpp" else ())
        for name, case in CASES.items()
    ],
)


@every_scheme
def test_cases_are_worth_comparing(name, simulated, expected):
    """Behaviour: every neuron spikes before and after learning ends, every weight changes."""
    outcome, result, start = simulated(name), expected(name), initial_weights(name)
    assert outcome["coding.test_spike_count"].min() >= 3
    assert outcome["coding.spike_count"].min() >= 40
    # sgn(0) = 0: with weight decay a dendrite without a weight stays without
    zero = start["F"] == 0
    stays = {"F": zero, "W": zero[:, :, None]} if name == "decay" else {}
    for weight, array in start.items():
        change = np.where(stays.get(weight, False), np.inf, np.abs(result[weight] - array))
        assert change.min() > SMALLEST_CHANGE, weight
        assert np.median(change) > TYPICAL_CHANGE, weight


@every_scheme
def test_every_step_is_that_of_the_reference(name, simulated, expected):
    """Reference implementation: potentials, own inhibition, traces, thresholds, probabilities."""
    outcome, result = simulated(name), expected(name)
    for state in ("u", "W_self", "z", "b", "spike_probability"):
        assert_close(outcome[f"states.{state}"].T, result[state], state)
    assert_close(outcome["states.Du"].T, result["Du"][:, None] * np.ones(N_Z), "Du")
    assert_close(outcome["shown.reconstruction"].T, result["reconstruction"], "reconstruction")


@every_scheme
def test_what_was_learned_is_that_of_the_reference(name, simulated, expected):
    """Reference implementation: all weights and biases, the score, spikes counted."""
    outcome, result = simulated(name), expected(name)
    for weight in initial_weights(name):
        owner = "inhibition" if weight == "W" else "feedforward"
        desired = in_order_of_synapses(weight, result[weight])
        assert_close(outcome[f"{owner}.{weight}"], desired, weight)
    assert_close(outcome["coding.b"], result["b_end"], "b")
    assert_close(outcome["input.squared_error"], result["squared_error"], "squared_error")
    spikes, learning_steps = result["spikes"], CASES[name].learning_steps
    np.testing.assert_array_equal(outcome["coding.spike_count"], spikes.sum(axis=0))
    np.testing.assert_array_equal(
        outcome["coding.test_spike_count"], spikes[learning_steps:].sum(axis=0)
    )


@every_scheme
def test_nothing_changes_while_it_does_not_learn(name, compiled):
    """Behaviour: weights and thresholds of a network that is only tested stay as given."""
    inputs = inputs_of(name, coding__learn_until=0.0)
    outcome = compiled(name).lasting(0.5)(inputs, seed=3)
    assert outcome["coding.spike_count"].sum() > 0
    kept = [name for name in outcome.values if name in inputs]
    assert {"feedforward.F", "feedforward.D", "coding.b"} <= set(kept)
    for variable in kept:
        np.testing.assert_array_equal(outcome[variable], inputs[variable], err_msg=variable)
    assert np.all(outcome["states.Du"] == NEURON_RATES["Du_start"])
    np.testing.assert_array_equal(outcome["coding.test_spike_count"], outcome["coding.spike_count"])


@pytest.mark.compiles
def test_same_seed_same_arrays_other_seed_other_spikes(compiled):
    """Behaviour."""
    network, inputs = compiled("analytic").lasting(1.0), inputs_of("analytic")
    first, again, other = (network(inputs, seed=seed) for seed in (5, 5, 6))
    for name in first.values:
        np.testing.assert_array_equal(first[name], again[name], err_msg=name)
    assert not np.array_equal(first["spikes.t"], other["spikes.t"])
    assert not np.array_equal(first["shown.x"], other["shown.x"])


@pytest.mark.compiles
def test_thresholds_bring_every_rate_to_the_target(compiled):
    """Published claim: rates settle at rho, from thresholds far too low and far too high."""
    seconds, rho = 20.0, 25.0
    inputs = inputs_of(
        "analytic",
        coding__learn_until=seconds,
        coding__rho=rho,
        coding__eta_b=200.0,
        coding__b=np.linspace(-4, 1, N_Z),
    )
    outcome = compiled("analytic").lasting(seconds)(inputs, seed=1)
    rates = outcome["coding.spike_count"] / seconds
    np.testing.assert_allclose(rates, rho, rtol=RATE_TOLERANCE)


@pytest.mark.compiles
def test_decoder_and_feedforward_weights_learn_alike(compiled):
    """Closed form: with one rate and one start F = D, hence W = -F F^T.

    In the test phase, where nothing changes any more, I = W z and W_jj = -|F_j|^2 at every step.
    """
    inputs = inputs_of(
        "analytic",
        feedforward__eta_F=2.0,
        feedforward__F=0.0,
        feedforward__D=0.0,
        coding__learn_until=2.0,
    )
    outcome = compiled("analytic").lasting(2.5)(inputs, seed=2)
    F = outcome["feedforward.F"].reshape(N_X, N_Z).T
    assert F.max() > 0.3
    assert_close(outcome["feedforward.D"], outcome["feedforward.F"], "D")
    W, tested = -F @ F.T, slice(2100, None)
    assert_close(outcome["states.I"][:, tested], W @ outcome["states.z"][:, tested], "I")
    own = outcome["states.W_self"][:, tested]
    assert_close(own, np.broadcast_to(np.diag(W)[:, None], own.shape), "W_self")


@every_scheme
def test_stochasticity_is_annealed_until_learning_ends(name, simulated):
    """Closed form: Du(t) = Du_end + (Du_start - Du_end) exp(-2 eta_s t), then constant."""
    case = CASES[name]
    t = np.minimum(
        np.arange(round(case.duration / case.step)) * case.step, case.training_images / 10
    )
    start, end, eta_s = (NEURON_RATES[key] for key in ("Du_start", "Du_end", "eta_s"))
    for recorded in simulated(name)["states.Du"]:
        assert_close(recorded, end + (start - end) * np.exp(-2 * eta_s * t), "Du")


def one_step_probability(neuron, **values):
    neurons = neuron.group(3, name="neurons")
    for variable, value in values.items():
        setattr(neurons, variable, value)
    return np.array(neurons.spike_probability[:])


def test_bias_counts_before_or_after_the_division_by_the_stochasticity():
    """Closed form: P = sig((u + W_jj/4 + b)/Du), unscaled P = sig((u + W_jj/4)/Du + b)."""
    b = np.array([-2.0, 0.0, 1.5])
    values = {"I": 0.3, "W_self": -0.8, "b": b, "Du_start": 0.25, "Du_end": 0.25}
    scaled = one_step_probability(ESCAPE_NOISE_LIF, **values)
    unscaled = one_step_probability(ESCAPE_NOISE_LIF_UNSCALED_BIAS, **values)
    assert_close(scaled, 1 / (1 + np.exp(-(0.1 + b) / 0.25)), "scaled")
    assert_close(unscaled, 1 / (1 + np.exp(-(0.4 + b))), "unscaled")


def test_twin_learns_by_somatic_balance():
    """Behaviour: inhibition goes from neuron to neuron, none to dendrites."""
    twin = somatic_balance_network(correlated_bars(SIDE), N_Z, step=2 * ms)
    assert len(twin["inhibition"]) == N_Z**2
    assert twin["inhibition"].target is twin["coding"]
    assert "spikes" not in [part.name for part in twin.objects]


@pytest.mark.parametrize("n_coding", [0, -2, 2.5])
def test_refuses_a_layer_without_neurons(n_coding):
    with pytest.raises(
        ValueError, match=f"n_coding must be a positive whole number, got {n_coding}"
    ):
        dendritic_balance_network(correlated_bars(SIDE), n_coding)


@pytest.mark.parametrize("step", [0.001, 1 * Hz, 0 * ms, -1 * ms, 10.5 * ms])
def test_refuses_a_step_that_is_no_part_of_an_image(step):
    with pytest.raises(ValueError, match="step must be a time of at most a tenth of an image"):
        dendritic_balance_network(correlated_bars(SIDE), N_Z, step=step)


def test_scheme_refuses_an_unknown_place_of_inhibition():
    with pytest.raises(ValueError, match=r"one of decoder, soma, dendrite; got 'axon'"):
        LearningScheme(name="x", inhibition="axon", feedforward="F += 1")


@pytest.mark.parametrize(("inhibition", "lateral"), [("decoder", "W += 1"), ("soma", "")])
def test_scheme_refuses_inhibition_without_a_rule_and_a_rule_without_inhibition(
    inhibition, lateral
):
    message = f"'x' has inhibition '{inhibition}' and lateral '{lateral}'"
    with pytest.raises(ValueError, match=re.escape(message)):
        LearningScheme(name="x", inhibition=inhibition, feedforward="F += 1", lateral=lateral)


def test_scheme_refuses_a_parameter_that_no_statement_names():
    with pytest.raises(ValueError, match=r"scheme 'x' has a parameter 'eta_G' .* they name eta_F"):
        LearningScheme(
            name="x",
            inhibition="decoder",
            feedforward="F += eta_F",
            parameters={"eta_F": "Hz", "eta_G": "Hz"},
        )


@every_scheme
def test_schemes_pickle_and_know_whose_their_coefficients_are(name):
    """Behaviour."""
    scheme = CASES[name].scheme
    assert pickle.loads(pickle.dumps(scheme)) == scheme
    assert scheme.name == name
    lateral = scheme.parameters_of(scheme.lateral)
    assert lateral == ({"eta_W": "Hz"} if scheme.lateral else {})
    assert set(scheme.parameters) == set(CASES[name].rates)


def test_the_default_clock_is_left_alone():
    """Behaviour: the layer has a clock of its own."""
    before = float(defaultclock.dt)
    network = dendritic_balance_network(correlated_bars(SIDE), N_Z, step=2 * ms)
    assert float(defaultclock.dt) == before
    assert {float(obj.clock.dt) for obj in network.objects} == {0.002}
