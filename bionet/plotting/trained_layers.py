"""Saved arrays of a ``dendritic_balance`` run, as figures read them: one condition a training.

The names are those of ``results.npz``, see `bionet.runs.balance_results`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bionet.plotting.errors import FigureError
from bionet.plotting.measured import require
from bionet.plotting.style import SCHEME_LABELS

__all__ = ["Shown", "TrainedLayers"]

_OF_EACH = ("scheme", "p", "n_coding", "step", "Du_end", "rho", "seed")
_NEEDED = (*_OF_EACH, "shape", "channels", "images", "loss", "training_rate")
_SHOWN = ("x", "reconstruction", "spikes_t", "spikes_i")

#: Of a sweep, the values that figures of one condition show: where the paper has its examples.
TYPICAL_P, TYPICAL_STEP = 0.7, 0.003  # s


@dataclass(frozen=True, eq=False)
class Shown:
    """Test images shown to a trained network.

    Attributes
    ----------
    x, reconstruction : array, (images, N_x)
        Each image, and the mean of D z while it stood still.
    spike_times, spike_neurons : array, (S,)
        s, 0.1 s an image; coding neuron.
    """

    x: np.ndarray
    reconstruction: np.ndarray
    spike_times: np.ndarray
    spike_neurons: np.ndarray


@dataclass(frozen=True, eq=False)
class TrainedLayers:
    """C trained layers, tested E times each.

    Attributes
    ----------
    source : str
        Where the results come from, for messages.
    scheme, p, n_coding, step, Du_end, rho, seed : array, (C,)
        Of each condition; p is NaN unless bars were shown; step in s, rho in Hz.
    shape : tuple of int
        Height and width of an image.
    channels : int
        2 if the inputs are ON and OFF halves.
    images : array, (E,)
        Training images before each test.
    loss, training_rate : array, (C, E)
        Of each test; mean rate while learning since the one before, Hz.
    weights : tuple of array, each (N_z, N_x)
        Feed-forward weights F of each condition.
    shown : dict of int to Shown
        By the condition, as far as recorded.
    """

    source: str
    scheme: np.ndarray
    p: np.ndarray
    n_coding: np.ndarray
    step: np.ndarray
    Du_end: np.ndarray
    rho: np.ndarray
    seed: np.ndarray
    shape: tuple[int, int]
    channels: int
    images: np.ndarray
    loss: np.ndarray
    training_rate: np.ndarray
    weights: tuple[np.ndarray, ...]
    shown: dict[int, Shown]

    @classmethod
    def from_results(cls, results: Mapping[str, np.ndarray], source: str) -> TrainedLayers:
        """Read a run's arrays.

        Parameters
        ----------
        results : mapping of str to array
        source : str
            Their file, for messages.

        Raises
        ------
        FigureError
            If an array is missing or of a wrong shape, or a scheme is not known; names it.
        """
        require(results, _NEEDED, source)
        conditions = range(np.size(results["scheme"]))
        require(results, [f"F_{k}" for k in conditions], source)
        height, width = (int(size) for size in results["shape"])
        layers = cls(
            source=source,
            **{name: np.asarray(results[name]) for name in (*_OF_EACH, "images")},
            shape=(height, width),
            channels=int(results["channels"]),
            loss=np.asarray(results["loss"], dtype=float),
            training_rate=np.asarray(results["training_rate"], dtype=float),
            weights=tuple(np.asarray(results[f"F_{k}"], dtype=float) for k in conditions),
            shown={
                k: Shown(*(np.asarray(results[f"shown_{k}_{name}"]) for name in _SHOWN))
                for k in conditions
                if all(f"shown_{k}_{name}" in results for name in _SHOWN)
            },
        )
        layers._check()
        return layers

    def _check(self) -> None:
        n = self.scheme.size
        n_inputs = self.channels * self.shape[0] * self.shape[1]
        expected = {name: (n,) for name in _OF_EACH}
        expected |= {name: (n, self.images.size) for name in ("loss", "training_rate")}
        found = {name: getattr(self, name).shape for name in expected}
        for k, weights in enumerate(self.weights):
            expected[f"F_{k}"] = (int(self.n_coding[k]), n_inputs)
            found[f"F_{k}"] = weights.shape
        for k, shown in self.shown.items():
            expected[f"shown_{k}_x"] = (len(shown.x), n_inputs)
            found[f"shown_{k}_x"] = shown.x.shape
            expected[f"shown_{k}_reconstruction"] = shown.x.shape
            found[f"shown_{k}_reconstruction"] = shown.reconstruction.shape
        for name, shape in expected.items():
            if (got := found[name]) != shape:
                raise FigureError(f"{self.source}: {name} must have shape {shape}, got {got}")
        unknown = sorted(set(self.scheme.tolist()) - set(SCHEME_LABELS))
        if unknown or not n:
            what = f"unknown scheme {unknown[0]!r}" if unknown else "no condition"
            raise FigureError(f"{self.source}: {what}; known: {', '.join(SCHEME_LABELS)}")

    @property
    def schemes(self) -> list[str]:
        """Those trained, dendritic balance first."""
        return [scheme for scheme in SCHEME_LABELS if scheme in self.scheme]

    @property
    def compared(self) -> list[str]:
        """The first scheme of dendritic balance and somatic balance, as far as they are there."""
        dendritic = [scheme for scheme in self.schemes if scheme != "somatic"]
        return dendritic[:1] + ["somatic"] * ("somatic" in self.schemes)

    def swept(self, name: str) -> np.ndarray:
        """Return the values of p, n_coding or step, ascending; none of p but for bars."""
        values = np.unique(getattr(self, name))
        return values[np.isfinite(values)]

    @property
    def typical(self) -> dict[str, float]:
        """Where a figure without a sweep stands in those there are.

        p nearest 0.7, the largest layer, the time step nearest 3 ms (as in Figs. 4 to 6).
        """
        p, steps = self.swept("p"), self.swept("step")
        typical = {
            "n_coding": self.swept("n_coding")[-1],
            "step": steps[np.abs(steps - TYPICAL_STEP).argmin()],
        }
        return typical | ({"p": p[np.abs(p - TYPICAL_P).argmin()]} if p.size else {})

    def of(self, scheme: str, **values: float) -> np.ndarray:
        """Return the conditions of a scheme, one a seed, the lowest seed first.

        Parameters
        ----------
        scheme : str
        **values : float
            Of p, n_coding and step, where they are not the typical ones. Of several final
            stochasticities Du_end, that with the lowest median loss is taken.

        Returns
        -------
        array of int
            Empty if there is none.
        """
        chosen = self.scheme == scheme
        for name, value in {**self.typical, **values}.items():
            chosen &= getattr(self, name) == value
        every = [np.flatnonzero(chosen & (self.Du_end == end)) for end in np.unique(self.Du_end)]
        every = [conditions for conditions in every if conditions.size]
        if not every:
            return np.zeros(0, dtype=int)
        best = min(every, key=lambda conditions: np.median(self.loss[conditions, -1]))
        return best[np.argsort(self.seed[best])]

    def recorded(self, scheme: str, **values: float) -> Shown | None:
        """Return what was shown to the first condition of `of` that has it, None if none has."""
        return next((self.shown[k] for k in self.of(scheme, **values) if k in self.shown), None)
