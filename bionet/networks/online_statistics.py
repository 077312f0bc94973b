"""Spike statistics as equations: what rate and ISI CV of every neuron need, in O(N) memory.

At each spike after the warm-up a neuron counts it and, from the second one on, adds the interval
since the one before and its square. Hence number of intervals = max(spike_count - 1, 0), and no
spike need be stored.
"""

from __future__ import annotations

from bionet.models import NeuronModel

__all__ = ["OUTPUTS", "with_online_statistics"]

OUTPUTS = ("spike_count", "isi_sum", "isi_sum_squares")

EQUATIONS = """
    spike_count : integer
    isi_sum : second
    isi_sum_squares : second**2
    previous_spike : second
    warmup_end : second (shared, constant)
"""

RESET = """
    counted = int(t >= warmup_end)
    interval = (t - previous_spike)*counted*int(spike_count > 0)
    isi_sum += interval
    isi_sum_squares += interval**2
    spike_count += counted
    previous_spike = t
"""


def with_online_statistics(neuron: NeuronModel) -> NeuronModel:
    """Return `neuron` with spike count, ISI sum and sum of squares from ``warmup_end`` on."""
    return neuron.extended(EQUATIONS, RESET)
