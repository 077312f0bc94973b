"""Somatic balance (SB): Hebbian feed-forward learning, inhibition that balances the soma.

::

    dF_ji/dt = eta_F z_j (x_i - F_ji z_j)           Mikulasch et al., eq. 6
    dW_jk/dt = -eta_W z_k u_j

A neuron compares the input with its *own* contribution to the reconstruction only: what the other
neurons explain already does not keep it from learning the same. ``u_j`` is without threshold and
without the term of the neuron's own inhibition.
"""

from bionet.models.learning_scheme import LearningScheme

__all__ = ["SOMATIC_BALANCE"]

SOMATIC_BALANCE = LearningScheme(
    name="somatic",
    inhibition="soma",
    feedforward="F += eta_F*(zE1_post*x0_pre - F*z0_post*zE2_post)",  # eq. 6
    lateral="W -= eta_W*(zE1_pre*Fx0_post + zE2_pre*I0_post)",  # u = Fx0 + I0 exp(-s/tau)
    parameters={"eta_F": "Hz", "eta_D": "Hz", "eta_W": "Hz"},
    source="Mikulasch, Rudelt & Priesemann, eq. 6; inhibitory plasticity of the soma",
)
