"""Two small populations with plastic synapses, step by step in plain NumPy: the reference.

Written from the docstrings of the models, not from their equation strings. One step of length dt at
time t goes in this order:

1. Forward Euler for ``v`` (clamped while t - t_last_spike < 5 ms), the conductances and the traces,
   all from the values before the step.
2. Neurons above threshold spike.
3. Spikes of the step before arrive (delay of one step): each adds the *old* weight to the target's
   conductance, then the weight changes by alpha + kappa z_post. After all of these the spikes of
   this step change the weights of their incoming synapses by beta + gamma z_pre.
4. The neurons of this step's spikes are reset, and their traces grow by 1.
"""

import dataclasses

import numpy as np

V_REST = V_RESET = -0.060
V_THRESHOLD = -0.050
E_E, E_I = 0.0, -0.080
TAU_M, TAU_E, TAU_I = 0.020, 0.005, 0.010
REFRACTORY_STEPS = 50
DT = 1e-4


@dataclasses.dataclass
class Rule:
    """Coefficients of one plastic projection, SI."""

    alpha: float
    beta: float
    kappa: float
    gamma: float
    tau_pre: float
    tau_post: float
    w_min: float
    w_max: float


class Neurons:
    """Membrane potentials (V), conductances (units of the leak), time since the last spike."""

    def __init__(self, v):
        self.v = np.array(v, dtype=float)
        self.g_e = np.zeros_like(self.v)
        self.g_i = np.zeros_like(self.v)
        self.last_spike = np.full(self.v.shape, -(10**9))
        self.arriving = np.zeros(self.v.shape, dtype=bool)
        self.spiking = np.zeros(self.v.shape, dtype=bool)

    def integrate(self, step, background):
        """Take one Euler step, and find who spikes."""
        current = self.g_e * (E_E - self.v) + self.g_i * (E_I - self.v) + background
        free = step - self.last_spike >= REFRACTORY_STEPS
        self.v = self.v + np.where(free, DT * (V_REST - self.v + current) / TAU_M, 0.0)
        self.g_e = self.g_e - DT * self.g_e / TAU_E
        self.g_i = self.g_i - DT * self.g_i / TAU_I
        self.arriving = self.spiking
        self.spiking = free & (self.v > V_THRESHOLD)

    def reset(self, step):
        """Reset who spiked."""
        self.v[self.spiking] = V_RESET
        self.last_spike[self.spiking] = step


class Synapses:
    """All-to-all synapses; `weights` has shape (sources, targets), absent synapses are masked."""

    def __init__(self, source, target, conductance, weight, rule=None):
        self.source, self.target, self.conductance, self.rule = source, target, conductance, rule
        self.exists = np.ones((source.v.size, target.v.size), dtype=bool)
        if source is target:
            np.fill_diagonal(self.exists, False)
        self.weights = np.where(self.exists, weight, 0.0)
        self.z_pre = np.zeros(source.v.size)
        self.z_post = np.zeros(target.v.size)

    def decay(self):
        """Take one Euler step of the traces."""
        if self.rule:
            self.z_pre = self.z_pre - DT * self.z_pre / self.rule.tau_pre
            self.z_post = self.z_post - DT * self.z_post / self.rule.tau_post

    def arrive(self):
        """Transmit the spikes of the step before, then let them change the weights."""
        for i in np.flatnonzero(self.source.arriving):
            for j in np.flatnonzero(self.exists[i]):
                g = getattr(self.target, self.conductance)
                g[j] += self.weights[i, j]
                if self.rule:
                    self._change(i, j, self.rule.alpha + self.rule.kappa * self.z_post[j])

    def learn_from_post(self):
        """Let the target's spikes of this step change the weights."""
        if self.rule:
            for j in np.flatnonzero(self.target.spiking):
                for i in np.flatnonzero(self.exists[:, j]):
                    self._change(i, j, self.rule.beta + self.rule.gamma * self.z_pre[i])

    def grow_traces(self):
        """Add this step's spikes to the traces."""
        self.z_pre[self.source.spiking] += 1
        self.z_post[self.target.spiking] += 1

    def _change(self, i, j, difference):
        changed = self.weights[i, j] + difference
        self.weights[i, j] = min(max(changed, self.rule.w_min), self.rule.w_max)


def simulate(v_exc, v_inh, background_exc, background_inh, weights, rules, steps):
    """Simulate; dense connectivity without self-connections.

    Parameters
    ----------
    v_exc, v_inh : (N,) and (M,) float
        Initial potentials, V.
    background_exc, background_inh : float
        V.
    weights : dict of str to float
        Of ``ee``, ``ei``, ``ie``, ``ii``.
    rules : dict of str to Rule
        For the plastic ones.
    steps : int

    Returns
    -------
    dict
        ``exc`` and ``inh``: lists of (step, neuron); ``ee`` ...: weights of shape
        (sources, targets); ``v``: the excitatory potentials at the end.
    """
    exc, inh = Neurons(v_exc), Neurons(v_inh)
    ends = {"e": (exc, "g_e"), "i": (inh, "g_i")}
    projections = {
        name: Synapses(
            ends[name[0]][0], ends[name[1]][0], ends[name[0]][1], weights[name], rules.get(name)
        )
        for name in ("ee", "ei", "ie", "ii")
    }
    spikes = {"exc": [], "inh": []}
    for step in range(steps):
        exc.integrate(step, background_exc)
        inh.integrate(step, background_inh)
        for synapses in projections.values():
            synapses.decay()
        for name, neurons in (("exc", exc), ("inh", inh)):
            spikes[name] += [(step, int(i)) for i in np.flatnonzero(neurons.spiking)]
        for synapses in projections.values():
            synapses.arrive()
        for synapses in projections.values():
            synapses.learn_from_post()
        for neurons in (exc, inh):
            neurons.reset(step)
        for synapses in projections.values():
            synapses.grow_traces()
    return spikes | {name: s.weights for name, s in projections.items()} | {"v": exc.v}
