"""Dendritic balance (DB), analytic: the full gradient of the decoder, perfect inhibition.

::

    dF_ji/dt = eta_F z_j (x_i - sum_k F_ki z_k)     Mikulasch et al., eq. 5
    W_jk = -sum_i F_ji D_ik

The inhibition is what the local schemes converge to; it is not learned. It reaches a neuron
through the decoder, ``sum_k W_jk z_k = -sum_i F_ji (D z)_i``: W itself is stored nowhere, and a
spike costs as much as there are feed-forward synapses.
"""

from bionet.models.learning_scheme import LearningScheme

__all__ = ["DENDRITIC_BALANCE_ANALYTIC"]

DENDRITIC_BALANCE_ANALYTIC = LearningScheme(
    name="analytic",
    inhibition="decoder",
    feedforward="F += eta_F*(zE1_post*x0_pre - zE2_post*Fz_pre)",  # eq. 5
    parameters={"eta_F": "Hz", "eta_D": "Hz"},
    source="Mikulasch, Rudelt & Priesemann, eq. 5",
)
