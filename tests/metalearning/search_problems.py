"""Problems for the tests of the search, at the top level of a module so that workers find them.

Run as a program it is a search that a test can kill::

    python search_problems.py LOG SECONDS_A_TRIAL WORKERS [slow_sphere | simulated_sphere]
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bionet.metalearning import Parameters, Stopping, metalearn
from bionet.metalearning.checksums import checked_line, entry_of

PARAMETERS = Parameters(
    ["ee.alpha", "ee.beta", "ee.tau_pre"],
    initial=[1e-3, -2e-3, 0.02],
    scales=[2e-3, 2e-3, 0.3],
    lower=[None, None, 0.005],
    logarithmic=["ee.tau_pre"],
)
OPTIMUM = {"ee.alpha": 4e-3, "ee.beta": 1e-3, "ee.tau_pre": 0.01}
SEARCH = {
    "seed": 7,
    "population_size": 6,
    "trials": 2,
    "stopping": Stopping(max_generations=5),
}


def sphere(values: dict[str, float], trial: int, seed: int) -> tuple[float, dict[str, float]]:
    """Squared distance to OPTIMUM in search units, with a little noise that the seed decides."""
    x = PARAMETERS.to_search(values) - PARAMETERS.to_search(OPTIMUM)
    noise = 1e-9 * ((seed % 1000) + trial)
    return float(x @ x) + noise, {"rate": 10.0 + x[0], "isi_cv": float("nan")}


def slow_sphere(
    values: dict[str, float], trial: int, seed: int, seconds: float
) -> tuple[float, dict[str, float]]:
    """Sphere after a sleep, longer for some trials so that they finish out of order."""
    time.sleep(seconds * (1 + seed % 3))
    return sphere(values, trial, seed)


def simulated_sphere(
    values: dict[str, float], trial: int, seed: int, seconds: float
) -> tuple[float, dict[str, float]]:
    """Sphere after a wait for a program that the worker starts, as it does a simulation."""
    subprocess.run(["sleep", str(seconds)], check=True)
    return sphere(values, trial, seed)


@dataclass(frozen=True)
class FailsOnce:
    """Sphere, except that one candidate raises (or does something worse) if it is met."""

    alpha: float
    how: str = "raise"
    seconds: float = 0.0

    def __call__(self, values, trial, seed):
        """Evaluate, or fail for the candidate with this alpha."""
        if values["ee.alpha"] != self.alpha:
            return sphere(values, trial, seed)
        time.sleep(self.seconds)
        match self.how:
            case "raise":
                raise RuntimeError("the network exploded")
            case "die":
                os._exit(1)
            case "nan":
                return float("nan"), {}


def rewritten(line, change):
    """Return a line of a log whose text was changed by one who knows about checksums."""
    changed = change(json.dumps(entry_of(line)))
    assert changed != json.dumps(entry_of(line))
    return checked_line(json.loads(changed)) + "\n"


def without_checksums(content):
    """Return a log as it was written before lines had checksums."""
    header, *lines = (entry_of(line) for line in content.splitlines())
    return "".join(json.dumps(line) + "\n" for line in [{**header, "version": 1}, *lines]).encode()


def same_value(values, trial, seed):
    """Return the same loss for every candidate."""
    return 5.0, {}


def threads(problem, folder, parameters=PARAMETERS, **settings):
    """Search with a pool of two threads, its log in a folder."""
    with ThreadPoolExecutor(2) as executor:
        return metalearn(
            problem,
            parameters,
            log_path=folder / "log.jsonl",
            executor=executor,
            **{**SEARCH, **settings},
        )


if __name__ == "__main__":
    log_path, seconds, workers = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    problem = {"simulated_sphere": simulated_sphere}.get(sys.argv[-1], slow_sphere)
    metalearn(
        partial(problem, seconds=seconds),
        PARAMETERS,
        log_path=log_path,
        workers=workers,
        **SEARCH,
    )
