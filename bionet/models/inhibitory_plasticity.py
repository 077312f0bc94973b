"""Inhibitory plasticity that holds a target rate (Vogels, Sprekeler et al. 2011).

An instance of the polynomial rule with

::

    alpha = -2 eta rate tau    beta = 0    kappa = gamma = eta    tau_pre = tau_post = tau

A pre- or postsynaptic spike strengthens the synapse by ``eta`` times the other side's trace, and
every presynaptic spike weakens it by ``2 eta rate tau``: excitatory neurons settle at `rate` if
their spikes are uncorrelated with those that inhibit them.

Weights and `eta` are in units of the leak conductance (10 nS). Two versions of the paper's network
are in use, and they differ tenfold in their weights but not in `eta`:

==============  =============  ===========  ==============  ===========
version         E weights      I-I weights  ``eta``         ``w_max``
==============  =============  ===========  ==============  ===========
Auryn           0.3 (3 nS)     3 (30 nS)    1e-3 (0.01 nS)  30 (300 nS)
Brian2 example  0.03 (0.3 nS)  0.3 (3 nS)   1e-3 (0.01 nS)  10 (100 nS)
==============  =============  ===========  ==============  ===========

(Auryn: ``sim_isp_orig``; Brian2: ``frompapers/Vogels_et_al_2011``.) The defaults of this function
and of `bionet.networks.balanced_network` are Auryn's. With the example's weights the same `eta`
learns tenfold faster in proportion.
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
        Initial and largest weight, in units of the leak conductance. `balanced_network` sets the
        initial weight itself (``w_ie``) and refuses another one here.

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
