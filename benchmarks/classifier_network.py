"""The network that learns to tell pictures apart by their spikes, in bionet.

Latency-coded pictures of 784 pixels, 100 hidden neurons (80 of them excitatory), 10 readout units,
100 steps of 1 ms: Kilgore et al. (arXiv 2404.15627), eq. 1-3, plain SGD at rate 0.01, Dale's law.
Input weights are absolute values of normal numbers of width 0.002, at which the network learns; at
0.01 its loss rises to some 70, and from the 20th batch on is ln 10, that of guessing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bionet import stimuli

if TYPE_CHECKING:
    from bionet.gradient import DifferentiableNetwork, Trainer

__all__ = ["initial_weights", "pictures", "signs", "trainer"]

N_INPUTS, N_HIDDEN, N_CLASSES = 784, 100, 10
N_EXCITATORY = 80
N_PICTURES = 60_000
N_STEPS = 100
BATCH_SIZE = 256
LEARNING_RATE = 0.01
SIGMA_INIT = 0.002
#: Widths of a sweep's input weights; of eight networks.
SIGMA_SWEEP = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05)
#: 7 (1 - exp(-1 ms / tau_mem)) over the root of the number of hidden neurons.
SIGMA_READOUT = 7 * (1 - np.exp(-1 / 10)) / np.sqrt(N_HIDDEN)
W_IN, W_OUT = "input_hidden.w", "hidden_readout.w"
#: Of random pictures, the fraction of pixels that spike: that of Fashion-MNIST, about.
SPIKING = 0.43


def pictures(n: int, folder: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Return latencies, n x 784, and labels of the first pictures of Fashion-MNIST.

    Parameters
    ----------
    n : int
        With a folder at most `N_PICTURES`.
    folder : path, optional
        Where its files are. Without, pixels and labels are random: `SPIKING` of the pixels have an
        intensity, evenly distributed, at which they spike.

    Raises
    ------
    StimulusError
        If a file is missing or damaged.
    ValueError
        If there are fewer pictures.
    """
    if folder is not None:
        found = stimuli.fashion_mnist("train", folder).first(n)
        images, labels = found.images.reshape(n, N_INPUTS), found.labels.astype(np.int32)
    else:
        rng = np.random.default_rng(0)
        images = rng.integers(52, 256, (n, N_INPUTS), dtype=np.uint8)  # 51 is the threshold
        images[rng.random((n, N_INPUTS), dtype=np.float32) > SPIKING] = 0
        labels = rng.integers(N_CLASSES, size=n, dtype=np.int32)
    return stimuli.spike_latencies(images, N_STEPS), labels


def initial_weights(sigmas: tuple[float, ...] = (SIGMA_INIT,)) -> dict[str, np.ndarray]:
    """Return the weights that training begins with, a network for each width."""
    rng = np.random.default_rng(1)
    w_in = np.abs(rng.normal(size=(N_INPUTS, N_HIDDEN)))
    w_out = np.abs(rng.normal(0, SIGMA_READOUT, (N_HIDDEN, N_CLASSES)))
    weights = {W_IN: [s * w_in for s in sigmas], W_OUT: [w_out] * len(sigmas)}
    sign = signs(len(sigmas))
    return {name: np.array(values, np.float32) * sign[name] for name, values in weights.items()}


def signs(networks: int = 1) -> dict[str, np.ndarray]:
    """Return the signs that weights keep."""
    cells = np.where(np.arange(N_HIDDEN) < N_EXCITATORY, 1, -1).astype(np.float32)
    return {
        W_IN: np.ones((networks, 1, 1), np.float32),
        W_OUT: np.repeat(cells[None, :, None], networks, axis=0),
    }


def trainer(*, dense: bool = False) -> Trainer:
    """Return what trains it, on all of JAX's devices.

    Parameters
    ----------
    dense : bool
        Write the spikes out, zeros and ones, and multiply them with the weights in one product for
        a whole batch. All else is the same.
    """
    import optax

    from bionet.gradient import Classification, Trainer

    return Trainer(
        _network(dense),
        Classification("readout.v"),
        optax.sgd(LEARNING_RATE),
        steps=N_STEPS,
        classes=N_CLASSES,
        batch=BATCH_SIZE,
        **({"piece": BATCH_SIZE} if dense else {}),
    )


def _network(dense: bool) -> DifferentiableNetwork:
    import jax.numpy as jnp
    from brian2 import ms

    from bionet.gradient import Connection, DifferentiableNetwork, Layer, fast_sigmoid
    from bionet.models import LEAKY_READOUT, UNIT_LIF

    class WrittenOut(DifferentiableNetwork):
        def __call__(self, parameters, inputs, *, steps, **options):
            numbers = jnp.arange(steps, dtype=inputs.step.dtype)
            # quicker than InputSpikes.dense, which adds them one by one
            spikes = (inputs.step[:, None, :] == numbers[:, None]).astype(jnp.float32)
            return super().__call__(parameters, spikes, steps=steps, **options)

    return (WrittenOut if dense else DifferentiableNetwork)(
        [
            Layer("hidden", UNIT_LIF, N_HIDDEN, fast_sigmoid(100)),
            Layer("readout", LEAKY_READOUT, N_CLASSES),
        ],
        # a spike changes v two steps later, as in eq. 1-3
        [Connection("input", "hidden", "I", 1), Connection("hidden", "readout", "I", 1)],
        inputs=N_INPUTS,
        dt=1 * ms,
        record=["readout.v"],
    )
