"""Dendritic balance (DB), local: feed-forward weights follow slowly (delayed).

::

    u_ij = F_ji x_i + sum_k W^i_jk z_k                                      Mikulasch et al., eq. 17
    dW^i_jk/dt = -eta_W z_k u_ij
    dFbar_ji/dt = eta_Fbar z_j u_ij
    dF_ji/dt = eta_F (Fbar_ji/F_ji - F_ji)

``Fbar`` integrates the dendritic error fast, together with the inhibition; the weight follows it so
slowly that inhibition is always as good as converged (eta_W and eta_Fbar are 100 to 500 times
eta_F). F and Fbar start at a small positive value: F stands in a denominator.
"""

from bionet.models.learning_scheme import LearningScheme

__all__ = ["DENDRITIC_BALANCE_SLOW"]

DENDRITIC_BALANCE_SLOW = LearningScheme(
    name="slow",
    inhibition="dendrite",
    feedforward="""
    Fbar += eta_Fbar*(zE1_post*Fx_ij + zE2_post*I_ij)
    F += eta_F*interval_post*(Fbar/F - F)
    """,
    lateral="W -= eta_W*(zE1_pre*Fx_ij_post + zE2_pre*I_ij_post)",
    equations="Fbar : 1",
    parameters={"eta_F": "Hz", "eta_Fbar": "Hz", "eta_D": "Hz", "eta_W": "Hz"},
    source="Mikulasch, Rudelt & Priesemann, eq. 17; delayed learning of feed-forward weights",
)
