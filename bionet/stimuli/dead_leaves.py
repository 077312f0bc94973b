"""Images of occluding disks: like natural scenes, but free to make and to pass on.

Opaque disks of random grey lie upon each other until they cover everything. With radii distributed
as r^-3, each octave of sizes covers the same area: the images look alike at all scales, have the
1/f^2 power spectrum and the sharp edges of natural scenes (Ruderman 1997, Vision Research
37:3385-3398; Lee, Mumford & Huang 2001, Int J Comput Vision 41:35-59).
"""

from __future__ import annotations

import math

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.requirements import require_number, require_whole

__all__ = ["dead_leaves"]

#: Smaller disks can fall between pixels.
SMALLEST_RADIUS = 0.5

_UNSEEN = np.iinfo(np.int64).max


@takes_si()
def dead_leaves(
    n_images: int,
    size: int,
    seed: int,
    *,
    r_min: float = 1.0,
    r_max: float | None = None,
) -> np.ndarray:
    """Draw square images of the dead leaves model.

    The disks are laid from front to back until none could be seen any more, which draws exactly
    from the distribution of an endless heap. Radii have the density r^-3 between their bounds,
    centres are uniform in the image and as far around it as a disk may reach in, greys are uniform
    in [0, 1). A pixel has the grey of the frontmost disk that covers its centre.

    Parameters
    ----------
    n_images : int
        Number of images, at least 1.
    size : int
        Height and width, pixels, at least 4.
    seed : int
        Not negative. The same arguments give the same images; more of them begin with the same.
    r_min, r_max : float
        Bounds of the radii, pixels: 0.5 <= r_min < r_max <= size. r_max is half the size unless it
        is given.

    Returns
    -------
    numpy.ndarray of float32, (n_images, size, size)
        Greys in [0, 1], with a mean of 1/2 and a variance of 1/12 over many images.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    n_images = require_whole("n_images", n_images, at_least=1)
    size = require_whole("size", size, at_least=4)
    generator = np.random.default_rng(require_whole("seed", seed, at_least=0))
    r_min = require_number("r_min", r_min)
    r_max = size / 2 if r_max is None else require_number("r_max", r_max)
    if not (r_min >= SMALLEST_RADIUS and r_max / r_min > 1 and r_max <= size):
        raise ValueError(
            f"radii must satisfy {SMALLEST_RADIUS} <= r_min < r_max <= size, "
            f"got r_min={r_min:g}, r_max={r_max:g} and size={size}"
        )
    return np.stack([_image(size, r_min, r_max, generator) for _ in range(n_images)])


def _image(size: int, r_min: float, r_max: float, generator: np.random.Generator) -> np.ndarray:
    layer = _disks_to_cover_once(size, r_min, r_max)
    image = np.empty(size * size, dtype=np.float32)
    covered = np.zeros(size * size, dtype=bool)
    while not covered.all():
        share = generator.random(layer)
        radii = (r_min**-2 - share * (r_min**-2 - r_max**-2)) ** -0.5
        centers = generator.uniform(-r_max, size - 1 + r_max, (layer, 2))
        greys = generator.random(layer, dtype=np.float32)
        front = _frontmost(centers, radii, size, covered)
        seen = front != _UNSEEN
        image[seen] = greys[front[seen]]
        covered |= seen
    return image.reshape(size, size)


def _disks_to_cover_once(size: int, r_min: float, r_max: float) -> int:
    """Disks whose areas add up to that over which their centres are spread."""
    ratio = r_max / r_min
    mean_square_radius = 2 * r_min**2 * math.log(ratio) / (1 - ratio**-2)
    return math.ceil((size + 2 * r_max) ** 2 / (math.pi * mean_square_radius))


def _frontmost(
    centers: np.ndarray, radii: np.ndarray, size: int, covered: np.ndarray
) -> np.ndarray:
    """Index of the first disk upon each pixel not yet covered, `_UNSEEN` where there is none.

    Parameters
    ----------
    centers : numpy.ndarray, (d, 2)
        Row and column of each disk, from front to back, pixels.
    radii : numpy.ndarray, (d,)
        In pixels.
    covered : numpy.ndarray of bool, (size^2,)
        Pixels hidden by earlier disks.
    """
    front = np.full(size * size, _UNSEEN)
    reaches_in = ((centers + radii[:, None] >= 0) & (centers - radii[:, None] <= size - 1)).all(1)
    reach = np.ceil(radii).astype(int)
    # Disks of about one size are drawn at once, each within a square of pixels around its centre.
    for half_width in np.unique(reach[reaches_in]):
        disks = np.flatnonzero(reaches_in & (reach == half_width))
        offsets = np.arange(-half_width, half_width + 1)
        pixels = np.rint(centers[disks]).astype(int)[:, :, None] + offsets
        squared = (pixels - centers[disks][:, :, None]) ** 2
        # A distance of infinity keeps what lies outside the image out of every disk.
        squared[(pixels < 0) | (pixels >= size)] = np.inf
        rows, columns = pixels[:, 0], pixels[:, 1]
        distance = squared[:, 0, :, None] + squared[:, 1, None, :]
        disk, row, column = np.nonzero(distance <= radii[disks, None, None] ** 2)
        pixel = rows[disk, row] * size + columns[disk, column]
        new = ~covered[pixel]
        np.minimum.at(front, pixel[new], disks[disk[new]])
    return front
