"""Kind ``ei_tuning``: one neuron learns to tell groups of excitatory and inhibitory inputs apart.

Sagtekin, Giannakakis & Levina (poster). The neurons of a seed and a constraint see the same samples
and are trained side by side in one compiled call. A run that was broken off goes on with the next
epoch, and gives the same numbers as one that was not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bionet.errors import BionetError
from bionet.runs import atomic
from bionet.runs.ei_tuning_configuration import EITuning
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory
from bionet.runs.trainings import (
    finished_part,
    latest_lines,
    log_lines,
    remove_checkpoints,
    require_jax,
)
from bionet.wording import counted

if TYPE_CHECKING:
    from bionet.gradient import History, Trainer
    from bionet.runs.ei_tuning_neurons import TunedNeuron

__all__ = ["KIND", "TuningError"]

#: How often in a training a line is logged.
LINES = 10


class TuningError(BionetError):
    """A training that broke off; names the neuron, epoch and batch."""


def check(configuration: EITuning) -> None:
    """Refuse to run without JAX.

    Raises
    ------
    ConfigurationError
        If JAX or optax is missing.
    """
    require_jax("ei_tuning")


def start(configuration: EITuning, directory: RunDirectory, workers: int) -> None:
    """Train every group of neurons from where its checkpoint stands, then write the results.

    Raises
    ------
    TuningError
        If a loss is no longer a number.
    CheckpointError
        If a checkpoint is damaged or was made with other settings.
    """
    from bionet.runs.ei_tuning_measurements import example
    from bionet.runs.ei_tuning_neurons import trained_together, trainer_of
    from bionet.runs.progress import progress_bar
    from bionet.runs.surrogate_networks import begin_on_devices

    folder = _folder(directory)
    folder.mkdir(exist_ok=True)
    atomic.remove_partial_files(folder)
    groups, epochs = trained_together(configuration), configuration.training.epochs
    devices = begin_on_devices(min(workers, len(groups[0])))
    parts, trainers = [], {}
    done = sum(_epochs_done(directory, number, epochs) for number in range(len(groups)))
    with progress_bar(len(groups) * epochs, "training", "epoch", initial=done) as bar:
        for number, neurons in enumerate(groups):
            part = finished_part(_finished_path(directory, number))
            if part is None:
                constraint = neurons[0].constraint
                if constraint not in trainers:
                    trainers = {constraint: trainer_of(configuration, constraint, devices)}
                part = _trained(
                    configuration, directory, trainers[constraint], number, neurons, bar
                )
                with atomic.replacing(_finished_path(directory, number)) as file:
                    np.savez(file, **part)
            parts.append(part)
    results = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    results |= _which(configuration, [neuron for group in groups for neuron in group])
    weights = {name: results.pop(name) for name in list(results) if name.startswith("values.")}
    directory.save_results(**results, **example(configuration, results, weights))


def _trained(configuration, directory, trainer: Trainer, number, neurons, bar) -> dict:
    """Train neurons that see the same samples and return what the results need of them."""
    from bionet.gradient import DivergedError, train
    from bionet.runs.ei_tuning_measurements import measured
    from bionet.runs.ei_tuning_neurons import NEURON, initial_parameters, samples_of, signs

    samples = samples_of(configuration, neurons[0].seed)
    parameters = initial_parameters(configuration, neurons)
    epochs = configuration.training.epochs

    def on_epoch(history: History) -> None:
        if history.epochs % max(1, epochs // LINES) == 0 or history.epochs == epochs:
            _log(directory, number, neurons, history)
            accuracy = 100 * history.test_accuracy[:, -1]
            bar.write(
                f"constraint {neurons[0].constraint:g}, seed {neurons[0].seed}, epoch "
                f"{history.epochs}: test accuracy {accuracy.min():.0f} to {accuracy.max():.0f} %"
            )
        bar.update()

    try:
        state, history = train(
            trainer,
            parameters,
            *samples["train"],
            epochs=epochs,
            seed=_order_seed(configuration, neurons[0].seed),
            test=samples["test"],
            layers=(NEURON,),
            signs={name: np.repeat(sign, len(neurons), 0) for name, sign in signs().items()},
            checkpoint=_checkpoint_path(directory, number),
            on_epoch=on_epoch,
        )
    except DivergedError as error:
        raise TuningError(
            f"{neurons[error.network or 0].name}: {error.what} is no longer a number at epoch "
            f"{error.epoch}, batch {error.batch}; a new run with a lower learning_rate may go "
            "further"
        ) from error
    values = {name: np.asarray(value) for name, value in trainer.values(state).items()}
    test, labels = samples["test"]
    rate = history.spikes[NEURON][..., 0].mean(axis=2)
    return {
        "train_loss": history.loss.astype(np.float32),
        "test_loss": history.test_loss.astype(np.float32),
        "test_accuracy": history.test_accuracy.astype(np.float32),
        "test_rate": (rate / (trainer.steps * configuration.neuron.step)).astype(np.float32),
        **{
            f"{name}_{when}": value
            for when, each in (("before", parameters), ("after", values))
            for name, value in measured(configuration, trainer, each, test, labels).items()
        },
        **{f"values.{name}": value for name, value in values.items()},
    }


def _order_seed(configuration: EITuning, seed: int) -> int:
    """Return the seed of the order of the samples."""
    words = [configuration.training.seed, seed, 3]
    return int(np.random.SeedSequence(words).generate_state(1)[0])


def _which(configuration: EITuning, neurons: list[TunedNeuron]) -> dict[str, np.ndarray]:
    """Return what says which neurons these are, and what of the task the figures need."""
    inputs, task = configuration.inputs, configuration.task
    return {
        **{
            name: np.array([getattr(neuron, name) for neuron in neurons])
            for name in ("excitation", "inhibition", "constraint", "seed")
        },
        "tau_i": np.array(configuration.neuron.tau_i),
        "step": np.array(configuration.neuron.step),
        "from_step": np.array(inputs.from_step),
        "inputs_a_group": np.array([task.excitatory, task.inhibitory]),
        "target_rate": np.array(configuration.training.rate),
    }


def _log(directory: RunDirectory, number: int, neurons: list[TunedNeuron], history) -> None:
    """Add a line on the neurons that are trained together; for reading, not for resuming."""
    line = {
        "group": number,
        "constraint": neurons[0].constraint,
        "seed": neurons[0].seed,
        "epoch": history.epochs,
        "test_accuracy": [round(float(a), 4) for a in history.test_accuracy[:, -1]],
    }
    log_lines(directory, [line])


def _folder(directory: RunDirectory) -> Path:
    return directory.path / "trainings"


def _checkpoint_path(directory: RunDirectory, number: int) -> Path:
    return _folder(directory) / f"group_{number:04}.npz"


def _finished_path(directory: RunDirectory, number: int) -> Path:
    return _folder(directory) / f"group_{number:04}.finished.npz"


def _epochs_done(directory: RunDirectory, number: int, epochs: int) -> int:
    """Return the epochs that a group has behind it."""
    if _finished_path(directory, number).is_file():
        return epochs
    try:
        with np.load(_checkpoint_path(directory, number), allow_pickle=False) as file:
            return file["loss"].shape[1]
    except Exception:  # missing, or damaged, which whoever reads all of it says
        return 0


def status(directory: RunDirectory) -> str:
    """Say how many neurons are trained, and how well those are doing that have begun."""
    configuration = directory.load_configuration(EITuning)
    sweep, epochs = configuration.sweep, configuration.training.epochs
    each = len(sweep.excitation) * len(sweep.inhibition)
    groups = len(sweep.constraint) * sweep.seeds
    trained = f"{counted(groups * each, 'neuron')} trained for {counted(epochs, 'epoch')}"
    if directory.is_finished:
        return trained
    last = latest_lines(directory, "group")
    done = sum(line["epoch"] >= epochs for line in last.values())
    lines = [
        f"constraint {line['constraint']:g}, seed {line['seed']}: epoch {line['epoch']}, test "
        f"accuracy up to {100 * max(line['test_accuracy']):.1f} %"
        for line in last.values()
        if line["epoch"] < epochs
    ]
    return "\n".join([f"{done * each} of {trained}", *lines])


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.runs.ei_tuning_figures import draw

    return draw(directory, directory.load_configuration(EITuning))


def tidy(directory: RunDirectory) -> None:
    """Remove the checkpoints, which the results stand for."""
    remove_checkpoints(_folder(directory))


KIND = Kind(
    name="ei_tuning",
    configuration=EITuning,
    start=start,
    figures=figures,
    status=status,
    check=check,
    tidy=tidy,
    memory=EITuning.memory,
)
