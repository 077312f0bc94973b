"""One evaluation: a candidate tried once under one seed, and what came of it.

A problem is any callable ``problem(values, trial, seed) -> (loss, metrics)`` that can be pickled.
It gets the coefficients' physical values, the number of the trial (so that a trial can mean, say,
low or high initial weights) and the seed for everything random in it. Called twice alike it must
return the same: a search is resumed by trusting the losses in its log.

The trials of one generation have the same seeds for every candidate (common random numbers:
candidates are compared under equal luck) and fresh ones in the next generation, so that no
candidate is bred for one seed.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Problem = Callable[[dict[str, float], int, int], tuple[float, Mapping[str, float]]]

TRIAL_STREAM = 1
"""Spawn key of the trials' seeds; the search's own random numbers have another."""

AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    # Exact until it is rounded once: the sum of finite losses may exceed the largest float.
    "mean": statistics.mean,
    "max": max,
}
"""How the losses of a candidate's trials become its loss; `max` is the worst case."""


@dataclass(frozen=True, order=True)
class Trial:
    """Which evaluation: the `index`-th trial of a candidate of a generation, all from 0."""

    generation: int
    candidate: int
    index: int
    seed: int


@dataclass(frozen=True)
class Evaluation:
    """A finished trial.

    Parameters
    ----------
    trial : Trial
        Which one.
    values : dict of str to float
        The candidate's physical values, as they were evaluated.
    loss : float
        Finite, lower is better.
    metrics : dict of str to float
        What else was measured; NaN where there was nothing to measure.
    """

    trial: Trial
    values: dict[str, float]
    loss: float
    metrics: dict[str, float] = field(default_factory=dict)


def trial_seed(seed: int, generation: int, index: int) -> int:
    """Seed of a generation's `index`-th trial, the same for all its candidates.

    Parameters
    ----------
    seed : int
        The search's seed.
    generation, index : int
        Which generation, which trial, from 0.

    Returns
    -------
    int
        A number in [0, 2**32).
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(TRIAL_STREAM, generation, index))
    return int(sequence.generate_state(1, np.uint32)[0])


def run_trial(
    problem: Problem, values: dict[str, float], index: int, seed: int
) -> tuple[float, dict[str, float], float]:
    """Call the problem once; this is what an executor's worker runs.

    Parameters
    ----------
    problem : callable
        ``problem(values, trial, seed) -> (loss, metrics)``.
    values : dict of str to float
        Physical values of the candidate.
    index, seed : int
        Number and seed of the trial.

    Returns
    -------
    loss : float
        Finite.
    metrics : dict of str to float
        Python floats; what is not finite becomes NaN.
    wall_time : float
        Seconds the call took.

    Raises
    ------
    ValueError
        If the loss is not finite.
    """
    start = time.perf_counter()
    loss, metrics = problem(dict(values), index, seed)
    wall_time = time.perf_counter() - start
    loss = float(loss)
    if not math.isfinite(loss):
        raise ValueError(
            f"the problem returned the loss {loss}; losses must be finite, so give a failed "
            "candidate a large graded one"
        )
    metrics = {name: float(value) for name, value in metrics.items()}
    finite = {name: value if math.isfinite(value) else math.nan for name, value in metrics.items()}
    return loss, finite, wall_time


def median_loss(losses: Sequence[float]) -> float:
    """Median of finite losses, finite whatever their size."""
    return statistics.mean([statistics.median_low(losses), statistics.median_high(losses)])


def mean_metrics(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Mean of each metric over trials, leaving out NaN; NaN where no trial measured it."""
    names = sorted({name for evaluation in evaluations for name in evaluation.metrics})
    means = {}
    for name in names:
        measured = [
            evaluation.metrics[name]
            for evaluation in evaluations
            if not math.isnan(evaluation.metrics.get(name, math.nan))
        ]
        means[name] = statistics.mean(measured) if measured else math.nan
    return means
