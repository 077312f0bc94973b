"""The arrays of an ``ei_tuning`` run as figures read them, checked: M neurons, G groups of inputs.

Names and shapes: `bionet.runs.ei_tuning_measurements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bionet.plotting.errors import FigureError
from bionet.plotting.measured import require

__all__ = ["TunedNeurons"]

_OF_NEURONS = (
    *("excitation", "inhibition", "constraint", "seed", "train_loss", "test_accuracy"),
    *("accuracy_after", "rate_after", "counts_after", "profile_before", "profile_after"),
    *("co_tuning_before", "co_tuning_after", "charge_ratio_before", "charge_ratio_after"),
    *("accuracy_before", "rate_before", "current_correlation_after"),
)
_OF_RUN = (
    *(
        "step",
        "tau_i",
        "from_step",
        "inputs_a_group",
        "target_rate",
        "example_neuron",
        "example_labels",
    ),
    *("example_g_e", "example_g_i", "example_v", "example_spikes", "example_step", "example_unit"),
)


@dataclass(frozen=True, eq=False)
class TunedNeurons:
    """What was measured of a run's neurons.

    Attributes
    ----------
    arrays : mapping of str to ndarray
    """

    arrays: Mapping[str, np.ndarray]

    @classmethod
    def from_results(cls, results: Mapping[str, np.ndarray], source: str) -> TunedNeurons:
        """Check the arrays of ``results.npz``.

        Raises
        ------
        FigureError
            If an array is missing or its first axis is not that of the neurons; names it and
            `source`.
        """
        require(results, (*_OF_NEURONS, *_OF_RUN), source)
        neurons = len(results["excitation"])
        for name in _OF_NEURONS:
            if results[name].shape[:1] != (neurons,):
                raise FigureError(
                    f"{source}: {name} has shape {results[name].shape}; the first axis must be "
                    f"that of the {neurons} neurons"
                )
        return cls(dict(results))

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    @property
    def groups(self) -> int:
        """Number of groups of inputs."""
        return self["profile_after"].shape[1]

    @property
    def is_novelty(self) -> bool:
        """Whether the group to be named starts while another is active."""
        return bool(self["from_step"] > 0)

    @property
    def constraints(self) -> np.ndarray:
        """The weights of the rate constraint, ascending."""
        return np.unique(self["constraint"])

    @property
    def weakest(self) -> np.ndarray:
        """Which neurons have the weakest constraint, (M,) of bool."""
        return self["constraint"] == self.constraints[0]

    @property
    def example(self) -> int:
        """The neuron that is shown."""
        return int(self["example_neuron"])

    def of_seeds(self, name: str, chosen: np.ndarray) -> np.ndarray:
        """Return a measurement of some neurons, the mean over those of each seed.

        Parameters
        ----------
        name : str
        chosen : array of bool, (M,)

        Returns
        -------
        ndarray, (seeds, ...)
        """
        seeds = self["seed"][chosen]
        values = self[name][chosen]
        return np.array([values[seeds == seed].mean(axis=0) for seed in np.unique(seeds)])
