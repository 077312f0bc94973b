"""What to record for figures: spikes of some neurons, a membrane potential, sampled weights."""

from __future__ import annotations

import dataclasses
import logging
from contextlib import contextmanager

from brian2 import NeuronGroup, Quantity, SpikeMonitor, StateMonitor, Synapses, ms

__all__ = ["Recording"]


@dataclasses.dataclass(frozen=True)
class Recording:
    """How much of a network's activity is kept. Statistics need none of it.

    Attributes
    ----------
    spikes_exc, spikes_inh : int
        Number of neurons of each population whose spikes are kept, the first ones
        (``spikes.t``, ``spikes.i``; ``inh_spikes.t``, ``inh_spikes.i``).
    voltage : int
        Number of excitatory neurons whose potential is kept at each step (``voltage.v``).
    weights : int
        Number of synapses, spread evenly over each plastic projection, whose weights are kept
        every `weight_interval` (``ee_weights.w``).
    weight_interval : Quantity
    """

    spikes_exc: int = 0
    spikes_inh: int = 0
    voltage: int = 0
    weights: int = 0
    weight_interval: Quantity = dataclasses.field(default_factory=lambda: 100 * ms)

    def of_neurons(self, exc: NeuronGroup, inh: NeuronGroup) -> list:
        """Return the monitors of the populations."""
        monitors = []
        if self.spikes_exc:
            monitors.append(SpikeMonitor(exc[: self.spikes_exc], name="spikes"))
        if self.spikes_inh:
            monitors.append(SpikeMonitor(inh[: self.spikes_inh], name="inh_spikes"))
        if self.voltage:
            monitors.append(StateMonitor(exc, "v", record=range(self.voltage), name="voltage"))
        return monitors

    def of_weights(self, synapses: Synapses, expected_number: float) -> list:
        """Return the monitor of a plastic projection; none if all its synapses share one weight.

        Parameters
        ----------
        synapses : Synapses
        expected_number : float
            Mean number of synapses; the sample stays below what chance may leave of it.
        """
        if not self.weights or synapses.variables["w"].scalar:
            return []
        surely_there = int(expected_number - 6 * expected_number**0.5)
        if surely_there < 1:
            return []
        step = max(surely_there // self.weights, 1)
        with _indices_need_no_check():
            return [
                StateMonitor(
                    synapses,
                    "w",
                    record=range(0, surely_there, step),
                    dt=self.weight_interval,
                    name=f"{synapses.name}_weights",
                )
            ]


@contextmanager
def _indices_need_no_check():
    """Silence Brian2's warning that it cannot check indices of synapses not made yet."""

    def unwanted(record: logging.LogRecord) -> bool:
        return "cannot_check_statemonitor_indices" not in record.name

    logger = logging.getLogger("brian2")
    handlers = list(logger.handlers)
    for handler in handlers:
        handler.addFilter(unwanted)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(unwanted)
