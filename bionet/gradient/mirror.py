"""Weight mirror: feedback weights learn the forward weights from noise.

In its mirror phase a layer's sources fire noise x, independent and of mean zero, its targets answer
with y, and feedback weights grow with the product of the two (Akrout et al. 2019, eq. 7)::

    dB = eta_B sum over samples of y x^T - lambda_B B,    y = phi(W^T x + bias)

in the shape (targets, sources) of this package, W (sources, targets). To first order in x,
E[y x^T] = sigma^2 diag(phi'(bias)) W^T: each target's row points where its weights do. Noise is fed
to every layer by itself; what one layer made of it would not be independent for the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

__all__ = ["MirrorRule", "uniform_noise"]


@dataclass(frozen=True)
class MirrorRule:
    """How much feedback weights change in a batch of noise.

    Attributes
    ----------
    rate : float
        eta_B.
    decay : float
        lambda_B. Without it they keep growing, in the direction of the forward weights.
    centred : bool
        Whether a target's answer is counted from its mean over the batch. The expected change is
        the same but for a factor 1 - 1/samples, its variance less.
    """

    rate: float
    decay: float = 0.0
    centred: bool = False

    def __post_init__(self):
        if not self.rate > 0:
            raise ValueError(f"rate must be positive; found {self.rate}")
        if not 0 <= self.decay <= 1:
            raise ValueError(f"decay must lie in [0, 1]; found {self.decay}")

    def updated(self, feedback, noise, answer):
        """Return the feedback weights after a batch of noise.

        Parameters
        ----------
        feedback : array, (targets, sources)
        noise : array, (samples, sources)
            Of mean zero.
        answer : array, (samples, targets)
        """
        if self.centred:
            answer = answer - answer.mean(axis=0)
        change = jnp.matmul(answer.T, noise, precision="highest")
        return (1 - self.decay) * feedback + self.rate * change  # eq. 7


def uniform_noise(key, shape, amplitude: float, dtype=jnp.float32):
    """Return noise between -`amplitude` and `amplitude`; its variance is amplitude^2/3.

    Parameters
    ----------
    key : jax.random key
    shape : tuple of int
    amplitude : float
    dtype : dtype
    """
    return jax.random.uniform(key, shape, dtype, -amplitude, amplitude)
