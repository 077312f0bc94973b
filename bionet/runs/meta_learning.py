"""Kind ``meta_learning``: CMA-ES over a plasticity rule's coefficients, then a long measurement.

The search is `bionet.metalearning`, its problem Vaze et al.'s. When it has ended, the best rule is
simulated from each initial weight for the training time and `measurement.duration` beyond, beside
a network whose weights do not change: that is what the figures show and what a claim rests on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from bionet.runs.kind import Kind
from bionet.runs.quantities import Unit
from bionet.runs.run_directory import RunDirectory

__all__ = ["KIND", "MetaLearning", "compiled_network"]

COEFFICIENTS = ("alpha", "beta", "kappa", "gamma")


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
        if self.n_exc < 1 or self.n_inh < 1:
            raise ValueError("n_exc and n_inh must be positive")
        if not 0 < self.connection_probability <= 1:
            raise ValueError("connection_probability must lie in (0, 1]")
        if self.delay < 0:
            raise ValueError("delay must not be negative")


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
        for name, value in asdict(self).items():
            if value <= 0:
                raise ValueError(f"{name} must be positive")


@dataclass(frozen=True)
class SearchTable:
    """Table ``[search]``: CMA-ES, see `bionet.metalearning.metalearn`."""

    population_size: int = 10
    generations: int = 25
    sigma: float = 1.0
    target_loss: float | None = None

    def __post_init__(self):
        if self.population_size < 2:
            raise ValueError("population_size must be at least 2")
        if self.generations < 1:
            raise ValueError("generations must be at least 1")


@dataclass(frozen=True)
class TrialsTable:
    """Table ``[trials]``: how each candidate is tried."""

    initial_weights: tuple[float, ...] = (0.3, 0.7)
    repeats: int = 1
    training: Annotated[float, Unit("s")] = 10.0
    scored: Annotated[float, Unit("s")] = 5.0
    aggregate: Literal["mean", "max"] = "mean"

    def __post_init__(self):
        if not self.initial_weights:
            raise ValueError("initial_weights must name at least one weight")
        if min(self.initial_weights) < 0:
            raise ValueError("initial_weights must not be negative")
        if self.repeats < 1:
            raise ValueError("repeats must be at least 1")
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
    penalty: float = 160.0


@dataclass(frozen=True)
class MeasurementTable:
    """Table ``[measurement]``: the best rule, simulated for long."""

    duration: Annotated[float, Unit("s")] = 60.0
    seed: int = 1
    recorded_neurons: int = 200

    def __post_init__(self):
        if self.duration < 1:
            raise ValueError("duration must be at least 1 s")
        if self.recorded_neurons < 1:
            raise ValueError("recorded_neurons must be positive")


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
        if self.target_rate <= 0:
            raise ValueError("target_rate must be positive")
        if not 0 <= self.seed < 2**32:
            raise ValueError("seed must lie in [0, 2**32)")
        if max(self.trials.initial_weights) > self.rule.w_max:
            raise ValueError("trials.initial_weights must not exceed rule.w_max")


def loss_of(configuration: MetaLearning):
    """Return the loss that the configuration asks for."""
    from bionet import losses

    target, table = configuration.target_rate, configuration.loss
    terms = []
    for weight, default, term in (
        (table.rate, 10 / target**2, partial(losses.RateError, target)),
        (table.population_rate_std, 1 / target, losses.PopulationRateStd),
        (table.isi_cv, 1.0, losses.IsiCvError),
        (table.rate_std, 0.0, losses.RateStd),
        (table.bounded_stability, 0.0, partial(losses.BoundedStability, target)),
    ):
        weight = default if weight is None else weight
        if weight > 0:
            terms.append(term(weight=weight))
    return losses.Loss(tuple(terms), penalty=table.penalty)


def compiled_network(configuration: MetaLearning):
    """Compile the network of the configuration, once for the search and the measurement."""
    from brian2 import second, volt

    from bionet.devices import compile_network
    from bionet.metalearning.plasticity_problem import OUTPUTS, inputs_of
    from bionet.models import POLYNOMIAL_PLASTICITY
    from bionet.networks import RateGuard, balanced_network
    from bionet.runs import plasticity_measurement

    table, rule = configuration.network, configuration.rule
    network = partial(
        balanced_network,
        n_exc=table.n_exc,
        n_inh=table.n_inh,
        connection_probability=table.connection_probability,
        w_ei=table.w_ei,
        w_ie=table.w_ie,
        w_ii=table.w_ii,
        background=table.background * volt,
        delay=table.delay * second,
        plasticity={
            "ee": POLYNOMIAL_PLASTICITY.replaced(
                tau_pre=rule.tau_pre * second, tau_post=rule.tau_post * second, w_max=rule.w_max
            )
        },
        guard=RateGuard(),
        recording=plasticity_measurement.recording(configuration.measurement.recorded_neurons),
    )
    trials = configuration.trials
    return compile_network(
        network,
        trials.training + trials.scored,
        inputs=inputs_of("ee", COEFFICIENTS),
        outputs=[*OUTPUTS, "ee_weights.w", *plasticity_measurement.OUTPUTS],
        precision=table.precision,
    )


def start(configuration: MetaLearning, directory: RunDirectory, workers: int) -> None:
    """Search, then measure; goes on where the directory's log ends."""
    from bionet.metalearning import Stopping, metalearn, progress_line
    from bionet.metalearning.plasticity_problem import OUTPUTS, PlasticityProblem
    from bionet.runs.plasticity_measurement import measure
    from bionet.runs.progress import progress_bar

    trials, search = configuration.trials, configuration.search
    network = compiled_network(configuration)
    problem = PlasticityProblem(
        network=network.returning([*OUTPUTS, "ee_weights.w"]),
        loss=loss_of(configuration),
        projection="ee",
        initial_weights=trials.initial_weights,
        warmup=trials.training,
        w_max=configuration.rule.w_max,
    )
    n_trials = len(trials.initial_weights) * trials.repeats
    total = search.generations * search.population_size * n_trials
    done = evaluations_done(directory)
    with progress_bar(total, "meta-learning", "evaluation", initial=done) as bar:
        result = metalearn(
            problem,
            parameters_of(configuration),
            log_path=directory.log_path,
            seed=configuration.seed,
            population_size=search.population_size,
            sigma=search.sigma,
            trials=n_trials,
            aggregate=trials.aggregate,
            stopping=Stopping(max_generations=search.generations, target_loss=search.target_loss),
            workers=workers,
            on_generation=lambda summary, left: bar.write(
                progress_line(summary, search.generations, left)
            ),
            on_evaluation=lambda evaluation: bar.update(1),
        )
        for reason in result.stop_reasons.values():
            bar.write(f"the search ended: {reason}")
        bar.write("measuring the best rule")
    directory.save_results(**measure(configuration, network, result.best_values, workers))


def parameters_of(configuration: MetaLearning):
    """Return the searched coefficients with their scales; the search starts from no plasticity."""
    from bionet.metalearning import Parameters

    rule = configuration.rule
    return Parameters(
        names=COEFFICIENTS,
        initial=(0.0,) * len(COEFFICIENTS),
        scales=tuple(getattr(rule, f"{name}_scale") for name in COEFFICIENTS),
    )


def evaluations_done(directory: RunDirectory) -> int:
    """Return the number of evaluations in the directory's log."""
    from bionet.metalearning import progress

    return progress(directory.log_path).evaluations if directory.log_path.exists() else 0


def status(directory: RunDirectory) -> str:
    """Say how far the search has come and how good its best rule is."""
    from bionet.metalearning.progress import progress

    configuration = directory.load_configuration(MetaLearning)
    generations = configuration.search.generations
    if not directory.log_path.exists():
        return f"generation 0 of {generations}: nothing evaluated yet"
    stand = progress(directory.log_path)
    line = (
        f"generation {stand.generations} of {generations}, {stand.evaluations} evaluations finished"
    )
    if not stand.best_values:
        return line
    rule = ", ".join(f"{name} = {value:.3g}" for name, value in stand.best_values.items())
    return f"{line}\nbest loss {stand.best_loss:.4g} at {rule}"


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its log and results."""
    from bionet.plotting.meta_learning import draw

    return draw(directory, directory.load_configuration(MetaLearning))


KIND = Kind(
    name="meta_learning",
    configuration=MetaLearning,
    start=start,
    figures=figures,
    status=status,
)
