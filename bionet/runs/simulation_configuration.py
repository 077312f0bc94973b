"""What a ``simulation`` run is asked for: network, weights, kick, plasticity, length and seeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import (
    memory_of_balanced_network,
    require_delay,
    require_distinct,
    require_plastic_synapses,
)
from bionet.runs.quantities import Unit
from bionet.runs.ranges import (
    DT,
    Conductance,
    Delay,
    Duration,
    Factor,
    HighestWeight,
    Potential,
    Probability,
    Range,
    Rate,
    Seeds,
    Size,
    TraceTimeConstant,
    require_allowed,
)

__all__ = [
    "Conductances",
    "Currents",
    "KickTable",
    "NetworkTable",
    "PlasticityTable",
    "Simulation",
    "SimulationTable",
]

#: Plastic weights that are recorded over time: enough to draw a mean and its spread.
SAMPLED_WEIGHTS = 1000

WEIGHTS_OF_MODEL = {"conductance_lif": "conductances", "current_lif": "currents"}


@dataclass(frozen=True)
class NetworkTable:
    """Table ``[network]``: see `bionet.networks.balanced_network`."""

    model: Literal["conductance_lif", "current_lif"] = "conductance_lif"
    n_exc: Size = 3200
    n_inh: Size = 800
    connection_probability: Probability = 0.02
    background: Potential = 0.0
    delay: Delay = 0.0001
    precision: Literal["double", "single"] = "double"

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class Conductances:
    """Table ``[conductances]``: weights of conductance-based neurons, in units of g_leak."""

    ee: Conductance
    ei: Conductance
    ie: Conductance
    ii: Conductance

    def __post_init__(self):
        require_allowed(self)


Excitation = Annotated[float, Unit("mV"), Range(0, 10)]
Inhibition = Annotated[float, Unit("mV"), Range(-10, 0)]


@dataclass(frozen=True)
class Currents:
    """Table ``[currents]``: weights of current-based neurons, in mV; inhibitory ones negative."""

    ee: Excitation
    ei: Excitation
    ie: Inhibition
    ii: Inhibition

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class KickTable:
    """Table ``[kick]``: Poisson sources that excite the network for its first moments only.

    Each of them connects as an excitatory neuron would, with the weight ``ee``.
    """

    sources: Size = 20
    rate: Rate = 100.0
    connection_probability: Probability = 0.02
    until: Annotated[float, Unit("ms"), Range(DT, 1e7)] = 0.05

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class PlasticityTable:
    """Table ``[plasticity]``: the I-E rule, see `bionet.models.inhibitory_plasticity`."""

    target_rate: Rate = 3.0
    eta: Factor = 1e-3
    tau: TraceTimeConstant = 0.02
    w_max: HighestWeight = 30.0
    weight_interval: Annotated[float, Unit("s"), Range(DT, 1e7)] = 1.0

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class SimulationTable:
    """Table ``[simulation]``: how long, from when on it counts, and with which seeds."""

    duration: Duration = 5.0
    warmup: Annotated[float, Unit("s"), Range(0, 1e7)] = 1.0
    seeds: Seeds = (1, 2, 3, 4, 5)
    recorded_neurons: Size = 400

    def __post_init__(self):
        require_distinct(self, "seeds")
        if self.duration - self.warmup < 0.1:
            raise ValueError(
                f"warmup must end 0.1 s before duration or earlier; found {self.warmup:g} s and "
                f"{self.duration:g} s"
            )


@dataclass(frozen=True)
class Simulation:
    """Configuration of a simulation of a balanced network for several seeds.

    ``[conductances]`` or ``[currents]``, whichever the model's weights are, must be there.
    """

    network: NetworkTable = field(default_factory=NetworkTable)
    conductances: Conductances | None = None
    currents: Currents | None = None
    kick: KickTable | None = None
    plasticity: PlasticityTable | None = None
    simulation: SimulationTable = field(default_factory=SimulationTable)

    def __post_init__(self):
        needed = WEIGHTS_OF_MODEL[self.network.model]
        for name in WEIGHTS_OF_MODEL.values():
            if (getattr(self, name) is not None) != (name == needed):
                raise ValueError(
                    f"network.model {self.network.model} has its weights in the table [{needed}], "
                    f"and there alone"
                )
        if self.network.n_exc < self.simulation.recorded_neurons:
            raise ValueError("simulation.recorded_neurons must not exceed network.n_exc")
        require_delay(self.network.delay, self.simulation.duration, "simulation.duration")
        if self.plasticity is not None:
            self._check_plasticity()

    def _check_plasticity(self):
        if self.conductances is None:
            raise ValueError("[plasticity] needs the model conductance_lif")
        require_plastic_synapses(self.network, self.network.n_exc * self.network.n_inh)
        if self.conductances.ie > self.plasticity.w_max:
            raise ValueError(
                "conductances.ie, the initial weight, must not exceed plasticity.w_max"
            )

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        duration = self.simulation.duration
        needed = memory_of_balanced_network(self.network, duration)
        needed["simulation.duration"] = needed.pop("the duration")
        if self.plasticity is not None:
            intervals = duration / self.plasticity.weight_interval
            needed["plasticity.weight_interval"] = 8 * SAMPLED_WEIGHTS * intervals
        return needed

    @property
    def weights(self) -> Conductances | Currents:
        """The table of weights that the model has."""
        return self.conductances if self.conductances is not None else self.currents
