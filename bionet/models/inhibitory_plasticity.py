"""Inhibitory plasticity that holds a target rate (Vogels, Sprekeler et al. 2011).

An instance of the polynomial rule with

::

    alpha = -2 eta rate tau    beta = 0    kappa = gamma = eta    tau_pre = tau_post = tau

A pre- or postsynaptic spike strengthens the synapse by ``eta`` times the other side's trace, and
every presynaptic spike weakens it by ``2 eta rate tau``: the excitatory neurons settle at `rate`.

One convention of weights is used throughout: units of the leak conductance (10 nS). In it the
paper's network has ``w_ie`` of the order of 3 (30 nS) and ``eta = 1e-3``; Brian2's own example
uses weights ten times smaller.
"""

from brian2 import Hz, Quantity, have_same_dimensions, ms, second

from bionet.models.polynomial_plasticity import POLYNOMIAL_PLASTICITY
from bionet.models.synapse_model import SynapseModel

__all__ = ["inhibitory_plasticity"]


def inhibitory_plasticity(
    rate: Quantity = 3 * Hz,
    *,
    eta: float = 1e-3,
    tau: Quantity = 20 * ms,
    w_initial: float = 0.0,
    w_max: float = 30.0,
) -> SynapseModel:
    """Return the polynomial rule with the coefficients of Vogels et al. 2011.

    Parameters
    ----------
    rate : Quantity
        Target rate rho_0 of the postsynaptic neurons.
    eta : float
        Learning rate, in units of the leak conductance.
    tau : Quantity
        Time constant of both traces.
    w_initial, w_max : float
        Initial and largest weight, in units of the leak conductance.

    Raises
    ------
    ValueError
        If `rate` is no positive rate or `tau` no positive time.
    """
    if not have_same_dimensions(rate, Hz) or float(rate) <= 0:
        raise ValueError(f"rate must be a positive rate such as 3*Hz, got {rate}")
    if not have_same_dimensions(tau, second) or float(tau) <= 0:
        raise ValueError(f"tau must be a positive time such as 20*ms, got {tau}")
    return POLYNOMIAL_PLASTICITY.replaced(
        alpha=-2 * eta * float(rate * tau),
        beta=0.0,
        kappa=eta,
        gamma=eta,
        tau_pre=tau,
        tau_post=tau,
        w_initial=w_initial,
        w_max=w_max,
    )
