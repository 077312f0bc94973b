"""Small coding layers of every scheme, inputs that change all their weights, the reference."""

import dataclasses

import balance_reference
import numpy as np
from brian2 import Network, StateMonitor, second

from bionet.models import (
    DENDRITIC_BALANCE_ANALYTIC,
    DENDRITIC_BALANCE_DECAY,
    DENDRITIC_BALANCE_SIMULTANEOUS,
    DENDRITIC_BALANCE_SLOW,
    ESCAPE_NOISE_LIF,
    ESCAPE_NOISE_LIF_UNSCALED_BIAS,
    SOMATIC_BALANCE,
    LearningScheme,
    NeuronModel,
)
from bionet.networks import dendritic_balance_network
from bionet.stimuli import correlated_bars

SIDE, N_X, N_Z = 3, 9, 4
IMAGE = 0.1


@dataclasses.dataclass(frozen=True)
class Case:
    """A network of a scheme, and what it is asked to learn with."""

    scheme: LearningScheme
    rates: dict
    device: str = "runtime"
    step: float = 2e-3
    neuron: NeuronModel = ESCAPE_NOISE_LIF
    training_images: int = 41
    test_images: int = 8

    @property
    def duration(self):
        """Simulated time, s."""
        return (self.training_images + self.test_images) * IMAGE

    @property
    def learning_steps(self):
        """Steps before the test phase."""
        return self.training_images * round(IMAGE / self.step)


# Rates per second, so large that some tens of images change every weight many times over.
# 41 and 58 times 0.1 s are rounded upwards: later than so many images of steps.
CASES = {
    "analytic": Case(
        DENDRITIC_BALANCE_ANALYTIC,
        {"eta_F": 3.0, "eta_D": 2.0},
        device="cpp",
        step=1e-3,
        training_images=58,
    ),
    "somatic": Case(
        SOMATIC_BALANCE,
        {"eta_F": 3.0, "eta_D": 2.0, "eta_W": 5.0},
        device="cpp",
        step=1e-3,
        neuron=ESCAPE_NOISE_LIF_UNSCALED_BIAS,
    ),
    "decay": Case(
        DENDRITIC_BALANCE_DECAY,
        {"eta_F": 1.0, "eta_D": 2.0, "eta_W": 6.0, "decay": 0.05},
        device="cpp",
        step=5e-4,
    ),
    "simultaneous": Case(
        DENDRITIC_BALANCE_SIMULTANEOUS,
        {"eta_F": 1.0, "eta_D": 2.0, "eta_W": 6.0},
    ),
    "slow": Case(
        DENDRITIC_BALANCE_SLOW,
        {"eta_F": 0.3, "eta_Fbar": 2.0, "eta_D": 2.0, "eta_W": 6.0},
    ),
}
NEURON_RATES = {"eta_b": 20.0, "rho": 40.0, "eta_s": 0.3, "Du_start": 1.0, "Du_end": 0.2}
BIAS = np.linspace(-3, -2, N_Z)
STATES = ("u", "spike_probability", "b", "z", "W_self", "Du", "I")


def watched_network(case):
    """Return the network with a monitor of what decides on spikes, before they are drawn."""
    network = dendritic_balance_network(
        correlated_bars(SIDE),
        N_Z,
        scheme=case.scheme,
        neuron=case.neuron,
        step=case.step * second,
        recording=True,
    )
    states = StateMonitor(
        network["coding"], STATES, record=True, when="thresholds", order=-1, name="states"
    )
    return Network(network.objects, states)


def lateral_names(case):
    return ("inhibition.W", "inhibition.eta_W") if case.scheme.lateral else ()


def input_names(case):
    return [
        *(f"feedforward.{n}" for n in ("F", "D", *case.rates) if n != "eta_W"),
        *(["feedforward.Fbar"] if "eta_Fbar" in case.rates else []),
        *lateral_names(case),
        *(f"coding.{n}" for n in ("b", "learn_until", *NEURON_RATES)),
        "image.p",
    ]


def output_names(case):
    return [
        *(name for name in input_names(case) if name.endswith((".F", ".Fbar", ".D", ".W", ".b"))),
        *("coding.spike_count", "coding.test_spike_count", "input.squared_error"),
        *("spikes.t", "spikes.i", "shown.x", "shown.reconstruction"),
        *(f"states.{name}" for name in STATES),
    ]


def initial_weights(name):
    """Return weights of both signs, three below the smallest divisor, as the reference has them.

    These start without inhibition: where that drives F through 0, sgn(F) would flip at every update
    and amplify rounding.
    """
    random = np.random.default_rng(len(name))
    case = CASES[name]
    signs = np.where(random.random((N_Z, N_X)) < (0 if name == "slow" else 0.2), -1, 1)
    weights = {
        "F": signs * random.uniform(0.2, 0.6, (N_Z, N_X)),
        "D": random.uniform(-0.1, 0.3, (N_X, N_Z)),
    }
    if case.scheme.lateral:
        shape = (N_Z, N_X, N_Z) if case.scheme.inhibition == "dendrite" else (N_Z, N_Z)
        weights["W"] = -random.uniform(0, 2 / np.prod(shape[1:]), shape)
    if name in ("decay", "simultaneous"):
        weights["F"][0, :3] = (0.0, 1e-3, -1e-3)
        weights["W"][0, :3] = 0
    if name == "slow":
        weights["Fbar"] = weights["F"] ** 2
    return weights


def in_order_of_synapses(name, array):
    """Return a weight of the reference as the network holds it: sources first."""
    return (array if name == "D" else np.swapaxes(array, 0, -1)).ravel()


def inputs_of(name, **changed):
    """Return a case's inputs, some changed: ``coding__b`` for ``"coding.b"``."""
    case = CASES[name]
    given = {f"coding.{key}": value for key, value in NEURON_RATES.items()}
    for key, rate in case.rates.items():
        given[f"{'inhibition' if key == 'eta_W' else 'feedforward'}.{key}"] = rate
    for key, array in initial_weights(name).items():
        owner = "inhibition" if key == "W" else "feedforward"
        given[f"{owner}.{key}"] = in_order_of_synapses(key, array)
    given["coding.b"] = BIAS
    given["coding.learn_until"] = case.training_images * IMAGE
    given["image.p"] = 0.5
    return given | {key.replace("__", "."): value for key, value in changed.items()}


def reference(name, outcome):
    """Return what the reference makes of an outcome's images and spikes, which it returns too."""
    case = CASES[name]
    coefficients = balance_reference.Coefficients(
        **NEURON_RATES,
        **case.rates,
        learning_steps=case.learning_steps,
        bias_is_scaled=case.neuron is ESCAPE_NOISE_LIF,
    )
    x = outcome["shown.x"].T
    spikes = np.zeros((len(x), N_Z), dtype=bool)
    spikes[np.rint(outcome["spikes.t"] / case.step).astype(int), outcome["spikes.i"]] = True
    return balance_reference.simulate(
        name,
        coefficients,
        case.step,
        x,
        spikes,
        BIAS,
        **initial_weights(name),
    ) | {"spikes": spikes}
