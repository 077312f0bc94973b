"""Natural images with equal power at all frequencies: the filter of Olshausen & Field.

R(f) = f exp(-(f / f0)^4), f in cycles a pixel. Amplitudes of natural images fall as 1/f; the factor
f flattens them, the exponential removes the noisy and aliased corners of the spectrum. It is a
crude model of what retina and thalamus do.
"""

from __future__ import annotations

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.requirements import require_images, require_number

__all__ = ["halved", "whitened"]

#: f0 in cycles a pixel: 200 cycles an image of 512 pixels (Olshausen & Field 1997).
CUTOFF = 0.4

#: What the parameters of Olshausen's sparsenet, and so his IMAGES, are made for.
VARIANCE = 0.1


@takes_si()
def whitened(
    images: np.ndarray, *, cutoff: float = CUTOFF, variance: float = VARIANCE
) -> np.ndarray:
    """Whiten each image, then scale all together to a mean variance.

    Parameters
    ----------
    images : array_like, (n, height, width)
        Grey images in any unit, of about equal contrast: one scale serves all.
    cutoff : float
        f0, cycles a pixel, positive. Half a cycle is the finest that a row of pixels holds.
    variance : float
        Variance over the pixels of an image, averaged over images; positive.

    Returns
    -------
    numpy.ndarray of float32, (n, height, width)
        Each image has a mean of 0, since R(0) = 0.

    Raises
    ------
    ValueError
        If the images are no stack of finite numbers, one of them is constant, or `cutoff` or
        `variance` is not positive.

    Notes
    -----
    The filter takes an image as periodic, so that its borders carry an edge where opposite sides
    differ: leave a few pixels out there.

    References
    ----------
    Olshausen & Field (1997), Vision Research 37:3311-3325, and "make-your-own-images" of its
    program sparsenet, from which cutoff and variance are.
    """
    from scipy import fft

    images = require_images("images", images)
    cutoff = require_number("cutoff", cutoff, positive=True)
    variance = require_number("variance", variance, positive=True)
    constant = np.ptp(images, axis=(1, 2)) == 0
    if constant.any():
        raise ValueError(f"images must not be constant, image {constant.argmax()} is")
    height, width = images.shape[1:]
    frequency = np.hypot(fft.fftfreq(height)[:, None], fft.rfftfreq(width))
    response = frequency * np.exp(-((frequency / cutoff) ** 4))
    spectra = fft.rfft2(images.astype(float)) * response
    filtered = fft.irfft2(spectra, s=(height, width))
    filtered *= np.sqrt(variance / filtered.var(axis=(1, 2)).mean())
    return filtered.astype(np.float32)


@takes_si()
def halved(images: np.ndarray) -> np.ndarray:
    """Half the size of images: each new pixel is the mean of 2 x 2 old ones.

    Linear interpolation by a ratio of 1/2 between pixel centres (`ImageSet.resized`) comes to the
    same. The mean takes away variance: of a whitened image about two fifths.

    Parameters
    ----------
    images : array_like, (n, height, width)
        Grey images in any unit, at least 2 x 2. An odd last row or column is left out.

    Returns
    -------
    numpy.ndarray of float32, (n, height // 2, width // 2)

    Raises
    ------
    ValueError
        If the images are no stack of finite numbers or smaller than 2 x 2.
    """
    images = require_images("images", images)
    n, height, width = images.shape[0], images.shape[1] // 2, images.shape[2] // 2
    if not (height and width):
        raise ValueError(f"images must be at least 2 x 2 pixels, got {images.shape[1:]}")
    blocks = images[:, : 2 * height, : 2 * width].reshape(n, height, 2, width, 2)
    return blocks.mean(axis=(2, 4), dtype=float).astype(np.float32)
