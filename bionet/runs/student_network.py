"""Kind ``student_network``: students of two layers recover their teachers by several rules.

All seeds and learning rates of a rule learn in one compiled call of ``training.interval`` updates;
then the rule's checkpoint is replaced. A run that was broken off goes on there, and gives the same
numbers as one that was not.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.runs import atomic
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory
from bionet.runs.student_network_configuration import StudentNetwork
from bionet.runs.trainings import log_lines, remove_checkpoints, require_jax
from bionet.wording import counted

__all__ = ["KIND", "DivergedStudentError"]

#: Under which names a checkpoint keeps the losses and the records of what was learned.
_LOSS, _RECORD = "loss", "record."


class DivergedStudentError(BionetError):
    """A loss that is no longer a number; names rule, seed and learning rate."""


def check(configuration: StudentNetwork) -> None:
    """Refuse to begin without JAX and optax.

    Raises
    ------
    ConfigurationError
        Names the package.
    """
    require_jax("student_network")


def start(configuration: StudentNetwork, directory: RunDirectory, workers: int) -> None:
    """Let students learn by every rule from where its checkpoint stands, then write the results.

    Raises
    ------
    DivergedStudentError
        If a loss is no longer a number.
    CheckpointError
        If a checkpoint is damaged or was made with other settings.
    TeacherError
        If no teacher fires as the configuration asks for.
    """
    from bionet.runs.progress import progress_bar
    from bionet.runs.student_network_results import arrays_of_run
    from bionet.runs.student_network_teachers import draw_pairs
    from bionet.runs.student_network_training import Training, evaluate
    from bionet.runs.surrogate_networks import begin_on_devices

    folder = _folder(directory)
    folder.mkdir(exist_ok=True)
    atomic.remove_partial_files(folder)
    devices = begin_on_devices(workers)
    pairs = draw_pairs(configuration)
    rules, updates = configuration.rule.names, configuration.training.updates
    records, losses, evaluated = {}, {}, {}
    done = sum(_updates_done(directory, rule, configuration) for rule in rules)
    with progress_bar(len(rules) * updates, "learning", "update", initial=done) as bar:
        for rule in rules:
            training = Training(configuration, rule, pairs, devices)
            learned, losses[rule] = _learned(configuration, directory, training, bar)
            records[rule] = training.free.values_of(learned)
            students = training.free.networks(learned, -1)
            evaluated[rule] = evaluate(configuration, pairs.teacher, students, devices)
    begun = {name: value[:, None] for name, value in pairs.student.items()}
    untrained = evaluate(configuration, pairs.teacher, begun, devices)
    results = arrays_of_run(configuration, pairs, records, losses, untrained, evaluated)
    directory.save_results(**results)


def _learned(configuration, directory, training, bar) -> tuple[dict, np.ndarray]:
    """Return what students of one rule learned, (T, S, L, ...), and their losses."""
    from bionet.gradient import load_checkpoint, save_checkpoint

    table, path = configuration.training, _checkpoint_path(directory, training.rule)
    state = training.begin()
    records = {name: value[None] for name, value in state["free"].items()}
    shape = (table.seeds, len(table.learning_rates))
    losses = np.zeros((*shape, 0))
    if (found := load_checkpoint(path, state)) is not None:
        state, arrays = found
        records = {n.removeprefix(_RECORD): arrays[n] for n in arrays if n.startswith(_RECORD)}
        losses = arrays[_LOSS]
    while (number := losses.shape[-1] * table.interval) < table.updates:
        state, loss = training.advance(state, number)
        # a neuron whose weights are no numbers never spikes, and its loss is one
        sound = [np.isfinite(v).all(axis=tuple(range(2, v.ndim))) for v in
                 map(np.asarray, state["free"].values())]  # fmt: skip
        _refuse_divergence(
            configuration, training.rule, np.where(np.logical_and.reduce(sound), loss, np.nan)
        )
        records = {
            n: np.concatenate([records[n], np.asarray(v)[None]]) for n, v in state["free"].items()
        }
        losses = np.concatenate([losses, loss[..., None]], axis=-1)
        kept = {f"{_RECORD}{name}": value for name, value in records.items()}
        save_checkpoint(path, state, **{_LOSS: losses}, **kept)
        _log(directory, training.rule, number + table.interval, np.median(loss, axis=0))
        bar.update(table.interval)
    return records, losses


def _refuse_divergence(configuration: StudentNetwork, rule: str, loss: np.ndarray) -> None:
    wrong = np.argwhere(~np.isfinite(loss))
    if wrong.size:
        seed, rate = wrong[0]
        raise DivergedStudentError(
            f"rule {rule!r}, seed {seed}, learning rate "
            f"{configuration.training.learning_rates[rate]:g}: the loss is no longer a number; a "
            "new run with a lower learning rate may go further"
        )


def _log(directory: RunDirectory, rule: str, updates: int, loss: np.ndarray) -> None:
    """Add a line on a rule's students; for reading, not for resuming."""
    line = {
        "rule": rule,
        "updates": updates,
        "median_loss": [round(float(value), 4) for value in loss],
    }
    log_lines(directory, [line])


def _folder(directory: RunDirectory) -> Path:
    return directory.path / "students"


def _checkpoint_path(directory: RunDirectory, rule: str) -> Path:
    return _folder(directory) / f"{rule}.npz"


def _updates_done(directory: RunDirectory, rule: str, configuration: StudentNetwork) -> int:
    """Return the updates that a rule has behind it; 0 if its checkpoint cannot be read."""
    try:
        with np.load(_checkpoint_path(directory, rule), allow_pickle=False) as file:
            return file[_LOSS].shape[-1] * configuration.training.interval
    except Exception:  # missing, or damaged, which whoever reads all of it says
        return 0


def status(directory: RunDirectory) -> str:
    """Say how far each rule has come."""
    configuration = directory.load_configuration(StudentNetwork)
    training, rules = configuration.training, configuration.rule.names
    what = f"{counted(training.seeds, 'student')} a rule and learning rate"
    updates = counted(training.updates, "update")
    if directory.is_finished:
        return f"{what}, {counted(len(rules), 'rule')}, {updates}"
    done = {rule: _updates_done(directory, rule, configuration) for rule in rules}
    lines = [f"{rule}: {done[rule]} of {updates}" for rule in rules]
    return "\n".join([what, *lines])


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.runs.student_network_figures import draw

    return draw(directory)


def tidy(directory: RunDirectory) -> None:
    """Remove the checkpoints, which the results stand for."""
    remove_checkpoints(_folder(directory))


KIND = Kind(
    name="student_network",
    configuration=StudentNetwork,
    start=start,
    figures=figures,
    status=status,
    check=check,
    tidy=tidy,
    # every rule has a checkpoint of its own; the evaluation comes last
    may_change=frozenset(
        f"evaluation.{name}" for name in ("trials", "duration", "success", "shown")
    )
    | {"rule.names"},
    memory=StudentNetwork.memory,
)
