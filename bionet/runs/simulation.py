"""Kind ``simulation``: a balanced network, static or with inhibitory plasticity, for several seeds.

A seed decides connectivity, initial potentials and noise. Every finished seed is one line of the
log, so a run that was broken off goes on with the seeds that are missing. The simulations belong to
worker processes, which end with the run however it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bionet.errors import BionetError
from bionet.runs.kind import Kind
from bionet.runs.long_steps import too_long_step
from bionet.runs.run_directory import RunDirectory
from bionet.runs.simulation_configuration import Simulation
from bionet.wording import counted

if TYPE_CHECKING:
    from bionet.devices import Outcome

__all__ = ["KIND", "SimulationError"]


class SimulationError(BionetError):
    """A simulation that broke off; names its seed."""


def start(configuration: Simulation, directory: RunDirectory, workers: int) -> None:
    """Simulate every seed that the directory does not hold, then write the results.

    Raises
    ------
    SimulationError
        If a simulation broke off.
    """
    from bionet.metalearning.executors import worker_processes
    from bionet.runs.compiling import compiling
    from bionet.runs.progress import progress_bar
    from bionet.runs.provenance import record_build
    from bionet.runs.simulated_network import compiled_network, inputs_of
    from bionet.runs.simulation_log import SeedsLog
    from bionet.runs.simulation_results import arrays_of, stacked, summary

    log = SeedsLog(directory)
    seeds = configuration.simulation.seeds
    finished = log.finished()
    missing = [seed for seed in seeds if seed not in finished]
    if missing:
        network = compiling(compiled_network, configuration)
        record_build(directory, network, configuration.network.precision)
        simulate = partial(network, inputs_of(configuration))
        workers, done = min(workers, len(missing)), len(seeds) - len(missing)
        with (
            worker_processes(workers) as executor,
            progress_bar(len(seeds), "simulation", "seed", initial=done) as bar,
        ):
            for seed, outcome in _outcomes(simulate, missing, executor, workers):
                arrays = arrays_of(outcome, configuration)
                numbers = summary(arrays, configuration)
                log.add(seed, {**numbers, "status": outcome.message}, arrays)
                bar.write(f"seed {seed}: {describe(numbers)}")
                bar.update(1)
    directory.save_results(**stacked([log.arrays(seed) for seed in seeds], configuration))


def _outcomes(
    simulate: Callable[[int], Outcome], seeds: Sequence[int], executor: Executor, workers: int
) -> Iterator[tuple[int, Outcome]]:
    """Yield seeds and their outcomes as they finish.

    After a failure no other seed starts, but those that run are still waited for and yielded; the
    first failure is raised at the end.
    """
    waiting, failure = list(seeds), None
    running: dict[Future, int] = {}
    while running or (waiting and failure is None):
        while waiting and failure is None and len(running) < workers:
            seed = waiting.pop(0)
            running[executor.submit(simulate, seed)] = seed
        done = wait(running, return_when=FIRST_COMPLETED).done
        for future in [future for future in running if future in done]:  # in order
            seed = running.pop(future)
            try:
                outcome = _checked(future, seed)
            except Exception as error:
                failure = failure or error
            else:
                yield seed, outcome
    if failure is not None:
        raise failure


def _checked(future: Future, seed: int) -> Outcome:
    from bionet.devices import Status

    try:
        outcome = future.result()
    except BrokenExecutor as error:
        from bionet.metalearning.executors import why_workers_die

        raise SimulationError(f"seed {seed}: its worker died: {why_workers_die()}") from error
    if outcome.status is Status.FAILED:
        raise SimulationError(f"seed {seed}: {outcome.message}")
    return outcome


def describe(numbers: dict[str, float | None]) -> str:
    """Return one line on a seed's numbers, see `bionet.runs.simulation_results.summary`."""
    shown = [
        ("rate", "rate {:.2f} Hz"),
        ("inh_rate", "inhibitory {:.2f} Hz"),
        ("isi_cv", "ISI CV {:.2f}"),
        ("population_rate_std", "std of the population rate {:.2f} Hz"),
        ("active_until", "active until {:.2f} s"),
        ("mean_weight", "mean I-E weight {:.2f}"),
    ]
    said = [form.format(numbers[name]) for name, form in shown if numbers.get(name) is not None]
    told = too_long_step(numbers.get("largest_step") or 0.0)
    return ", ".join(said if told is None else [*said, told])


def status(directory: RunDirectory) -> str:
    """Say which seeds are finished, and what came of them."""
    from bionet.runs.simulation_log import SeedsLog

    seeds = directory.load_configuration(Simulation).simulation.seeds
    finished = SeedsLog(directory).finished()
    done = sum(seed in finished for seed in seeds)
    lines = [f"{done} of {counted(len(seeds), 'seed')} finished"]
    lines += [f"seed {seed}: {describe(finished[seed])}" for seed in seeds if seed in finished]
    return "\n".join(lines)


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.runs.simulation_figures import draw

    return draw(directory, directory.load_configuration(Simulation))


def tidy(directory: RunDirectory) -> None:
    """Remove the arrays of single seeds, which the results hold too."""
    from bionet.runs.simulation_log import SeedsLog

    SeedsLog(directory).remove_arrays()


KIND = Kind(
    name="simulation",
    configuration=Simulation,
    start=start,
    figures=figures,
    status=status,
    tidy=tidy,
    may_change=frozenset({"simulation.seeds"}),
    memory=Simulation.memory,
)
