"""How a search went, generation by generation; read back from its log by replaying it."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bionet.metalearning.errors import LogError
from bionet.metalearning.evaluation import Evaluation, mean_metrics, median_loss
from bionet.metalearning.log import read_log
from bionet.metalearning.plan import SearchPlan
from bionet.metalearning.search import Search

HISTORY_TOLERANCE = 1e-6
"""Difference, in units of the search's spread, up to which replayed candidates count as the logged
ones when a history is drawn. Other processors and libraries round differently in the last digits,
which moves no curve; going on with a search asks for the very same numbers instead."""


@dataclass(frozen=True, eq=False)
class GenerationSummary:
    """One generation.

    Parameters
    ----------
    generation : int
        From 0.
    best_loss, median_loss : float
        Over the generation's candidates, each over its trials.
    best_values : dict of str to float
        Physical values of the generation's best candidate.
    metrics : dict of str to float
        Metrics of the best candidate, means over its trials; NaN where none measured it.
    sigma : float
        Step size, in search units, after the generation's update.
    mean : array of float, shape (n,)
        Centre of the search after the update, in physical units, in the order of the names.
    spread : array of float, shape (n,)
        Standard deviation of the search about its mean, in physical units.
    """

    generation: int
    best_loss: float
    median_loss: float
    best_values: dict[str, float]
    metrics: dict[str, float]
    sigma: float
    mean: np.ndarray
    spread: np.ndarray


def finish_generation(
    search: Search, plan: SearchPlan, evaluations: Mapping[tuple[int, int], Evaluation]
) -> GenerationSummary:
    """Tell the search a complete generation and sum it up.

    Parameters
    ----------
    search : Search
        Asked for this generation.
    plan : SearchPlan
        Its plan.
    evaluations : mapping of (candidate, trial) to Evaluation
        All of the generation's.

    Returns
    -------
    GenerationSummary
        With the search's mean and spread after the update.
    """
    losses = plan.candidate_losses(evaluations.values())
    best = int(np.argmin(losses))
    of_best = [evaluations[best, index] for index in range(plan.trials)]
    generation = search.generation
    search.tell(losses)
    mean = search.mean
    return GenerationSummary(
        generation=generation,
        best_loss=losses[best],
        median_loss=median_loss(losses),
        best_values=of_best[0].values,
        metrics=mean_metrics(of_best),
        sigma=search.sigma,
        mean=np.array([mean[name] for name in plan.parameters.names]),
        spread=search.spread,
    )


def read_history(path: str | os.PathLike) -> list[GenerationSummary]:
    """Return the complete generations of a log, which is read only.

    Parameters
    ----------
    path : path
        The log of a search: running, interrupted or finished.

    Returns
    -------
    list of GenerationSummary
        One a complete generation.

    Raises
    ------
    LogError
        If the log cannot be read, or its candidates are not those its first line leads to.
    """
    plan, evaluations = read_log(path)
    generations = _complete_generations(plan, evaluations)
    search = Search(plan.parameters, plan.population_size, plan.sigma, plan.seed)
    history = []
    for generation in generations:
        candidates = search.ask()
        _check_close(path, search, candidates, generation)
        history.append(finish_generation(search, plan, generation))
    return history


def _complete_generations(
    plan: SearchPlan, evaluations: Sequence[Evaluation]
) -> list[dict[tuple[int, int], Evaluation]]:
    generations: dict[int, dict[tuple[int, int], Evaluation]] = {}
    for evaluation in evaluations:
        trial = evaluation.trial
        generation = generations.setdefault(trial.generation, {})
        generation[trial.candidate, trial.index] = evaluation
    return [
        generations[number]
        for number in sorted(generations)
        if len(generations[number]) == plan.generation_size
    ]


def _check_close(
    path: str | os.PathLike,
    search: Search,
    candidates: Sequence[Mapping[str, float]],
    generation: Mapping[tuple[int, int], Evaluation],
) -> None:
    names = search.parameters.names
    for (candidate, _), evaluation in generation.items():
        for name, spread in zip(names, search.spread, strict=True):
            replayed, logged = candidates[candidate][name], evaluation.values.get(name, math.nan)
            if not abs(replayed - logged) <= HISTORY_TOLERANCE * (spread + abs(replayed)):
                raise LogError(
                    f"{path}: candidate {candidate} of generation {search.generation} has {name} "
                    f"= {logged}, but the search its first line describes leads to {replayed}"
                )
