"""Brightness as the time of one spike: the brighter a pixel, the sooner it fires.

A leaky integrator of time constant tau, charged from 0 by a current x towards x, reaches theta at

    T = tau ln(x / (x - theta)),

and never where x <= theta. Floored to steps it is the input of the Fashion-MNIST networks of
Kilgore, Kopsick, Ascoli & Adam (2025), Sci Rep 15:24798, which follows Zenke's SpyTorch tutorial 2.
"""

from __future__ import annotations

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.errors import StimulusError
from bionet.stimuli.requirements import require_number, require_whole

__all__ = ["spike_counts", "spike_latencies"]

#: Floats converted at a time, so that their copies in double precision take a few MB.
_BLOCK = 2**20


@takes_si()
def spike_latencies(
    images: np.ndarray, steps: int = 100, *, tau: float = 20.0, threshold: float = 0.2
) -> np.ndarray:
    """Step at which each pixel spikes, if it does: floor(tau ln(x / (x - threshold))).

    Parameters
    ----------
    images : array_like, (..., inputs)
        Intensities x: floats in [0, 1], or unsigned bytes, which stand for x = byte / 255.
    steps : int
        Length of the input, at least 1. Later spikes are left out.
    tau : float
        Time constant in steps, positive: 20 for 20 ms at 1 ms a step.
    threshold : float
        theta, in units of x, strictly between 0 and 1. Where x <= theta there is no spike.

    Returns
    -------
    numpy.ndarray of unsigned int, (..., inputs)
        Steps 0 to ``steps - 1``; ``steps``, one past the end, means no spike. Of the smallest type
        that holds ``steps``: a byte a pixel up to 255 steps.

    Raises
    ------
    StimulusError
        If the images are neither floats nor unsigned bytes, a value is NaN or outside [0, 1], or
        `steps`, `tau` or `threshold` is not what is allowed.

    Notes
    -----
    x is compared with theta in the type of the images, so that a value stored as theta is
    silent in single precision as in double. SpyTorch lets it spike late, after 290 steps at
    theta = 0.2, by adding 1e-7 to it.
    """
    try:
        steps = require_whole("steps", steps, at_least=1)
        tau = require_number("tau", tau, positive=True)
        threshold = require_number("threshold", threshold)
    except ValueError as error:
        raise StimulusError(str(error)) from None
    if not 0 < threshold < 1:
        raise StimulusError(f"threshold must lie strictly between 0 and 1, got {threshold:g}")
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return _latencies(np.arange(256) / 255, steps, tau, threshold)[images]
    _require_intensities(images)
    latencies = np.empty(images.size, dtype=np.min_scalar_type(steps))
    flat = images.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        latencies[block] = _latencies(flat[block], steps, tau, threshold)
    return latencies.reshape(images.shape)


@takes_si()
def spike_counts(latencies: np.ndarray, steps: int) -> np.ndarray:
    """Write the spikes out on the grid of steps, for checks, plots and small batches.

    Parameters
    ----------
    latencies : array_like of int, (..., inputs)
        Of `spike_latencies`, made with the same `steps`.
    steps : int
        At least 1.

    Returns
    -------
    numpy.ndarray of float32, (..., steps, inputs)
        1 where the input spikes at the step, else 0.

    Raises
    ------
    StimulusError
        If `steps` is no whole number of at least 1, or the latencies are no whole numbers from 0 to
        `steps` or have no axis of inputs.
    """
    try:
        steps = require_whole("steps", steps, at_least=1)
    except ValueError as error:
        raise StimulusError(str(error)) from None
    latencies = np.asarray(latencies)
    if latencies.dtype.kind not in "iu" or not latencies.ndim:
        raise StimulusError(
            f"latencies must be whole numbers of shape (..., inputs), "
            f"got shape {latencies.shape} of {latencies.dtype}"
        )
    if latencies.size and (latencies.min() < 0 or latencies.max() > steps):
        raise StimulusError(
            f"latencies must lie in 0 to {steps}, the number of steps, "
            f"got values from {latencies.min()} to {latencies.max()}"
        )
    return (latencies[..., None, :] == np.arange(steps)[:, None]).astype(np.float32)


def _latencies(x: np.ndarray, steps: int, tau: float, threshold: float) -> np.ndarray:
    latencies = np.full(x.shape, steps, dtype=np.min_scalar_type(steps))
    spiking = x > threshold
    bright = x[spiking].astype(float)
    # Zenke, SpyTorch tutorial 2; Kilgore et al. 2025, input of Fashion-MNIST
    exact = tau * np.log(bright / (bright - threshold))
    latencies[spiking] = np.minimum(np.floor(exact), steps)
    return latencies


def _require_intensities(images: np.ndarray) -> None:
    if images.dtype.kind != "f":
        raise StimulusError(
            f"images must be floats in [0, 1] or unsigned bytes, got an array of {images.dtype}"
        )
    if not images.size:
        return
    low, high = images.min(), images.max()
    if np.isnan(low):
        where = np.unravel_index(np.isnan(images).argmax(), images.shape)
        raise StimulusError(
            f"images must lie in [0, 1], the value at {tuple(map(int, where))} is NaN"
        )
    if low < 0 or high > 1:
        raise StimulusError(f"images must lie in [0, 1], got values from {low:g} to {high:g}")
