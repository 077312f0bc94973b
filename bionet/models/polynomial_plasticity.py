"""The polynomial plasticity rule that the search meta-learns (Vaze et al.; Confavreux et al. 2023).

::

    dw/dt = alpha S_pre + beta S_post + kappa S_pre z_post + gamma S_post z_pre
    tau_pre dz_pre/dt = -z_pre,  z_pre <- z_pre + 1 at a presynaptic spike   (z_post likewise)

so that a presynaptic spike adds ``alpha + kappa z_post`` and a postsynaptic one
``beta + gamma z_pre``, clipped to ``[w_min, w_max]``.

Order of events, as in Auryn: an arriving presynaptic spike transmits the *old* weight and then
updates it. Within one time step all presynaptic updates come before all postsynaptic ones, and both
read the traces as they stood before this step's spikes were added to them.

With an axonal delay the presynaptic trace starts when the spike is fired, the transmission and the
presynaptic update happen when it arrives; a trace held by each synapse would start at arrival.

The traces are neuron variables, decayed by forward Euler with the neuron's own time step: at
0.1 ms a trace of 20 ms decays as one of 19.95 ms would exactly.
"""

from brian2 import ms

from bionet.models.synapse_model import SynapseModel

__all__ = ["POLYNOMIAL_PLASTICITY"]

POLYNOMIAL_PLASTICITY = SynapseModel(
    equations="""
    w : {weight}
    w_initial : {weight} (shared, constant)
    w_min : {weight} (shared, constant)
    w_max : {weight} (shared, constant)
    alpha : {weight} (shared, constant)
    beta : {weight} (shared, constant)
    kappa : {weight} (shared, constant)
    gamma : {weight} (shared, constant)
    """,
    # Vaze et al., plasticity rule
    on_pre="""
    {target} += w
    w = clip(w + alpha + kappa*{name}_z_target_post, w_min, w_max)
    """,
    on_post="""
    w = clip(w + beta + gamma*{name}_z_source_pre, w_min, w_max)
    """,
    source_equations="""
    d{name}_z_source/dt = -{name}_z_source/{name}_tau_source : 1
    {name}_tau_source : second (shared, constant)
    """,
    source_reset="{name}_z_source += 1",
    target_equations="""
    d{name}_z_target/dt = -{name}_z_target/{name}_tau_target : 1
    {name}_tau_target : second (shared, constant)
    """,
    target_reset="{name}_z_target += 1",
    parameters={
        "alpha": 0.0,
        "beta": 0.0,
        "kappa": 0.0,
        "gamma": 0.0,
        "tau_pre": 20 * ms,
        "tau_post": 20 * ms,
        "w_initial": 0.0,
        "w_min": 0.0,
        "w_max": 1.0,
    },
    carried={"tau_pre": "source.{name}_tau_source", "tau_post": "target.{name}_tau_target"},
    source="Vaze, Confavreux & Vogels, plasticity rule; order of updates as in Auryn",
    name="polynomial plasticity",
)
