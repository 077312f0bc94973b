"""Arrays of a ``student_neuron`` run in ``results.npz``: S teachers, R rules, K inputs.

There are T intervals.

==========================  ===================================================================
``rules``                   (R,) names
``learned``                 (P,) names of what is learned; ``w`` are the weights
``signs``                   (K,) of the teachers' inputs
``time``                    (T + 1,) of the records, s; index 0 is before learning
``teacher.NAME``            (K, S) for ``w``, (S,) for each parameter of the model, SI units
``teacher_rate``            (S,) that was drawn for it, Hz
``teacher_gain``            (S,) of its excitatory weights, which gives it that rate
``weight_error``            (T + 1, R, S) |sum(w - w*)|/norm(w*), the paper's
``weight_distance``         (T + 1, R, S) norm(w - w*)/norm(w*)
``parameter.NAME``          (T + 1, R, S) of each parameter that is learned, SI units
``shown``                   the teacher (index) whose students' weights are recorded
``shown_weights``           (T + 1, K, R)
``initial_weights``         (K, S)
``final_weights``           (K, R, S)
``spikes_student``          (T, R, S) in an interval; ``spikes_teacher``, and ``spikes_both`` in the
                            same time step
``evaluation_student``      (R, S) likewise without learning; ``evaluation_teacher``,
                            ``evaluation_both``
``error.NAME``              (T + 1, R, S) errors as the criterion takes them
``recovered``               (R, S) whether all stayed below their tolerances to the end
``weights_recovered``       (R, S) whether those of the weights did
==========================  ===================================================================
"""

from __future__ import annotations

import numpy as np

from bionet.runs.student_neuron_configuration import StudentNeuron
from bionet.runs.student_neuron_learning import SHOWN, Learning
from bionet.statistics.recovery import recovered, scaled_error

__all__ = ["errors_of", "results_of"]


def results_of(learning: Learning, students: dict) -> dict[str, np.ndarray]:
    """Return the arrays of a run that has learned to its end, evaluated.

    Parameters
    ----------
    learning : Learning
    students : dict of str to array
        What students began with.
    """
    configuration, teachers = learning.configuration, learning.teachers
    names, known = configuration.learned_names, configuration.neuron
    errors = errors_of(configuration, learning.records, teachers)
    records = configuration.evaluation.records
    intervals = np.arange(configuration.learning.intervals + 1)
    return {
        "rules": np.array(configuration.rule.names),
        "learned": np.array(names),
        "signs": configuration.input.signs,
        "time": configuration.learning.interval * intervals,
        **{f"teacher.{name}": teachers[name] for name in ("w", *known.parameters)},
        "teacher_rate": teachers["rate"],
        "teacher_gain": teachers["gain"],
        **learning.records,
        "shown": np.array(SHOWN),
        "initial_weights": students["w"].astype(np.float32),
        "final_weights": np.asarray(learning.state.learned["w"]),
        **learning.evaluation(),
        **{f"error.{name}": error.astype(np.float32) for name, error in errors.items()},
        "recovered": recovered(errors, known.tolerance, records),
        "weights_recovered": recovered({"w": errors["w"]}, known.tolerance, records),
    }


def errors_of(configuration: StudentNeuron, records: dict, teachers: dict) -> dict[str, np.ndarray]:
    """Return the error of everything learned, (records, rules, teachers), in the paper's units."""
    unit, errors = configuration.neuron.unit, {"w": records["weight_error"]}
    for name in configuration.learned_names:
        if name != "w":
            own, wanted = records[f"parameter.{name}"] / unit[name], teachers[name] / unit[name]
            errors[name] = scaled_error(own[None], np.asarray(wanted)[None, None, None])
    return errors
