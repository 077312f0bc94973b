"""Arrays of a ``simulation`` run: those of one seed, and all seeds stacked into ``results.npz``.

S seeds, N_E excitatory and N_I inhibitory neurons; times in s, rates in Hz, potentials in V,
conductances in units of g_leak.

==========================  ===================================================================
``seeds``                   (S,)
``completed``               (S,) fraction of the duration simulated
``stopped_at``              (S,) time reached
``rates, inh_rates``        (S, N_E), (S, N_I) rate of each neuron after the warm-up
``isi_cvs, inh_isi_cvs``    (S, N_E), (S, N_I) ISI CV after the warm-up, NaN with too few spikes
``population_rate``         (S, T) of the excitatory neurons in bins of ``bin_width``
``spikes_t, spikes_i``      spikes of the recorded excitatory neurons in the first seed's first and
                            last ``RASTER`` seconds; ``inh_spikes_t, inh_spikes_i`` likewise
``recorded, inh_recorded``  how many neurons of each population were recorded
``voltage_t, voltage``      (steps,) potential of one excitatory neuron in those last seconds
``largest_step``            (S,) how far forward Euler's longest step went, over all neurons (models
                            that it integrates); too long above 1, see
                            `bionet.networks.step_watch`; NaN of seeds that an earlier bionet
                            simulated
``weights_t``               (M,) when the weights were sampled (plastic networks, as all below)
``mean_weight, std_weight`` (S, M) of a sample of I-E synapses
``weight_edges``            (B + 1,)
``weight_counts``           (S, B) histogram of all final weights
==========================  ===================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bionet.devices import Outcome
from bionet.runs.simulated_network import STEPS, recorded_neurons
from bionet.runs.simulation_configuration import Simulation
from bionet.statistics import firing_rates, isi_cvs_from_sums, mean_isi_cv

__all__ = ["BIN_WIDTH", "arrays_of", "stacked", "summary"]

BIN_WIDTH = 0.01  # s, of the network's own population rate
RASTER = 1.0  # s
# Up to w_max, which may be far above most weights
WEIGHT_BINS = 300

# What only the first seed keeps: examples to look at
EXAMPLES = ("spikes_t", "spikes_i", "inh_spikes_t", "inh_spikes_i", "voltage_t", "voltage")
# The same for all seeds
COMMON = ("weights_t", "weight_edges")


def arrays_of(outcome: Outcome, configuration: Simulation) -> dict[str, np.ndarray]:
    """Return what is kept of one seed's simulation, see the module's docstring.

    Parameters
    ----------
    outcome : Outcome
        Not a failed one.
    configuration : Simulation
    """
    window = max(outcome.stopped_at - configuration.simulation.warmup, 0.0)
    arrays = {
        "completed": np.array(outcome.completed),
        "stopped_at": np.array(outcome.stopped_at),
        **_statistics(outcome, "exc", window),
        **{f"inh_{name}": array for name, array in _statistics(outcome, "inh", window).items()},
        # the monitor's first bin is void
        "population_rate": outcome["population_rate.rate"][0, 1:].astype(np.float32),
        **_examples(outcome),
    }
    if STEPS[0] in outcome.values:
        arrays["largest_step"] = np.array(max(outcome[name].max() for name in STEPS))
    if configuration.plasticity is not None:
        arrays |= _weights(outcome, configuration.plasticity.w_max)
    return arrays


def summary(arrays: Mapping[str, np.ndarray], configuration: Simulation) -> dict[str, float | None]:
    """Return the numbers of one seed's log line; what cannot be measured is ``None``.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        As `arrays_of` returns them.
    configuration : Simulation
    """
    counted = arrays["population_rate"][round(configuration.simulation.warmup / BIN_WIDTH) :]
    numbers = {
        "completed": arrays["completed"],
        "rate": arrays["rates"].mean(),
        "inh_rate": arrays["inh_rates"].mean(),
        "isi_cv": mean_isi_cv(arrays["isi_cvs"]),
        "inh_isi_cv": mean_isi_cv(arrays["inh_isi_cvs"]),
        "rate_std": arrays["rates"].std(),
        "population_rate_std": counted.std() if counted.size else np.nan,
        "active_until": _active_until(arrays),
    }
    if "largest_step" in arrays:
        numbers["largest_step"] = arrays["largest_step"]
    if "mean_weight" in arrays:
        numbers["mean_weight"] = arrays["mean_weight"][-1] if arrays["mean_weight"].size else np.nan
    return {name: float(v) if np.isfinite(v) else None for name, v in numbers.items()}


def stacked(
    parts: Sequence[Mapping[str, np.ndarray]], configuration: Simulation
) -> dict[str, np.ndarray]:
    """Return the arrays of ``results.npz``.

    Parameters
    ----------
    parts : sequence of mapping
        One a seed, in the configuration's order.
    configuration : Simulation
    """
    n_exc, n_inh = recorded_neurons(configuration)
    if any("largest_step" in part for part in parts):
        parts = [{"largest_step": np.array(np.nan), **part} for part in parts]
    each = [name for name in parts[0] if name not in EXAMPLES + COMMON]
    return {
        "seeds": np.array(configuration.simulation.seeds),
        "bin_width": np.array(BIN_WIDTH),
        "recorded": np.array(n_exc),
        "inh_recorded": np.array(n_inh),
        **{name: np.stack([part[name] for part in parts]) for name in each},
        **{name: parts[0][name] for name in EXAMPLES + COMMON if name in parts[0]},
    }


def _statistics(outcome: Outcome, population: str, window: float) -> dict[str, np.ndarray]:
    count, isi_sum, isi_sum_squares = (
        outcome[f"{population}.{name}"] for name in ("spike_count", "isi_sum", "isi_sum_squares")
    )
    return {
        "rates": firing_rates(count, window).astype(np.float32),
        "isi_cvs": isi_cvs_from_sums(count, isi_sum, isi_sum_squares).astype(np.float32),
    }


def _examples(outcome: Outcome) -> dict[str, np.ndarray]:
    """Spikes in the first and the last seconds, and the potential in the last ones."""
    last = outcome.stopped_at - RASTER
    arrays = {}
    for prefix, monitor in (("", "spikes"), ("inh_", "inh_spikes")):
        times, neurons = outcome[f"{monitor}.t"], outcome[f"{monitor}.i"]
        kept = (times < RASTER) | (times >= last)
        arrays[f"{prefix}spikes_t"] = times[kept].astype(np.float32)
        arrays[f"{prefix}spikes_i"] = neurons[kept].astype(np.int32)
    times = outcome["voltage.t"]
    kept = times >= last
    return arrays | {
        "voltage_t": times[kept].astype(np.float32),
        "voltage": outcome["voltage.v"][0, kept].astype(np.float32),
    }


def _weights(outcome: Outcome, w_max: float) -> dict[str, np.ndarray]:
    sample, final = outcome["ie_weights.w"], outcome["ie.w"]
    edges = np.linspace(0, w_max, WEIGHT_BINS + 1)
    return {
        "weights_t": outcome["ie_weights.t"].astype(np.float32),
        "mean_weight": sample.mean(axis=0).astype(np.float32),
        "std_weight": sample.std(axis=0).astype(np.float32),
        "weight_edges": edges,
        "weight_counts": np.histogram(final, edges)[0],
    }


def _active_until(arrays: Mapping[str, np.ndarray]) -> float:
    """Return the end of the last bin with a spike, or of the simulation if that is its last, s."""
    rate = arrays["population_rate"]
    active = np.flatnonzero(rate)
    if not active.size:
        return 0.0
    last = active[-1] == rate.size - 1
    return float(arrays["stopped_at"]) if last else float(active[-1] + 1) * BIN_WIDTH
