"""The search itself: replay what its log holds, evaluate what is missing, ask and tell, go on.

There is one loop for new and interrupted searches. It asks CMA-ES for a generation's candidates,
compares those the log already has with them, bit for bit, sends the missing trials to the
executor, all at once, logs each as it arrives and tells the losses when all are there. An
interrupted search therefore ends in the log, byte for byte, of one that was not.
"""

import os
import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bionet.metalearning.dispatch import evaluate_missing
from bionet.metalearning.errors import EvaluationError, LogError
from bionet.metalearning.evaluation import Evaluation, Problem
from bionet.metalearning.executors import worker_processes
from bionet.metalearning.history import GenerationSummary, finish_generation
from bionet.metalearning.log import SearchLog
from bionet.metalearning.parameters import Parameters
from bionet.metalearning.plan import SearchPlan
from bionet.metalearning.search import Search, default_population_size
from bionet.metalearning.stopping import Stopping
from bionet.metalearning.timing import TimingLog

TIMING = "timing.jsonl"


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Parameters
    ----------
    best_values : dict of str to float
        Physical values of the candidate with the lowest loss of all generations.
    best_loss : float
        Its loss over its trials. Of many noisy candidates the best was also lucky: measure it
        again before relying on it.
    mean_values : dict of str to float
        Centre of the search at its end: with noisy losses often the better rule.
    stop_reasons : dict of str to str
        The stop criteria met, a sentence each.
    history : tuple of GenerationSummary
        Every generation, those of earlier sessions included.
    """

    best_values: dict[str, float]
    best_loss: float
    mean_values: dict[str, float]
    stop_reasons: dict[str, str]
    history: tuple[GenerationSummary, ...]


def metalearn(
    problem: Problem,
    parameters: Parameters,
    *,
    log_path: str | os.PathLike,
    seed: int,
    population_size: int | None = None,
    sigma: float = 1.0,
    trials: int = 1,
    aggregate: str = "mean",
    stopping: Stopping | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    on_generation: Callable[[GenerationSummary, float], None] | None = None,
    on_evaluation: Callable[[Evaluation], None] | None = None,
) -> SearchResult:
    """Search for the coefficients with the lowest loss, or go on with a search from its log.

    Parameters
    ----------
    problem : callable
        ``problem(values, trial, seed) -> (loss, metrics)``: `values` maps names to physical
        values, `trial` counts a candidate's trials from 0, `seed` is in [0, 2**32). The loss is
        finite. It is pickled with every trial, so it should be small, and returns the same
        when called alike.
    parameters : Parameters
        The n coefficients.
    log_path : path
        The log. If it exists, the search goes on where its lines end. Beside it ``timing.jsonl``
        is written, which no one needs to go on. Only one search may use a log at a time; the
        caller sees to that.
    seed : int
        Seed of the search and of its trials.
    population_size : int or None
        Candidates a generation; None for 4 + floor(3 ln n).
    sigma : float
        First step size; 1 makes the parameters' scales the first standard deviations.
    trials : int
        Trials a candidate, under seeds that all candidates of a generation share.
    aggregate : {"mean", "max"}
        How the losses of a candidate's trials become its loss.
    stopping : Stopping or None
        When to stop. It may differ from session to session, say to let a search run longer.
    executor : concurrent.futures.Executor or None
        What evaluates; not shut down here. None for own processes.
    workers : int or None
        How many own processes; None for one a processor. Not with `executor`.
    on_generation : callable or None
        Called after each new generation with its summary and the seconds left until all
        generations are done, at this session's pace.
    on_evaluation : callable or None
        Called after each new evaluation is logged.

    Returns
    -------
    SearchResult
        The best candidate of all generations and how the search went.

    Raises
    ------
    ValueError
        If a setting is out of its range; nothing is written.
    LogError
        If the log is damaged, is another search's, does not replay or cannot be written.
    EvaluationError
        If the problem cannot be sent to workers, an evaluation raises, or a worker process dies.
        What finished before is logged.
    """
    if population_size is None:
        population_size = default_population_size(len(parameters.names))
    plan = SearchPlan(parameters, population_size, sigma, seed, trials, aggregate)
    search = Search(parameters, population_size, sigma, seed, stopping)
    log_path = Path(log_path)
    if log_path.name == TIMING:
        raise ValueError(f"log_path is {log_path}: that is the name of the file of times beside it")
    history: list[GenerationSummary] = []
    with (
        _executor(problem, executor, workers) as executor,
        SearchLog(log_path, plan) as log,
        TimingLog(log_path.with_name(TIMING)) as timing,
    ):
        start, done_before = time.monotonic(), len(log.evaluations)
        while True:
            logged = log.of_generation(search.generation)
            # Complete generations are history, whatever the criteria of this session say.
            if len(logged) < plan.generation_size and search.stop():
                break
            candidates = search.ask()
            _check_replay(log, search.generation, candidates)
            missing = [
                trial
                for trial in plan.trials_of(search.generation)
                if (trial.candidate, trial.index) not in logged
            ]
            evaluate_missing(problem, candidates, missing, executor, log, timing, on_evaluation)
            log.arrange()
            history.append(finish_generation(search, plan, log.of_generation(search.generation)))
            if missing and on_generation is not None:
                pace = (time.monotonic() - start) / (len(log.evaluations) - done_before)
                generations_left = max(search.stopping.max_generations - search.generation, 0)
                on_generation(history[-1], pace * generations_left * plan.generation_size)
    return SearchResult(
        best_values=search.best.values,
        best_loss=search.best.loss,
        mean_values=search.mean,
        stop_reasons=search.stop(),
        history=tuple(history),
    )


@contextmanager
def _executor(
    problem: Problem, executor: Executor | None, workers: int | None
) -> Iterator[Executor]:
    if executor is not None:
        if workers is not None:
            raise ValueError("give either an executor or a number of workers, not both")
        yield executor
        return
    try:
        pickle.dumps(problem)
    except Exception as error:
        raise EvaluationError(
            f"the problem cannot be sent to worker processes ({error}). Define it at the top level "
            "of a module, or pass a concurrent.futures.ThreadPoolExecutor as executor"
        ) from error
    with worker_processes(workers) as processes:
        yield processes


def _check_replay(
    log: SearchLog, generation: int, candidates: Sequence[Mapping[str, float]]
) -> None:
    """Refuse a log whose evaluations are not those of this search, bit for bit."""
    logged = log.of_generation(generation)
    for trial in log.plan.trials_of(generation):
        evaluation = logged.get((trial.candidate, trial.index))
        if evaluation is None:
            continue
        expected = {"seed": trial.seed, **candidates[trial.candidate]}
        found = {"seed": evaluation.trial.seed, **evaluation.values}
        # repr tells floats apart that == does not: 0.0 and -0.0
        if repr(expected) != repr(found):
            raise LogError(
                f"{log.path} does not replay: trial {trial.index} of candidate {trial.candidate} "
                f"of generation {generation} has {_difference(found, expected)}. The log was "
                "changed, or written under another version of bionet, cma or numpy or on another "
                "kind of processor: resume the search where it was started, or start a new one"
            )


def _difference(found: Mapping[str, float], expected: Mapping[str, float]) -> str:
    if list(found) != list(expected):
        return f"values for {', '.join(found)} instead of {', '.join(expected)}"
    name = next(name for name in expected if repr(found[name]) != repr(expected[name]))
    return f"{name} = {found[name]!r}, where this search has {expected[name]!r}"
