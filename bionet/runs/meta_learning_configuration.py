"""What a ``meta_learning`` run is asked for: network, rule, search, trials, loss, measurement."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Literal

from bionet import losses
from bionet.metalearning.search import MIN_POPULATION_SIZE
from bionet.runs.configuration_checks import (
    memory_of_balanced_network,
    require_delay,
    require_plastic_synapses,
)
from bionet.runs.quantities import Unit
from bionet.runs.ranges import (
    Conductance,
    Delay,
    Factor,
    HighestWeight,
    Potential,
    Probability,
    Range,
    Repeats,
    Seed,
    Size,
    TraceTimeConstant,
    Weight,
    require_allowed,
)

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

    n_exc: Size = 8000
    n_inh: Size = 2000
    connection_probability: Probability = 0.02
    w_ei: Conductance = 0.3
    w_ie: Conductance = 8.0
    w_ii: Conductance = 8.0
    background: Potential = 0.02
    delay: Delay = 0.0001
    precision: Literal["double", "single"] = "double"

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class RuleTable:
    """Table ``[rule]``: what of the E-E rule is fixed, and the scales of what is searched."""

    tau_pre: TraceTimeConstant = 0.02
    tau_post: TraceTimeConstant = 0.02
    w_max: HighestWeight = 1.0
    alpha_scale: Factor = 5e-3
    beta_scale: Factor = 5e-3
    kappa_scale: Factor = 2e-2
    gamma_scale: Factor = 2e-2

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class SearchTable:
    """Table ``[search]``: CMA-ES, see `bionet.metalearning.metalearn`."""

    population_size: Annotated[int, Range(MIN_POPULATION_SIZE, 10**5)] = 10
    generations: Annotated[int, Range(1, 10**6)] = 25
    sigma: Factor = 1.0
    target_loss: Annotated[float | None, Range(-1e12, 1e12)] = None

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class TrialsTable:
    """Table ``[trials]``: how each candidate is tried."""

    initial_weights: tuple[Conductance, ...] = (0.3, 0.7)
    repeats: Repeats = 1
    training: Annotated[float, Unit("s"), Range(0, 1e7)] = 10.0
    scored: Annotated[float, Unit("s"), Range(0.1, 1e7)] = 5.0
    aggregate: Literal["mean", "max"] = "mean"

    def __post_init__(self):
        require_allowed(self)
        if not self.initial_weights:
            raise ValueError("initial_weights must name at least one weight")


@dataclass(frozen=True)
class LossTable:
    """Table ``[loss]``: weights lambda of the terms; those left out as in `vaze_loss`, or 0."""

    rate: Weight | None = None
    population_rate_std: Weight | None = None
    isi_cv: Weight | None = None
    rate_std: Weight | None = None
    bounded_stability: Weight | None = None
    penalty: Factor = losses.PENALTY

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class MeasurementTable:
    """Table ``[measurement]``: the best rule, simulated for long."""

    duration: Annotated[float, Unit("s"), Range(1, 1e7)] = 60.0
    seed: Seed = 1
    recorded_neurons: Size = 200

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class MetaLearning:
    """Configuration of a meta-learning run."""

    target_rate: Annotated[float, Unit("Hz"), Range(*RATE_BOUNDS, above=True, below=True)]
    seed: Seed = 1
    network: NetworkTable = field(default_factory=NetworkTable)
    rule: RuleTable = field(default_factory=RuleTable)
    search: SearchTable = field(default_factory=SearchTable)
    trials: TrialsTable = field(default_factory=TrialsTable)
    loss: LossTable = field(default_factory=LossTable)
    measurement: MeasurementTable = field(default_factory=MeasurementTable)

    def __post_init__(self):
        require_allowed(self)
        trials = self.trials
        require_delay(
            self.network.delay, trials.training + trials.scored, "trials.training and trials.scored"
        )
        require_plastic_synapses(self.network, self.network.n_exc * (self.network.n_exc - 1))
        if max(self.trials.initial_weights) > self.rule.w_max:
            raise ValueError("trials.initial_weights must not exceed rule.w_max")
        if self.measurement.recorded_neurons > self.network.n_exc:
            raise ValueError("measurement.recorded_neurons must not exceed network.n_exc")
        loss_of(self)

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        trials, search = self.trials, self.search
        longest = trials.training + max(trials.scored, self.measurement.duration)
        needed = memory_of_balanced_network(self.network, longest)
        needed["trials.training, trials.scored and measurement.duration"] = needed.pop(
            "the duration"
        )
        evaluations = (
            float(search.generations)
            * search.population_size
            * trials.repeats
            * len(trials.initial_weights)
        )
        needed["search.generations, search.population_size and trials.repeats"] = 100 * evaluations
        return needed


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
