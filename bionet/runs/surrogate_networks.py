"""The networks of a ``surrogate_training`` run: which there are, and how each begins."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from bionet.runs.surrogate_configuration import SurrogateTraining

if TYPE_CHECKING:
    from bionet.gradient import DifferentiableNetwork, InputSpikes, Trainer
    from bionet.stimuli import ImageSet, SpikeEvents

__all__ = [
    "SweptNetwork",
    "begin_on_devices",
    "initial_weights",
    "samples_of",
    "signs",
    "spikes_of",
    "swept_networks",
    "trainer_of",
]

HIDDEN, READOUT = "hidden", "readout"
W_IN, W_OUT = f"input_{HIDDEN}.w", f"{HIDDEN}_{READOUT}.w"


@dataclass(frozen=True)
class SweptNetwork:
    """One network of the sweep.

    Attributes
    ----------
    sigma_init, excitatory, noise : float
        See `bionet.runs.surrogate_configuration.SweepTable`.
    repeat : int
    """

    sigma_init: float
    excitatory: float
    noise: float
    repeat: int

    @property
    def name(self) -> str:
        """What it is called in messages."""
        noise = f", noise {self.noise:g}" if self.noise else ""
        return (
            f"sigma_init {self.sigma_init:g}, {100 * self.excitatory:g} % excitatory{noise}, "
            f"repeat {self.repeat + 1}"
        )

    def n_excitatory(self, hidden: int) -> int:
        """Return the number of excitatory hidden neurons; the others are inhibitory."""
        return int(hidden * self.excitatory + 1e-9)

    def seed(self, run_seed: int, *, noise: bool = False) -> np.random.SeedSequence:
        """Return what its random numbers follow from: itself alone, wherever it is in the sweep.

        Parameters
        ----------
        run_seed : int
        noise : bool
            Of the noise; networks that differ in nothing but noise begin alike.
        """
        words = [run_seed, self.repeat, _bits(self.sigma_init), _bits(self.excitatory)]
        return np.random.SeedSequence([*words, _bits(self.noise), 1] if noise else words)


def swept_networks(configuration: SurrogateTraining) -> list[SweptNetwork]:
    """Return the networks in the order of the results."""
    sweep = configuration.sweep
    values = product(sweep.sigma_init, sweep.excitatory, sweep.noise, range(sweep.repeats))
    return [SweptNetwork(*each) for each in values]


def initial_weights(
    configuration: SurrogateTraining, networks: list[SweptNetwork]
) -> dict[str, np.ndarray]:
    """Return the weights that training begins with, (networks, ...).

    Input weights are absolute values of normal numbers of width ``sigma_init``, readout weights of
    ``sigma_readout`` with the sign of their hidden neuron (Kilgore et al. 2025).
    """
    table, inputs = configuration.network, configuration.data.inputs
    classes = configuration.data.classes
    sigma_readout = table.sigma_readout
    if sigma_readout is None:
        sigma_readout = 7 * (1 - np.exp(-table.step / table.tau_mem)) / np.sqrt(table.hidden)
    w_in, w_out = [], []
    for network in networks:
        rng = np.random.default_rng(network.seed(configuration.training.seed))
        w_in.append(np.abs(rng.normal(0, network.sigma_init, (inputs, table.hidden))))
        w_out.append(np.abs(rng.normal(0, sigma_readout, (table.hidden, classes))))
    sign = signs(configuration, networks)
    return {
        W_IN: np.array(w_in, np.float32),
        W_OUT: np.array(w_out, np.float32) * sign[W_OUT],
    }


def signs(configuration: SurrogateTraining, networks: list[SweptNetwork]) -> dict[str, np.ndarray]:
    """Return the signs of all weights, for Dale's law: inputs excite, a hidden neuron as it is."""
    hidden = configuration.network.hidden
    number = np.arange(hidden)
    cells = [np.where(number < n.n_excitatory(hidden), 1, -1) for n in networks]
    return {
        W_IN: np.ones((len(networks), 1, 1), np.float32),
        W_OUT: np.array(cells, np.float32)[:, :, None],
    }


def samples_of(configuration: SurrogateTraining, split: str) -> ImageSet | SpikeEvents:
    """Return all samples of a split as they are in the files.

    Parameters
    ----------
    configuration : SurrogateTraining
    split : {"train", "test"}

    Raises
    ------
    StimulusError
        If files are missing, damaged or cannot be downloaded.
    """
    from bionet import stimuli

    data = configuration.data
    if data.name == "spiking_heidelberg_digits":
        return stimuli.spiking_heidelberg_digits(
            split, data.folder, steps=data.steps, duration=data.duration
        )
    return getattr(stimuli, data.name)(split, data.folder)


def spikes_of(configuration: SurrogateTraining, split: str) -> tuple[InputSpikes, np.ndarray]:
    """Return the samples of a split that are kept as spikes, and their labels.

    Parameters
    ----------
    configuration : SurrogateTraining
    split : {"train", "test"}

    Raises
    ------
    StimulusError
        As `samples_of`.
    """
    from bionet.gradient import event_spikes, latency_spikes
    from bionet.stimuli import spike_latencies

    data = configuration.data
    kept = slice(data.train if split == "train" else data.test)
    samples = samples_of(configuration, split)
    if data.name == "spiking_heidelberg_digits":
        first = samples.first[: None if kept.stop is None else kept.stop + 1]
        used = slice(int(first[-1]))
        spikes = event_spikes(
            samples.step[used], samples.unit[used], samples.count[used], first,
            steps=data.steps, units=samples.units,
        )  # fmt: skip
        return spikes, np.asarray(samples.labels[kept], np.int32)
    latencies = spike_latencies(
        samples.images[kept].reshape(-1, data.inputs),
        data.steps,
        tau=data.tau / configuration.network.step,
        threshold=data.threshold,
    )
    return latency_spikes(latencies), samples.labels[kept].astype(np.int32)


def network_of(configuration: SurrogateTraining) -> DifferentiableNetwork:
    """Return the network that all of the sweep are."""
    from brian2 import second

    from bionet.gradient import Connection, DifferentiableNetwork, Layer
    from bionet.gradient.surrogates import SURROGATES
    from bionet.models import LEAKY_READOUT, UNIT_LIF

    table = configuration.network
    constants = {"tau_mem": table.tau_mem * second, "tau_syn": table.tau_syn * second}
    hidden = Layer(
        HIDDEN,
        UNIT_LIF.replaced(**constants),
        table.hidden,
        SURROGATES[table.surrogate](table.slope),
        table.reset_gradient,
    )
    readout = Layer(READOUT, LEAKY_READOUT.replaced(**constants), configuration.data.classes)
    return DifferentiableNetwork(
        [hidden, readout],
        [
            Connection("input", HIDDEN, "I", table.delay),
            Connection(HIDDEN, READOUT, "I", table.delay),
        ],
        inputs=configuration.data.inputs,
        dt=table.step * second,
        record=[f"{READOUT}.v", f"{HIDDEN}.spikes"],
    )


def trainer_of(configuration: SurrogateTraining, devices: list[Any] | None = None) -> Trainer:
    """Return the trainer of all networks of the sweep."""
    import optax

    from bionet.gradient import Classification, SpikeCount, Trainer, UnitSpikeCount

    training = configuration.training
    penalties = []
    if training.spike_count:
        penalties.append(SpikeCount(HIDDEN, training.spike_count))
    if training.unit_spike_count:
        penalties.append(UnitSpikeCount(HIDDEN, training.unit_spike_count))
    return Trainer(
        network_of(configuration),
        Classification(f"{READOUT}.v", training.over_time, training.ties, tuple(penalties)),
        getattr(optax, training.optimiser)(training.learning_rate),
        steps=configuration.data.steps,
        classes=configuration.data.classes,
        batch=training.batch,
        devices=devices,
    )


def begin_on_devices(workers: int) -> list[Any]:
    """Return the devices that networks are spread over: all GPUs, or so many cores.

    A process that has used JAX before keeps the number of cores that it began with.
    """
    import jax

    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", workers)
    devices = jax.devices()
    return devices[:workers] if devices[0].platform == "cpu" else devices


def _bits(value: float) -> int:
    return int(np.float64(value).view(np.uint64))
