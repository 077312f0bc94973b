"""Send a generation's missing trials to an executor, all at once, and log each as it arrives."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed

from bionet.metalearning.errors import EvaluationError, LogError
from bionet.metalearning.evaluation import Evaluation, Problem, Trial, run_trial
from bionet.metalearning.executors import why_workers_die
from bionet.metalearning.log import SearchLog
from bionet.metalearning.timing import TimingLog


def evaluate_missing(
    problem: Problem,
    candidates: Sequence[Mapping[str, float]],
    trials: Sequence[Trial],
    executor: Executor,
    log: SearchLog,
    timing: TimingLog,
    on_evaluation: Callable[[Evaluation], None] | None = None,
) -> None:
    """Evaluate trials and log them; whatever ends this early, what has finished is logged.

    Parameters
    ----------
    problem : callable
        ``problem(values, trial, seed) -> (loss, metrics)``.
    candidates : sequence of dict of str to float
        Physical values of all candidates of the generation.
    trials : sequence of Trial
        Those not in the log yet.
    executor : concurrent.futures.Executor
        Evaluates them, in any order.
    log, timing
        Where they are written, in order of arrival.
    on_evaluation : callable or None
        Called after each is logged.

    Raises
    ------
    EvaluationError
        If one raises or a worker process dies; the others that wait are cancelled.
    LogError
        If the log cannot be written.
    """
    futures: dict[Future, Trial] = {}
    try:
        for trial in trials:
            values = candidates[trial.candidate]
            future = _submit(executor, problem, values, trial)
            futures[future] = trial
        for future in as_completed(futures):
            trial = futures[future]
            loss, metrics, wall_time = _result(future, trial, candidates[trial.candidate])
            evaluation = Evaluation(trial, dict(candidates[trial.candidate]), loss, metrics)
            log.append(evaluation)
            timing.append(trial, wall_time)
            if on_evaluation is not None:
                on_evaluation(evaluation)
    except LogError:
        _cancel(futures)
        raise
    except BaseException:
        _cancel(futures)
        _log_finished(log, futures, candidates)
        raise


def _submit(
    executor: Executor, problem: Problem, values: Mapping[str, float], trial: Trial
) -> Future:
    try:
        return executor.submit(run_trial, problem, dict(values), trial.index, trial.seed)
    except BrokenExecutor as error:
        raise _worker_died(trial) from error


def _result(
    future: Future, trial: Trial, values: Mapping[str, float]
) -> tuple[float, dict[str, float], float]:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise _worker_died(trial) from error
    except Exception as error:
        coefficients = ", ".join(f"{name} = {value!r}" for name, value in values.items())
        raise EvaluationError(
            f"generation {trial.generation}, candidate {trial.candidate}, trial {trial.index} "
            f"(seed {trial.seed}, {coefficients}) failed: {type(error).__name__}: {error}"
        ) from error


def _worker_died(trial: Trial) -> EvaluationError:
    died = EvaluationError(
        f"a worker process died in generation {trial.generation}: {why_workers_die()}"
    )
    died.add_note("Every evaluation that finished before is logged; the search goes on from there.")
    return died


def _cancel(futures: Mapping[Future, Trial]) -> None:
    for future in futures:
        future.cancel()


def _log_finished(
    log: SearchLog, futures: Mapping[Future, Trial], candidates: Sequence[Mapping[str, float]]
) -> None:
    """Log what finished but was not logged yet.

    The interrupt may have struck while a line was written, so the file is read anew: it alone
    knows what it holds.
    """
    log.close()
    with SearchLog(log.path, log.plan) as reread:
        for future, trial in futures.items():
            if (trial.generation, trial.candidate, trial.index) in reread.evaluations:
                continue
            if future.done() and not future.cancelled() and future.exception() is None:
                loss, metrics, _ = future.result()
                reread.append(Evaluation(trial, dict(candidates[trial.candidate]), loss, metrics))
