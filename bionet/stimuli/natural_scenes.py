"""Whitened natural scenes as two rates a pixel, the stimuli of Mikulasch et al. (2021), Fig. 5.

Mikulasch, Rudelt & Priesemann took Olshausen's ten whitened IMAGES (512 x 512), which may not be
passed on. `scenes` reads them from the user's copy, or makes dead leaves whitened the same way in
their stead; both are then halved. `patch_rates` splits pixels into ON and OFF.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.dead_leaves import dead_leaves
from bionet.stimuli.errors import StimulusError
from bionet.stimuli.requirements import require_images, require_number
from bionet.stimuli.whitening import halved, whitened

__all__ = ["load_scenes", "patch_rates", "scenes"]

#: Height and width below which an array is taken for something else than scenes, pixels.
SMALLEST_SIDE = 16

_KEYS = ("images", "IMAGES")


@takes_si()
def scenes(
    path: str | os.PathLike | None = None,
    *,
    n_images: int = 10,
    size: int = 512,
    seed: int = 0,
    r_min: float = 1.0,
) -> np.ndarray:
    """Whitened scenes, halved.

    Parameters
    ----------
    path : path, optional
        A file of scenes that are already whitened, read by `load_scenes`. Without it dead leaves
        are drawn and whitened.
    n_images, size, seed : int
        The dead leaves: their number, height and width before halving (at least 4), and seed.
        A file knows its own.
    r_min : float
        Radius of the smallest leaves, pixels before halving.

    Returns
    -------
    numpy.ndarray of float32, (n, height // 2, width // 2)
        Of dead leaves before halving, the mean is 0 and the variance 0.1; a file's are its own.

    Raises
    ------
    StimulusError
        If the file cannot be read, or is not whitened: its mean is more than half its standard
        deviation away from 0.
    ValueError
        If `n_images`, `size` or `seed` is out of its range.
    """
    if path is None:
        return halved(whitened(dead_leaves(n_images, size, seed, r_min=r_min)))
    images = load_scenes(path)
    mean, deviation = images.mean(dtype=float), images.std(dtype=float)
    if abs(mean) > deviation / 2:
        raise StimulusError(
            f"the scenes in {path} must be whitened (mean 0), got mean {mean:.3g} and standard "
            f"deviation {deviation:.3g}: bionet.stimuli.whitened whitens them"
        )
    return halved(images)


def load_scenes(path: str | os.PathLike) -> np.ndarray:
    """Read images that the user supplies.

    Parameters
    ----------
    path : path
        A ``.npy`` or ``.npz`` file with an array (n, height, width), or MATLAB's ``.mat`` (up to
        version 7) with an array (height, width, n), such as Olshausen's IMAGES.mat. Of several
        arrays in a file the one called ``images`` or ``IMAGES`` is taken.

    Returns
    -------
    numpy.ndarray of float32, (n, height, width)

    Raises
    ------
    StimulusError
        If the file is missing, has another ending, cannot be read, holds no such array, or the
        array is not of three dimensions or real numbers, an image is smaller than 16 x 16, not
        finite, or constant. The message names the file.
    """
    path = Path(path)
    readers = {".npy": _from_numpy, ".npz": _from_numpy, ".mat": _from_mat}
    if path.suffix.lower() not in readers:
        raise StimulusError(f"scenes are read from .npy, .npz and .mat files, got {path}")
    if not path.is_file():
        raise StimulusError(f"there is no file of scenes {path}")
    images = readers[path.suffix.lower()](path)
    try:
        images = require_images("images", images)
    except ValueError as error:
        raise StimulusError(f"{path}: {error}") from error
    _refuse_what_are_no_scenes(path, images)
    return images.astype(np.float32)


@takes_si()
def patch_rates(values: np.ndarray, slope: float = 16.0, shift: float = 0.15) -> np.ndarray:
    """Rates of the ON and OFF channels of pixels.

    v becomes f(v) and f(-v), f(y) = 1 / (1 + exp(-slope (y - shift))), as in the program of
    Mikulasch, Rudelt & Priesemann (2021). A grey pixel, v = 0, has 0.083 in both channels.

    Parameters
    ----------
    values : array_like, (..., k)
        Pixels of whitened patches, the last axis the k pixels of one patch.
    slope : float
        Steepness of f, per unit of `values`, positive.
    shift : float
        Where f is 1/2, in the unit of `values`.

    Returns
    -------
    numpy.ndarray of float, (..., 2 k)
        In (0, 1), the k ON rates first, then the k OFF rates. float32 where `values` are.

    Raises
    ------
    ValueError
        If `values` is a single number or holds NaN or no real numbers, `slope` is not positive or
        `shift` not finite.
    """
    from scipy.special import expit

    values = np.asarray(values)
    slope = require_number("slope", slope, positive=True)
    shift = require_number("shift", shift)
    if values.dtype.kind not in "iuf" or values.ndim == 0 or np.isnan(values).any():
        raise ValueError(
            "values must be real numbers of shape (..., k) without NaN, "
            f"got an array of {values.dtype} and shape {values.shape}"
        )
    if values.dtype != np.float32:
        values = values.astype(float)
    both = np.concatenate([values, -values], axis=-1)
    return expit(slope * (both - shift))


def _from_numpy(path: Path) -> np.ndarray:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            return loaded[_key(path, loaded.files)]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise StimulusError(f"{path} is no readable file of numpy's: {error}") from error


def _from_mat(path: Path) -> np.ndarray:
    from scipy import io

    try:
        variables = io.loadmat(path)
    except NotImplementedError as error:
        raise StimulusError(f"{path} is of MATLAB 7.3, save it with the option -v7") from error
    # A damaged file makes scipy raise what it likes: struct.error, zlib.error, TypeError, ...
    except Exception as error:
        raise StimulusError(f"{path} is no readable .mat file: {error}") from error
    names = [name for name in variables if not name.startswith("__")]
    # MATLAB writes one image without its last axis.
    return np.moveaxis(np.atleast_3d(variables[_key(path, names)]), -1, 0)


def _key(path: Path, names: list[str]) -> str:
    """Which of the arrays in a file holds the images."""
    known = [name for name in names if name in _KEYS] or names
    if len(known) != 1:
        found = ", ".join(names) or "nothing"
        raise StimulusError(f"{path} must hold one array, or one called images, got {found}")
    return known[0]


def _refuse_what_are_no_scenes(path: Path, images: np.ndarray) -> None:
    if min(images.shape[1:]) < SMALLEST_SIDE:
        raise StimulusError(
            f"{path} must hold images (n, height, width) of at least {SMALLEST_SIDE} x "
            f"{SMALLEST_SIDE} pixels, got {images.shape}"
        )
    constant = np.ptp(images, axis=(1, 2)) == 0
    if constant.any():
        raise StimulusError(f"{path}: image {constant.argmax()} is constant")
