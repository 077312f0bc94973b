"""Arrays of a ``dendritic_balance`` run in ``results.npz``: C conditions, E epochs.

==========================  ===================================================================
``scheme``                  (C,) name of the learning scheme
``p``                       (C,) of the bars, NaN without
``n_coding, step``          (C,) number N_z of coding neurons; time step, s
``Du_end, rho, seed``       (C,) final stochasticity; target rate, Hz; seed
``shape, channels``         (2,) height and width of an image; 2 channels are ON and OFF inputs
``images``                  (E,) training images before each test
``loss``                    (C, E) |x - D z|^2/(2 N_x), averaged over the steps of the test
``training_rate``           (C, E) mean rate of the coding neurons during learning, Hz
``F_k, D_k``                (N_z, N_x) feed-forward and decoder weights of condition k at the end,
                            a row a neuron
``rates_k``                 (N_z,) rate of each neuron in the last epoch's learning, Hz
``shown_k_x``               (images, N_x) test images shown to the trained network; first seed only
``shown_k_reconstruction``  (images, N_x) D z, averaged over the constant part of each
``shown_k_spikes_t``        (spikes,) s, 0.1 s an image
``shown_k_spikes_i``        (spikes,) coding neuron
==========================  ===================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bionet.runs.balance_conditions import Condition
from bionet.runs.balance_configuration import DendriticBalance
from bionet.runs.balance_training import Progress

__all__ = ["results"]


def results(
    configuration: DendriticBalance,
    trained: Sequence[tuple[Condition, Progress, dict[str, np.ndarray] | None]],
    shape: tuple[int, int],
    channels: int,
) -> dict[str, np.ndarray]:
    """Return the arrays of ``results.npz``.

    Parameters
    ----------
    configuration : DendriticBalance
    trained : sequence of (Condition, Progress, dict or None)
        Each finished training, and what was recorded of it.
    shape : tuple of int
    channels : int
    """
    training = configuration.training
    conditions = [condition for condition, _, _ in trained]
    arrays = {
        "scheme": np.array([condition.scheme.name for condition in conditions]),
        "p": np.array([np.nan if c.p is None else c.p for c in conditions]),
        **{
            name: np.array([getattr(condition, name) for condition in conditions])
            for name in ("n_coding", "step", "Du_end", "rho", "seed")
        },
        "shape": np.array(shape),
        "channels": np.array(channels),
        "images": np.arange(training.test_every, training.images + 1, training.test_every),
        "loss": np.array([progress.loss for _, progress, _ in trained]),
        "training_rate": np.array([progress.training_rate for _, progress, _ in trained]),
    }
    for k, (condition, progress, shown) in enumerate(trained):
        for name in ("F", "D"):
            weights = progress.state[f"feedforward.{name}"].reshape(-1, condition.n_coding)
            arrays[f"{name}_{k}"] = weights.T.astype(np.float32)
        arrays[f"rates_{k}"] = progress.rates.astype(np.float32)
        arrays |= {f"shown_{k}_{name}": array for name, array in (shown or {}).items()}
    return arrays
