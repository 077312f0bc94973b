"""Mean field of a polynomial plasticity rule: drift of the weights, fixed point, stability.

A presynaptic spike changes the weight by alpha + kappa z_post, a postsynaptic one by
beta + gamma z_pre; the traces z jump by 1 at their neuron's spikes and decay with tau_pre and
tau_post (Vaze, Confavreux and Vogels, "Meta-learning stabilizes excitatory-excitatory plasticity in
spiking neural networks", plasticity rule). For independent Poisson spikes of rates nu_pre, nu_post

    <dw/dt> = alpha nu_pre + beta nu_post + K nu_pre nu_post,   K = kappa tau_post + gamma tau_pre.

A network rests where this drift vanishes on average over its synapses. Real rates differ between
neurons and vary in time: `bionet.rate_moments` carries measured averages into the same formulas.
"""

import math
from dataclasses import dataclass

import numpy as np

from bionet.rate_moments import RateMoments
from bionet.si import fields_in_si, takes_si
from bionet.statistics.requirements import require_finite, require_positive


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
        weights = dict.fromkeys(("alpha", "beta", "kappa", "gamma"), "any")
        fields_in_si(self, **weights, tau_pre="s", tau_post="s")
        for name in ("alpha", "beta", "kappa", "gamma"):
            object.__setattr__(self, name, require_finite(name, getattr(self, name)))
        for name in ("tau_pre", "tau_post"):
            object.__setattr__(self, name, require_positive(name, getattr(self, name)))

    @property
    def k_factor(self):
        """K = kappa tau_post + gamma tau_pre, the drift per product of the rates (weight s)."""
        return self.kappa * self.tau_post + self.gamma * self.tau_pre

    def k_factor_with(self, moments):
        """K with the `RateMoments` of a network: each trace's part is raised by what it reads."""
        return moments.product * (
            self.kappa * self.tau_post * moments.modulation_post
            + self.gamma * self.tau_pre * moments.modulation_pre
        )

    @takes_si(nu_pre="Hz", nu_post="Hz")
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

    With moments, alpha `pre` + beta `post` stands for alpha + beta and
    `PolynomialRule.k_factor_with` for K. Rates are assumed to scale together: their shape over
    neurons and time stays as measured.

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
    quadratic = rule.k_factor_with(moments)
    return _fixed_point(-linear, quadratic, stable=linear > 0)


@takes_si(nu_inh="Hz")
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
    slope = rule.beta * moments.post + rule.k_factor_with(moments) * nu_inh
    return _fixed_point(-rule.alpha * moments.pre * nu_inh, slope, stable=slope > 0)


def _fixed_point(numerator, denominator, stable):
    rate = numerator / denominator if denominator else math.nan
    if not (math.isfinite(rate) and rate > 0):
        return FixedPoint(rate=math.nan, stable=False)
    return FixedPoint(rate=rate, stable=bool(stable))
