"""Dendritic balance (DB), local, with weight decay (the main scheme of the journal version).

::

    u_ij = F_ji x_i + sum_k W^i_jk z_k                                      Mikulasch et al., eq. 17
    dW^i_jk/dt = -eta_W (z_k u_ij + decay W^i_jk)
    dF_ji/dt = eta_F (sgn(F_ji) z_j u_ij/max(0.002, |F_ji|) - decay F_ji)

The decay is what the excitatory drive must overcome; in balance, z_j u_ij is left with the part
that holds F against it.
"""

from bionet.models.learning_scheme import LearningScheme

__all__ = ["DENDRITIC_BALANCE_DECAY"]

DENDRITIC_BALANCE_DECAY = LearningScheme(
    name="decay",
    inhibition="dendrite",
    feedforward="""
    z_u = zE1_post*Fx_ij + zE2_post*I_ij
    F += eta_F*(sign(F)*z_u/clip(abs(F), 0.002, inf) - decay*F*interval_post)
    """,
    lateral="W -= eta_W*(zE1_pre*Fx_ij_post + zE2_pre*I_ij_post + decay_post*W*interval_pre)",
    parameters={"eta_F": "Hz", "eta_D": "Hz", "eta_W": "Hz", "decay": "1"},
    source="Mikulasch, Rudelt & Priesemann, PNAS 2021, rule with weight decay",
)
