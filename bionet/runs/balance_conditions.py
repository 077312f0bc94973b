"""The conditions of a ``dendritic_balance`` run: one training each, and the network it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.balance_configuration import DendriticBalance, SchemeTable

if TYPE_CHECKING:
    from bionet.devices import CompiledNetwork
    from bionet.stimuli import Stimulus

__all__ = ["Condition", "compiled", "conditions", "stimulus_of"]

IMAGE_DURATION = 0.1  # s
# Pixels at the edges of a scene, which whitening by Fourier transform spoils
BORDER = 4

STATE = ("feedforward.F", "feedforward.D", "coding.b")
RECORDED = ("spikes.t", "spikes.i", "shown.x", "shown.reconstruction")


@dataclass(frozen=True)
class Condition:
    """One training.

    Attributes
    ----------
    scheme : SchemeTable
    n_coding : int
    step : float
        s.
    Du_end : float
    p : float or None
        Of the bars.
    rho : float
        Hz.
    seed : int
    """

    scheme: SchemeTable
    n_coding: int
    step: float
    Du_end: float
    p: float | None
    rho: float
    seed: int

    @property
    def name(self) -> str:
        """A file name that tells it from the others of its run."""
        p = "" if self.p is None else f"_p{self.p:g}"
        return (
            f"{self.scheme.name}{p}_n{self.n_coding}_step{self.step * 1e3:g}ms"
            f"_Du{self.Du_end:g}_seed{self.seed}"
        )

    @property
    def image_steps(self) -> int:
        """Steps of one image."""
        return round(IMAGE_DURATION / self.step)

    @property
    def plastic_inhibition(self) -> bool:
        """Whether inhibition has weights that learn."""
        return self.scheme.eta_W is not None


def conditions(configuration: DendriticBalance) -> list[Condition]:
    """Return all trainings of a run; those of one seed together, the first seed first."""
    layer, bars = configuration.layer, configuration.bars
    return [
        Condition(scheme, n, step, end, p, configuration.rho(scheme, n), seed)
        for seed, n, step, end, p, scheme in product(
            configuration.training.seeds,
            layer.n_coding,
            layer.step,
            configuration.neurons.Du_end,
            (None,) if bars is None else bars.p,
            configuration.schemes,
        )
    ]


@lru_cache(maxsize=1)
def stimulus_of(configuration: DendriticBalance) -> Stimulus:
    """Return what the run shows, reading (or making) its images once.

    Parameters
    ----------
    configuration : DendriticBalance

    Raises
    ------
    StimulusError
        If a file is missing or damaged.
    ValueError
        If its images are not what they must be.
    """
    from bionet import stimuli

    bars, digits, table = configuration.bars, configuration.digits, configuration.scenes
    if bars is not None:
        return stimuli.correlated_bars(bars.side)
    if digits is not None:
        load = {"mnist": stimuli.mnist, "fashion_mnist": stimuli.fashion_mnist}[digits.data]
        training, test = (
            load(split, digits.folder).with_labels(*digits.labels).resized(digits.size, digits.size)
            for split in ("train", "test")
        )
        tested = min(configuration.training.test_images, len(test))
        return stimuli.image_bank(training.images, test.first(tested).images)
    images = stimuli.scenes(
        table.file,
        n_images=table.n_scenes,
        size=table.size,
        seed=table.seed,
        r_min=table.smallest_leaf,
    )
    inside = slice(BORDER, -BORDER)
    return stimuli.scene_patches(images[:, inside, inside], side=table.patch)


def compiled(
    condition: Condition, bias: str, stimulus: Stimulus, *, recording: bool = False
) -> CompiledNetwork:
    """Compile the network of a condition; those that differ in p, Du and seed share one build.

    Parameters
    ----------
    condition : Condition
    bias : {"scaled", "unscaled"}
        See `bionet.models.escape_noise_lif`.
    stimulus : Stimulus
    recording : bool
        Whether its outputs are spikes, images and reconstructions, instead of what it has learned
        and how well.

    Returns
    -------
    CompiledNetwork
        With the inputs `input_names`; lasting an image, see its `lasting`.

    Raises
    ------
    CompilationError
        If there is no compiler.
    """
    from brian2 import second

    from bionet import models
    from bionet.devices import compile_network
    from bionet.networks import dendritic_balance_network

    schemes = {
        scheme.name: scheme
        for scheme in (
            models.SOMATIC_BALANCE,
            models.DENDRITIC_BALANCE_ANALYTIC,
            models.DENDRITIC_BALANCE_SIMULTANEOUS,
            models.DENDRITIC_BALANCE_SLOW,
            models.DENDRITIC_BALANCE_DECAY,
        )
    }
    neurons = {
        "scaled": models.ESCAPE_NOISE_LIF,
        "unscaled": models.ESCAPE_NOISE_LIF_UNSCALED_BIAS,
    }
    network = partial(
        dendritic_balance_network,
        stimulus,
        condition.n_coding,
        scheme=schemes[condition.scheme.name],
        neuron=neurons[bias],
        step=condition.step * second,
        recording=recording,
    )
    outputs = RECORDED if recording else (*state_names(condition), *MEASURED)
    return compile_network(
        network, IMAGE_DURATION, inputs=input_names(condition, stimulus), outputs=outputs
    )


MEASURED = ("coding.spike_count", "coding.test_spike_count", "input.squared_error")


def state_names(condition: Condition) -> tuple[str, ...]:
    """Return the variables that learning leaves behind, which the next epoch starts from."""
    further = ("inhibition.W",) if condition.plastic_inhibition else ()
    further += ("feedforward.Fbar",) if condition.scheme.name == "slow" else ()
    return STATE + further


def input_names(condition: Condition, stimulus: Stimulus) -> list[str]:
    """Return the names of all inputs of a condition's network."""
    names = [
        *state_names(condition),
        *(f"coding.{n}" for n in ("learn_until", "rho", "eta_b", "eta_s", "Du_start", "Du_end")),
        "image.first_number",
        *(f"image.{name}" for name in stimulus.parameters),
    ]
    return names + list(coefficients(condition.scheme))


def coefficients(scheme: SchemeTable) -> dict[str, float]:
    """Return the inputs that a scheme's rates are: names to values in Hz (``decay``: no unit)."""
    values = {"feedforward.eta_F": scheme.eta_F, "feedforward.eta_D": scheme.eta_D}
    if scheme.eta_W is not None:
        values["inhibition.eta_W"] = scheme.eta_W
    if scheme.eta_Fbar is not None:
        values["feedforward.eta_Fbar"] = scheme.eta_Fbar
    if scheme.decay is not None:
        values["feedforward.decay"] = scheme.decay
    return values


def initial_state(condition: Condition, n_inputs: int, bias: str, Du: float) -> dict:
    """Return the state before learning; arrays flat, as the network's variables are.

    Parameters
    ----------
    condition : Condition
    n_inputs : int
    bias : {"scaled", "unscaled"}
    Du : float
        Stochasticity at the beginning.

    Returns
    -------
    dict of str to ndarray
        Names of `state_names`; shapes as in `bionet.networks.balance_synapses`, biases (N_z,).
    """
    n, scheme = condition.n_coding, condition.scheme
    F = np.full((n_inputs, n), float(scheme.initial_F))
    if scheme.random_F:
        normal = np.random.default_rng(condition.seed).standard_normal(F.shape)
        F += np.exp(np.maximum(0, 0.3 * normal - 0.2)) - 1
    chance = condition.rho * condition.step
    logit = np.log(chance / (1 - chance))
    state = {
        "feedforward.F": F.ravel(),
        "feedforward.D": np.zeros(F.size),
        "coding.b": np.full(n, logit * (Du if bias == "scaled" else 1)),
    }
    if condition.plastic_inhibition:
        state["inhibition.W"] = _initial_inhibition(condition, F)
    if scheme.name == "slow":
        state["feedforward.Fbar"] = F.ravel()
    return state


def _initial_inhibition(condition: Condition, F: np.ndarray) -> np.ndarray:
    n = condition.n_coding
    own = np.eye(n) if condition.scheme.random_F else np.zeros((n, n))
    if condition.scheme.name == "somatic":
        return (-own * (F**2).sum(axis=0)).ravel()
    return (-own[:, None, :] * F**2).ravel()
