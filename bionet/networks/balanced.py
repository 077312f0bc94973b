"""The balanced network: excitatory and inhibitory neurons, sparsely and randomly connected.

The network of Vaze et al. (8000 + 2000 neurons, plastic E-E synapses), of Vogels & Abbott 2005
(static) and of Vogels, Sprekeler et al. 2011 (plastic I-E synapses).
"""

from __future__ import annotations

from collections.abc import Mapping

from brian2 import (
    Network,
    NeuronGroup,
    Quantity,
    defaultclock,
    have_same_dimensions,
    ms,
    mV,
    second,
)

from bionet.devices.naming import define_aliases
from bionet.models import CONDUCTANCE_LIF, STATIC_SYNAPSE, NeuronModel, SynapseModel
from bionet.models.synapse_model import unit_name
from bionet.networks import step_watch
from bionet.networks.online_statistics import with_online_statistics
from bionet.networks.poisson_input import PoissonInput
from bionet.networks.projection import Projection, replicated, target_variable
from bionet.networks.rate_guard import RateGuard, population_rate
from bionet.networks.recording import Recording

__all__ = ["PROJECTIONS", "balanced_network"]

PROJECTIONS = {
    "ee": ("exc", "exc"),
    "ei": ("exc", "inh"),
    "ie": ("inh", "exc"),
    "ii": ("inh", "inh"),
}


def balanced_network(
    *,
    neuron: NeuronModel = CONDUCTANCE_LIF,
    n_exc: int = 8000,
    n_inh: int = 2000,
    connection_probability: float = 0.02,
    w_ee: Quantity | float = 0.3,
    w_ei: Quantity | float = 0.3,
    w_ie: Quantity | float = 3.0,
    w_ii: Quantity | float = 3.0,
    background: Quantity = 20 * mV,
    poisson: PoissonInput | None = None,
    delay: Quantity = 0.1 * ms,
    plasticity: Mapping[str, SynapseModel] | None = None,
    replicas: int = 1,
    warmup: Quantity = 0 * second,
    guard: RateGuard | None = None,
    recording: Recording | None = None,
    watch_steps: bool = False,
) -> Network:
    """Build a network of two populations with random connections.

    Parameters
    ----------
    neuron : NeuronModel
        Both populations; has variables ``v``, ``g_e``, ``g_i`` and ``i_background``.
    n_exc, n_inh : int
        Neurons of one replica.
    connection_probability : float
        Of every ordered pair of neurons, a neuron with itself excepted.
    w_ee, w_ei, w_ie, w_ii : float or Quantity
        Weights, source first, in the unit of ``g_e`` or ``g_i``. For a plastic projection the
        initial weight.
    background : Quantity
        Constant drive in volts (20 mV = 200 pA through 10 nS).
    poisson : PoissonInput, optional
        External sources, beside or instead of the background.
    delay : Quantity
        Axonal delay of all recurrent synapses; by default one time step (see the protocol of
        Vaze et al. for what longer delays do).
    plasticity : mapping of str to SynapseModel, optional
        Which of ``ee``, ``ei``, ``ie``, ``ii`` learn, and how.
    replicas : int
        K independent copies in one network. Inputs of a rule then have shape (K,); neuron ``i``
        of population of n belongs to replica ``i // n``.
    warmup : Quantity
        From when on the statistics count; an input (``exc.warmup_end``, ``inh.warmup_end``).
    guard : RateGuard, optional
        Stops the network when (all) its excitatory rate leaves the bounds.
    recording : Recording, optional
        Monitors for figures.
    watch_steps : bool
        Whether each neuron keeps how far its steps of forward Euler went (``exc.largest_step``,
        ``inh.largest_step``; above 1 they were too long: see `bionet.networks.step_watch`).
        Changes nothing else.

    Returns
    -------
    brian2.Network
        With groups ``exc`` and ``inh`` (``spike_count``, ``isi_sum``, ``isi_sum_squares``: see
        `bionet.networks.online_statistics`), projections ``ee``, ``ei``, ``ie``, ``ii``, the
        ``population`` with the monitor ``population_rate`` (10 ms bins), and monitors as asked.

    Raises
    ------
    ValueError
        If a size, a probability, a unit or the name of a plastic projection is wrong, a rule comes
        with an initial weight of its own, steps of a model are to be watched that is not
        integrated by forward Euler, a delay is rounded to none, or a time constant of neuron or
        rule is shorter than a step of forward Euler (one that is an input of a compiled network is
        not looked at).
    """
    plasticity = dict(plasticity or {})
    recording = recording or Recording()
    _check(n_exc, n_inh, connection_probability, background, delay, plasticity, replicas)
    weights = {"ee": w_ee, "ei": w_ei, "ie": w_ie, "ii": w_ii}
    projections = [
        Projection(
            name=name,
            source=source,
            target=target,
            synapse=replicated(
                plasticity.get(name, STATIC_SYNAPSE),
                replicas,
                unit_name(neuron.dimension_of(target_variable(source))),
            ),
            weight=weights[name],
        )
        for name, (source, target) in PROJECTIONS.items()
    ]
    sizes = {"exc": n_exc, "inh": n_inh}
    groups = {
        population: _population(neuron, population, size * replicas, projections, watch_steps)
        for population, size in sizes.items()
    }
    for group in groups.values():
        group.i_background = background
        group.warmup_end = warmup
    objects = list(groups.values())
    if watch_steps:
        objects += [step_watch.watch_steps(group, neuron) for group in groups.values()]
    aliases = {}
    for projection in projections:
        synapses = projection.connect(groups, sizes, connection_probability, delay, replicas)
        objects.append(synapses)
        aliases |= projection.aliases(sizes, replicas)
        if projection.synapse.plastic:
            pairs = sizes[projection.source] * sizes[projection.target] * replicas
            objects += recording.of_weights(synapses, pairs * connection_probability)
    if poisson is not None:
        objects += _poisson_objects(poisson, groups)
    objects += population_rate(groups["exc"], replicas=replicas, guard=guard)
    objects += recording.of_neurons(groups["exc"], groups["inh"])
    network = Network(objects)
    define_aliases(network, aliases)
    return network


def _population(
    neuron: NeuronModel, name: str, size: int, projections, watch_steps: bool
) -> NeuronGroup:
    model = with_online_statistics(neuron)
    if watch_steps:
        model = model.extended(step_watch.EQUATIONS)
    of_rules = {}
    for projection in projections:
        if projection.source == name:
            model = projection.synapse.extend_source(model, projection.name)
        if projection.target == name:
            model = projection.synapse.extend_target(model, projection.name)
        of_rules |= projection.carried_values()
    step_watch.require_time_constants(model, of_rules)
    return model.group(size, name=name)


def _poisson_objects(poisson: PoissonInput, groups) -> list:
    sources = poisson.group()
    objects = [sources]
    for population, group in groups.items():
        synapses = STATIC_SYNAPSE.synapses(
            sources, group, name=f"poisson_{population}", target_variable="g_e"
        )
        synapses.connect(p=poisson.connection_probability)
        synapses.w = poisson.weight
        objects.append(synapses)
    return objects


def _check(n_exc, n_inh, probability, background, delay, plasticity, replicas) -> None:
    for name, value in (("n_exc", n_exc), ("n_inh", n_inh), ("replicas", replicas)):
        if value < 1 or value != int(value):
            raise ValueError(f"{name} must be a positive whole number, got {value}")
    if not 0 < probability <= 1:
        raise ValueError(f"connection_probability must lie in (0, 1], got {probability}")
    if not have_same_dimensions(background, mV):
        raise ValueError(f"background must be in volts, such as 20*mV, got {background}")
    if not have_same_dimensions(delay, ms) or float(delay) < 0:
        raise ValueError(f"delay must be a time of 0 or more, such as 0.8*ms, got {delay}")
    dt = defaultclock.dt
    if float(delay) > 0 and int(float(delay) / float(dt) + 0.5) == 0:  # as Brian2 rounds it
        raise ValueError(f"delay must be 0 or at least half a time step, {dt / 2}, got {delay}")
    for name, synapse in plasticity.items():
        if name not in PROJECTIONS:
            raise ValueError(
                f"plasticity on {name!r}: the projections are {', '.join(PROJECTIONS)}"
            )
        own = synapse.parameters.get("w_initial", 0)
        if float(own) != 0:
            raise ValueError(
                f"plasticity on {name!r}: w_{name} sets the initial weight, so that w_initial = "
                f"{own} of {synapse.label} would have no effect"
            )
