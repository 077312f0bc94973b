"""A double exponential of unit area, by which spike trains and eligibilities are smoothed.

::

    alpha(t) = (exp(-t/decay) - exp(-t/rise))/(decay - rise)
    L = 1/2 integral (alpha * (S_target - S))^2 dt

L is the van Rossum distance that SuperSpike descends (Zenke & Ganguli 2018, eq. 2.1; van Rossum
2001). A filtered train is read in each step after it has decayed and before the spikes of that
step are added to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

__all__ = ["DoubleExponential"]


@dataclass(frozen=True)
class DoubleExponential:
    """The kernel alpha.

    Attributes
    ----------
    rise, decay : float
        Time constants, s; ``rise`` is the shorter one.
    """

    rise: float = 0.005
    decay: float = 0.01

    def __post_init__(self):
        if not 0 < self.rise < self.decay < math.inf:
            raise ValueError(
                f"a double exponential needs 0 < rise < decay; found rise {self.rise:g}, "
                f"decay {self.decay:g}"
            )

    def decays(self, dt: float) -> tuple[float, float]:
        """Return the factors by which rise and decay shrink in a step of `dt` (s)."""
        return math.exp(-dt / self.rise), math.exp(-dt / self.decay)

    def filtered(self, spikes, dt: float):
        """Convolve spike trains with alpha.

        Parameters
        ----------
        spikes : array, (steps, ...)
            Spikes in each step, or differences of them.
        dt : float
            s.

        Returns
        -------
        array, (steps, ...)
            1/s, before the spikes of each step.
        """
        spikes = jnp.asarray(spikes)
        rise, decay = self.decays(dt)
        jump = 1 / (self.decay - self.rise)

        def step(traces, here):
            slow, fast = decay * traces[0], rise * traces[1]
            return (slow + jump * here, fast + jump * here), slow - fast

        nothing = jnp.zeros_like(spikes[0])
        return jax.lax.scan(step, (nothing, nothing), spikes)[1]

    def distance(self, spikes, target, dt: float):
        """Return L of each sample, the mean over its neurons.

        Parameters
        ----------
        spikes, target : array, (steps, batch, neurons)
        dt : float
            s.

        Returns
        -------
        array, (batch,)
            1/s.
        """
        error = self.filtered(target - spikes, dt)
        return 0.5 * dt * (error**2).sum(axis=0).mean(axis=-1)
