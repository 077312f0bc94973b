"""Which parameters a student of a ``student_network`` run learns, and which it knows.

Weights are learned by every rule. The parameters of the neurons are the teacher's, but for
``backpropagation_parameters``, whose student begins with others of the same prior and learns them
within bounds, layer by layer, as free numbers (`bionet.gradient.transforms`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bionet.runs.student_network_configuration import StudentNetwork
from bionet.runs.student_network_teachers import W_IN, W_OUT, Pairs

__all__ = ["BOUNDS", "FreeParameters", "free_parameters"]

#: Bounds of what a neuron may have, SI units: wider than the priors.
BOUNDS = {
    "tau_m": (0.005, 0.12),
    "tau_s": (0.001, 0.04),
    "v_reset": (-3.0, 1.0),
    "b": (-300.0, -5.0),
    "omega": (3.0, 320.0),
    "x_reset": (-1.5, 1.5),
    "y_reset": (-1.5, 1.0),
}


@dataclass(frozen=True)
class FreeParameters:
    """What is learned, S students.

    Attributes
    ----------
    initial : dict of str to array, (S, ...)
        Of what is learned, free numbers.
    known : dict of str to array, (S, ...)
        What stays as the teacher has it.
    scale : dict of str to array, (S, ...)
        By which learning rates are multiplied.
    value_of : callable
        ``value_of(name, free)``: the value that a free number stands for, elementwise.
    """

    initial: dict[str, np.ndarray]
    known: dict[str, np.ndarray]
    scale: dict[str, np.ndarray]
    value_of: Callable

    def values(self, free: Mapping, known: Mapping) -> dict:
        """Return the parameters of one network."""
        return {**known, **{name: self.value_of(name, value) for name, value in free.items()}}

    def values_of(self, records: Mapping) -> dict[str, np.ndarray]:
        """Return what records of free numbers, (T, S, L, ...), stand for."""
        return {name: np.asarray(self.value_of(name, value)) for name, value in records.items()}

    def networks(self, records: Mapping, number: int) -> dict[str, np.ndarray]:
        """Return all parameters of the students at one record, (S, L, ...)."""
        learned = {name: value[number] for name, value in self.values_of(records).items()}
        variants = learned[W_IN].shape[1]
        known = {name: np.repeat(v[:, None], variants, axis=1) for name, v in self.known.items()}
        return {**known, **learned}


def free_parameters(configuration: StudentNetwork, rule: str, pairs: Pairs) -> FreeParameters:
    """Return what students learn by a rule.

    Parameters
    ----------
    configuration : StudentNetwork
    rule : str
    pairs : Pairs
    """
    from bionet.gradient.transforms import Bounded

    weights = {name: pairs.student[name] for name in (W_IN, W_OUT)}
    neurons = {name: value for name, value in pairs.student.items() if name not in weights}
    if rule != "backpropagation_parameters":
        return FreeParameters(weights, neurons, pairs.scale, lambda name, free: free)
    bounds = {name: Bounded(*BOUNDS[name.partition(".")[2]]) for name in neurons}
    free = {n: np.asarray(bounds[n].to_free(v)) for n, v in pairs.student_neurons.items()}
    return FreeParameters(
        {**weights, **free},
        {},
        {**pairs.scale, **{name: np.ones_like(value) for name, value in free.items()}},
        lambda name, free: bounds[name].to_value(free) if name in bounds else free,
    )
