"""Where a search stands, counted from its log in milliseconds, without pycma."""

import math
import os
from dataclasses import dataclass

from bionet.metalearning.log import read_log


@dataclass(frozen=True)
class Progress:
    """Where a search stands.

    Parameters
    ----------
    generations : int
        Complete generations.
    evaluations : int
        Finished evaluations, those of the incomplete generation included.
    generation_size : int
        Evaluations a generation.
    best_loss : float
        Lowest loss of a candidate of a complete generation, over its trials; NaN before the first.
    best_values : dict of str to float
        That candidate's physical values; empty before the first.
    """

    generations: int
    evaluations: int
    generation_size: int
    best_loss: float
    best_values: dict[str, float]


def progress(path: str | os.PathLike) -> Progress:
    """Where the search of a log stands; the log is only read, and may be in use.

    Parameters
    ----------
    path : path
        The log.

    Returns
    -------
    Progress
        The best candidate is the first with the lowest loss.

    Raises
    ------
    LogError
        If the file is missing, is no such log or is damaged.
    """
    plan, evaluations = read_log(path)
    generations = len(evaluations) // plan.generation_size
    complete = sorted(
        (item for item in evaluations if item.trial.generation < generations),
        key=lambda item: item.trial,
    )
    best_loss, best_values = math.nan, {}
    for start in range(0, len(complete), plan.generation_size):
        generation = complete[start : start + plan.generation_size]
        losses = plan.candidate_losses(generation)
        lowest = min(losses)
        if not best_loss <= lowest:
            best_loss = lowest
            best_values = generation[losses.index(lowest) * plan.trials].values
    return Progress(generations, len(evaluations), plan.generation_size, best_loss, best_values)
