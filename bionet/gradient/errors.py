"""What can be wrong with a model or a training that is the user's to mend."""

from bionet.errors import BionetError

__all__ = ["DivergedError", "NotDifferentiableError"]


class NotDifferentiableError(BionetError):
    """A model holds something that JAX cannot differentiate; names it."""


class DivergedError(BionetError):
    """A loss, or a parameter that it was worked out with, is no longer a number.

    Attributes
    ----------
    epoch, batch : int
        Where that was first seen, both counted from 1.
    network : int or None
        Which of several networks, counted from 0.
    """

    def __init__(self, epoch: int, batch: int, network: int | None = None):
        self.epoch, self.batch, self.network = epoch, batch, network
        whose = "" if network is None else f" of network {network}"
        super().__init__(
            f"the loss{whose} is no longer a number at epoch {epoch}, batch {batch}; the last "
            "checkpoint is kept: lower the learning rate, or look at the inputs of that batch and "
            "of the one before"
        )

    def __reduce__(self):
        return type(self), (self.epoch, self.batch, self.network)
