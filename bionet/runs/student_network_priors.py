"""What neurons and weights of teachers and students are drawn from (Braun & Vogels 2021).

::

    LIF                tau_m U[10, 60] ms, tau_s = tau_m/4, v_reset U[-1.5, 0.9]
    resonate-and-fire  b U[-120, -20] 1/s, omega/(2 pi) U[2, 25] Hz, x_reset, y_reset U[-0.8, 0.8],
                       drawn anew where kappa > 4
    weights            lognormal of mean 1/20 and sd 1/25, drawn anew above 0.3, times kappa and
                       the input's sign

kappa is the weight of an input whose response peaks at the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["DRIVEN", "MEAN_WEIGHT", "Neurons", "draw_neurons", "draw_weights"]

MEAN_WEIGHT, SD_WEIGHT, LARGEST_WEIGHT = 1 / 20, 1 / 25, 0.3
LARGEST_KAPPA = 4.0

#: Variable of each model that a spike increments.
DRIVEN = {"double_exponential_lif": "s", "resonate_and_fire": "x"}


@dataclass(frozen=True)
class Neurons:
    """Parameters that the neurons of a layer have in common.

    Attributes
    ----------
    parameters : dict of str to float
        By the model's names, SI units.
    kappa : float
        Weight of an input whose response peaks at the threshold.
    """

    parameters: dict[str, float]
    kappa: float


def draw_neurons(rng: np.random.Generator, model: str) -> Neurons:
    """Draw the parameters of a layer.

    Parameters
    ----------
    rng : numpy.random.Generator
    model : {"double_exponential_lif", "resonate_and_fire"}
    """
    if model == "double_exponential_lif":
        tau_m = rng.uniform(0.01, 0.06)
        parameters = {"tau_m": tau_m, "tau_s": tau_m / 4, "v_reset": rng.uniform(-1.5, 0.9)}
        return Neurons(parameters, 1 / (4 ** (-1 / 3) - 4 ** (-4 / 3)))
    while True:
        b, omega = rng.uniform(-120, -20), 2 * np.pi * rng.uniform(2, 25)
        at = np.arctan2(omega, -b) / omega
        kappa = float(1 / (np.exp(b * at) * np.sin(omega * at)))
        if kappa <= LARGEST_KAPPA:
            resets = dict(zip(("x_reset", "y_reset"), rng.uniform(-0.8, 0.8, 2), strict=True))
            return Neurons({"b": b, "omega": omega, **resets}, kappa)


def draw_weights(
    rng: np.random.Generator, excitatory: int, inhibitory: int, hidden: int
) -> np.ndarray:
    """Draw input weights in units of kappa, excitatory inputs first, (inputs, hidden)."""
    variance = np.log(1 + (SD_WEIGHT / MEAN_WEIGHT) ** 2)
    shape = (excitatory + inhibitory, hidden)
    draw = np.full(shape, np.inf)
    while (large := draw > LARGEST_WEIGHT).any():
        fresh = rng.lognormal(np.log(MEAN_WEIGHT) - variance / 2, np.sqrt(variance), large.sum())
        draw[large] = fresh
    draw[excitatory:] *= -1
    return draw
