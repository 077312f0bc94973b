"""Saved arrays of a ``surrogate_training`` run, as figures read them: one network a training.

The networks are those of Kilgore, Kopsick, Ascoli & Adam (Sci Rep 15:24798, 2025): one hidden layer
of excitatory (E) and inhibitory (I) neurons, trained by surrogate gradients at all combinations of
initial weights, E:I ratios and noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bionet.plotting.errors import FigureError
from bionet.plotting.measured import require

__all__ = ["SUCCESS", "Example", "TrainingSweep"]

#: Peak test accuracy above which a training succeeded (the paper's criterion on Fashion-MNIST).
SUCCESS = 0.5
#: Spoken digits: number of classes, last epochs, and their mean accuracy that is a success.
SPOKEN_DIGITS, SPOKEN_EPOCHS, SPOKEN_SUCCESS = 20, 25, 0.3

_OF_EACH = ("sigma_init", "ratio", "sigma_noise", "repeat")
_MEASURED = (
    "test_accuracy",
    "train_accuracy",
    "train_loss",
    "class_accuracy",
    "class_spikes",
    "distance_before",
    "distance_after",
    "weight_counts",
)
_EXAMPLE = ("network", "label", "step", "unit", "spikes", "readout")
_NEEDED = (
    *_OF_EACH,
    "n_hidden",
    "duration",
    "step",
    "class_names",
    *_MEASURED,
    "weight_edges",
    *(f"example_{name}" for name in _EXAMPLE),
)


@dataclass(frozen=True, eq=False)
class Example:
    """A trained network's answer to one sample.

    Attributes
    ----------
    network : int
        Which of the sweep's.
    label : int
        Class of the sample.
    step, unit : array of int, (S,)
        Of the input's spikes: the time step and the input unit of each.
    spikes : array of bool, (steps, H)
        Of the hidden neurons, the excitatory ones first.
    readout : array of float, (steps, K)
        Of each class; the highest peak is the answer.
    """

    network: int
    label: int
    step: np.ndarray
    unit: np.ndarray
    spikes: np.ndarray
    readout: np.ndarray

    @property
    def answer(self) -> int:
        """The class whose readout has the highest peak."""
        return int(self.readout.max(axis=0).argmax())


@dataclass(frozen=True, eq=False)
class TrainingSweep:
    """M networks of H hidden neurons, trained for E epochs to tell K classes.

    Attributes
    ----------
    source : str
        Where the results come from, for messages.
    sigma_init, ratio, sigma_noise, repeat : array, (M,)
        Of each network: width of the initial weights, fraction of hidden neurons that are
        excitatory, SD of the noise added to the weights at each update, number of the repeat.
    n_hidden : int
        H.
    duration, step : float
        Of a sample, and of the simulation, s.
    class_names : array of str, (K,)
    test_accuracy : array, (M, E + 1)
        Fraction of samples; the first is of the untrained network.
    train_accuracy, train_loss : array, (M, E)
    class_accuracy : array, (M, E + 1, K)
        NaN of a class of which there is no test sample.
    class_spikes : array, (M, E + 1, K, 2)
        Mean hidden spikes a sample of the class, of excitatory and of inhibitory neurons; NaN
        without a test sample.
    distance_before, distance_after : array, (M, 3)
        Mean van Rossum distance of E-E, E-I and I-I pairs; NaN where there is no pair.
    weight_edges : array, (B + 1,)
        Bins of the absolute weights.
    weight_counts : array, (M, 2, 4, B)
        Before and after training; input to E, input to I, E to readout, I to readout.
    example : Example
    """

    source: str
    sigma_init: np.ndarray
    ratio: np.ndarray
    sigma_noise: np.ndarray
    repeat: np.ndarray
    n_hidden: int
    duration: float
    step: float
    class_names: np.ndarray
    test_accuracy: np.ndarray
    train_accuracy: np.ndarray
    train_loss: np.ndarray
    class_accuracy: np.ndarray
    class_spikes: np.ndarray
    distance_before: np.ndarray
    distance_after: np.ndarray
    weight_edges: np.ndarray
    weight_counts: np.ndarray
    example: Example

    @classmethod
    def from_results(cls, results: Mapping[str, np.ndarray], source: str) -> TrainingSweep:
        """Read a run's arrays.

        Parameters
        ----------
        results : mapping of str to array
            Named as the attributes; those of the example begin with ``example_``.
        source : str
            Their file, for messages.

        Raises
        ------
        FigureError
            If an array is missing, of a wrong shape or out of range; names it.
        """
        require(results, _NEEDED, source)
        of_example = {name: results[f"example_{name}"] for name in _EXAMPLE}
        sweep = cls(
            source=source,
            **{name: np.asarray(results[name]) for name in (*_OF_EACH, "class_names")},
            **{name: np.asarray(results[name], dtype=float) for name in _MEASURED},
            n_hidden=int(results["n_hidden"]),
            duration=float(results["duration"]),
            step=float(results["step"]),
            weight_edges=np.asarray(results["weight_edges"], dtype=float),
            example=Example(
                network=int(of_example["network"]),
                label=int(of_example["label"]),
                step=np.asarray(of_example["step"]),
                unit=np.asarray(of_example["unit"]),
                spikes=np.asarray(of_example["spikes"], dtype=bool),
                readout=np.asarray(of_example["readout"], dtype=float),
            ),
        )
        sweep._check_shapes()
        sweep._check_values()
        return sweep

    @property
    def succeeded(self) -> np.ndarray:
        """Which networks learned, (M,): Kilgore et al.'s criteria for images and spoken digits."""
        if self.class_names.size == SPOKEN_DIGITS:
            return self.late_accuracy(SPOKEN_EPOCHS) > SPOKEN_SUCCESS
        return self.peak_accuracy > SUCCESS

    @property
    def criterion(self) -> str:
        """What `succeeded` asks for."""
        if self.class_names.size == SPOKEN_DIGITS:
            return f"last {SPOKEN_EPOCHS} epochs above {100 * SPOKEN_SUCCESS:g} %"
        return f"peak accuracy above {100 * SUCCESS:g} %"

    def _check_shapes(self) -> None:
        m, k, example = self.ratio.size, self.class_names.size, self.example
        if not m:
            raise FigureError(f"{self.source}: no network")
        if self.test_accuracy.ndim != 2 or self.test_accuracy.shape[1] < 2:
            raise FigureError(
                f"{self.source}: test_accuracy must have shape ({m}, epochs + 1), at least one "
                f"epoch, got {self.test_accuracy.shape}"
            )
        epochs, steps = self.n_epochs, len(example.spikes)
        expected = {
            **{name: (m,) for name in _OF_EACH},
            "class_names": (k,),
            "test_accuracy": (m, epochs + 1),
            "train_accuracy": (m, epochs),
            "train_loss": (m, epochs),
            "class_accuracy": (m, epochs + 1, k),
            "class_spikes": (m, epochs + 1, k, 2),
            "distance_before": (m, 3),
            "distance_after": (m, 3),
            "weight_edges": (self.weight_edges.size,),
            "weight_counts": (m, 2, 4, self.weight_edges.size - 1),
        }
        found = {name: getattr(self, name).shape for name in expected}
        expected |= {
            "example_unit": (example.step.size,),
            "example_spikes": (steps, self.n_hidden),
            "example_readout": (steps, k),
        }
        found |= {
            f"example_{name}": getattr(example, name).shape
            for name in ("unit", "spikes", "readout")
        }
        for name, shape in expected.items():
            if (got := found[name]) != shape:
                raise FigureError(f"{self.source}: {name} must have shape {shape}, got {got}")

    def _check_values(self) -> None:
        fractions = {
            name: getattr(self, name)
            for name in ("ratio", "test_accuracy", "train_accuracy", "class_accuracy")
        }
        for name, values in fractions.items():
            allowed = (values >= 0) & (values <= 1)
            if name == "class_accuracy":
                allowed |= np.isnan(values)
            if not allowed.all():
                raise FigureError(f"{self.source}: {name} must lie in [0, 1]")
        positive = {
            "sigma_init": self.sigma_init,
            "n_hidden": self.n_hidden,
            "duration": self.duration,
            "step": self.step,
        }
        for name, values in positive.items():
            if not np.all(np.asarray(values) > 0):
                raise FigureError(f"{self.source}: {name} must be positive")
        for name in ("sigma_noise", "class_spikes", "weight_counts"):
            if (getattr(self, name) < 0).any():
                raise FigureError(f"{self.source}: {name} must be 0 or more")
        n_inputs, units = self.n_inputs, self.example.unit
        if units.size and not (units.min() >= 0 and units.max() < n_inputs):
            raise FigureError(
                f"{self.source}: example_unit must lie in [0, {n_inputs}), "
                f"got {units.min()} to {units.max()}"
            )
        indices = {
            "example_network": (self.example.network, self.ratio.size),
            "example_label": (self.example.label, self.class_names.size),
        }
        for name, (index, number) in indices.items():
            if not 0 <= index < number:
                raise FigureError(f"{self.source}: {name} must lie in [0, {number}), got {index}")

    @property
    def n_epochs(self) -> int:
        """E."""
        return self.test_accuracy.shape[1] - 1

    @property
    def n_inputs(self) -> int:
        """Number of input units, after the weights there are."""
        return round(self.weight_counts[0, 0, :2].sum() / self.n_hidden)

    @property
    def has_distances(self) -> bool:
        """Whether van Rossum distances were measured."""
        return bool(np.isfinite(self.distance_before).any())

    @property
    def tested(self) -> np.ndarray:
        """Whether there were test samples of each class, (K,)."""
        return np.isfinite(self.class_accuracy[0, 0])

    @property
    def chance(self) -> float:
        """Accuracy of guessing."""
        return 1 / self.class_names.size

    @property
    def ratios(self) -> np.ndarray:
        """Fractions of excitatory neurons that were trained, ascending."""
        return np.unique(self.ratio)

    @property
    def quiet(self) -> np.ndarray:
        """Whether each network, (M,), was trained with the least noise there is (none, as a rule).

        All figures but that of noise show these.
        """
        return self.sigma_noise == self.sigma_noise.min()

    @property
    def initial_rate(self) -> np.ndarray:
        """Of the hidden neurons of each untrained network, (M,), Hz."""
        spikes = self.class_spikes[:, 0, self.tested].sum(axis=-1).mean(axis=-1)
        return spikes / (self.n_hidden * self.duration)

    @property
    def excitatory_percentage(self) -> np.ndarray:
        """Part of the spikes that is excitatory, (M, E + 1, K), NaN where there is none."""
        total = self.class_spikes.sum(axis=-1)
        fraction = np.divide(
            self.class_spikes[..., 0], total, out=np.full_like(total, np.nan), where=total > 0
        )
        return 100 * fraction

    @property
    def peak_accuracy(self) -> np.ndarray:
        """Highest test accuracy of each network after any epoch, (M,)."""
        return self.test_accuracy[:, 1:].max(axis=1)

    def n_excitatory(self, network: int) -> int:
        """Return how many of a network's hidden neurons are excitatory, the first ones."""
        # As the run counts them: rounded down, but 0.29 x 100 is 29.
        return int(self.n_hidden * float(self.ratio[network]) + 1e-9)

    def late_accuracy(self, epochs: int = 10) -> np.ndarray:
        """Mean test accuracy of each network over its last epochs, or all if fewer, (M,)."""
        return self.test_accuracy[:, 1:][:, -epochs:].mean(axis=1)

    def of(self, chosen: np.ndarray | None = None, **values: float) -> np.ndarray:
        """Return the networks with given values, one a repeat, the lowest repeat first.

        Parameters
        ----------
        chosen : array of bool, (M,), optional
            Among which; all by default.
        **values : float
            Of ratio, sigma_init and sigma_noise.

        Returns
        -------
        array of int
            Empty if there is none.
        """
        mask = np.ones(self.ratio.size, dtype=bool) if chosen is None else chosen.copy()
        for name, value in values.items():
            mask &= getattr(self, name) == value
        networks = np.flatnonzero(mask)
        return networks[np.argsort(self.repeat[networks], kind="stable")]
