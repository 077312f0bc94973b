"""The network of a ``simulation`` configuration, compiled."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bionet.devices import CompiledNetwork
    from bionet.runs.simulation_configuration import Simulation

__all__ = ["compiled_network", "recorded_neurons"]

STATISTICS = ("spike_count", "isi_sum", "isi_sum_squares")
RECORDED = ("spikes.t", "spikes.i", "inh_spikes.t", "inh_spikes.i", "voltage.t", "voltage.v")
# Enough to draw a mean and its spread
SAMPLED_WEIGHTS = 1000


def compiled_network(configuration: Simulation) -> CompiledNetwork:
    """Compile the network of the configuration; a call takes no input but the seed.

    Parameters
    ----------
    configuration : Simulation

    Returns
    -------
    CompiledNetwork
        Its outputs are spike statistics of both populations, the excitatory population rate, the
        monitors of `bionet.networks.Recording` and, of plastic weights, a sample over time
        (``ie_weights.w``) and all of them at the end (``ie.w``).
    """
    from bionet.devices import compile_network

    outputs = [f"{population}.{name}" for population in ("exc", "inh") for name in STATISTICS]
    outputs += ["population_rate.rate", *RECORDED]
    if configuration.plasticity is not None:
        outputs += ["ie_weights.t", "ie_weights.w", "ie.w"]
    return compile_network(
        partial(_network, configuration),
        configuration.simulation.duration,
        outputs=outputs,
        precision=configuration.network.precision,
    )


def _network(configuration: Simulation):
    from brian2 import second, volt

    from bionet.models import CONDUCTANCE_LIF, CURRENT_LIF
    from bionet.networks import balanced_network

    table = configuration.network
    unit = volt if configuration.currents is not None else 1.0
    weights = asdict(configuration.weights)
    return balanced_network(
        neuron={"conductance_lif": CONDUCTANCE_LIF, "current_lif": CURRENT_LIF}[table.model],
        n_exc=table.n_exc,
        n_inh=table.n_inh,
        connection_probability=table.connection_probability,
        background=table.background * volt,
        delay=table.delay * second,
        poisson=_kick(configuration, unit),
        plasticity=_plasticity(configuration),
        warmup=configuration.simulation.warmup * second,
        recording=_recording(configuration),
        **{f"w_{name}": weight * unit for name, weight in weights.items()},
    )


def _kick(configuration: Simulation, unit):
    from brian2 import Hz, second

    from bionet.networks import PoissonInput

    kick = configuration.kick
    if kick is None:
        return None
    return PoissonInput(
        n=kick.sources,
        rate=kick.rate * Hz,
        connection_probability=kick.connection_probability,
        weight=configuration.weights.ee * unit,
        until=kick.until * second,
    )


def _plasticity(configuration: Simulation):
    from brian2 import Hz, second

    from bionet.models import inhibitory_plasticity

    rule = configuration.plasticity
    if rule is None:
        return None
    return {
        "ie": inhibitory_plasticity(
            rule.target_rate * Hz, eta=rule.eta, tau=rule.tau * second, w_max=rule.w_max
        )
    }


def recorded_neurons(configuration: Simulation) -> tuple[int, int]:
    """Return how many excitatory and inhibitory neurons are recorded, in the ratio 4 to 1."""
    n_exc = configuration.simulation.recorded_neurons
    return n_exc, min(max(n_exc // 4, 1), configuration.network.n_inh)


def _recording(configuration: Simulation):
    from brian2 import second

    from bionet.networks import Recording

    n_exc, n_inh = recorded_neurons(configuration)
    rule = configuration.plasticity
    if rule is None:
        return Recording(spikes_exc=n_exc, spikes_inh=n_inh, voltage=1)
    return Recording(
        spikes_exc=n_exc,
        spikes_inh=n_inh,
        voltage=1,
        weights=SAMPLED_WEIGHTS,
        weight_interval=rule.weight_interval * second,
    )
