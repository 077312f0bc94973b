"""A layer of coding neurons, step by step in plain NumPy: the reference.

Written from the rules of Mikulasch et al., not from the equation strings, and without their closed
forms. Spikes are given, since random numbers differ. One step of length dt goes in this order:

1. Potentials from the image and the traces now, u_j = sum_i F_ji x_i + sum_k W_jk z_k or, with
   dendrites, u_ij = F_ji x_i + sum_k W^i_jk z_k and u_j = sum_i u_ij; the probabilities of spikes.
2. The threshold adapts to the spikes of this step.
3. What the rules ask for in this step is added up, with image and weights as they were after the
   last step in which any neuron spiked; the first step of all counts as one.
4. If any neuron spikes now, that sum changes the weights, and W = -F D where it is not learned.
5. The traces decay by one step, and grow by 1 where a neuron spiked.

Arrays: F (N_z, N_x), D (N_x, N_z), W (N_z, N_z), or (N_z, N_x, N_z) of dendrites; `[j, i, k]`.
"""

import dataclasses

import numpy as np

DENDRITIC = ("simultaneous", "slow", "decay")
SMALLEST_DIVISOR = 0.002


@dataclasses.dataclass
class Coefficients:
    """Rates in 1/s, stochasticity, and until which step the layer learns."""

    eta_F: float
    eta_D: float
    eta_b: float
    rho: float
    eta_s: float
    Du_start: float
    Du_end: float
    eta_W: float = 0.0
    eta_Fbar: float = 0.0
    decay: float = 0.0
    tau: float = 0.010
    learning_steps: int = 0
    bias_is_scaled: bool = True


class Layer:
    """Weights, and what the rules have asked for since they last changed."""

    def __init__(self, scheme, c, dt, F, D, W=None, Fbar=None):
        self.scheme, self.c, self.dt = scheme, c, dt
        self.F, self.D = F.copy(), D.copy()
        self.W = -F @ D if scheme == "analytic" else W.copy()
        self.Fbar = np.zeros_like(F) if Fbar is None else Fbar.copy()
        self.x = np.zeros(F.shape[1])
        self.forget()

    def forget(self):
        """Begin a new sum."""
        self.asked = {"D": 0.0, "F": 0.0, "W": 0.0, "Fbar": 0.0}
        self.steps_asked = 0

    def dendrites(self, x, z):
        """Return u_ij, (N_z, N_x)."""
        return self.F * x + np.einsum("jik,k->ji", self.W, z)

    def potential(self, x, z):
        """Return u_j, (N_z,)."""
        if self.scheme in DENDRITIC:
            return self.dendrites(x, z).sum(axis=1)
        return self.F @ x + self.W @ z

    def own_inhibition(self):
        """Return W_jj, of dendrites summed over them, (N_z,)."""
        if self.scheme in DENDRITIC:
            return np.einsum("jij->j", self.W)
        return np.diag(self.W).copy()

    def ask(self, z):
        """Add what the rules ask for in one step."""
        asked, x = self.asked, self.x
        asked["D"] = asked["D"] + np.outer(x - self.D @ z, z)  # eq. 10, 14
        asked["F"] = asked["F"] + self._feedforward(x, z)
        if self.scheme == "somatic":
            asked["W"] = asked["W"] - np.outer(self.potential(x, z), z)
        elif self.scheme in DENDRITIC:
            error = self.dendrites(x, z)
            change = -error[:, :, None] * z
            if self.scheme == "decay":
                change = change - self.c.decay * self.W
            asked["W"] = asked["W"] + change
            asked["Fbar"] = asked["Fbar"] + z[:, None] * error
        self.steps_asked += 1

    def _feedforward(self, x, z):
        F, z_j = self.F, z[:, None]
        if self.scheme == "analytic":
            return z_j * (x - F.T @ z)  # eq. 5
        if self.scheme == "somatic":
            return z_j * (x - F * z_j)  # eq. 6
        u = self.dendrites(x, z)  # eq. 17
        per_weight = np.sign(F) / np.maximum(SMALLEST_DIVISOR, np.abs(F))
        if self.scheme == "simultaneous":
            return z_j * (x + per_weight * (u - F * x))
        if self.scheme == "decay":
            return per_weight * z_j * u - self.c.decay * F
        return 0.0  # slow: F follows Fbar, see `learn`

    def learn(self):
        """Change the weights by what was asked for."""
        c, dt, asked = self.c, self.dt, self.asked
        self.D = self.D + c.eta_D * dt * asked["D"]
        self.Fbar = self.Fbar + c.eta_Fbar * dt * asked["Fbar"]
        if self.scheme == "slow":
            asked["F"] = self.steps_asked * (self.Fbar / self.F - self.F)
        self.F = self.F + c.eta_F * dt * asked["F"]
        if self.scheme == "analytic":
            self.W = -self.F @ self.D
        else:
            self.W = self.W + c.eta_W * dt * asked["W"]


def annealed(c, t):
    """Return Du at time t (s)."""
    return c.Du_end + (c.Du_start - c.Du_end) * np.exp(-2 * c.eta_s * t)


def simulate(scheme, c, dt, x, spikes, b, **weights):
    """Follow a layer whose images and spikes are given.

    Parameters
    ----------
    scheme : str
    c : Coefficients
    dt : float
        s.
    x : (steps, N_x) float
    spikes : (steps, N_z) bool
    b : (N_z,) float
        Biases at the start.
    **weights
        F, D, and W and Fbar where the scheme has them, at the start.

    Returns
    -------
    dict
        ``u``, ``spike_probability``, ``b``, ``z``, ``W_self``, (steps, N_z), ``Du``, (steps,), and
        ``reconstruction``, (steps, N_x): as each step's spikes are drawn. At the end ``F``,
        ``D``, ``W``, ``Fbar``, ``b_end`` and ``squared_error`` (N_x,), summed over the steps of the
        test phase.
    """
    layer = Layer(scheme, c, dt, **weights)
    z, b, squared_error = np.zeros_like(b), b.copy(), np.zeros(x.shape[1])
    names = ("u", "spike_probability", "b", "z", "W_self", "Du", "reconstruction")
    history = {name: [] for name in names}
    for step, (image, spiking) in enumerate(zip(x, spikes, strict=True)):
        learning = step < c.learning_steps
        Du = annealed(c, min(step, c.learning_steps) * dt)
        u, own = layer.potential(image, z), layer.own_inhibition()
        drive = (u + own / 4 + b) / Du if c.bias_is_scaled else (u + own / 4) / Du + b
        read_out = layer.D @ z
        now = (u, 1 / (1 + np.exp(-drive)), b, z, own, Du, read_out)  # eq. 2, 3, 11
        for values, value in zip(history.values(), now, strict=True):
            values.append(value)
        if learning:
            b = b + c.eta_b * dt * (c.rho * dt - spiking)
            if step > 0:
                layer.ask(z)
        else:
            squared_error += (image - read_out) ** 2
        if spiking.any():
            if learning:
                layer.learn()
            layer.forget()
            layer.x = image
        z = z * np.exp(-dt / c.tau) + spiking
    return {name: np.array(values) for name, values in history.items()} | {
        "F": layer.F,
        "D": layer.D,
        "W": layer.W,
        "Fbar": layer.Fbar,
        "b_end": b,
        "squared_error": squared_error,
    }
