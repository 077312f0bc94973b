"""The best rule of a search, simulated for long from each initial weight: what a claim rests on.

Written to ``results.npz`` of a run (all times in s, rates in Hz, weights in units of g_leak):

=========================  ====================================================================
``rule``                   (4,) alpha, beta, kappa, gamma of the best candidate
``initial_weights``        (W,) where each simulation started
``completed``              (W,) fraction of the duration simulated
``rates``                  (W, N) rate of each excitatory neuron over the time beyond training
``isi_cvs``                (W, N) ISI CV of each excitatory neuron, NaN with too few spikes
``population_rate``        (W, T) in bins of ``bin_width``, from the start
``mean_weight``            (W, M) of a sample of synapses, every ``weight_interval``
``weight_counts``          (W, B) histogram of all final weights over ``weight_edges`` (B + 1,)
``weights_at_bounds``      (W,) fraction of all final weights at 0 or w_max
``synapse_moments``        (W, 3) <nu_pre>, <nu_post> and <nu_pre nu_post> over the synapses
                           inside their bounds, relative to the mean rate and its square: see
                           `bionet.rate_moments`; what the common modulation in time adds follows
                           from ``population_rate``
``largest_step``           (W,) how far forward Euler's longest step went, over all neurons; too
                           long above 1, see `bionet.networks.step_watch`
``spikes_t, spikes_i``     spikes of the recorded excitatory neurons in the first and the last
``spikes_run``             second, and which simulation each belongs to; ``inh_spikes_*`` likewise
``bin_width``              of the population rate, ``weight_interval`` of the mean weight, and the
``training``               time that is not part of ``rates`` and ``isi_cvs``
``voltage``                (W, 10 000) potential of one neuron in the last second, V
``static_*``               the same network without plasticity, at the same initial weights
=========================  ====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import TYPE_CHECKING

import numpy as np

from bionet.devices import CompiledNetwork, Outcome, Status
from bionet.metalearning import worker_processes
from bionet.metalearning.errors import EvaluationError
from bionet.metalearning.executors import why_workers_die
from bionet.metalearning.plasticity_problem import activity_of
from bionet.rate_moments import moments_over_synapses
from bionet.runs.long_steps import too_long_step
from bionet.runs.progress import progress_bar
from bionet.statistics import Activity, fraction_at_bounds

if TYPE_CHECKING:
    from bionet.runs.meta_learning import MetaLearning

__all__ = ["OUTPUTS", "arrays_of", "measure", "recording", "too_long_steps"]

BIN_WIDTH = 0.01  # s
WEIGHT_INTERVAL = 0.5  # s
WEIGHT_BINS = 100
STATIC_DURATION = 6.0  # s
STATIC_WARMUP = 1.0  # s
VOLTAGE_STEPS = 10_000  # one second
_REFRESH = 1.0  # s, of the time shown while simulations are waited for


OUTPUTS = (
    "ee.w",
    "ee.i",
    "ee.j",
    "exc.largest_step",
    "inh.largest_step",
    "spikes.t",
    "spikes.i",
    "inh_spikes.t",
    "inh_spikes.i",
    "voltage.v",
)


def recording(recorded_neurons: int):
    """Return what the network records for the measurement."""
    from brian2 import second

    from bionet.networks import Recording

    return Recording(
        spikes_exc=recorded_neurons,
        spikes_inh=max(recorded_neurons // 4, 1),
        voltage=1,
        weights=1000,
        weight_interval=WEIGHT_INTERVAL * second,
    )


def measure(
    configuration: MetaLearning, network: CompiledNetwork, rule: Mapping[str, float], workers: int
) -> dict:
    """Simulate a rule beyond its training time and return the arrays described above.

    Parameters
    ----------
    configuration : MetaLearning
    network : CompiledNetwork
        Of `bionet.runs.meta_learning.compiled_network`.
    rule : mapping of str to float
        Coefficients.
    workers : int
        Simulations at a time.

    Raises
    ------
    EvaluationError
        If a simulation broke off, or a worker died.
    """
    weights = configuration.trials.initial_weights
    training = configuration.trials.training
    learning = network.lasting(training + configuration.measurement.duration)
    static = network.lasting(STATIC_DURATION)
    coefficients = {f"ee.{name}": value for name, value in rule.items()}
    learning_inputs = [
        {**coefficients, "ee.w_initial": w, "exc.warmup_end": training} for w in weights
    ]
    static_inputs = [{"ee.w_initial": w, "exc.warmup_end": STATIC_WARMUP} for w in weights]
    seed = configuration.measurement.seed
    with worker_processes(workers) as pool:
        learned = [pool.submit(learning, inputs, seed) for inputs in learning_inputs]
        fixed = [pool.submit(static, inputs, seed) for inputs in static_inputs]
        _show_progress([*learned, *fixed])
        learned = [_checked(future) for future in learned]
        fixed = [_checked(future) for future in fixed]
    arrays = arrays_of(learned, training, configuration.rule.w_max)
    before = arrays_of(fixed, STATIC_WARMUP, configuration.rule.w_max)
    return {
        "rule": np.array(list(rule.values())),
        "initial_weights": np.array(weights),
        "bin_width": BIN_WIDTH,
        "weight_interval": WEIGHT_INTERVAL,
        "training": training,
        **arrays,
        **{f"static_{name}": array for name, array in before.items()},
    }


def too_long_steps(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Return a line for each simulation whose time step was too long for its conductances."""
    return [
        f"from w = {weight:g}: {told}"
        for weight, step in zip(arrays["initial_weights"], arrays["largest_step"], strict=True)
        if (told := too_long_step(step)) is not None
    ]


def _show_progress(simulations: list[Future]) -> None:
    """Wait for simulations and show how many are done; the first that fails ends the waiting."""
    waiting = set(simulations)
    with progress_bar(len(simulations), "measuring the best rule", "simulation") as bar:
        while waiting:
            done, waiting = wait(waiting, timeout=_REFRESH, return_when=FIRST_COMPLETED)
            for future in done:
                _checked(future)
            bar.update(len(done))


def _checked(future: Future) -> Outcome:
    try:
        outcome = future.result()
    except BrokenExecutor as error:
        raise EvaluationError(
            f"a worker died while the best rule was measured: {why_workers_die()}"
        ) from error
    if outcome.status is Status.FAILED:
        raise EvaluationError(outcome.message)
    return outcome


def arrays_of(outcomes: list[Outcome], warmup: float, w_max: float) -> dict:
    """Return the arrays described above of simulations, one row each."""
    activities = [activity_of(outcome, warmup, BIN_WIDTH) for outcome in outcomes]
    edges = np.linspace(0, w_max, WEIGHT_BINS + 1)
    arrays = {
        "completed": [outcome.completed for outcome in outcomes],
        "rates": [activity.rates.astype(np.float32) for activity in activities],
        "isi_cvs": [activity.isi_cvs.astype(np.float32) for activity in activities],
        "population_rate": _padded([o["population_rate.rate"][0, 1:] for o in outcomes]),
        "mean_weight": _padded([o["ee_weights.w"].mean(axis=0) for o in outcomes]),
        "weight_edges": edges,
        "weight_counts": [np.histogram(o["ee.w"], edges)[0] for o in outcomes],
        "weights_at_bounds": [fraction_at_bounds(o["ee.w"], w_max) for o in outcomes],
        "synapse_moments": [
            _moments(outcome, activity, w_max)
            for outcome, activity in zip(outcomes, activities, strict=True)
        ],
        "largest_step": [
            max(o["exc.largest_step"].max(), o["inh.largest_step"].max()) for o in outcomes
        ],
        **_rasters(outcomes),
        "voltage": _padded([o["voltage.v"][0, -VOLTAGE_STEPS:] for o in outcomes]),
    }
    return arrays


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Stack rows of different length (a stopped simulation is short), NaN behind the shorter."""
    result = np.full((len(rows), max(row.size for row in rows)), np.nan, dtype=np.float32)
    for target, row in zip(result, rows, strict=True):
        target[: row.size] = row
    return result


def _moments(outcome: Outcome, activity: Activity, w_max: float) -> tuple[float, float, float]:
    """Return what the corrected mean field needs; NaN for a network that was silent or stopped."""
    weights, rates = outcome["ee.w"], activity.rates
    movable = (weights > 0) & (weights < w_max)
    if not (rates.any() and movable.any() and activity.population_rate.any()):
        return (float("nan"),) * 3
    moments = moments_over_synapses(rates, rates, outcome["ee.i"], outcome["ee.j"], movable)
    return moments.pre, moments.post, moments.product


def _rasters(outcomes: list[Outcome]) -> Mapping[str, np.ndarray]:
    """Spikes of the recorded neurons in the first and the last second of each simulation."""
    rasters = {}
    for prefix, monitor in (("", "spikes"), ("inh_", "inh_spikes")):
        times, neurons, runs = [], [], []
        for run, outcome in enumerate(outcomes):
            t, i = outcome[f"{monitor}.t"], outcome[f"{monitor}.i"]
            kept = (t < 1.0) | (t >= outcome.stopped_at - 1.0)
            times.append(t[kept])
            neurons.append(i[kept])
            runs.append(np.full(kept.sum(), run, dtype=np.int8))
        rasters[f"{prefix}spikes_t"] = np.concatenate(times).astype(np.float32)
        rasters[f"{prefix}spikes_i"] = np.concatenate(neurons).astype(np.int32)
        rasters[f"{prefix}spikes_run"] = np.concatenate(runs)
    return rasters
