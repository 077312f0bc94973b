"""From the activity of a network to a loss: terms that add and a penalty for failing."""

from bionet.losses.loss import PENALTY, AbstractTerm, Loss, penalty_of_failure
from bionet.losses.terms import (
    BoundedStability,
    IsiCvError,
    PopulationRateStd,
    RateError,
    RateStd,
    vaze_loss,
)

__all__ = [
    "PENALTY",
    "AbstractTerm",
    "BoundedStability",
    "IsiCvError",
    "Loss",
    "PopulationRateStd",
    "RateError",
    "RateStd",
    "penalty_of_failure",
    "vaze_loss",
]
