"""What can be wrong with a model or a training that is the user's to mend."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bionet.errors import BionetError

__all__ = ["DivergedError", "NotDifferentiableError", "refuse_divergence"]


class NotDifferentiableError(BionetError):
    """A model holds something that JAX cannot differentiate; names it."""


class DivergedError(BionetError):
    """A loss, its gradient, or a parameter is no longer a number.

    Attributes
    ----------
    epoch, batch : int
        Where that was first seen, both counted from 1.
    network : int or None
        Which of several networks, counted from 0.
    what : str
        ``"the loss"``, ``"the gradient of 'hidden.tau'"`` (of a loss that is a number), or
        ``"the parameter 'hidden.tau'"`` (after an update along gradients that are).
    """

    def __init__(self, epoch: int, batch: int, network: int | None = None, what: str = "the loss"):
        self.epoch, self.batch, self.network, self.what = epoch, batch, network, what
        whose = "" if network is None else f" of network {network}"
        remedy = (
            "the loss is one; if the inputs of that batch are numbers, too, it overflows going "
            "back: use double precision, shorter samples, or a surrogate with a larger slope"
            if what.startswith("the gradient")
            else "lower the learning rate, or look at the inputs of that batch and the one before"
        )
        super().__init__(
            f"{what}{whose} is no longer a number at epoch {epoch}, batch {batch}; the last "
            f"checkpoint is kept: {remedy}"
        )

    def __reduce__(self):
        return type(self), (self.epoch, self.batch, self.network, self.what)


def refuse_divergence(epoch: int, loss: np.ndarray, gradients: Mapping, parameters: Mapping):
    """Raise what is wrong with the first batch that has anything wrong.

    Parameters
    ----------
    epoch : int
        Counted from 1.
    loss : ndarray, (networks, batches)
    gradients, parameters : mapping of str to array of bool, (networks, batches)
        Whether the gradient of each parameter, and the parameter after the update, is finite.

    Raises
    ------
    DivergedError
    """
    sound = {"the loss": np.isfinite(loss)}
    sound |= {f"the gradient of {name!r}": np.asarray(v) for name, v in gradients.items()}
    sound |= {f"the parameter {name!r}": np.asarray(v) for name, v in parameters.items()}
    wrong = np.argwhere(~np.logical_and.reduce(list(sound.values())).T)
    if wrong.size:
        batch, network = (int(place) for place in wrong[0])
        what = next(name for name, fine in sound.items() if not fine[network, batch])
        raise DivergedError(epoch, batch + 1, network if len(loss) > 1 else None, what)
