"""The population rate in bins, and the guard that stops a network which blows up or falls silent.

One neuron of the group ``population`` stands for the excitatory population of one replica. Its
synapses count the spikes; once a bin the count becomes a rate, and the low-passed rate is compared
with the bounds (as Auryn's RateChecker does, recommended there for every plastic run).
"""

from __future__ import annotations

import dataclasses

import numpy as np
from brian2 import (
    Clock,
    Function,
    Hz,
    NeuronGroup,
    Quantity,
    StateMonitor,
    Synapses,
    check_units,
    have_same_dimensions,
    ms,
    second,
)

from bionet.devices.stopping import STOPPED_PREFIX, stop

__all__ = ["RateGuard", "population_rate"]


@dataclasses.dataclass(frozen=True)
class RateGuard:
    """When a network has gone too far to be worth simulating on.

    Attributes
    ----------
    low, high : Quantity
        Bounds of the low-passed population rate.
    tau : Quantity
        Time constant of the low-pass filter.
    start : Quantity
        Value that the filter starts from.

    Raises
    ------
    ValueError
        If a unit is wrong or the values are not in the order ``0 <= low < start < high``.
    """

    low: Quantity = dataclasses.field(default_factory=lambda: 0.1 * Hz)
    high: Quantity = dataclasses.field(default_factory=lambda: 100 * Hz)
    tau: Quantity = dataclasses.field(default_factory=lambda: 200 * ms)
    start: Quantity = dataclasses.field(default_factory=lambda: 10 * Hz)

    def __post_init__(self):
        for name, unit in (("low", Hz), ("high", Hz), ("start", Hz), ("tau", second)):
            if not have_same_dimensions(getattr(self, name), unit):
                raise ValueError(f"the rate guard's {name} must be in {unit}")
        if not 0 <= float(self.low) < float(self.start) < float(self.high):
            raise ValueError(
                "the rate guard needs 0 <= low < start < high, got "
                f"low={self.low}, start={self.start}, high={self.high}"
            )
        if float(self.tau) <= 0:
            raise ValueError(f"the rate guard's tau must be positive, got {self.tau}")


EQUATIONS = """
    spikes : 1
    rate : Hz
    filtered_rate : Hz
    left : 1
    left_at : second
    n_neurons : 1 (shared, constant)
    lowest : Hz (shared, constant)
    highest : Hz (shared, constant)
"""

# The bin that ends at t = 0 holds no time yet
EACH_BIN = """
    rate = spikes/(n_neurons*bin_width)
    spikes = 0
    filtered_rate += int(t > 0*second)*(rate - filtered_rate)*(1 - exp(-bin_width/guard_tau))
    leaves = int(filtered_rate < lowest) + int(filtered_rate > highest)
    leaves_now = leaves*(1 - left)
    left_at += leaves_now*t
    left += leaves_now
    told = stop_if_all_left(left, i, replicas, lowest, highest)
"""


def population_rate(
    source: NeuronGroup,
    *,
    replicas: int,
    bin_width: Quantity = 10 * ms,
    guard: RateGuard | None = None,
) -> list:
    """Return the objects that bin the population rate of `source`, record it and guard it.

    Parameters
    ----------
    source : NeuronGroup
        ``replicas`` blocks of equally many neurons.
    replicas : int
        Number K of independent networks.
    bin_width : Quantity
    guard : RateGuard, optional
        None: never stops.

    Returns
    -------
    list of BrianObject
        ``population`` (variables ``rate``, ``left_at``: the time at which a replica left the
        bounds, 0 if it did not), ``population_counter`` and the monitor ``population_rate`` with
        ``rate`` of shape (K, bins). Bin k holds the spikes of [k-1, k) bin widths: the first is
        void.
    """
    bounds = guard or RateGuard()
    clock = Clock(dt=bin_width, name="population_clock")
    population = NeuronGroup(
        replicas,
        EQUATIONS,
        namespace={
            "bin_width": bin_width,
            "guard_tau": bounds.tau,
            "replicas": replicas,
            "stop_if_all_left": _stop_if_all_left(),
        },
        name="population",
    )
    n = len(source) // replicas
    population.n_neurons = n
    population.filtered_rate = bounds.start
    population.lowest = bounds.low if guard else -1 * Hz
    population.highest = bounds.high if guard else 1e300 * Hz
    population.run_regularly(EACH_BIN, clock=clock, when="start", name="population_bins")
    counter = Synapses(
        source, population, on_pre="spikes_post += 1", name="population_counter", namespace={}
    )
    counter.connect(j=f"i//{n}")
    monitor = StateMonitor(
        population, "rate", record=True, clock=clock, when="start", order=1, name="population_rate"
    )
    return [population, counter, monitor]


def _stop_if_all_left() -> Function:
    """Return a Brian2 function that stops the network once every replica has left the bounds."""

    @check_units(left=1, i=1, replicas=1, low=Hz, high=Hz, result=1)
    def stop_if_all_left(left, i, replicas, low, high):
        if np.all(np.asarray(left) > 0):
            stop(_reason(float(np.max(low)), float(np.max(high))))
        return np.zeros(np.shape(left))

    function = Function(stop_if_all_left, stateless=False)
    function.implementations.add_implementation("cpp", CPP)
    function.implementations.add_implementation("cython", CYTHON)
    return function


def _reason(low: float, high: float) -> str:
    return f"the population rate left [{low:g}, {high:g}] Hz"


CPP = f"""
static int _n_replicas_left = 0;
static double stop_if_all_left(double left, int i, int replicas, double low, double high)
{{
    if (i == 0) _n_replicas_left = 0;
    if (left > 0) _n_replicas_left++;
    if (i == replicas - 1 && _n_replicas_left == replicas) {{
        Network::_globally_stopped = true;
        std::printf("{STOPPED_PREFIX}the population rate left [%g, %g] Hz\\n", low, high);
    }}
    return 0;
}}
"""

CYTHON = """
from bionet.devices.stopping import stop as _bionet_stop
cdef int _n_replicas_left = 0
cdef double stop_if_all_left(double left, int i, int replicas, double low, double high):
    global _n_replicas_left
    if i == 0:
        _n_replicas_left = 0
    if left > 0:
        _n_replicas_left += 1
    if i == replicas - 1 and _n_replicas_left == replicas:
        _bionet_stop(f"the population rate left [{low:g}, {high:g}] Hz")
    return 0
"""
