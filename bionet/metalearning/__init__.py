"""Meta-learning: CMA-ES over the coefficients of a rule, which can be killed and resumed.

    parameters = Parameters(["ee.alpha", "ee.beta"], initial=[0, 0], scales=[2e-3, 2e-3])
    result = metalearn(problem, parameters, log_path="log.jsonl", seed=1, workers=2)

A problem is any callable ``problem(values, trial, seed) -> (loss, metrics)`` that can be pickled.
Of networks only `bionet.metalearning.plasticity_problem` knows, the problem of Vaze et al., which
is imported by itself. The log is the search's whole state.
"""

from bionet.metalearning.errors import EvaluationError, LogError
from bionet.metalearning.evaluation import Evaluation, Trial, trial_seed
from bionet.metalearning.executors import available_processors, worker_processes
from bionet.metalearning.history import GenerationSummary, read_history
from bionet.metalearning.log import SearchLog, read_log
from bionet.metalearning.metalearn import SearchResult, metalearn
from bionet.metalearning.parameters import Parameters
from bionet.metalearning.plan import SearchPlan
from bionet.metalearning.progress import Progress, progress
from bionet.metalearning.progress_line import progress_line
from bionet.metalearning.search import Best, Search
from bionet.metalearning.stopping import Stopping
from bionet.wording import duration

__all__ = [
    "Best",
    "Evaluation",
    "EvaluationError",
    "GenerationSummary",
    "LogError",
    "Parameters",
    "Progress",
    "Search",
    "SearchLog",
    "SearchPlan",
    "SearchResult",
    "Stopping",
    "Trial",
    "available_processors",
    "duration",
    "metalearn",
    "progress",
    "progress_line",
    "read_history",
    "read_log",
    "trial_seed",
    "worker_processes",
]
