"""All that decides the candidates and seeds of a search: the first line of its log."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bionet.metalearning.evaluation import AGGREGATES, Evaluation, Trial, trial_seed
from bionet.metalearning.parameters import Parameters
from bionet.metalearning.search import check_search_settings

FORMAT = "bionet search log"
VERSIONS = (1, 2)
"""Those that can be read; the last one is written."""


@dataclass(frozen=True)
class SearchPlan:
    """What a search is, apart from its problem, when it stops and who computes it.

    Parameters
    ----------
    parameters : Parameters
        The n coefficients.
    population_size : int
        Candidates a generation.
    sigma : float
        First step size in search units.
    seed : int
        Seed of the search and of its trials.
    trials : int
        Trials a candidate.
    aggregate : {"mean", "max"}
        How the losses of a candidate's trials become its loss.

    Raises
    ------
    ValueError
        If a setting is out of its range; the message names it.
    """

    parameters: Parameters
    population_size: int
    sigma: float
    seed: int
    trials: int = 1
    aggregate: str = "mean"

    def __post_init__(self):
        check_search_settings(self.parameters, self.population_size, self.sigma, self.seed)
        if isinstance(self.trials, bool) or not isinstance(self.trials, int) or self.trials < 1:
            raise ValueError(f"trials is {self.trials!r}, it must be a whole number of at least 1")
        if self.aggregate not in AGGREGATES:
            allowed = ", ".join(AGGREGATES)
            raise ValueError(f"aggregate is {self.aggregate!r}, it must be one of {allowed}")
        object.__setattr__(self, "sigma", float(self.sigma))

    @property
    def generation_size(self) -> int:
        """Evaluations a generation."""
        return self.population_size * self.trials

    def trials_of(self, generation: int) -> list[Trial]:
        """All trials of a generation, in the log's order."""
        seeds = [trial_seed(self.seed, generation, index) for index in range(self.trials)]
        return [
            Trial(generation, candidate, index, seed)
            for candidate in range(self.population_size)
            for index, seed in enumerate(seeds)
        ]

    def candidate_losses(self, evaluations: Iterable[Evaluation]) -> list[float]:
        """Losses (population_size,) of a generation's candidates from all its evaluations."""
        trials = [[0.0] * self.trials for _ in range(self.population_size)]
        for evaluation in evaluations:
            trials[evaluation.trial.candidate][evaluation.trial.index] = evaluation.loss
        return [AGGREGATES[self.aggregate](losses) for losses in trials]


def plan_to_header(plan: SearchPlan) -> dict:
    """Return the log's first line as a JSON object; a bound that is not there is null."""
    parameters = plan.parameters
    return {
        "format": FORMAT,
        "version": VERSIONS[-1],
        "names": list(parameters.names),
        "initial": list(parameters.initial),
        "scales": list(parameters.scales),
        "lower": [_null_if_infinite(bound) for bound in parameters.lower],
        "upper": [_null_if_infinite(bound) for bound in parameters.upper],
        "logarithmic": list(parameters.logarithmic),
        "population_size": plan.population_size,
        "sigma": plan.sigma,
        "seed": plan.seed,
        "trials": plan.trials,
        "aggregate": plan.aggregate,
    }


def plan_from_header(header: dict) -> SearchPlan:
    """Return the plan that a log's first line describes; ValueError or KeyError if it is none."""
    return SearchPlan(
        parameters=Parameters(
            names=header["names"],
            initial=header["initial"],
            scales=header["scales"],
            lower=header["lower"],
            upper=header["upper"],
            logarithmic=header["logarithmic"],
        ),
        population_size=header["population_size"],
        sigma=header["sigma"],
        seed=header["seed"],
        trials=header["trials"],
        aggregate=header["aggregate"],
    )


def _null_if_infinite(bound: float) -> float | None:
    return None if math.isinf(bound) else bound
