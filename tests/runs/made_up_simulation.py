"""Simulations that are made up: configurations, and networks whose spikes are known.

Run as a program it is the command ``bionet``, whose networks all are `Endless`.
"""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bionet.devices import Outcome, Status
from bionet.runs import simulated_network
from bionet.runs.command import main

N_EXC, N_INH, DURATION, WARMUP = 20, 5, 4.0, 1.0
BIN_WIDTH = 0.01
#: By seed: how far forward Euler went.
LARGEST_STEP = defaultdict(lambda: 0.75, {1: 3.6})

STATIC = """
kind = "simulation"
[network]
n_exc = 20
n_inh = 5
connection_probability = 0.5
[conductances]
ee = 0.6
ei = 0.6
ie = 6.7
ii = 6.7
[simulation]
duration = "4 s"
warmup = "1 s"
seeds = [3, 1, 2]
recorded_neurons = 8
"""
PLASTIC = STATIC + '[plasticity]\ntarget_rate = "3 Hz"\nweight_interval = "1 s"\n'
CURRENTS = """
kind = "simulation"
[network]
model = "current_lif"
[currents]
ee = "1.62 mV"
ei = "1.62 mV"
ie = "-9 mV"
ii = "-9 mV"
"""


def made_up_spikes(seed, n_neurons):
    """Poisson spikes of a rate that tells the seeds apart: 10 Hz times the seed."""
    generator = np.random.default_rng(seed)
    number = generator.poisson(10 * seed * DURATION * n_neurons)
    times = np.sort(generator.uniform(0, DURATION, number))
    return times, generator.integers(0, n_neurons, number)


def statistics(population, times, neurons, n_neurons):
    values = {"spike_count": [], "isi_sum": [], "isi_sum_squares": []}
    for neuron in range(n_neurons):
        intervals = np.diff(times[(neurons == neuron) & (times >= WARMUP)])
        values["spike_count"].append(((neurons == neuron) & (times >= WARMUP)).sum())
        values["isi_sum"].append(intervals.sum())
        values["isi_sum_squares"].append((intervals**2).sum())
    return {f"{population}.{name}": np.array(value) for name, value in values.items()}


def made_up_network(inputs, seed):
    """Return an outcome such as the compiled network's."""
    values = {}
    for population, monitor, size in (("exc", "spikes", N_EXC), ("inh", "inh_spikes", N_INH)):
        times, neurons = made_up_spikes(seed, size)
        values |= statistics(population, times, neurons, size)
        recorded = neurons < (8 if population == "exc" else 2)
        values |= {f"{monitor}.t": times[recorded], f"{monitor}.i": neurons[recorded]}
    times, _ = made_up_spikes(seed, N_EXC)
    counts, _ = np.histogram(times, np.arange(401) * BIN_WIDTH)
    # as the monitor records: a void bin first, the last bin never
    rate = np.concatenate([[0.0], counts[:-1] / (N_EXC * BIN_WIDTH)])
    samples = np.arange(4.0)
    values |= {
        "population_rate.rate": rate[np.newaxis],
        "exc.largest_step": np.array([0.5, LARGEST_STEP[seed]]),
        "inh.largest_step": np.array([0.25]),
        "voltage.t": np.arange(40000) * 1e-4,
        "voltage.v": np.full((1, 40000), -0.055),
        "ie_weights.t": samples,
        "ie_weights.w": samples * np.array([[1.0], [3.0]]) / 2,
        "ie.w": np.array([0.1, 0.2, 29.9]),
    }
    return Outcome(Status.COMPLETED, values, DURATION, DURATION, 0.0)


@dataclass(frozen=True)
class MadeUpNetwork:
    """Stands in for a compiled network: a function, and the seeds that it was called with."""

    function: Callable
    called: list[int] = field(default_factory=list)
    directory: Path = Path("cache/made-up-build")

    def __call__(self, inputs, seed):
        """Note the seed and call the function."""
        self.called.append(seed)
        return self.function(inputs, seed)


@dataclass(frozen=True)
class Endless:
    """A network that simulates in a process of its own, as a compiled one does, without end."""

    directory: Path = Path("cache/endless-build")

    def __call__(self, inputs, seed):
        """Write a file when the simulation has started, and wait for its end."""
        started = str(Path.cwd() / f"simulating-{seed}")
        program = f"import time; open({started!r}, 'w').close(); time.sleep(600)"
        subprocess.run([sys.executable, "-c", program])


if __name__ == "__main__":
    # Workers import this file by its name, so what they are sent must not be called "__main__".
    import made_up_simulation

    simulated_network.compiled_network = lambda _: made_up_simulation.Endless()
    sys.exit(main())
