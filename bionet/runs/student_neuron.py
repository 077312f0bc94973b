"""Kind ``student_neuron``: single neurons learn online to spike as others do (Braun & Vogels 2021).

Students of all teachers and rules learn side by side in one compiled call an interval. Every few
intervals the checkpoint is replaced and the log grows by a line for each rule. A run that was
broken off goes on from its checkpoint, and gives the same numbers as one that was not.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.runs.kind import Kind
from bionet.runs.run_directory import RunDirectory
from bionet.runs.student_neuron_configuration import StudentNeuron
from bionet.runs.trainings import latest_lines, log_lines, require_jax
from bionet.wording import counted

__all__ = ["KIND"]


class LearningError(BionetError):
    """A student whose parameters are no longer numbers; names its rule and teacher."""


def check(configuration: StudentNeuron) -> None:
    """Refuse a missing JAX.

    Raises
    ------
    ConfigurationError
        Says how to install it.
    """
    require_jax("student_neuron")


def start(configuration: StudentNeuron, directory: RunDirectory, workers: int) -> None:
    """Draw the teachers, let students learn from where the checkpoint stands, write the results.

    Parameters
    ----------
    configuration : StudentNeuron
    directory : RunDirectory
    workers : int
        Ignored: a step is too short to be shared out.

    Raises
    ------
    CheckpointError
        If the checkpoint is damaged, or was made with other settings.
    LearningError
        If a parameter is no longer a number.
    """
    from bionet.runs.progress import progress_bar
    from bionet.runs.student_neuron_learning import Learning, matching_of
    from bionet.runs.student_neuron_results import results_of
    from bionet.runs.student_neuron_teachers import draw_students, draw_teachers

    known, inputs = configuration.neuron, configuration.input
    seeds = [[configuration.seed, number] for number in range(configuration.seeds)]
    matching = matching_of(configuration)
    teachers = draw_teachers(known, matching.neuron, inputs, seeds)
    students = draw_students(known, inputs, teachers, seeds, configuration.learned_names)
    learning = Learning(configuration, matching, teachers, students)
    learning.load(_checkpoint_path(directory))
    intervals, every = configuration.learning.intervals, configuration.learning.checkpoint
    with progress_bar(intervals, "learning", "interval", initial=learning.done) as bar:
        while learning.done < intervals:
            learning.advance()
            bar.update()
            if learning.done % every == 0 or learning.done == intervals:
                _require_numbers(learning)
                learning.save(_checkpoint_path(directory))
                bar.write(_log(directory, learning))
    directory.save_results(**results_of(learning, students))


def _require_numbers(learning) -> None:
    learned = [
        values[learning.done]
        for name, values in learning.records.items()
        if name == "weight_distance" or name.startswith("parameter.")
    ]
    bad = ~np.logical_and.reduce([np.isfinite(values) for values in learned])
    if bad.any():
        rule, teacher = np.argwhere(bad)[0]
        raise LearningError(
            f"{learning.configuration.rule.names[rule]}, teacher {teacher + 1}: weights or "
            f"parameters are no longer numbers after "
            f"{counted(learning.done, 'interval')}; lower "
            "learning.rate in a new run"
        )


def _log(directory: RunDirectory, learning) -> str:
    """Add a line for each rule, for reading; return what is said of them on the terminal."""
    from bionet.statistics.recovery import coincidence

    records, done = learning.records, learning.done
    distance = np.median(records["weight_distance"][done], axis=1)
    spikes = [records[f"spikes_{name}"][done - 1] for name in ("both", "student", "teacher")]
    common = np.median(coincidence(*spikes), axis=1)
    names = learning.configuration.rule.names
    log_lines(
        directory,
        [
            {
                "interval": done,
                "rule": name,
                "weight_distance": round(float(distance[rule]), 5),
                "coincidence": round(float(common[rule]), 5),
            }
            for rule, name in enumerate(names)
        ],
    )
    said = (f"{name} {100 * distance[rule]:.1f} %" for rule, name in enumerate(names))
    return f"interval {done}, median distance of the weights: {', '.join(said)}"


def _checkpoint_path(directory: RunDirectory) -> Path:
    return directory.path / "checkpoint.npz"


def status(directory: RunDirectory) -> str:
    """Say how far the students have come, and how close to their teachers each rule has them."""
    configuration = directory.load_configuration(StudentNeuron)
    intervals = configuration.learning.intervals
    last = latest_lines(directory, "rule")
    done = max((line["interval"] for line in last.values()), default=0)
    return "\n".join(
        [f"{done} of {counted(intervals, 'interval')}, {counted(configuration.seeds, 'teacher')}"]
        + [
            f"{name}: median distance of the weights {100 * line['weight_distance']:.1f} %, "
            f"coincidence of spikes {line['coincidence']:.2f}"
            for name, line in last.items()
        ]
    )


def figures(directory: RunDirectory) -> list[Path]:
    """Draw the run's figures from its results."""
    from bionet.runs.student_neuron_figures import draw

    return draw(directory, directory.load_configuration(StudentNeuron))


def tidy(directory: RunDirectory) -> None:
    """Remove the checkpoint, which the results stand for."""
    _checkpoint_path(directory).unlink(missing_ok=True)


KIND = Kind(
    name="student_neuron",
    configuration=StudentNeuron,
    start=start,
    figures=figures,
    status=status,
    check=check,
    tidy=tidy,
    may_change=frozenset({"learning.checkpoint", "evaluation.records", "evaluation.duration"}),
    memory=StudentNeuron.memory,
)
