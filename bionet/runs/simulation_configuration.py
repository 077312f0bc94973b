"""What a ``simulation`` run is asked for: network, weights, kick, plasticity, length and seeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet.runs.configuration_checks import (
    require_finite,
    require_network_sizes,
    require_positive,
    require_seeds,
)
from bionet.runs.quantities import Unit

__all__ = [
    "Conductances",
    "Currents",
    "KickTable",
    "NetworkTable",
    "PlasticityTable",
    "Simulation",
    "SimulationTable",
]

WEIGHTS_OF_MODEL = {"conductance_lif": "conductances", "current_lif": "currents"}


@dataclass(frozen=True)
class NetworkTable:
    """Table ``[network]``: see `bionet.networks.balanced_network`."""

    model: Literal["conductance_lif", "current_lif"] = "conductance_lif"
    n_exc: int = 3200
    n_inh: int = 800
    connection_probability: float = 0.02
    background: Annotated[float, Unit("mV")] = 0.0
    delay: Annotated[float, Unit("ms")] = 0.0001
    precision: Literal["double", "single"] = "double"

    def __post_init__(self):
        require_finite(self)
        require_network_sizes(self)


@dataclass(frozen=True)
class Conductances:
    """Table ``[conductances]``: weights of conductance-based neurons, in units of g_leak."""

    ee: float
    ei: float
    ie: float
    ii: float

    def __post_init__(self):
        require_finite(self)
        if min(self.ee, self.ei, self.ie, self.ii) < 0:
            raise ValueError("a conductance must not be negative; inhibition has its own reversal")


@dataclass(frozen=True)
class Currents:
    """Table ``[currents]``: weights of current-based neurons, in mV; inhibitory ones negative."""

    ee: Annotated[float, Unit("mV")]
    ei: Annotated[float, Unit("mV")]
    ie: Annotated[float, Unit("mV")]
    ii: Annotated[float, Unit("mV")]

    def __post_init__(self):
        require_finite(self)
        if min(self.ee, self.ei) < 0 or max(self.ie, self.ii) > 0:
            raise ValueError("ee and ei must not be negative, ie and ii not positive")


@dataclass(frozen=True)
class KickTable:
    """Table ``[kick]``: Poisson sources that excite the network for its first moments only.

    Each of them connects as an excitatory neuron would, with the weight ``ee``.
    """

    sources: int = 20
    rate: Annotated[float, Unit("Hz")] = 100.0
    connection_probability: float = 0.02
    until: Annotated[float, Unit("ms")] = 0.05

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("sources", "rate", "until"))
        if not 0 < self.connection_probability <= 1:
            raise ValueError("connection_probability must lie in (0, 1]")


@dataclass(frozen=True)
class PlasticityTable:
    """Table ``[plasticity]``: the I-E rule, see `bionet.models.inhibitory_plasticity`."""

    target_rate: Annotated[float, Unit("Hz")] = 3.0
    eta: float = 1e-3
    tau: Annotated[float, Unit("ms")] = 0.02
    w_max: float = 30.0
    weight_interval: Annotated[float, Unit("s")] = 1.0

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("target_rate", "eta", "tau", "w_max", "weight_interval"))


@dataclass(frozen=True)
class SimulationTable:
    """Table ``[simulation]``: how long, from when on it counts, and with which seeds."""

    duration: Annotated[float, Unit("s")] = 5.0
    warmup: Annotated[float, Unit("s")] = 1.0
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    recorded_neurons: int = 400

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("recorded_neurons",))
        require_seeds("seeds", self.seeds)
        if not 0 <= self.warmup < self.duration:
            raise ValueError("warmup must not be negative and must end before duration")
        if self.duration - self.warmup < 0.1:
            raise ValueError("at least 0.1 s must remain after warmup")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds must name at least one seed, and none twice")


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
                    f"the weights of model {self.network.model} stand in the table [{needed}], "
                    f"and there alone"
                )
        if self.network.n_exc < self.simulation.recorded_neurons:
            raise ValueError("simulation.recorded_neurons must not exceed network.n_exc")
        if self.plasticity is not None:
            self._check_plasticity()

    def _check_plasticity(self):
        if self.conductances is None:
            raise ValueError("[plasticity] needs the model conductance_lif")
        if self.conductances.ie > self.plasticity.w_max:
            raise ValueError(
                "conductances.ie, the initial weight, must not exceed plasticity.w_max"
            )

    @property
    def weights(self) -> Conductances | Currents:
        """The table of weights that the model has."""
        return self.conductances if self.conductances is not None else self.currents
