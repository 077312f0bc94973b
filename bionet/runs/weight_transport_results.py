"""Arrays of a ``weight_transport`` run in ``results.npz``: M networks, E epochs.

====================  ==========================================================================
``model``             "rate" or "spiking"
``rule``              (M,) name of the rule by which errors got back
``repeat``            (M,) number of the repeat
``learning_rate``     (M,)
``connection_names``  (C,) connections of which weight angles were measured
``layer_names``       (L,) hidden layers of which delta angles were measured
``train_loss``        (M, E) mean over the epoch's batches, before each update, nats
``test_accuracy``     (M, E + 1) index 0 is before training
``weight_angle``      (M, E + 1, C) between feedback and transposed forward weights, degrees; NaN
                      where one of them is zero
``delta_angle``       (M, E + 1, L) between what the rule and what backpropagation teaches, degrees;
                      NaN where one of them is nothing
====================  ==========================================================================

Of rate networks the delta angle is that of the errors at a layer's net inputs, of spiking ones that
of the gradients of the weights onto a layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from bionet.runs.weight_transport_configuration import WeightTransport
from bionet.runs.weight_transport_learners import Measured

__all__ = ["Course", "arrays_of_run"]


@dataclass(frozen=True)
class Course:
    """What was measured of networks so far, E epochs.

    Attributes
    ----------
    train_loss : ndarray, (networks, E)
    test_accuracy : ndarray, (networks, E + 1)
    weight_angle : ndarray, (networks, E + 1, connections)
    delta_angle : ndarray, (networks, E + 1, hidden layers)
    """

    train_loss: np.ndarray
    test_accuracy: np.ndarray
    weight_angle: np.ndarray
    delta_angle: np.ndarray

    @classmethod
    def begun(cls, measured: Measured) -> Course:
        """Return the course of untrained networks."""
        nothing = np.zeros((len(measured.accuracy), 0))
        return cls(nothing, *(each[:, None] for each in _each(measured)))

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Course:
        """Return a course that was saved."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    @property
    def epochs(self) -> int:
        """Epochs finished."""
        return self.train_loss.shape[1]

    def longer(self, loss: np.ndarray, measured: Measured) -> Course:
        """Return the course with one more epoch."""
        new = (loss, *_each(measured))
        pairs = zip(self.arrays().values(), new, strict=True)
        return Course(*(np.concatenate([old, each[:, None]], axis=1) for old, each in pairs))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def arrays_of_run(
    configuration: WeightTransport,
    networks: Sequence[tuple[str, int]],
    courses: Sequence[Course],
    connections: Sequence[str],
    layers: Sequence[str],
) -> dict[str, np.ndarray]:
    """Return a finished run's arrays.

    Parameters
    ----------
    configuration : WeightTransport
    networks : sequence of (rule, repeat)
        In the order of the courses' networks.
    courses : sequence of Course
    connections, layers : sequence of str
        What angles were measured of.
    """
    rules = configuration.rules
    rates = dict(zip(rules.names, rules.learning_rates, strict=True))
    parts = [course.arrays() for course in courses]
    return {
        "model": np.array(configuration.network.model),
        "rule": np.array([rule for rule, _ in networks]),
        "repeat": np.array([repeat for _, repeat in networks]),
        "learning_rate": np.array([rates[rule] for rule, _ in networks]),
        "connection_names": np.array(connections),
        "layer_names": np.array(layers),
        **{
            name: np.concatenate([part[name] for part in parts]).astype(np.float32)
            for name in parts[0]
        },
    }


def _each(measured: Measured) -> tuple[np.ndarray, ...]:
    return measured.accuracy, measured.weight_angle, measured.delta_angle
