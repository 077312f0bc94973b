"""Stochastic neuron with escape noise and an adapting threshold (Mikulasch et al.).

::

    u_j = sum_i F_ji x_i + sum_k W_jk z_k                                   eq. 3
    P(spike of j in a step) = 1/(1 + exp(-(u_j + W_jj/4 - T_j)/Du))         eq. 2, 11
    tau dz_j/dt = -z_j,  z_j <- z_j + 1 one step after a spike
    b_j <- b_j + eta_b dt (rho dt - s_j),  T_j = -b_j                       threshold adaptation

There is no reset and no refractory period: the inhibition of a neuron by itself, W_jj, is what
follows a spike. Everything is without a unit but times and rates.

``Fx`` stands for the sum over the inputs, ``I`` for that over the traces. Neither is summed anew in
every step: an image fades linearly into the next, so ``Fx`` lies between the sums for both, which
change at image onsets and with the weights; ``I`` decays as the traces do, and changes at spikes.

The stochasticity ``Du`` is annealed while the network learns::

    Du(t) = Du_end + (Du_start - Du_end) exp(-2 eta_s t)

It learns in steps before ``learn_until``, by a quarter of a step at least: as floating point
numbers 3*0.1 s is later than 300 steps of 1 ms.

Two conventions for the threshold are in use: ``ESCAPE_NOISE_LIF`` divides the bias b by Du as
written above (digits and bars in the paper); ``ESCAPE_NOISE_LIF_UNSCALED_BIAS`` adds it afterwards
(natural scenes), so that annealing leaves the rate that the bias alone would give as it is.
"""

from dataclasses import replace

from brian2 import Hz, ms

from bionet.models.neuron_model import NeuronModel

__all__ = ["ESCAPE_NOISE_LIF", "ESCAPE_NOISE_LIF_UNSCALED_BIAS"]

ESCAPE_NOISE_LIF = NeuronModel(
    equations="""
    u = Fx + I : 1                                                  # eq. 3
    Fx = Fx_from + faded*(Fx_to - Fx_from) : 1
    Fx_from : 1
    Fx_to : 1
    faded = clip((timestep(t, dt) % image_steps + 1)/fade_steps, 0, 1) : 1 (shared)
    dI/dt = -I/tau : 1
    dz/dt = -z/tau : 1
    W_self : 1
    spike_probability = 1/(1 + exp(-(u + W_self/4 + b)/Du)) : 1     # eq. 2, 11
    db/dt = learning*eta_b*rho*dt : 1
    Du = Du_end + (Du_start - Du_end)*exp(-2*eta_s*clip(t, 0*second, learn_until)) : 1 (shared)
    learning = int(t < learn_until - dt/4) : 1 (shared)
    learn_until : second (shared, constant)
    rho : Hz (shared, constant)
    eta_b : Hz (shared, constant)
    eta_s : Hz (shared, constant)
    Du_start : 1 (shared, constant)
    Du_end : 1 (shared, constant)
    spike_count : integer
    """,
    threshold="rand() < spike_probability",
    reset="""
    z += 1
    b -= learning*eta_b*dt
    spike_count += 1
    """,
    method="exponential_euler",  # exact here: every equation is linear in its own variable
    parameters={"tau": 10 * ms, "image_steps": 100, "fade_steps": 30.0},
    initial={"rho": 15 * Hz, "Du_start": 1.0, "Du_end": 1.0, "b": "log(rho*dt/(1 - rho*dt))"},
    source="Mikulasch, Rudelt & Priesemann, eq. 2, 3 and 11; threshold adaptation",
)

ESCAPE_NOISE_LIF_UNSCALED_BIAS = replace(
    ESCAPE_NOISE_LIF,
    equations=ESCAPE_NOISE_LIF.equations.replace(
        "-(u + W_self/4 + b)/Du", "-(u + W_self/4)/Du - b"
    ),
)
