"""The neurons of an ``ei_tuning`` sweep: what they begin with, their network and their trainer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from bionet.runs.ei_tuning_configuration import EITuning

if TYPE_CHECKING:
    from bionet.gradient import CountReadout, DifferentiableNetwork, InputSpikes, Trainer

__all__ = [
    "NEURON",
    "W_EXC",
    "W_INH",
    "TunedNeuron",
    "initial_parameters",
    "network_of",
    "objective_of",
    "samples_of",
    "signs",
    "trained_together",
    "trainer_of",
]

NEURON, W_EXC, W_INH = "neuron", "exc_neuron.w", "inh_neuron.w"
#: Shape of the gamma distribution of initial weights: a coefficient of variation of 1/2.
GAMMA_SHAPE = 4


@dataclass(frozen=True)
class TunedNeuron:
    """One neuron of the sweep: the values of `SweepTable` that it has, and its seed's number."""

    excitation: float
    inhibition: float
    constraint: float
    seed: int

    @property
    def name(self) -> str:
        """What the neuron is called in messages."""
        return (
            f"excitation {self.excitation * 1e3:g} mV, inhibition {self.inhibition:g}, "
            f"constraint {self.constraint:g}, seed {self.seed}"
        )


def trained_together(configuration: EITuning) -> list[list[TunedNeuron]]:
    """Return the neurons in groups that see the same samples under the same constraint."""
    sweep = configuration.sweep
    return [
        [
            TunedNeuron(e, i, constraint, seed)
            for e, i in product(sweep.excitation, sweep.inhibition)
        ]
        for constraint, seed in product(sweep.constraint, range(sweep.seeds))
    ]


def initial_parameters(
    configuration: EITuning, neurons: list[TunedNeuron]
) -> dict[str, np.ndarray]:
    """Return what training begins with, (neurons, ...), weights in volts.

    Neurons of one seed begin with the same random numbers, scaled.
    """
    task, inputs = configuration.task, configuration.inputs.inputs
    each = []
    for one in neurons:
        rng = np.random.default_rng([configuration.training.seed, one.seed, 0])
        exc = rng.gamma(GAMMA_SHAPE, 1 / GAMMA_SHAPE, (inputs["exc"], 1))
        inh = rng.gamma(GAMMA_SHAPE, 1 / GAMMA_SHAPE, (inputs["inh"], 1))
        each.append(
            {
                W_EXC: (one.excitation * exc).astype(np.float32),
                W_INH: (-one.excitation * one.inhibition * configuration.charge * inh).astype(
                    np.float32
                ),
                **objective_of(configuration, 0.0).initial(rng, 1, task.groups),
            }
        )
    return {name: np.stack([one[name] for one in each]) for name in each[0]}


def signs() -> dict[str, np.ndarray]:
    """Return the signs of the weights, for Dale's law."""
    return {W_EXC: np.ones((1, 1, 1), np.float32), W_INH: -np.ones((1, 1, 1), np.float32)}


def samples_of(configuration: EITuning, seed: int) -> dict[str, tuple[InputSpikes, np.ndarray]]:
    """Return the samples of a seed, ``"train"`` and ``"test"``, and their labels."""
    from bionet.gradient import event_spikes

    samples = {}
    for number, split in enumerate(("train", "test")):
        rng = np.random.default_rng([configuration.training.seed, seed, 1 + number])
        events = configuration.inputs.samples(getattr(configuration.task, split), rng)
        spikes = event_spikes(
            events.step, events.unit, events.count, events.first,
            steps=events.steps, units=events.units,
        )  # fmt: skip
        samples[split] = spikes, np.asarray(events.labels, np.int32)
    return samples


def network_of(configuration: EITuning) -> DifferentiableNetwork:
    """Return the neuron with its inputs."""
    from brian2 import mV, second

    from bionet.gradient import Connection, DifferentiableNetwork, Layer
    from bionet.gradient.surrogates import SURROGATES
    from bionet.models import CURRENT_LIF

    table = configuration.neuron
    model = CURRENT_LIF.replaced(
        v_rest=-60 * mV,
        tau_m=table.tau_m * second,
        tau_e=table.tau_e * second,
        tau_i=table.tau_i * second,
    )
    model = replace(model, refractory=table.refractory * second or False, initial={"v": "v_rest"})
    surrogate = SURROGATES[table.surrogate](table.slope, scale=10e-3)  # threshold minus rest, V
    return DifferentiableNetwork(
        [Layer(NEURON, model, 1, surrogate)],
        [Connection("exc", NEURON, "g_e"), Connection("inh", NEURON, "g_i")],
        inputs=configuration.inputs.inputs,
        dt=table.step * second,
        record=[f"{NEURON}.spikes", f"{NEURON}.g_e", f"{NEURON}.g_i"],
    )


def objective_of(configuration: EITuning, constraint: float) -> CountReadout:
    """Return the loss: cross entropy of the perceptron, and the rate constraint."""
    from bionet.gradient import CountReadout, MeanRateTarget, RateTarget

    training = configuration.training
    kind = {"mean": MeanRateTarget, "each": RateTarget}[training.constraint]
    regularisers = (kind(NEURON, constraint, training.rate),) if constraint else ()
    return CountReadout(NEURON, training.units, configuration.inputs.from_step, regularisers)


def trainer_of(
    configuration: EITuning, constraint: float, devices: list[Any] | None = None
) -> Trainer:
    """Return the trainer of all neurons under one constraint."""
    import optax

    from bionet.gradient import Trainer

    training = configuration.training
    updates = training.epochs * (configuration.task.train // training.batch)
    optimisers = {
        name: optax.adam(optax.cosine_decay_schedule(rate, updates, 0.1))
        for name, rate in {
            W_EXC: training.learning_rate,
            W_INH: training.learning_rate
            * training.inhibitory_learning_rate
            * configuration.charge,
            "perceptron": training.perceptron_learning_rate,
        }.items()
    }
    return Trainer(
        network_of(configuration),
        objective_of(configuration, constraint),
        optax.multi_transform(
            optimisers,
            lambda parameters: {n: n if n in optimisers else "perceptron" for n in parameters},
        ),
        steps=configuration.inputs.steps,
        classes=configuration.task.groups,
        batch=training.batch,
        piece=training.batch,
        at_once=len(configuration.sweep.excitation) * len(configuration.sweep.inhibition),
        devices=devices,
    )
