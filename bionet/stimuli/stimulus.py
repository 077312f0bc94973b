"""A stimulus is a value: equation strings that make one image after the other inside the network.

Images are made while the network runs, from the call's own random numbers or out of a bank: a
million of them need no memory, and another seed shows others.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["Stimulus"]


@dataclasses.dataclass(frozen=True)
class Stimulus:
    """A sequence of images.

    One neuron, the image source, draws an image at each onset; every input then reads its pixel.
    Its statements may use ``number`` (of images since the call began, the first is 0), ``learning``
    (1 while the network learns, 0 in the test phase after it) and ``first_number`` (a run-time
    input: how many images came before).

    Attributes
    ----------
    shape : tuple of int
        Height and width of an image.
    equations : str
        Variables of the image source, Brian2 syntax.
    draw : str
        Statements of the image source at an onset.
    pixel : str
        Expression for the intensity that input ``i`` receives, in [0, 1].
    read : tuple of str
        Variables of the image source that `pixel` uses.
    channels : int
        Inputs of one pixel: 1, or 2 for ON and OFF; input ``i`` is pixel ``i % (height*width)`` of
        channel ``i // (height*width)``.
    constants : mapping
        Numbers and banks of images (``brian2.TimedArray``) that the strings name.
    parameters : mapping of str to float
        Defaults of the source's run-time inputs, see `equations`.
    """

    shape: tuple[int, int]
    equations: str
    draw: str
    pixel: str
    read: tuple[str, ...] = ()
    channels: int = 1
    constants: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    parameters: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "constants", MappingProxyType(dict(self.constants)))
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def digest(self) -> str:
        """Return a hash of the strings, the numbers and the banks of images."""
        strings = (self.shape, self.channels, self.equations, self.draw, self.pixel, self.read)
        digest = hashlib.sha256(repr((strings, sorted(self.parameters.items()))).encode())
        for name, value in sorted(self.constants.items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(getattr(value, "values", value)).tobytes())
        return digest.hexdigest()

    @property
    def n_inputs(self) -> int:
        """Number N_x of inputs."""
        return self.channels * self.shape[0] * self.shape[1]
