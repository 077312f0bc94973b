"""Kind ``simulation``: a balanced network, static or with inhibitory plasticity, for several seeds.

A seed decides connectivity, initial potentials and noise. Every finished seed is one line of the
log, so a run that was broken off goes on with the seeds that are missing.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from bionet.errors import BionetError
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory
from bionet.runs.simulation_configuration import Simulation

__all__ = ["KIND", "SimulationError"]


class SimulationError(BionetError):
    """A simulation that broke off; names its seed."""


def start(configuration: Simulation, directory: RunDirectory, workers: int) -> None:
    """Simulate every seed that the directory's log does not hold, then write the results.

    Raises
    ------
    SimulationError
        If a simulation broke off.
    """
    from bionet.runs.progress import progress_bar
    from bionet.runs.simulated_network import compiled_network, inputs_of
    from bionet.runs.simulation_log import SeedsLog
    from bionet.runs.simulation_results import arrays_of, stacked, summary

    log = SeedsLog(directory)
    seeds = configuration.simulation.seeds
    missing = [seed for seed in seeds if seed not in log.finished()]
    if missing:
        network = compiled_network(configuration)
        done = len(seeds) - len(missing)
        with progress_bar(len(seeds), "simulation", "seed", initial=done) as bar:
            for seed, outcome in _outcomes(
                partial(network, inputs_of(configuration)), missing, workers
            ):
                arrays = arrays_of(outcome, configuration)
                numbers = summary(arrays, configuration)
                log.add(seed, {**numbers, "status": outcome.message}, arrays)
                bar.write(f"seed {seed}: {describe(numbers)}")
                bar.update(1)
    directory.save_results(**stacked([log.arrays(seed) for seed in seeds], configuration))
    log.remove_arrays()


def _outcomes(simulate, seeds, workers):
    """Yield (seed, outcome) as they finish; each call is a process, so threads are enough.

    A failure keeps the seeds that wait from starting, but not those that run from finishing.
    """
    from bionet.devices import Status

    pool, failure = ThreadPoolExecutor(workers), None
    try:
        running: dict[Future, int] = {pool.submit(simulate, seed): seed for seed in seeds}
        while running:
            done = wait(running, return_when=FIRST_COMPLETED).done
            for future in [future for future in running if future in done]:  # in order
                seed = running.pop(future)
                if future.cancelled():
                    continue
                outcome = future.result()
                if outcome.status is not Status.FAILED:
                    yield seed, outcome
                    continue
                failure = SimulationError(f"seed {seed}: {outcome.message}")
                for waiting in running:
                    waiting.cancel()
    finally:
        pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure


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
    return ", ".join(
        form.format(numbers[name]) for name, form in shown if numbers.get(name) is not None
    )


def status(directory: RunDirectory) -> str:
    """Say which seeds are finished, and what came of them."""
    from bionet.runs.simulation_log import SeedsLog

    seeds = directory.load_configuration(Simulation).simulation.seeds
    finished = SeedsLog(directory).finished()
    lines = [f"{sum(seed in finished for seed in seeds)} of {len(seeds)} seeds finished"]
    lines += [f"seed {seed}: {describe(finished[seed])}" for seed in seeds if seed in finished]
    return "\n".join(lines)


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.plotting.simulation import draw

    return draw(directory, directory.load_configuration(Simulation))


KIND = Kind(
    name="simulation",
    configuration=Simulation,
    start=start,
    figures=figures,
    status=status,
)
