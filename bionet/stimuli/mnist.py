"""MNIST and Fashion-MNIST, read from idx files in a folder or downloaded once and checked.

An idx file is two zero bytes, the type of the numbers (8: unsigned bytes), the number of
dimensions, each dimension as four bytes (the highest first), and the numbers (LeCun, Cortes &
Burges; Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747).
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bionet.stimuli.downloads import downloaded, found
from bionet.stimuli.errors import StimulusError
from bionet.stimuli.image_set import ImageSet

__all__ = ["fashion_mnist", "mnist"]

_SIDE = 28
_SPLITS = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class _Archive:
    """Where a data set is found, and the SHA-256 of each of its files."""

    title: str
    url: str
    checksums: Mapping[str, str]


_MNIST = _Archive(
    title="MNIST",
    url="https://ossci-datasets.s3.amazonaws.com/mnist/",
    checksums={
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
)

_FASHION_MNIST = _Archive(
    title="Fashion-MNIST",
    url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    checksums={
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
)


#: How many labels, and digits of a SHA-256, tell one set from another.
_LABELS, _DIGITS = 32, 16

#: Of the first image and of the first labels of each set.
_BEGINNINGS = {
    "23ceaef5eb61f0e7": "MNIST train",
    "47a7dcb743631000": "MNIST train",
    "8f6a418c9a639f9e": "MNIST test",
    "1fc7f2fa2c7854be": "MNIST test",
    "5bd44e331a6d6998": "Fashion-MNIST train",
    "6fbf8acad34aa1bd": "Fashion-MNIST train",
    "ffc7351ed0f8bae5": "Fashion-MNIST test",
    "3d1a0dcc55706665": "Fashion-MNIST test",
}


def mnist(split: str = "train", folder: str | os.PathLike | None = None) -> ImageSet:
    """Handwritten digits, 28 x 28: 60 000 to train with, 10 000 to test with.

    Parameters
    ----------
    split : {"train", "test"}
    folder : path, optional
        Where the idx files are, under their official names, with or without ``.gz``. Their number
        of images is not checked, but files that begin as those of another set do are refused.
        Without it the files are downloaded into the user's cache folder when first asked for,
        11 MB, which is told on standard error, and must have their known SHA-256.

    Returns
    -------
    ImageSet
        Intensities in [0, 1] (bytes / 255), labels 0 to 9, in file order.

    Raises
    ------
    ValueError
        If the split is neither of the two.
    StimulusError
        If a file is missing, damaged, not an idx file of 28 x 28 images or their labels, another
        set's, or cannot be downloaded. The message names it.
    """
    return _image_set(_MNIST, split, folder)


def fashion_mnist(split: str = "train", folder: str | os.PathLike | None = None) -> ImageSet:
    """Grey pictures of clothes, 28 x 28, ten classes; in all else like `mnist`, but 31 MB.

    Parameters
    ----------
    split : {"train", "test"}
    folder : path, optional
        As in `mnist`.

    Returns
    -------
    ImageSet
        Labels 0 to 9: T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot.

    Raises
    ------
    ValueError, StimulusError
        As `mnist` does.
    """
    return _image_set(_FASHION_MNIST, split, folder)


def _image_set(archive: _Archive, split: str, folder: str | os.PathLike | None) -> ImageSet:
    if split not in _SPLITS:
        allowed = " or ".join(repr(name) for name in _SPLITS)
        raise ValueError(f"split must be {allowed}, got {split!r}")
    names = [f"{_SPLITS[split]}-{part}-ubyte.gz" for part in ("images-idx3", "labels-idx1")]
    if folder is None:
        images_path, labels_path = (
            downloaded(archive.title, archive.url + name, f"sha256:{archive.checksums[name]}")
            for name in names
        )
    else:
        images_path, labels_path = (
            found(archive.title, folder, name, name.removesuffix(".gz")) for name in names
        )
    images = _idx_bytes(images_path, dimensions=3)
    labels = _idx_bytes(labels_path, dimensions=1)
    if images.shape[1:] != (_SIDE, _SIDE) or not len(images):
        raise StimulusError(
            f"{images_path} must hold images of {_SIDE} x {_SIDE} pixels, got shape {images.shape}"
        )
    if len(images) != len(labels):
        raise StimulusError(
            f"{images_path} has {len(images)} images, but {labels_path.name} has "
            f"{len(labels)} labels"
        )
    name = f"{archive.title} {split}"
    for path, content in ((images_path, images), (labels_path, labels)):
        _refuse_another_set(path, content, name)
    return ImageSet(images / np.float32(255), labels, name)


def _refuse_another_set(path: Path, content: np.ndarray, wanted: str) -> None:
    """Refuse what begins as another of the official files does."""
    start = content[0] if content.ndim == 3 else content[:_LABELS]
    whose = _BEGINNINGS.get(hashlib.sha256(start.tobytes()).hexdigest()[:_DIGITS])
    if whose not in (None, wanted):
        raise StimulusError(f"{path} is of {whose}, not of {wanted}")


def _idx_bytes(path: Path, dimensions: int) -> np.ndarray:
    """Array of unsigned bytes in an idx file, of the shape that the file states."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise StimulusError(f"{path} cannot be read: {error}") from error
    start = 4 + 4 * dimensions
    if content[:4] != bytes((0, 0, 8, dimensions)) or len(content) < start:
        raise StimulusError(
            f"{path} is no idx file of unsigned bytes in {dimensions} dimension(s): "
            f"it begins with {content[:4].hex(' ') or 'nothing'}"
        )
    shape = tuple(int(length) for length in np.frombuffer(content[4:start], dtype=">u4"))
    if len(content) - start != math.prod(shape):
        raise StimulusError(
            f"{path} is damaged: it states shape {shape}, {math.prod(shape)} bytes, "
            f"and has {len(content) - start}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
