"""Dendritic balance (DB), local: feed-forward weights and inhibition learn simultaneously.

::

    u_ij = F_ji x_i + sum_k W^i_jk z_k                                      Mikulasch et al., eq. 17
    dW^i_jk/dt = -eta_W z_k u_ij
    dF_ji/dt = eta_F z_j (x_i + sgn(F_ji) (u_ij - F_ji x_i)/max(0.002, |F_ji|))

Inhibition balances each dendrite; divided by the weight, what it subtracts there is the part of the
input that the whole layer explains, so the rule approaches that of the analytic scheme while
everything in it is found at the synapse.
"""

from bionet.models.learning_scheme import LearningScheme

__all__ = ["DENDRITIC_BALANCE_SIMULTANEOUS"]

DENDRITIC_BALANCE_SIMULTANEOUS = LearningScheme(
    name="simultaneous",
    inhibition="dendrite",
    # u_ij - F_ji x_i is the dendrite's inhibition: I_ij exp(-s/tau) between spikes
    feedforward="F += eta_F*(zE1_post*x0_pre + sign(F)*zE2_post*I_ij/clip(abs(F), 0.002, inf))",
    lateral="W -= eta_W*(zE1_pre*Fx_ij_post + zE2_pre*I_ij_post)",
    parameters={"eta_F": "Hz", "eta_D": "Hz", "eta_W": "Hz"},
    source="Mikulasch, Rudelt & Priesemann, eq. 17; simultaneous learning of all weights",
)
