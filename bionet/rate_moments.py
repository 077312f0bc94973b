"""Averages of unequal and changing rates over plastic synapses, for the mean field of a rule.

Where rates differ between neurons <nu_pre nu_post> is not <nu>^2, and where they change in time it
matters how long a trace remembers: a spike meets the other neuron's rate as filtered by its trace.
What stays out is how two neurons correlate beyond a common time course, such as by the synapse
between them.
"""

import math
from dataclasses import dataclass, fields, replace
from itertools import accumulate

import numpy as np

from bionet.si import fields_in_si, takes_si
from bionet.statistics.requirements import require_nonnegative_array, require_positive

__all__ = ["RateMoments", "moments_over_synapses"]


@dataclass(frozen=True)
class RateMoments:
    """Averages of the rates over plastic synapses, relative to the populations' mean rates.

    The default, all 1, is the plain mean field: equal and constant rates.

    Parameters
    ----------
    pre, post : float
        <nu_pre> / <nu>_pre and <nu_post> / <nu>_post, where <> is the mean over synapses and <>_pre
        the mean over neurons. They leave 1 when neurons with many synapses fire differently.
    product : float
        <nu_pre nu_post> / (<nu>_pre <nu>_post).
    modulation_pre, modulation_post : float
        By how much a common modulation in time raises what a spike reads of the presynaptic and of
        the postsynaptic trace, beyond `product`: see `modulated`.

    Raises
    ------
    ValueError
        If one of them is not positive.
    """

    pre: float = 1.0
    post: float = 1.0
    product: float = 1.0
    modulation_pre: float = 1.0
    modulation_post: float = 1.0

    def __post_init__(self):
        fields_in_si(self)
        for field in fields(self):
            object.__setattr__(
                self, field.name, require_positive(field.name, getattr(self, field.name))
            )

    @takes_si(population_rate="Hz", bin_width="s", tau_pre="s", tau_post="s")
    def modulated(self, population_rate, bin_width, tau_pre, tau_post, n_neurons=None):
        """Moments with a common modulation of all rates in time taken into account.

        If all neurons follow one time course R(t), a spike of one neuron meets the other's trace
        z, which decays with tau, at <R z> = tau <R>^2 M on average, where

            M(tau) = integral over s > 0 of e^(-s/tau)/tau <R(t) R(t - s)> ds / <R>^2.

        M is <R^2> / <R>^2 = 1 + (std R / mean R)^2 for modulations slower than the trace, and near
        1 for faster ones, which the trace averages out. Each trace has its own.

        Parameters
        ----------
        population_rate : array_like, (T,)
            Rate in consecutive bins, Hz. For synapses between two populations, both are taken to
            follow it.
        bin_width : float
            s. Within a bin the rate is taken as constant: bursts that are shorter than a bin are
            spread over it.
        tau_pre, tau_post : float
            Time constants of the traces, s.
        n_neurons : int, optional
            Neurons of the population. Their shot noise, a spike's correlation with itself, is in
            R(t) but no correlation of two neurons; with independent spikes it raises M by
            (1 - tau/b (1 - e^(-b/tau))) / (N <R> b) for bins b, which is then taken off.

        Returns
        -------
        RateMoments

        Raises
        ------
        ValueError
            If a rate is negative or not finite, all are 0, a time is not positive or there is less
            than one neuron.

        Notes
        -----
        Exact for a rate that is constant in each bin and begins anew after the last one.
        """
        rate = require_nonnegative_array("population_rate", population_rate)
        mean = _positive_mean("population_rate", rate)
        bin_width = require_positive("bin_width", bin_width)
        noise = 0.0
        if n_neurons is not None:
            noise = 1 / (require_positive("n_neurons", n_neurons) * mean * bin_width)
        read = {
            name: _read_through_trace(rate / mean, bin_width / require_positive(name, tau), noise)
            for name, tau in (("tau_pre", tau_pre), ("tau_post", tau_post))
        }
        return replace(
            self,
            modulation_pre=self.modulation_pre * read["tau_pre"],
            modulation_post=self.modulation_post * read["tau_post"],
        )


@takes_si(rates_pre="Hz", rates_post="Hz")
def moments_over_synapses(rates_pre, rates_post, pre, post, movable=None):
    """Measure the rate moments of a network's plastic synapses.

    The mean drift vanishes over the synapses that are free to move. One that sits at a bound is
    held there whatever its drift, so leave it out with `movable`. Rates alone say nothing: in a
    random network the rates of two connected neurons are independent, up to what their in-degrees
    and weights do, and only the list of synapses shows that.

    Parameters
    ----------
    rates_pre, rates_post : array_like, (N_pre,) and (N_post,)
        Rate of each neuron, Hz. The same array twice for synapses within a population.
    pre, post : array_like of int, (S,)
        Neurons of each synapse.
    movable : array_like of bool, (S,), optional
        Which synapses lie strictly inside their bounds; all of them by default.

    Returns
    -------
    RateMoments

    Raises
    ------
    ValueError
        If shapes do not fit, an index is not that of a neuron, no synapse is left, or a population
        or all neurons with a synapse are silent.
    """
    rates_pre = require_nonnegative_array("rates_pre", rates_pre)
    rates_post = require_nonnegative_array("rates_post", rates_post)
    pre, post = _checked_neurons("pre", pre, rates_pre), _checked_neurons("post", post, rates_post)
    movable = np.ones(pre.shape, dtype=bool) if movable is None else np.asarray(movable, dtype=bool)
    if not pre.shape == post.shape == movable.shape:
        raise ValueError(
            "pre, post and movable must have one entry a synapse, "
            f"got shapes {pre.shape}, {post.shape} and {movable.shape}"
        )
    if not movable.any():
        raise ValueError("at least one synapse must be movable, got none")
    relative_pre = (rates_pre / _positive_mean("rates_pre", rates_pre))[pre[movable]]
    relative_post = (rates_post / _positive_mean("rates_post", rates_post))[post[movable]]
    return RateMoments(
        pre=float(relative_pre.mean()),
        post=float(relative_post.mean()),
        product=float((relative_pre * relative_post).mean()),
    )


def _read_through_trace(relative, bin_in_taus, noise):
    """M of `RateMoments.modulated`: mean of the rate times its trace, exact within each bin."""
    gained = -math.expm1(-bin_in_taus)
    trace = accumulate(relative, lambda z, rate: z + (rate - z) * gained, initial=0.0)
    *at_start, at_end = trace
    # what is left of the record's own end, since it begins anew
    before = at_end / -math.expm1(-bin_in_taus * relative.size)
    at_start = np.array(at_start) + before * np.exp(-bin_in_taus * np.arange(relative.size))
    approach = gained / bin_in_taus
    within = relative + (at_start - relative) * approach
    return float(np.mean(relative * within)) - noise * (1 - approach)


def _positive_mean(name, rates):
    if not rates.any():
        raise ValueError(f"{name} must hold at least one neuron or bin that is not silent")
    return rates.mean()


def _checked_neurons(name, neurons, rates):
    neurons = np.asarray(neurons)
    if neurons.ndim != 1 or neurons.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be a vector of whole numbers, "
            f"got an array of {neurons.dtype} with shape {neurons.shape}"
        )
    if neurons.size and not (neurons.min() >= 0 and neurons.max() < rates.size):
        raise ValueError(
            f"{name} must lie in [0, {rates.size}), got {neurons.min()} to {neurons.max()}"
        )
    return neurons
