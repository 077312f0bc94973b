"""Labelled grey images in [0, 1], such as handwritten digits, and their resizing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bionet.stimuli.requirements import require_images, require_whole

__all__ = ["ImageSet"]


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Grey images of one size, each with a label.

    Parameters
    ----------
    images : array_like, (n, height, width)
        Intensities in [0, 1], 0 is black. Kept as float32.
    labels : array_like of int, (n,)
        Class of each image.
    name : str
        What the set is called in error messages and figures.

    Raises
    ------
    ValueError
        If a shape is wrong, there is no image, an intensity lies outside [0, 1] or is NaN, the
        labels are no whole numbers, or there is not one of them an image.

    Notes
    -----
    The arrays are copied and read-only. Two sets are equal only if they are the same object.
    """

    images: np.ndarray
    labels: np.ndarray
    name: str

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"name must be a text that is not empty, got {self.name!r}")
        images = require_images(f"images of {self.name}", self.images)
        labels = np.asarray(self.labels)
        low, high = images.min(), images.max()
        if low < 0 or high > 1:
            raise ValueError(
                f"images of {self.name} must lie in [0, 1], got values from {low:g} to {high:g}"
            )
        if labels.dtype.kind not in "iu":
            raise ValueError(
                f"labels of {self.name} must be whole numbers, got an array of {labels.dtype}"
            )
        if labels.shape != images.shape[:1]:
            raise ValueError(
                f"labels of {self.name} must be one for each of {len(images)} images, "
                f"got shape {labels.shape}"
            )
        for field, array, dtype in (("images", images, np.float32), ("labels", labels, np.int64)):
            own = np.array(array, dtype=dtype)
            own.flags.writeable = False
            object.__setattr__(self, field, own)

    def __len__(self) -> int:
        return len(self.images)

    def with_labels(self, *labels: int) -> ImageSet:
        """Return the images that bear one of the labels, in the order in which they stand here.

        Parameters
        ----------
        *labels : int
            At least one, such as the digits 0, 1 and 2.

        Raises
        ------
        ValueError
            If no label is given, or one of them never occurs.
        """
        present = np.unique(self.labels).tolist()
        missing = [label for label in labels if label not in present]
        if missing or not labels:
            allowed = ", ".join(str(label) for label in present)
            raise ValueError(
                f"labels must be at least one of those of {self.name} ({allowed}), "
                f"got {missing[0] if missing else 'none'}"
            )
        chosen = np.isin(self.labels, labels)
        return ImageSet(self.images[chosen], self.labels[chosen], self.name)

    def first(self, n: int) -> ImageSet:
        """Return the first `n` images.

        Raises
        ------
        ValueError
            If `n` is no whole number from 1 to the number of images.
        """
        if require_whole("n", n, at_least=1) > len(self):
            raise ValueError(f"n must be at most {len(self)}, the images of {self.name}, got {n}")
        return ImageSet(self.images[:n], self.labels[:n], self.name)

    def resized(self, height: int, width: int) -> ImageSet:
        """Return the images in another size, interpolated linearly between pixel centres.

        The outer corners of the old and the new image coincide: pixel i of the new one is read at
        (i + 1/2) s - 1/2, s = old size / new size, of the old one, and at its nearest pixel where
        that lies beyond the outermost centres. Nothing is smoothed first, so that shrinking by more
        than 2 skips pixels. It is what ``imresize`` of Julia's ImageTransformations does, by which
        Mikulasch, Rudelt & Priesemann (2021) bring MNIST to 16 x 16.

        Parameters
        ----------
        height, width : int
            New size, at least 1.

        Raises
        ------
        ValueError
            If a size is no whole number of at least 1.
        """
        height = require_whole("height", height, at_least=1)
        width = require_whole("width", width, at_least=1)
        rows = _interpolation(self.images.shape[1], height)
        columns = _interpolation(self.images.shape[2], width)
        return ImageSet(rows @ self.images @ columns.T, self.labels, self.name)


def _interpolation(old: int, new: int) -> np.ndarray:
    """Weights (new, old) that read `new` positions from `old` pixels in a row, float32."""
    position = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, old - 1)
    fraction = position - below
    weights = np.zeros((new, old))
    weights[np.arange(new), below] = 1 - fraction
    weights[np.arange(new), above] += fraction
    return weights.astype(np.float32)
