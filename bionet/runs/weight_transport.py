"""Kind ``weight_transport``: networks whose errors come back by different rules, side by side.

All rules go through a tenth of the epochs before any goes further, so that they can be compared
before the end. After each epoch of a rule's networks their checkpoint is replaced; a run that was
broken off goes on with the next epoch, and gives the same numbers as one that was not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bionet.errors import BionetError
from bionet.runs import atomic
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory
from bionet.runs.trainings import latest_lines, log_lines, remove_checkpoints, require_jax
from bionet.runs.weight_transport_configuration import WeightTransport
from bionet.wording import counted

if TYPE_CHECKING:
    from bionet.gradient import TrainingState
    from bionet.runs.weight_transport_learners import AbstractLearner
    from bionet.runs.weight_transport_results import Course

__all__ = ["KIND", "TransportError"]

#: In so many parts every rule is trained in turn.
PARTS = 10


class TransportError(BionetError):
    """A training that broke off; names the rule, epoch and batch."""


def check(configuration: WeightTransport) -> None:
    """Refuse images that are missing, damaged or too few, and a missing JAX.

    Raises
    ------
    ConfigurationError
        Says which.
    """
    from bionet.runs.configuration import ConfigurationError, refused_under
    from bionet.runs.weight_transport_learners import images_of

    require_jax("weight_transport")
    with refused_under("data.folder"):
        found = {split: len(images_of(configuration, split)) for split in ("train", "test")}
    for split, there in found.items():
        asked = getattr(configuration.data, split)
        if asked is not None and asked > there:
            raise ConfigurationError(f"data.{split}: there are {there} images; found {asked}")
    for key, least in (
        ("training.batch", configuration.training.batch),
        ("measurement.samples", configuration.measurement.samples),
    ):
        if found["train"] < least:
            raise ConfigurationError(f"{key}: there are {found['train']} images; found {least}")


def start(configuration: WeightTransport, directory: RunDirectory, workers: int) -> None:
    """Train the networks of each rule from where its checkpoint stands, then write the results.

    Raises
    ------
    TransportError
        If a loss is no longer a number.
    CheckpointError
        If a checkpoint is damaged, or was made with other images or for more epochs.
    StimulusError
        If images cannot be read.
    """
    from bionet.runs.progress import progress_bar
    from bionet.runs.surrogate_networks import begin_on_devices
    from bionet.runs.weight_transport_results import arrays_of_run

    folder = _folder(directory)
    folder.mkdir(exist_ok=True)
    atomic.remove_partial_files(folder)
    _require_same_images(configuration, folder)
    chunks, epochs = _chunks(configuration), configuration.training.epochs
    done = sum(_epochs_done(directory, chunk) * len(chunk.repeats) for chunk in chunks)
    total = sum(len(chunk.repeats) for chunk in chunks) * epochs
    learners = _learners(configuration, begin_on_devices(workers))
    reached: dict[Chunk, tuple[TrainingState, Course]] = {}
    with progress_bar(total, "training", "epoch", initial=done) as bar:
        for part in range(1, PARTS + 1):
            until = -(-epochs * part // PARTS)
            for chunk in chunks:
                learner = learners[chunk.rule]
                if chunk not in reached:
                    reached[chunk] = _where_it_stands(directory, learner, chunk, epochs)
                reached[chunk] = _trained(directory, learner, chunk, reached[chunk], until, bar)
    directory.save_results(
        **arrays_of_run(
            configuration,
            [(chunk.rule, repeat) for chunk in chunks for repeat in chunk.repeats],
            [course for _, course in reached.values()],
            learner.connections,
            learner.hidden,
        )
    )


def _require_same_images(configuration: WeightTransport, folder: Path) -> None:
    """Write down which images the networks learn from, or refuse others in another folder."""
    from bionet.gradient import CheckpointError
    from bionet.runs.weight_transport_learners import images_of

    digest = hashlib.sha256()
    for split in ("train", "test"):
        found = images_of(configuration, split)
        for array in (found.images, found.labels):
            digest.update(np.ascontiguousarray(array).data)
    path = folder / "images.txt"
    if not path.is_file():
        atomic.write_text(path, f"{digest.hexdigest()}\n")
    elif path.read_text().strip() != digest.hexdigest():
        raise CheckpointError(
            f"{path}: data.folder holds other images than the networks have learned from; put "
            "those back, or start a new run"
        )


@dataclass(frozen=True)
class Chunk:
    """Networks of one rule that are trained together.

    Attributes
    ----------
    rule : str
    repeats : tuple of int
    """

    rule: str
    repeats: tuple[int, ...]

    @property
    def file_name(self) -> str:
        """Of its checkpoint."""
        return f"{self.rule}_{self.repeats[0]:04}-{self.repeats[-1]:04}.npz"

    def name(self, k: int) -> str:
        """Return what its k-th network is called in messages."""
        return f"{self.rule.replace('_', ' ')}, repeat {self.repeats[k] + 1}"


def _chunks(configuration: WeightTransport) -> list[Chunk]:
    """Share out the networks: the first repeats of every rule, then the next."""
    training = configuration.training
    n = training.at_a_time or training.repeats
    return [
        Chunk(rule, tuple(range(first, min(first + n, training.repeats))))
        for first in range(0, training.repeats, n)
        for rule in configuration.rules.names
    ]


def _learners(configuration: WeightTransport, devices) -> dict[str, AbstractLearner]:
    """Return the learner of each rule; the images are read once."""
    from bionet.runs.weight_transport_learners import inputs_of, learner_of

    data = [inputs_of(configuration, split) for split in ("train", "test")]
    return {
        rule: learner_of(configuration, rule, devices, *data) for rule in configuration.rules.names
    }


def _where_it_stands(directory, learner, chunk, epochs: int) -> tuple[TrainingState, Course]:
    """Return the networks of a chunk, and their course, from the checkpoint or as they begin."""
    from bionet.gradient import CheckpointError, load_checkpoint
    from bionet.runs.weight_transport_results import Course

    path = _folder(directory) / chunk.file_name
    state = learner.begun(chunk.repeats)
    found = load_checkpoint(path, state)
    if found is None:
        return state, Course.begun(learner.measured(state))
    state, arrays = found
    course = Course.of(arrays)
    if course.epochs > epochs:
        raise CheckpointError(
            f"{path}: has {counted(course.epochs, 'epoch')} behind it; asked for were {epochs}"
        )
    return state, course


def _trained(directory, learner, chunk, reached, until: int, bar) -> tuple[TrainingState, Course]:
    """Train the networks of a chunk up to an epoch."""
    from bionet.gradient import DivergedError, save_checkpoint

    state, course = reached
    while course.epochs < until:
        try:
            state, loss = learner.epoch(state, course.epochs + 1, chunk.repeats)
        except DivergedError as error:
            raise TransportError(
                f"{chunk.name(error.network or 0)}: {error.what} is no longer a number at epoch "
                f"{error.epoch}, batch {error.batch}; the last checkpoint is kept, and a new run "
                "with a lower learning rate may go further"
            ) from error
        course = course.longer(loss, learner.measured(state))
        save_checkpoint(_folder(directory) / chunk.file_name, state, **course.arrays())
        _log(directory, chunk, course)
        accuracy = 100 * course.test_accuracy[:, -1]
        bar.write(
            f"{chunk.rule.replace('_', ' ')}, epoch {course.epochs}: test accuracy "
            f"{accuracy.min():.2f} to {accuracy.max():.2f} %"
        )
        bar.update(len(chunk.repeats))
    return state, course


def _log(directory: RunDirectory, chunk: Chunk, course: Course) -> None:
    """Add a line for each network that has finished an epoch; for reading, not for resuming."""
    log_lines(
        directory,
        [
            {
                "rule": chunk.rule,
                "repeat": repeat,
                "name": chunk.name(k),
                "epoch": course.epochs,
                "loss": round(float(course.train_loss[k, -1]), 6),
                "test_accuracy": round(float(course.test_accuracy[k, -1]), 6),
                "weight_angle": _rounded(course.weight_angle[k, -1]),
                "delta_angle": _rounded(course.delta_angle[k, -1]),
            }
            for k, repeat in enumerate(chunk.repeats)
        ],
    )


def _rounded(angles: np.ndarray) -> list[float | None]:
    return [round(float(angle), 2) if np.isfinite(angle) else None for angle in angles]


def _folder(directory: RunDirectory) -> Path:
    return directory.path / "trainings"


def _epochs_done(directory: RunDirectory, chunk: Chunk) -> int:
    """Return the epochs that a chunk has behind it, without loading more than their losses."""
    try:
        with np.load(_folder(directory) / chunk.file_name, allow_pickle=False) as file:
            return file["train_loss"].shape[1]
    except Exception:  # missing, or damaged, which whoever reads all of it says
        return 0


def status(directory: RunDirectory) -> str:
    """Say how far each network has come and how well it does."""
    configuration = directory.load_configuration(WeightTransport)
    epochs = configuration.training.epochs
    n = len(configuration.rules.names) * configuration.training.repeats
    trained = f"{counted(n, 'network')} trained for {counted(epochs, 'epoch')}"
    if directory.is_finished:
        return trained
    last = latest_lines(directory, "name")
    done = sum(line["epoch"] >= epochs for line in last.values())
    lines = [
        f"{name}: epoch {line['epoch']}, test accuracy {100 * line['test_accuracy']:.2f} %"
        for name, line in last.items()
        if line["epoch"] < epochs
    ]
    return "\n".join([f"{done} of {trained}", *lines])


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.runs.weight_transport_figures import draw

    return draw(directory)


def tidy(directory: RunDirectory) -> None:
    """Remove the checkpoints, which the results stand for."""
    remove_checkpoints(_folder(directory))


KIND = Kind(
    name="weight_transport",
    configuration=WeightTransport,
    start=start,
    figures=figures,
    status=status,
    check=check,
    tidy=tidy,
    # not training.at_a_time: a checkpoint is named by the networks in it
    may_change=frozenset({"data.folder", "training.epochs"}),
    memory=WeightTransport.memory,
)
