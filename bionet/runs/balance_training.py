"""One epoch of a ``dendritic_balance`` training: what goes into the call, what comes out of it.

An epoch is ``test_every`` images with learning and ``test_images`` without. It starts from the
state that the last one left (weights, decoder, biases), with silent neurons and a blank image; its
seed follows from the run's seed and its own number alone, so that a resumed training is the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.balance_conditions import Condition, coefficients, initial_state, state_names
from bionet.runs.balance_configuration import DendriticBalance

if TYPE_CHECKING:
    from bionet.devices import CompiledNetwork, Outcome
    from bionet.stimuli import Stimulus

__all__ = [
    "Progress",
    "advanced",
    "begun",
    "epoch_call",
    "fingerprint",
    "recording_call",
    "shown_arrays",
]


@dataclass(frozen=True)
class Progress:
    """How far a training has come.

    Attributes
    ----------
    state : dict of str to ndarray
        What the next epoch starts from, see `bionet.runs.balance_conditions.state_names`.
    loss : tuple of float
        Of each epoch's test.
    training_rate : tuple of float
        Mean over neurons during each epoch's learning, Hz.
    rates : ndarray, (N_z,)
        Of each neuron in the last epoch, Hz.
    """

    state: dict[str, np.ndarray]
    loss: tuple[float, ...] = ()
    training_rate: tuple[float, ...] = ()
    rates: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))

    @property
    def epochs(self) -> int:
        """Epochs finished."""
        return len(self.loss)


def begun(configuration: DendriticBalance, condition: Condition, n_inputs: int) -> Progress:
    """Return a training of which nothing is done.

    Parameters
    ----------
    configuration : DendriticBalance
    condition : Condition
    n_inputs : int
        N_x.
    """
    bias, Du = configuration.layer.bias, configuration.neurons.Du_start
    return Progress(initial_state(condition, n_inputs, bias, Du))


def fingerprint(configuration: DendriticBalance, condition: Condition, stimulus: Stimulus) -> str:
    """Return a hash of all that decides a training, but for how long it goes on.

    Parameters
    ----------
    configuration : DendriticBalance
    condition : Condition
    stimulus : Stimulus
        Its images count, too.
    """
    training = configuration.training
    decisive = (
        condition,
        configuration.neurons,
        configuration.phases,
        configuration.layer.bias,
        training.test_every,
        training.test_images,
        stimulus.digest(),
    )
    return hashlib.sha256(repr(decisive).encode()).hexdigest()[:16]


def epoch_call(
    configuration: DendriticBalance,
    condition: Condition,
    network: CompiledNetwork,
    stimulus: Stimulus,
    progress: Progress,
) -> tuple[CompiledNetwork, dict, int]:
    """Return the network, the inputs and the seed of the next epoch's call.

    Parameters
    ----------
    configuration : DendriticBalance
    condition : Condition
    network : CompiledNetwork
    stimulus : Stimulus
    progress : Progress

    Returns
    -------
    network : CompiledNetwork
        Lasting as long as an epoch.
    inputs : dict
    seed : int
    """
    training, before = configuration.training, progress.epochs * configuration.training.test_every
    inputs = progress.state | _settings(configuration, condition, stimulus, before)
    inputs["coding.learn_until"] = _end_of_images(condition, training.test_every)
    inputs["image.first_number"] = before
    images = training.test_every + training.test_images
    duration = images * condition.image_steps * condition.step
    seed = np.random.SeedSequence([condition.seed, progress.epochs]).generate_state(1)[0]
    return network.lasting(duration), inputs, int(seed)


def advanced(
    configuration: DendriticBalance, condition: Condition, progress: Progress, outcome: Outcome
) -> Progress:
    """Return the training after one more epoch.

    Parameters
    ----------
    configuration : DendriticBalance
    condition : Condition
    progress : Progress
        Before the epoch.
    outcome : Outcome
        Of the epoch's call.
    """
    training = configuration.training
    per_image = condition.image_steps * condition.step
    error = outcome["input.squared_error"]
    steps = training.test_images * condition.image_steps
    loss = error.sum() / (2 * error.size * steps)  # Mikulasch et al.: |x - D z|^2/(2 N_x)
    learned = outcome["coding.spike_count"] - outcome["coding.test_spike_count"]
    rates = learned / (training.test_every * per_image)
    return Progress(
        {name: outcome[name] for name in state_names(condition)},
        (*progress.loss, float(loss)),
        (*progress.training_rate, float(rates.mean())),
        rates,
    )


def recording_call(
    configuration: DendriticBalance,
    condition: Condition,
    network: CompiledNetwork,
    stimulus: Stimulus,
    progress: Progress,
) -> tuple[CompiledNetwork, dict, int]:
    """Return the call that shows a few test images to a trained network and records all.

    Parameters
    ----------
    configuration, condition, stimulus, progress
        As for `epoch_call`.
    network : CompiledNetwork
        Made for recording, see `bionet.runs.balance_conditions.compiled`.

    Returns
    -------
    network, inputs, seed
        As of `epoch_call`.
    """
    training = configuration.training
    inputs = progress.state | _settings(configuration, condition, stimulus, training.images)
    inputs |= {"coding.learn_until": 0.0, "image.first_number": 0}
    duration = training.shown_images * condition.image_steps * condition.step
    return network.lasting(duration), inputs, condition.seed


def shown_arrays(condition: Condition, n_inputs: int, outcome: Outcome) -> dict[str, np.ndarray]:
    """Return what is kept of a recording.

    Parameters
    ----------
    condition : Condition
    n_inputs : int
        N_x.
    outcome : Outcome
        Of a recording call.

    Returns
    -------
    dict of str to ndarray
        ``x`` and ``reconstruction`` (images, N_x), ``spikes_t`` (s, 0.1 s an image) and
        ``spikes_i``, see `bionet.runs.balance_results`.
    """
    steps = condition.image_steps
    x, read_out = (
        outcome[f"shown.{name}"].reshape(n_inputs, -1, steps) for name in ("x", "reconstruction")
    )
    constant = slice(steps - int(0.7 * steps), None)  # faded in
    return {
        "x": x[:, :, -1].T.astype(np.float32),
        "reconstruction": read_out[:, :, constant].mean(axis=2).T.astype(np.float32),
        "spikes_t": (outcome["spikes.t"] / (steps * condition.step) * 0.1).astype(np.float32),
        "spikes_i": outcome["spikes.i"].astype(np.int32),
    }


def _settings(
    configuration: DendriticBalance, condition: Condition, stimulus: Stimulus, images: int
) -> dict[str, float]:
    """Return all inputs but the state and the times, as they are after so many images."""
    neurons, scheme = configuration.neurons, condition.scheme
    eta_b = neurons.eta_b if scheme.eta_b is None else scheme.eta_b
    factors = _factors(configuration, images)
    if images < scheme.F_frozen_until:
        factors["eta_F"] = 0.0
    rates = {
        name: value * factors.get(name.partition(".")[2], 1.0)
        for name, value in coefficients(scheme).items()
    }
    # annealing: Du_end + (Du_start - Du_end) exp(-2 eta_s t)
    annealed = np.exp(-2 * neurons.eta_s * images * condition.image_steps * condition.step)
    return {
        **rates,
        **{f"image.{name}": value for name, value in stimulus.parameters.items()},
        **({} if condition.p is None else {"image.p": condition.p}),
        "coding.rho": condition.rho,
        "coding.eta_b": eta_b * factors["eta_b"],
        "coding.eta_s": neurons.eta_s,
        "coding.Du_start": condition.Du_end + (neurons.Du_start - condition.Du_end) * annealed,
        "coding.Du_end": condition.Du_end,
    }


def _factors(configuration: DendriticBalance, images: int) -> dict[str, float]:
    """Return what the phase that this image falls into multiplies the learning rates by."""
    factors = {"eta_F": 1.0, "eta_D": 1.0, "eta_W": 1.0, "eta_b": 1.0}
    for phase in configuration.phases:
        if phase.first_image <= images:
            factors = {name: getattr(phase, name) for name in factors}
    return factors


def _end_of_images(condition: Condition, images: int) -> float:
    """Return the time, s, at which so many images have been shown: between two steps."""
    return (images * condition.image_steps - 0.5) * condition.step
