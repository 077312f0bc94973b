"""Arrays of a ``student_network`` run in ``results.npz``: R rules, S seeds, L learning rates.

There are K inputs, H hidden neurons and T records of the weights, the first before any update.

========================  ====================================================================
``rules``                 (R,)
``learning_rates``        (L,)
``updates``               (T,) updates before each record
``best``                  (R,) learning rate (index) with the smallest median error at the end
``loss``                  (R, S, L, T - 1) van Rossum distance while learning, mean over updates
``distance``              (R, S, L, T) of hidden weights from the teacher's, hidden neurons in the
                          best order, over the norm of the teacher's
``error``                 (R, S, L, T) the same over its value before learning
``output_distance``       (R, S, L, T) of output weights, in the same order, over the teacher's norm
``sum_error``             (R, S, L, T) largest error of a hidden neuron's weights as Braun & Vogels
                          have it, see `bionet.statistics.recovery.scaled_error`
``neuron_error``          (R, S, L, T) largest relative error of a neuron's time constants, 0 for
                          students that know them
``coincidence``           (R, S, L) on fresh input, and three more, see `evaluate`
``van_rossum``            (R, S, L)
``hidden_coincidence``    (R, S, L, H) of hidden neurons in the best order
``rates``                 (R, S, L, H + 1) Hz
``untrained_*``           (S, ...) the four before learning
``teacher_rates``         (S, H + 1) Hz
``teacher_w``             (S, K, H)
``teacher_w_out``         (S, H)
``student_w``             (R, S, L, K, H) after learning, in the best order
``shown_w``               (R, N, T, K, H) of the first seeds with the best learning rate, in the
                          order that is best at the end
``success``               the error below which a student counts as recovered
``hidden_kappa``          (S,) weight of an input whose response peaks at the threshold
========================  ====================================================================
"""

from __future__ import annotations

import numpy as np

from bionet.runs.student_network_configuration import StudentNetwork
from bionet.runs.student_network_teachers import W_IN, W_OUT, Pairs

__all__ = ["arrays_of_run", "errors_of"]

#: Parameters in which a neuron's time scales are.
TIME_SCALES = ("tau_m", "tau_s", "b", "omega")


def errors_of(records: dict[str, np.ndarray], pairs: Pairs) -> dict[str, np.ndarray]:
    """Return how far students of one rule are from their teachers.

    Parameters
    ----------
    records : dict of str to ndarray, (T, S, L, ...)
        What they had learned, values in the models' units.
    pairs : Pairs

    Returns
    -------
    dict of str to ndarray
        ``distance``, ``output_distance``, ``sum_error`` and ``neuron_error``, (S, L, T), and
        ``order``, (S, L, T, H).
    """
    from bionet.statistics.hidden_units import match_hidden
    from bionet.statistics.recovery import scaled_error

    w, w_out = records[W_IN], records[W_OUT]
    times, seeds, rates = w.shape[:3]
    found = {
        name: np.zeros((seeds, rates, times))
        for name in ("distance", "output_distance", "sum_error", "neuron_error")
    }
    order = np.zeros((seeds, rates, times, w.shape[-1]), np.int32)
    for place in np.ndindex(seeds, rates, times):
        s, rate, t = place
        teacher, teacher_out = pairs.teacher[W_IN][s], pairs.teacher[W_OUT][s][:, 0]
        order[place] = match_hidden(w[t, s, rate], teacher)
        matched, matched_out = (
            w[t, s, rate][:, order[place]],
            w_out[t, s, rate][order[place], 0],
        )
        found["distance"][place] = np.linalg.norm(matched - teacher) / np.linalg.norm(teacher)
        found["output_distance"][place] = np.linalg.norm(
            matched_out - teacher_out
        ) / np.linalg.norm(teacher_out)
        found["sum_error"][place] = scaled_error(matched, teacher).max()
    for name, values in records.items():
        if name.partition(".")[2] in TIME_SCALES:
            teacher = pairs.teacher[name][:, None, None]
            relative = np.abs(np.moveaxis(values, 0, 2) - teacher) / np.abs(teacher)
            found["neuron_error"] = np.maximum(found["neuron_error"], relative)
    return {**found, "order": order}


def arrays_of_run(
    configuration: StudentNetwork,
    pairs: Pairs,
    records: dict[str, dict[str, np.ndarray]],
    losses: dict[str, np.ndarray],
    untrained: dict[str, np.ndarray],
    evaluated: dict[str, dict[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Return the arrays of the results.

    Parameters
    ----------
    configuration : StudentNetwork
    pairs : Pairs
    records : dict of str to dict of str to ndarray, (T, S, L, ...)
        By rule, what was learned.
    losses : dict of str to ndarray, (S, L, T - 1)
    untrained : dict of str to ndarray
        What `evaluate` found of students before learning, one variant.
    evaluated : dict of str to dict of str to ndarray
        The same by rule, after learning.
    """
    training, shown = configuration.training, configuration.evaluation.shown
    rules = configuration.rule.names
    errors = {rule: errors_of(records[rule], pairs) for rule in rules}
    names = ("distance", "output_distance", "sum_error", "neuron_error")
    arrays = {name: np.stack([errors[r][name] for r in rules]).astype("f") for name in names}
    arrays["error"] = arrays["distance"] / arrays["distance"][..., :1]
    best = np.median(arrays["error"][..., -1], axis=1).argmin(axis=-1)
    last = [errors[rule]["order"][:, :, -1] for rule in rules]
    final = [
        np.take_along_axis(records[rule][W_IN][-1], order[:, :, None], axis=-1)
        for rule, order in zip(rules, last, strict=True)
    ]
    trajectories = [
        np.take_along_axis(
            records[rule][W_IN][:, :shown, b], order[:shown, b][None, :, None], axis=-1
        ).swapaxes(0, 1)
        for rule, order, b in zip(rules, last, best, strict=True)
    ]
    first = errors[rules[0]]["order"][:, :1, 0]
    return arrays | {
        "rules": np.array(rules),
        "learning_rates": np.array(training.learning_rates),
        "updates": np.arange(0, training.updates + 1, training.interval),
        "best": best,
        "loss": np.stack([losses[rule] for rule in rules]).astype("f"),
        "teacher_w": pairs.teacher[W_IN],
        "teacher_w_out": pairs.teacher[W_OUT][..., 0],
        "student_w": np.stack(final).astype("f"),
        "shown_w": np.stack(trajectories).astype("f"),
        "success": np.array(configuration.evaluation.success),
        "hidden_kappa": pairs.kappa[W_IN][:, 0, 0],
        **_evaluations([evaluated[rule] for rule in rules], last),
        **{
            f"untrained_{name}": value[0, :, 0]
            for name, value in _evaluations([untrained], [first]).items()
        },
        "teacher_rates": untrained["teacher_rates"],
    }


def _evaluations(found: list[dict], orders: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return what was measured on fresh input, hidden neurons in the best order."""
    hidden = [
        np.stack(
            [
                np.take_along_axis(each["hidden_coincidence"][..., j], order[..., j, None], -1)
                for j in range(order.shape[-1])
            ],
            axis=-1,
        )[..., 0, :]
        for each, order in zip(found, orders, strict=True)
    ]
    return {
        "coincidence": np.stack([each["coincidence"] for each in found]),
        "van_rossum": np.stack([each["distance"] for each in found]),
        "hidden_coincidence": np.stack(hidden),
        "rates": np.stack([each["rates"] for each in found]),
    }
