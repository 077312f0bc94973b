"""Kind ``surrogate_training``: a sweep of networks trained together with surrogate gradients.

All networks of a chunk go through an epoch in one compiled call, spread over the devices; then the
chunk's checkpoint is replaced and lines are added to the log. A run that was broken off goes on
with the next epoch, and gives the same numbers as one that was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bionet.errors import BionetError
from bionet.runs import atomic
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory
from bionet.runs.surrogate_configuration import SurrogateTraining
from bionet.runs.trainings import (
    finished_part,
    latest_lines,
    log_lines,
    remove_checkpoints,
    require_jax,
)
from bionet.wording import counted

if TYPE_CHECKING:
    from bionet.gradient import History
    from bionet.runs.surrogate_networks import SweptNetwork

__all__ = ["KIND", "TrainingError"]

#: Part of the free memory that the state of the networks of a chunk may take.
MEMORY_PART = 0.25


class TrainingError(BionetError):
    """A training that broke off; names the network, epoch and batch."""


def check(configuration: SurrogateTraining) -> None:
    """Refuse data that are missing, damaged or too few, and a missing JAX.

    Raises
    ------
    ConfigurationError
        Says which.
    """
    from bionet.runs.configuration import ConfigurationError, refused_under

    require_jax("surrogate_training")
    from bionet.runs.surrogate_networks import samples_of

    # read only: as spikes they would be on JAX's devices, which `start` has yet to choose
    with refused_under("data.folder"):
        found = {split: samples_of(configuration, split).labels.size for split in ("train", "test")}
    for split, there in found.items():
        asked = getattr(configuration.data, split)
        if asked is not None and asked > there:
            raise ConfigurationError(f"data.{split}: there are {there} samples; found {asked}")
    if found["train"] < configuration.training.batch:
        raise ConfigurationError(
            f"training.batch: a batch of {configuration.training.batch} is not filled by "
            f"{counted(found['train'], 'sample')}"
        )


def start(configuration: SurrogateTraining, directory: RunDirectory, workers: int) -> None:
    """Train every chunk of networks from where its checkpoint stands, then write the results.

    Raises
    ------
    TrainingError
        If a loss is no longer a number.
    CheckpointError
        If a checkpoint is damaged or was made with other settings.
    StimulusError
        If data cannot be read.
    """
    from bionet.runs.progress import progress_bar
    from bionet.runs.surrogate_networks import (
        begin_on_devices,
        spikes_of,
        swept_networks,
        trainer_of,
    )
    from bionet.runs.surrogate_results import arrays_of_run

    folder = _folder(directory)
    folder.mkdir(exist_ok=True)
    atomic.remove_partial_files(folder)
    trainer = trainer_of(configuration, begin_on_devices(workers))
    data = {split: spikes_of(configuration, split) for split in ("train", "test")}
    networks, epochs = swept_networks(configuration), configuration.training.epochs
    chunks = _chunks(configuration, directory, len(networks))
    done = sum(_epochs_done(directory, chunk) * len(chunk) for chunk in chunks)
    parts = []
    with progress_bar(len(networks) * epochs, "training", "epoch", initial=done) as bar:
        for chunk in chunks:
            part = finished_part(_finished_path(directory, chunk))
            if part is None or part["train_loss"].shape[1] != epochs:
                few = [networks[k] for k in chunk]
                part = _trained(configuration, directory, trainer, data, chunk, few, bar)
                with atomic.replacing(_finished_path(directory, chunk)) as file:
                    np.savez(file, **part)
            parts.append(part)
    results = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    shown = _shown(configuration, trainer, data["test"], results, networks)
    directory.save_results(**arrays_of_run(configuration, networks), **shown)


def _trained(configuration, directory, trainer, data, chunk, networks, bar) -> dict:
    """Train the networks of a chunk and return what the results need of them."""
    from bionet.gradient import DivergedError, train
    from bionet.runs.surrogate_measurements import distances, weight_counts
    from bionet.runs.surrogate_networks import HIDDEN, initial_weights, signs
    from bionet.runs.surrogate_results import arrays_of_networks

    training = configuration.training
    weights = initial_weights(configuration, networks)
    noise = np.array([network.noise for network in networks], np.float32)
    seeds = [n.seed(training.seed, noise=True).generate_state(1)[0] for n in networks]

    def on_epoch(history: History) -> None:
        _log(directory, chunk, networks, history)
        best = history.test_accuracy[:, -1]
        bar.write(
            f"networks {chunk[0] + 1} to {chunk[-1] + 1}, epoch {history.epochs}: test accuracy "
            f"{100 * best.min():.1f} to {100 * best.max():.1f} %"
        )
        bar.update(len(chunk))

    try:
        state, history = train(
            trainer,
            weights,
            *data["train"],
            epochs=training.epochs,
            seed=training.seed,
            test=data["test"],
            layers=(HIDDEN,),
            signs=signs(configuration, networks),
            noise=noise if noise.any() else None,
            noise_seeds=np.array(seeds, np.uint32),
            checkpoint=_checkpoint_path(directory, chunk),
            on_epoch=on_epoch,
        )
    except DivergedError as error:
        name = networks[error.network or 0].name
        raise TrainingError(
            f"{name}: {error.what} is no longer a number at epoch {error.epoch}, batch "
            f"{error.batch}; the last checkpoint is kept, and a new run with a lower learning rate "
            "may go further"
        ) from error
    after = {name: np.asarray(value) for name, value in state.parameters.items()}
    measured = (configuration, trainer, networks)
    return {
        **arrays_of_networks(configuration, networks, history),
        "distance_before": distances(*measured, weights, data["train"][0]),
        "distance_after": distances(*measured, after, data["train"][0]),
        "weight_counts": np.stack(
            [weight_counts(configuration, networks, each) for each in (weights, after)], axis=1
        ),
        **{f"weights.{name}": value for name, value in after.items()},
    }


def _shown(configuration, trainer, test, results, networks) -> dict[str, np.ndarray]:
    """Return the results, the weights replaced by what the best network does with a sample."""
    from bionet.runs.surrogate_measurements import WEIGHT_EDGES, example

    names = [name for name in results if name.startswith("weights.")]
    weights = {name.removeprefix("weights."): results.pop(name) for name in names}
    best = int(results["test_accuracy"][:, -1].argmax())
    own = {name: value[best] for name, value in weights.items()}
    return {
        **results,
        "weight_edges": WEIGHT_EDGES,
        "example_network": np.array(best),
        **example(trainer, own, *test),
    }


def _chunks(configuration: SurrogateTraining, directory: RunDirectory, n: int) -> list[range]:
    """Share out the networks; a run that is resumed keeps the chunks that it began with."""
    at_a_time = configuration.training.at_a_time
    sizes = _folder(directory) / "at_a_time.txt"
    if sizes.is_file():
        at_a_time = int(sizes.read_text())
    else:
        at_a_time = at_a_time or _that_fit(configuration)
        atomic.write_text(sizes, f"{at_a_time}\n")
    return [range(first, min(first + at_a_time, n)) for first in range(0, n, at_a_time)]


def _that_fit(configuration: SurrogateTraining) -> int:
    """Return how many networks may be trained together in the memory that is free."""
    import psutil

    data, hidden = configuration.data, configuration.network.hidden
    weights = hidden * (data.inputs + data.classes)
    counts = (configuration.training.epochs + 1) * data.classes * hidden
    # parameters, their gradients and an optimiser's moments, each twice while one replaces another
    needed = 4 * (8 * weights + 2 * counts)
    return max(1, int(MEMORY_PART * psutil.virtual_memory().available / needed))


def _log(
    directory: RunDirectory, chunk: range, networks: Sequence[SweptNetwork], history: History
) -> None:
    """Add a line for each network that has finished an epoch; for reading, not for resuming."""
    log_lines(
        directory,
        [
            {
                "network": k,
                "name": network.name,
                "epoch": history.epochs,
                "loss": round(float(history.loss[k - chunk[0], -1]), 6),
                "test_accuracy": round(float(history.test_accuracy[k - chunk[0], -1]), 6),
            }
            for k, network in zip(chunk, networks, strict=True)
        ],
    )


def _folder(directory: RunDirectory) -> Path:
    return directory.path / "trainings"


def _checkpoint_path(directory: RunDirectory, chunk: range) -> Path:
    return _folder(directory) / f"networks_{chunk[0]:04}-{chunk[-1]:04}.npz"


def _finished_path(directory: RunDirectory, chunk: range) -> Path:
    return _checkpoint_path(directory, chunk).with_suffix(".finished.npz")


def _epochs_done(directory: RunDirectory, chunk: range) -> int:
    """Return the epochs that a chunk has behind it, without loading more than their losses."""
    for path in (_finished_path(directory, chunk), _checkpoint_path(directory, chunk)):
        try:
            with np.load(path, allow_pickle=False) as file:
                name = "train_loss" if "train_loss" in file.files else "loss"
                return file[name].shape[1]
        except Exception:  # missing, or damaged, which whoever reads all of it says
            continue
    return 0


def status(directory: RunDirectory) -> str:
    """Say how many networks are trained, and how well those are doing that have begun."""
    from bionet.runs.surrogate_networks import swept_networks

    configuration = directory.load_configuration(SurrogateTraining)
    n, epochs = len(swept_networks(configuration)), configuration.training.epochs
    trained = f"{counted(n, 'network')} trained for {counted(epochs, 'epoch')}"
    if directory.is_finished:
        return trained
    last = latest_lines(directory, "network")
    done = sum(line["epoch"] >= epochs for line in last.values())
    lines = [
        f"{line['name']}: epoch {line['epoch']}, test accuracy {100 * line['test_accuracy']:.1f} %"
        for line in last.values()
        if line["epoch"] < epochs
    ]
    return "\n".join([f"{done} of {trained}", *lines])


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.runs.surrogate_training_figures import draw

    return draw(directory, directory.load_configuration(SurrogateTraining))


def tidy(directory: RunDirectory) -> None:
    """Remove the checkpoints, which the results stand for."""
    remove_checkpoints(_folder(directory))


KIND = Kind(
    name="surrogate_training",
    configuration=SurrogateTraining,
    start=start,
    figures=figures,
    status=status,
    check=check,
    tidy=tidy,
    may_change=frozenset({"data.folder", "training.epochs"}),
    memory=SurrogateTraining.memory,
)
