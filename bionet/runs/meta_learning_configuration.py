"""What a ``meta_learning`` run is asked for: network, rule, search, trials, loss, measurement."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet import losses
from bionet.metalearning.search import MIN_POPULATION_SIZE
from bionet.runs.configuration_checks import (
    require_finite,
    require_network_sizes,
    require_positive,
    require_seeds,
)
from bionet.runs.quantities import Unit

__all__ = [
    "RATE_BOUNDS",
    "LossTable",
    "MeasurementTable",
    "MetaLearning",
    "NetworkTable",
    "RuleTable",
    "SearchTable",
    "TrialsTable",
    "loss_of",
]

#: Low-passed population rate (Hz) at which the network's guard stops a simulation.
RATE_BOUNDS = (0.1, 100.0)


@dataclass(frozen=True)
class NetworkTable:
    """Table ``[network]``: see `bionet.networks.balanced_network`."""

    n_exc: int = 8000
    n_inh: int = 2000
    connection_probability: float = 0.02
    w_ei: float = 0.3
    w_ie: float = 8.0
    w_ii: float = 8.0
    background: Annotated[float, Unit("mV")] = 0.02
    delay: Annotated[float, Unit("ms")] = 0.0001
    precision: Literal["double", "single"] = "double"

    def __post_init__(self):
        require_finite(self)
        require_network_sizes(self)
        for name in ("w_ei", "w_ie", "w_ii"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative; inhibition has its own reversal")


@dataclass(frozen=True)
class RuleTable:
    """Table ``[rule]``: what of the E-E rule is fixed, and the scales of what is searched."""

    tau_pre: Annotated[float, Unit("ms")] = 0.02
    tau_post: Annotated[float, Unit("ms")] = 0.02
    w_max: float = 1.0
    alpha_scale: float = 5e-3
    beta_scale: float = 5e-3
    kappa_scale: float = 2e-2
    gamma_scale: float = 2e-2

    def __post_init__(self):
        require_finite(self)
        require_positive(self, [each.name for each in dataclasses.fields(self)])


@dataclass(frozen=True)
class SearchTable:
    """Table ``[search]``: CMA-ES, see `bionet.metalearning.metalearn`."""

    population_size: int = 10
    generations: int = 25
    sigma: float = 1.0
    target_loss: float | None = None

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("generations", "sigma"))
        if self.population_size < MIN_POPULATION_SIZE:
            raise ValueError(
                f"population_size must be at least {MIN_POPULATION_SIZE}; "
                f"found {self.population_size}"
            )


@dataclass(frozen=True)
class TrialsTable:
    """Table ``[trials]``: how each candidate is tried."""

    initial_weights: tuple[float, ...] = (0.3, 0.7)
    repeats: int = 1
    training: Annotated[float, Unit("s")] = 10.0
    scored: Annotated[float, Unit("s")] = 5.0
    aggregate: Literal["mean", "max"] = "mean"

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("repeats",))
        if not self.initial_weights:
            raise ValueError("initial_weights must name at least one weight")
        if min(self.initial_weights) < 0:
            raise ValueError("initial_weights must not be negative")
        if self.training < 0 or self.scored < 0.1:
            raise ValueError("training must not be negative, scored at least 0.1 s")


@dataclass(frozen=True)
class LossTable:
    """Table ``[loss]``: weights lambda of the terms; those left out as in `vaze_loss`, or 0."""

    rate: float | None = None
    population_rate_std: float | None = None
    isi_cv: float | None = None
    rate_std: float | None = None
    bounded_stability: float | None = None
    penalty: float = losses.PENALTY

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("penalty",))
        for each in dataclasses.fields(self):
            if (getattr(self, each.name) or 0.0) < 0:
                raise ValueError(f"{each.name}, the weight of a term, must not be negative")


@dataclass(frozen=True)
class MeasurementTable:
    """Table ``[measurement]``: the best rule, simulated for long."""

    duration: Annotated[float, Unit("s")] = 60.0
    seed: int = 1
    recorded_neurons: int = 200

    def __post_init__(self):
        require_finite(self)
        require_positive(self, ("recorded_neurons",))
        require_seeds("seed", [self.seed])
        if self.duration < 1:
            raise ValueError("duration must be at least 1 s")


@dataclass(frozen=True)
class MetaLearning:
    """Configuration of a meta-learning run."""

    target_rate: Annotated[float, Unit("Hz")]
    seed: int = 1
    network: NetworkTable = field(default_factory=NetworkTable)
    rule: RuleTable = field(default_factory=RuleTable)
    search: SearchTable = field(default_factory=SearchTable)
    trials: TrialsTable = field(default_factory=TrialsTable)
    loss: LossTable = field(default_factory=LossTable)
    measurement: MeasurementTable = field(default_factory=MeasurementTable)

    def __post_init__(self):
        low, high = RATE_BOUNDS
        if not low < self.target_rate < high:
            raise ValueError(
                f"target_rate must lie between {low:g} and {high:g} Hz: the rate guard stops a "
                f"network outside; found {self.target_rate:g} Hz"
            )
        require_seeds("seed", [self.seed])
        if max(self.trials.initial_weights) > self.rule.w_max:
            raise ValueError("trials.initial_weights must not exceed rule.w_max")
        if self.measurement.recorded_neurons > self.network.n_exc:
            raise ValueError("measurement.recorded_neurons must not exceed network.n_exc")
        loss_of(self)


def loss_of(configuration: MetaLearning) -> losses.Loss:
    """Return the loss that the configuration asks for.

    Raises
    ------
    ValueError
        If no term has a weight above 0.
    """
    target, table = configuration.target_rate, configuration.loss
    terms_of_keys = {
        "rate": losses.RateError(target),
        "population_rate_std": losses.PopulationRateStd(),
        "isi_cv": losses.IsiCvError(),
        "rate_std": losses.RateStd(),
        "bounded_stability": losses.BoundedStability(target),
    }
    standard = {term.name: term.weight for term in losses.vaze_loss(target).terms}
    terms = []
    for key, term in terms_of_keys.items():
        asked = getattr(table, key)
        weight = standard.get(term.name, 0.0) if asked is None else asked
        if weight > 0:
            terms.append(dataclasses.replace(term, weight=weight))
    if not terms:
        raise ValueError(f"loss: at least one of {', '.join(terms_of_keys)} must be above 0")
    return losses.Loss(tuple(terms), penalty=table.penalty)
