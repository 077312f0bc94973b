"""Mean field of a polynomial plasticity rule: drift of the weights, fixed point, stability.

A presynaptic spike changes the weight by alpha + kappa z_post, a postsynaptic one by
beta + gamma z_pre; the traces z jump by 1 at their neuron's spikes and decay with tau_pre and
tau_post (Vaze, Confavreux and Vogels, "Meta-learning stabilizes excitatory-excitatory plasticity in
spiking neural networks", plasticity rule). For independent Poisson spikes of rates nu_pre, nu_post

    <dw/dt> = alpha nu_pre + beta nu_post + K nu_pre nu_post,   K = kappa tau_post + gamma tau_pre.

A network rests where this drift vanishes on average over its synapses. Real rates differ between
neurons and vary in time, so that <nu_pre nu_post> is not <nu>^2: `RateMoments` carry measured
averages into the same formulas.
"""

import math
from dataclasses import dataclass

import numpy as np

from bionet.statistics.requirements import (
    require_finite,
    require_nonnegative_array,
    require_positive,
)


@dataclass(frozen=True)
class PolynomialRule:
    """Coefficients of a polynomial plasticity rule.

    Parameters
    ----------
    alpha, beta : float
        Weight change at a pre- and at a postsynaptic spike, in units of weight.
    kappa, gamma : float
        Weight change at a pre-, at a postsynaptic spike per unit of the other neuron's trace.
    tau_pre, tau_post : float
        Time constants of the pre- and the postsynaptic trace, s.

    Raises
    ------
    ValueError
        If a coefficient is not finite or a time constant is not positive.
    """

    alpha: float
    beta: float
    kappa: float
    gamma: float
    tau_pre: float
    tau_post: float

    def __post_init__(self):
        for name in ("alpha", "beta", "kappa", "gamma"):
            object.__setattr__(self, name, require_finite(name, getattr(self, name)))
        for name in ("tau_pre", "tau_post"):
            object.__setattr__(self, name, require_positive(name, getattr(self, name)))

    @property
    def k_factor(self):
        """K = kappa tau_post + gamma tau_pre, the drift per product of the rates (weight s)."""
        return self.kappa * self.tau_post + self.gamma * self.tau_pre

    def drift(self, nu_pre, nu_post):
        """Mean change of a weight in time, for independent Poisson spikes.

        Parameters
        ----------
        nu_pre, nu_post : float or array_like
            Rates, Hz; arrays must have shapes that broadcast.

        Returns
        -------
        float or numpy.ndarray
            <dw/dt>, weight/s, without regard to the weight's bounds.
        """
        nu_pre, nu_post = np.asarray(nu_pre, dtype=float), np.asarray(nu_post, dtype=float)
        return self.alpha * nu_pre + self.beta * nu_post + self.k_factor * nu_pre * nu_post


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

    Raises
    ------
    ValueError
        If one of them is not positive.
    """

    pre: float = 1.0
    post: float = 1.0
    product: float = 1.0

    def __post_init__(self):
        for name in ("pre", "post", "product"):
            object.__setattr__(self, name, require_positive(name, getattr(self, name)))

    def modulated(self, population_rate):
        """Moments with a common modulation of all rates in time taken into account.

        If all neurons follow one time course R(t), the product of two rates averages to
        <R^2> / <R>^2 = 1 + (std R / mean R)^2 times its value for constant rates. This holds for
        modulations slower than the traces. Shot noise of N neurons adds 1 / (N <R> bin_width).

        Parameters
        ----------
        population_rate : array_like, (T,)
            Rate in bins about as long as the traces, Hz. For synapses between two populations,
            both are taken to follow it.

        Returns
        -------
        RateMoments

        Raises
        ------
        ValueError
            If a rate is negative or not finite, or all are 0.
        """
        rate = require_nonnegative_array("population_rate", population_rate)
        mean = _positive_mean("population_rate", rate)
        return RateMoments(self.pre, self.post, self.product * float(np.mean((rate / mean) ** 2)))


@dataclass(frozen=True)
class FixedPoint:
    """Where the mean drift of the weights vanishes.

    Parameters
    ----------
    rate : float
        Mean rate of the postsynaptic population, Hz; NaN if no positive rate is a fixed point.
    stable : bool
        Whether the rule leads the rate back to it. False without a fixed point.
    """

    rate: float
    stable: bool


def excitatory_fixed_point(rule, moments=None):
    """Find the fixed point of plastic synapses within one excitatory population.

    With both rates nu and moments of 1, <dw/dt> = (alpha + beta) nu + K nu^2, so that
    nu* = -(alpha + beta) / K. More weight means more rate, hence nu* is stable if the drift falls
    through 0 there: alpha + beta > 0, and then K < 0 for nu* > 0 (Vaze et al., mean field).

    With moments, alpha `pre` + beta `post` stands for alpha + beta and K `product` for K. Rates are
    assumed to scale together: their shape over neurons and time stays as measured.

    Parameters
    ----------
    rule : PolynomialRule
    moments : RateMoments, optional
        Measured moments; by default those of equal and constant rates.

    Returns
    -------
    FixedPoint
        Its rate is the mean over the population's neurons.
    """
    moments = RateMoments() if moments is None else moments
    linear = rule.alpha * moments.pre + rule.beta * moments.post
    quadratic = rule.k_factor * moments.product
    return _fixed_point(-linear, quadratic, stable=linear > 0)


def inhibitory_fixed_point(rule, nu_inh, moments=None):
    """Find the fixed point of plastic synapses from an inhibitory onto an excitatory population.

    With moments of 1, <dw/dt> = alpha nu_I + (beta + K nu_I) nu_E, so that
    nu_E* = -alpha nu_I / (beta + K nu_I). More weight means less rate, hence nu_E* is stable if the
    drift rises through 0 there: beta + K nu_I > 0. The rule of Vogels et al. (Science 334:1569,
    2011), alpha = -2 rho0 tau, beta = 0, kappa = gamma = 1, gives nu_E* = rho0.

    Parameters
    ----------
    rule : PolynomialRule
        `pre` is the inhibitory, `post` the excitatory neuron.
    nu_inh : float
        Mean rate of the inhibitory population, Hz, taken as given.
    moments : RateMoments, optional
        Measured moments; by default those of equal and constant rates.

    Returns
    -------
    FixedPoint
        Its rate is the mean over the excitatory neurons.

    Raises
    ------
    ValueError
        If `nu_inh` is not positive.
    """
    nu_inh = require_positive("nu_inh", nu_inh)
    moments = RateMoments() if moments is None else moments
    slope = rule.beta * moments.post + rule.k_factor * moments.product * nu_inh
    return _fixed_point(-rule.alpha * moments.pre * nu_inh, slope, stable=slope > 0)


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


def _fixed_point(numerator, denominator, stable):
    rate = numerator / denominator if denominator else math.nan
    if not (math.isfinite(rate) and rate > 0):
        return FixedPoint(rate=math.nan, stable=False)
    return FixedPoint(rate=rate, stable=bool(stable))


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
