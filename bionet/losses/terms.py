"""The terms of losses: rate, its spread over time and over neurons, irregularity, stability.

Each reads an `Activity` that ran to its end. `vaze_loss` is the standard sum of three, that of
Vaze, Confavreux and Vogels, "Meta-learning stabilizes excitatory-excitatory plasticity in spiking
neural networks".
"""

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from bionet.losses.loss import PENALTY, AbstractTerm, Loss
from bionet.si import takes_si
from bionet.statistics.requirements import require_positive


@takes_si(target="Hz")
def vaze_loss(target, penalty=PENALTY):
    """Rate at the target, no oscillation, irregular firing: the loss of Vaze et al.

    lambda_1 (target - r)^2 + lambda_2 std(r(t)) + lambda_3 (1 - <CV>)^2. The poster leaves open the
    weights and which standard deviation it means. Here lambda = (10/target^2, 1/target, 1): all
    terms scale with the target, and the rate weighs most. Asynchronous networks fire the more
    irregularly (CV beyond 1) the faster they fire, and with 1/target^2 the sum was smallest a third
    below the target. The deviation is that of the population rate over time, since a network can
    have equal rates in all neurons and the right mean while it fires in synchronous bursts.

    Parameters
    ----------
    target : float
        Rate to hold, Hz.
    penalty : float
        Scale of what a stopped simulation costs.

    Returns
    -------
    Loss

    Raises
    ------
    ValueError
        If the target or the penalty is not positive, or so large or small that the weights of the
        terms are no numbers.
    """
    target = require_positive("target", target)
    if not 1e-150 <= target <= 1e150:
        raise ValueError(f"target must lie between 1e-150 and 1e150 Hz, got {target:g}")
    terms = (
        RateError(target, weight=10 / target**2),
        PopulationRateStd(weight=1 / target),
        IsiCvError(),
    )
    return Loss(terms, penalty)


@final
@dataclass(frozen=True)
class RateError(AbstractTerm):
    """Squared distance of the mean rate from a target: weight * (target - r)^2.

    Vaze et al., first term of the loss. Silent neurons are part of the mean rate.

    Parameters
    ----------
    target : float
        Hz, positive.
    weight : float
        1/Hz^2, positive.
    """

    name: ClassVar[str] = "rate_error"
    units: ClassVar = {"target": "Hz"}
    target: float
    weight: float = 1.0

    def error(self, activity):
        """Return (target - r)^2, Hz^2."""
        return np.square(self.target - activity.mean_rate)


@final
@dataclass(frozen=True)
class PopulationRateStd(AbstractTerm):
    """Standard deviation of the population rate over time, which oscillations and bursts raise.

    Its size depends on the bins of the population rate: N independent Poisson neurons of rate r
    leave sqrt(r / (N bin_width)). Bins of 10 ms or less see the bursts of a spiking network.

    Parameters
    ----------
    weight : float
        1/Hz, positive.
    """

    name: ClassVar[str] = "population_rate_std"
    weight: float = 1.0

    def error(self, activity):
        """Return the standard deviation over time, Hz."""
        return activity.population_rate_std


@final
@dataclass(frozen=True)
class RateStd(AbstractTerm):
    """Standard deviation of the rates over neurons, silent ones included.

    Parameters
    ----------
    weight : float
        1/Hz, positive.
    """

    name: ClassVar[str] = "rate_std"
    weight: float = 1.0

    def error(self, activity):
        """Return the standard deviation over neurons, Hz."""
        return activity.rate_std


@final
@dataclass(frozen=True)
class IsiCvError(AbstractTerm):
    """Squared distance of the mean ISI CV from that of a Poisson process: weight * (target - CV)^2.

    Vaze et al., third term of the loss. The mean is taken over the neurons with enough intervals
    for a CV. If there is none, the error is that of clock-like firing (CV = 0), target^2: the worst
    a regular network can do, so that near silence is never rewarded. Few intervals read as more
    regular than the process is, a Poisson process of 3 Hz in 4 s as 0.88: see
    `bionet.statistics.irregularity`.

    Parameters
    ----------
    weight : float
        Dimensionless, positive.
    target : float
        CV to reach, positive; 1 is that of a Poisson process.
    """

    name: ClassVar[str] = "isi_cv_error"
    weight: float = 1.0
    target: float = 1.0

    def error(self, activity):
        """Return (target - CV)^2."""
        cv = 0.0 if activity.fraction_with_cv == 0 else activity.mean_isi_cv
        return np.square(self.target - cv)


@final
@dataclass(frozen=True)
class BoundedStability(AbstractTerm):
    """Time mean of (r - target)^2 / (r + 2 Hz), r(t) the low-pass filtered population rate.

    The stability score of Confavreux et al. (PLoS Comput Biol 2025). Dividing by the rate makes it
    grow only linearly for rates far above the target. It sees a drifting rate, which the mean rate
    of a window does not; oscillations faster than `tau` it does not see.

    Parameters
    ----------
    target : float
        Hz, positive.
    tau : float
        Time constant of the filter, s, positive.
    weight : float
        1/Hz, positive.
    start : float, optional
        Filtered rate at the window's beginning, Hz, positive. By default the mean rate of the
        first `tau` of the window, as a filter that has run before it would show: to start at the
        target would reward short windows, to start at a fixed rate would punish them.
    """

    name: ClassVar[str] = "bounded_stability"
    units: ClassVar = {"target": "Hz", "tau": "s", "start": "Hz"}
    target: float
    tau: float = 1.0
    weight: float = 1.0
    start: float | None = None

    def error(self, activity):
        """Return the time mean of (r - target)^2 / (r + 2 Hz), Hz."""
        rate = self._filtered(activity.population_rate, activity.bin_width)
        return np.mean(np.square(rate - self.target) / (rate + 2.0))

    def _filtered(self, population_rate, bin_width):
        # Exact solution of tau dr/dt = R - r over bins of constant R, read at the end of each bin.
        decay = math.exp(-bin_width / self.tau)
        first_tau = population_rate[
            : max(1, round(min(self.tau / bin_width, population_rate.size)))
        ]
        start = first_tau.mean() if self.start is None else self.start
        steps = itertools.accumulate(
            population_rate, lambda rate, binned: decay * rate + (1 - decay) * binned, initial=start
        )
        return np.fromiter(steps, float, population_rate.size + 1)[1:]
