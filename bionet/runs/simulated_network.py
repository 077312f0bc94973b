"""The network of a ``simulation`` configuration, compiled."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bionet.devices import CompiledNetwork
    from bionet.runs.simulation_configuration import PlasticityTable, Simulation

from bionet.runs.simulation_configuration import SAMPLED_WEIGHTS

__all__ = ["STEPS", "compiled_network", "inputs_of", "network_of", "outputs_of", "recorded_neurons"]

RECORDED = ("spikes.t", "spikes.i", "inh_spikes.t", "inh_spikes.i", "voltage.t", "voltage.v")
#: Of models that forward Euler integrates: how far its steps went.
STEPS = ("exc.largest_step", "inh.largest_step")


def compiled_network(configuration: Simulation) -> CompiledNetwork:
    """Compile the network of the configuration; all its numbers but sizes and times are inputs.

    So configurations that differ only in those, see `inputs_of`, share one build.

    Parameters
    ----------
    configuration : Simulation

    Returns
    -------
    CompiledNetwork
        Called with `inputs_of` the configuration and a seed; returns `outputs_of` it.
    """
    from bionet.devices import compile_network

    return compile_network(
        partial(network_of, configuration),
        configuration.simulation.duration,
        inputs=list(inputs_of(configuration)),
        outputs=outputs_of(configuration),
        precision=configuration.network.precision,
    )


def outputs_of(configuration: Simulation) -> list[str]:
    """Return what `compiled_network` returns.

    Spike statistics of both populations, the excitatory population rate, the monitors of
    `bionet.networks.Recording`, `STEPS` where forward Euler integrates and, of plastic weights, a
    sample over time (``ie_weights.w``) and all of them at the end (``ie.w``).

    Parameters
    ----------
    configuration : Simulation
    """
    from bionet.networks.online_statistics import OUTPUTS

    outputs = [f"{population}.{name}" for population in ("exc", "inh") for name in OUTPUTS]
    outputs += ["population_rate.rate", *RECORDED]
    if _neuron(configuration).method == "euler":
        outputs += STEPS
    if configuration.plasticity is not None:
        outputs += ["ie_weights.t", "ie_weights.w", "ie.w"]
    return outputs


def inputs_of(configuration: Simulation) -> dict[str, float]:
    """Return what `compiled_network` is called with: weights, drive, warm-up, plasticity; SI.

    Parameters
    ----------
    configuration : Simulation
    """
    rule, weights = configuration.plasticity, configuration.weights
    inputs = {f"{name}.w": weight for name, weight in asdict(weights).items()}
    for population in ("exc", "inh"):
        inputs[f"{population}.i_background"] = configuration.network.background
        inputs[f"{population}.warmup_end"] = configuration.simulation.warmup
        if configuration.kick is not None:
            inputs[f"poisson_{population}.w"] = weights.ee
    if rule is not None:
        inputs["ie.w_initial"] = inputs.pop("ie.w")
        inputs |= {f"ie.{name}": value for name, value in _coefficients(rule).items()}
    return inputs


def _coefficients(rule: PlasticityTable) -> dict[str, float]:
    from brian2 import Hz, second

    from bionet.models import inhibitory_plasticity

    synapse = inhibitory_plasticity(
        rule.target_rate * Hz, eta=rule.eta, tau=rule.tau * second, w_max=rule.w_max
    )
    names = ("alpha", "beta", "kappa", "gamma", "tau_pre", "tau_post", "w_max")
    return {name: float(synapse.parameters[name]) for name in names}


def _neuron(configuration: Simulation):
    from bionet.models import CONDUCTANCE_LIF, CURRENT_LIF

    neurons = {"conductance_lif": CONDUCTANCE_LIF, "current_lif": CURRENT_LIF}
    return neurons[configuration.network.model]


def network_of(configuration: Simulation):
    """Build the network with nothing of the configuration in it that is an input of the calls."""
    from brian2 import second, volt

    from bionet.models import inhibitory_plasticity
    from bionet.networks import balanced_network

    table, neuron = configuration.network, _neuron(configuration)
    silent = 0 * volt if configuration.currents is not None else 0.0
    return balanced_network(
        neuron=neuron,
        n_exc=table.n_exc,
        n_inh=table.n_inh,
        connection_probability=table.connection_probability,
        background=0 * volt,
        delay=table.delay * second,
        poisson=_kick(configuration, silent),
        plasticity=None if configuration.plasticity is None else {"ie": inhibitory_plasticity()},
        recording=_recording(configuration),
        watch_steps=neuron.method == "euler",
        **{f"w_{name}": silent for name in asdict(configuration.weights)},
    )


def _kick(configuration: Simulation, weight):
    from brian2 import Hz, second

    from bionet.networks import PoissonInput

    kick = configuration.kick
    if kick is None:
        return None
    return PoissonInput(
        n=kick.sources,
        rate=kick.rate * Hz,
        connection_probability=kick.connection_probability,
        weight=weight,
        until=kick.until * second,
    )


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
