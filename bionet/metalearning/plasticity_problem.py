"""The problem of Vaze et al.: from a plasticity rule to the loss of the network that it makes.

Every candidate is tried from several initial weights, low and high: a rule with a stable fixed
point reaches it from both, while one that merely drifts through the target while it is scored does
not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bionet.devices import CompiledNetwork, Outcome, Status
from bionet.losses import Loss
from bionet.metalearning.errors import EvaluationError
from bionet.statistics import Activity, fraction_at_bounds

__all__ = ["OUTPUTS", "PlasticityProblem", "activity_of", "inputs_of"]

#: What the loss and the metrics need of a network of `bionet.networks.balanced_network`. Spelled
#: out, since a worker process that imports this needs no Brian2, and `bionet.networks` does.
OUTPUTS = (
    "exc.spike_count",
    "exc.isi_sum",
    "exc.isi_sum_squares",
    "population_rate.rate",
)


def inputs_of(projection: str, coefficients: Sequence[str]) -> list[str]:
    """Return the inputs that a network of the problem is compiled with."""
    return [
        *(f"{projection}.{name}" for name in coefficients),
        f"{projection}.w_initial",
        "exc.warmup_end",
    ]


def activity_of(outcome: Outcome, warmup: float, bin_width: float = 0.01) -> Activity:
    """Return what a loss sees of one simulation of a balanced network (its first replica).

    Parameters
    ----------
    outcome : Outcome
        With the values named by `OUTPUTS`.
    warmup : float
        From when on the network's statistics count, s.
    bin_width : float
        Of the recorded population rate, s.
    """
    # bin k of the monitor holds [k - 1, k) bin widths, so the first one is void
    first_bin = round(warmup / bin_width) + 1
    return Activity.from_online(
        spike_count=outcome["exc.spike_count"],
        isi_sum=outcome["exc.isi_sum"],
        isi_sum_squares=outcome["exc.isi_sum_squares"],
        window=max(outcome.stopped_at - warmup, 0.0),
        population_rate=outcome["population_rate.rate"][0, first_bin:],
        bin_width=bin_width,
        completed=outcome.completed,
    )


@dataclass(frozen=True)
class PlasticityProblem:
    """``problem(values, trial, seed) -> (loss, metrics)`` for a search.

    Attributes
    ----------
    network : CompiledNetwork
        With the inputs of `inputs_of` and the outputs of `OUTPUTS`, and that of a monitor
        ``{projection}_weights.w`` of sampled weights.
    loss : Loss
    projection : str
        The plastic projection, ``"ee"``.
    initial_weights : tuple of float
        Trial k starts from the k-th of them, and from the first again after the last.
    warmup : float
        Time that is not scored, s: the training.
    w_max : float
        Upper bound of the weights; the lower one is 0.
    """

    network: CompiledNetwork
    loss: Loss
    projection: str
    initial_weights: tuple[float, ...]
    warmup: float
    w_max: float

    def __call__(
        self, values: Mapping[str, float], trial: int, seed: int
    ) -> tuple[float, dict[str, float]]:
        """Simulate one trial and return its loss and metrics.

        Raises
        ------
        EvaluationError
            If the simulation broke off: that is no property of the rule.
        """
        initial = self.initial_weights[trial % len(self.initial_weights)]
        inputs = {f"{self.projection}.{name}": value for name, value in values.items()}
        inputs |= {f"{self.projection}.w_initial": initial, "exc.warmup_end": self.warmup}
        outcome = self.network(inputs, seed)
        if outcome.status is Status.FAILED:
            raise EvaluationError(outcome.message)
        activity = activity_of(outcome, self.warmup)
        loss = self.loss(activity)
        return loss, self._metrics(activity, outcome, initial)

    def _metrics(self, activity: Activity, outcome: Outcome, initial: float) -> dict[str, float]:
        weights = outcome[f"{self.projection}_weights.w"]
        weights = weights[:, -1] if weights.shape[1] else np.empty(0)
        return {
            "rate": activity.mean_rate,
            "isi_cv": activity.mean_isi_cv,
            "rate_std": activity.rate_std,
            "population_rate_std": activity.population_rate_std,
            "completed": activity.completed,
            "initial_weight": initial,
            "mean_weight": float(np.mean(weights)) if weights.size else float("nan"),
            "weights_at_bounds": (
                fraction_at_bounds(weights, self.w_max) if weights.size else float("nan")
            ),
            **{f"loss_{name}": value for name, value in self.loss.parts(activity).items()},
        }
