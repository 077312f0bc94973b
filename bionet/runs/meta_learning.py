"""Kind ``meta_learning``: CMA-ES over a plasticity rule's coefficients, then a long measurement.

The search is `bionet.metalearning`, its problem Vaze et al.'s. When it has ended, the best rule is
simulated from each initial weight for the training time and `measurement.duration` beyond, beside
a network whose weights do not change: that is what the figures show and what a claim rests on.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bionet.runs.kind import Kind
from bionet.runs.meta_learning_configuration import RATE_BOUNDS, MetaLearning, loss_of
from bionet.runs.run_directory import RunDirectory
from bionet.wording import counted

__all__ = ["COEFFICIENTS", "KIND", "MetaLearning", "compiled_network", "loss_of", "parameters_of"]

COEFFICIENTS = ("alpha", "beta", "kappa", "gamma")


def compiled_network(configuration: MetaLearning, *, method: str = "euler"):
    """Compile the network of the configuration, once for the search and the measurement.

    Parameters
    ----------
    configuration : MetaLearning
    method : str
        By which the neurons are integrated; their steps are watched if it is forward Euler's.
    """
    import dataclasses

    from brian2 import Hz, second, volt

    from bionet.devices import compile_network
    from bionet.metalearning.plasticity_problem import OUTPUTS, inputs_of
    from bionet.models import CONDUCTANCE_LIF, POLYNOMIAL_PLASTICITY
    from bionet.networks import RateGuard, balanced_network
    from bionet.runs import plasticity_measurement

    table, rule = configuration.network, configuration.rule
    low, high = RATE_BOUNDS
    network = partial(
        balanced_network,
        neuron=dataclasses.replace(CONDUCTANCE_LIF, method=method),
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
        guard=RateGuard(low=low * Hz, high=high * Hz),
        recording=plasticity_measurement.recording(configuration.measurement.recorded_neurons),
        watch_steps=method == "euler",
    )
    trials = configuration.trials
    return compile_network(
        network,
        trials.training + trials.scored,
        inputs=inputs_of("ee", COEFFICIENTS),
        outputs=[
            *OUTPUTS,
            "ee_weights.w",
            *(
                name
                for name in plasticity_measurement.OUTPUTS
                if method == "euler" or not name.endswith(".largest_step")
            ),
        ],
        precision=table.precision,
    )


def start(configuration: MetaLearning, directory: RunDirectory, workers: int) -> None:
    """Search, then measure; goes on where the directory's log ends."""
    from bionet.metalearning import Stopping, metalearn, progress_line
    from bionet.metalearning.plasticity_problem import OUTPUTS, PlasticityProblem
    from bionet.runs.compiling import compiling
    from bionet.runs.plasticity_measurement import measure, too_long_steps
    from bionet.runs.progress import progress_bar
    from bionet.runs.provenance import record_build

    trials, search = configuration.trials, configuration.search
    network = compiling(compiled_network, configuration)
    record_build(directory, network, configuration.network.precision)
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
                progress_line(summary, search.generations)
            ),
            on_evaluation=lambda evaluation: bar.update(1),
        )
        for reason in result.stop_reasons.values():
            bar.write(f"the search ended: {reason}")
    arrays = measure(configuration, network, result.best_values, workers)
    directory.save_results(**arrays)
    for line in too_long_steps(arrays):
        print(line)


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

    return progress(directory.log_path).evaluations if directory.has_log else 0


def status(directory: RunDirectory) -> str:
    """Say how far the search has come and how good its best rule is."""
    from bionet.metalearning.progress import progress

    configuration = directory.load_configuration(MetaLearning)
    generations = configuration.search.generations
    if not directory.has_log:
        return f"generation 0 of {generations}: nothing evaluated yet"
    stand = progress(directory.log_path)
    line = (
        f"generation {stand.generations} of {generations}, "
        f"{counted(stand.evaluations, 'evaluation')} finished"
    )
    if not stand.best_values:
        return line
    rule = ", ".join(f"{name} = {value:.3g}" for name, value in stand.best_values.items())
    return f"{line}\nbest loss {stand.best_loss:.4g} at {rule}"


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its log and results."""
    from bionet.runs.meta_learning_figures import draw

    return draw(directory, directory.load_configuration(MetaLearning))


KIND = Kind(
    name="meta_learning",
    configuration=MetaLearning,
    start=start,
    figures=figures,
    status=status,
    may_change=frozenset({"search.generations", "search.target_loss"})
    | {f"measurement.{name}" for name in ("duration", "seed", "recorded_neurons")},
    memory=MetaLearning.memory,
)
