"""Students of a ``student_neuron`` run while they learn: all of it in one value that can be saved.

Records are made before learning and after every interval; a record is 1 number a student and
parameter, of the weights two errors, and the weights themselves of the students of one teacher.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.student_neuron_configuration import StudentNeuron
from bionet.statistics.recovery import scaled_error

if TYPE_CHECKING:
    from bionet.gradient.spike_matching import SpikeMatching

__all__ = ["Learning", "matching_of", "weight_distance"]

#: The teacher whose students' weights are recorded.
SHOWN = 0


def matching_of(configuration: StudentNeuron) -> SpikeMatching:
    """Return what teaches the students of a run."""
    from brian2 import second

    from bionet.gradient.mismatch_rules import BraunVogels, SurrogateMismatch, Vanilla
    from bionet.gradient.neuron import DifferentiableNeuron
    from bionet.gradient.spike_matching import SpikeMatching
    from bionet.gradient.surrogates import fast_sigmoid

    known, rule = configuration.neuron, configuration.rule
    rules = [Vanilla()] * rule.vanilla + [BraunVogels()] * rule.braun_vogels
    rules += [SurrogateMismatch(slope) for slope in rule.surrogate_slopes]
    unit = {"w": 1.0, **known.unit}
    return SpikeMatching(
        # no gradient passes through a spike, so that its surrogate does not matter
        DifferentiableNeuron(
            known.model(),
            configuration.input.step * second,
            fast_sigmoid(),
            driven=(known.driven,),
        ),
        known.driven,
        rules,
        rates={name: known.gain[name] * unit[name] for name in configuration.learned_names},
        bounds=known.bounds,
        probability=configuration.input.probability,
    )


class Learning:
    """Teachers, students and their records.

    Parameters
    ----------
    configuration : StudentNeuron
    matching : SpikeMatching
        Of `matching_of`.
    teachers, students : dict of str to array
        As `bionet.runs.student_neuron_teachers` draws them.
    """

    def __init__(self, configuration: StudentNeuron, matching, teachers: dict, students: dict):
        import jax

        self.configuration, self.matching = configuration, matching
        self.teachers, rules = teachers, len(configuration.rule.names)
        names = ("w", *configuration.neuron.parameters)
        self._teaching = {name: np.float32(teachers[name])[..., None, :] for name in names}
        repeated = {
            name: np.repeat(np.float32(students[name])[..., None, :], rules, axis=-2)
            for name in names
        }
        self._fixed = {n: v for n, v in repeated.items() if n not in configuration.learned_names}
        self._key = jax.random.key(configuration.seed)
        self.state = matching.initial(repeated, self._teaching)
        self.done = 0
        self.records = self._empty_records(rules)
        self._record()

    def advance(self) -> None:
        """Learn for one interval, and record it."""
        import jax

        learning, step = self.configuration.learning, self.configuration.input.step
        self.state, counts = self.matching.run(
            self.state,
            self._fixed,
            self._teaching,
            self._key,
            learning.rate_in(self.done),
            steps=round(learning.interval / step),
        )
        for name, count in zip(("student", "teacher", "both"), counts, strict=True):
            self.records[f"spikes_{name}"][self.done] = jax.device_get(count)
        self.done += 1
        self._record()

    def evaluation(self) -> dict[str, np.ndarray]:
        """Return the spikes of students and teachers without learning, (rules, teachers) each."""
        import jax

        steps = round(self.configuration.evaluation.duration / self.configuration.input.step)
        # a state is used up by what goes on from it; this one is still needed if the run stops
        state = jax.tree.map(np.array, self.state)
        _, counts = self.matching.run(
            state, self._fixed, self._teaching, self._key, steps=steps, learn=False
        )
        return {
            f"evaluation_{name}": np.asarray(count)
            for name, count in zip(("student", "teacher", "both"), counts, strict=True)
        }

    def save(self, path: Path) -> None:
        """Write the checkpoint."""
        from bionet.gradient import save_checkpoint

        save_checkpoint(path, self.state, done=np.array(self.done), **self.records)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint, if there is one.

        Raises
        ------
        CheckpointError
            If it is damaged, or another run's.
        """
        from bionet.gradient import CheckpointError, load_checkpoint

        found = load_checkpoint(path, self.state)
        if found is None:
            return
        state, records = found
        done = int(records.pop("done", -1))
        shapes = {name: value.shape for name, value in records.items()}
        if shapes != {name: value.shape for name, value in self.records.items()}:
            raise CheckpointError(f"{path}: of a run of another length; remove it to start anew")
        self.state, self.records, self.done = state, records, done

    def _empty_records(self, rules: int) -> dict[str, np.ndarray]:
        intervals, teachers = self.configuration.learning.intervals, self.configuration.seeds
        inputs = self._teaching["w"].shape[0]
        of_each = ("weight_error", "weight_distance")
        of_each += tuple(f"parameter.{n}" for n in self.configuration.learned_names if n != "w")
        return {
            **{n: np.zeros((intervals + 1, rules, teachers), np.float32) for n in of_each},
            "shown_weights": np.zeros((intervals + 1, inputs, rules), np.float32),
            **{
                f"spikes_{name}": np.zeros((intervals, rules, teachers), np.int32)
                for name in ("student", "teacher", "both")
            },
        }

    def _record(self) -> None:
        weights = np.asarray(self.state.learned["w"])
        wanted = self._teaching["w"]
        self.records["weight_error"][self.done] = scaled_error(weights, wanted)
        self.records["weight_distance"][self.done] = weight_distance(weights, wanted)
        self.records["shown_weights"][self.done] = weights[:, :, SHOWN]
        for name, value in self.state.learned.items():
            if name != "w":
                self.records[f"parameter.{name}"][self.done] = np.asarray(value)


def weight_distance(student, teacher) -> np.ndarray:
    """Return norm(student - teacher)/norm(teacher) over the first axis."""
    return np.linalg.norm(student - teacher, axis=0) / np.linalg.norm(teacher, axis=0)
