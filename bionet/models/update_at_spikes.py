"""Plasticity in closed form: learning rules integrated from one spike of the layer to the next.

The rules of Mikulasch et al. are of the form ``dF/dt = eta z_j (...)`` with traces that decay
exponentially. Between two spikes of the layer nothing happens but that decay, so a rule is applied
once, at the next spike, integrated over the steps in between with the image and the weights held
as they were after the last spike (as the authors' code does). With ``x0``, ``z0`` and ``I0`` the
values held and ``n`` the number of steps since::

    sum over steps of z_j dt       = z0_j E1,   E1 = dt (1 - d^n)/(1 - d),   d = exp(-dt/tau)
    sum over steps of z_j z_k dt   = z0_j z0_k E2,   E2 = dt (1 - d^2n)/(1 - d^2)

A rule needs these two only, ``zE1 = z0 E1`` and ``zE2 = z0 E2``; whatever is itself a sum over
traces (``I0``, the reconstruction ``D z0``) goes with ``zE2``. While the network does not learn
both are 0. ``interval`` is ``n dt``, for what drifts without spikes.
"""

__all__ = ["CODING_EQUATIONS", "HOLD_CODING", "HOLD_INPUT", "INPUT_EQUATIONS", "INTEGRATE"]

#: What each coding neuron carries. The sums with ``_next`` are collected during an update.
CODING_EQUATIONS = """
    z0 : 1
    Fx0 : 1
    I0 : 1
    zE1 : second
    zE2 : second
    interval : second
    updated_at : second
    I_next : 1
    W_self_next : 1
    Fx_from_next : 1
    Fx_to_next : 1
"""

#: What each input carries: the image held, and two sums over the coding neurons.
INPUT_EQUATIONS = """
    x0 : 1
    Fz : 1
    Dz : 1
    Fz_next : 1
    Dz_next : 1
"""

#: At a spike of the layer, first: the integrals since the last one.
INTEGRATE = """
    interval = learning*(t - updated_at)
    zE1 = z0*learning*dt*(1 - exp(-(t - updated_at)/tau))/(1 - step_decay)
    zE2 = z0*learning*dt*(1 - exp(-2*(t - updated_at)/tau))/(1 - step_decay**2)
    updated_at = t
"""

#: At a spike of the layer, last: what is held until the next one.
HOLD_CODING = """
    I = I_next
    W_self = W_self_next
    Fx_from = Fx_from_next
    Fx_to = Fx_to_next
    I_next = 0
    W_self_next = 0
    Fx_from_next = 0
    Fx_to_next = 0
    z0 = z
    Fx0 = Fx
    I0 = I
"""

HOLD_INPUT = """
    x0 = x
    Fz = Fz_next
    Dz = Dz_next
    reconstruction = Dz
    Fz_next = 0
    Dz_next = 0
"""
