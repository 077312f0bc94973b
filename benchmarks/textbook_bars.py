"""The named peer: the correlated-bars task as a script in plain Brian2 writes it.

Written from Brian2's documentation: every sum over synapses is a summed variable, every learning
rule a ``run_regularly`` of the synapses, both in every step; images are a `TimedArray`. Inhibition
is ``-F (D z)`` for DB, ``W z`` for SB. The same model as bionet's, but that x, the weights and u
are those of each step where the closed form holds them since the last spike.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bars_network import IMAGE_STEPS, N_CODING, N_INPUTS, NEURON, PARTNERS, RATES, SIDE, seconds_of
from textbook_network import standalone_device

__all__ = ["build_textbook_bars"]

INPUT = """
    x = before + faded*(shown(t, i) - before) : 1 (constant over dt)
    before = shown(t - image_duration, i) : 1
    faded = clip((timestep(t, dt) % image_steps + 1)/fade_steps, 0, 1) : 1 (shared)
    reconstruction : 1
    Fz : 1
    squared_error : 1
"""
SCORE = "squared_error += int(t >= learn_until)*(x - reconstruction)**2"

CODING = """
    u = Fx + I : 1
    Fx : 1
    I : 1
    W_self : 1
    dz/dt = -z/tau : 1
    db/dt = learning*eta_b*rho*dt : 1
    Du = Du_end + (Du_start - Du_end)*exp(-2*eta_s*clip(t, 0*second, learn_until)) : 1 (shared)
    learning = int(t < learn_until) : 1 (shared)
    learning_spikes : 1
"""
THRESHOLD = "rand() < 1/(1 + exp(-(u + W_self/4 + b)/Du))"
RESET = """
    z += 1
    b -= learning*eta_b*dt
    learning_spikes += learning
"""

FEEDFORWARD = """
    F : 1
    D : 1
    Fx_post = F*x_pre : 1 (summed)
    reconstruction_pre = D*z_post : 1 (summed)
"""
THROUGH_DECODER = """
    Fz_pre = F*z_post : 1 (summed)
    I_post = -F*reconstruction_pre : 1 (summed)
    W_self_post = -F*D : 1 (summed)
"""
DECODER = "D += int(t < learn_until)*eta_D*dt*z_post*(x_pre - reconstruction_pre)"
FEEDFORWARD_RULE = {
    "DB": "F += int(t < learn_until)*eta_F*dt*z_post*(x_pre - Fz_pre)",
    "SB": "F += int(t < learn_until)*eta_F*dt*z_post*(x_pre - F*z_post)",
}

LATERAL = """
    W : 1
    I_post = W*z_pre : 1 (summed)
    W_self_post = W*int(i == j) : 1 (summed)
"""
LATERAL_RULE = "W -= int(t < learn_until)*eta_W*dt*z_pre*u_post"


def build_textbook_bars(directory: Path, scheme: str, images: int, test_images: int) -> None:
    """Generate and compile the project with Brian2's own flags.

    Parameters
    ----------
    directory : Path
        Where it goes; the program in it is ``main``.
    scheme : {"DB", "SB"}
    images, test_images : int
        How many it learns from, and is tested with afterwards; compiled in, like the seed.
    """
    import brian2

    with standalone_device(directory) as device:
        brian2.seed(1)
        network = _network(scheme, images, test_images)
        network.run(seconds_of(images + test_images) * brian2.second)
        device.build(directory=str(directory), compile=True, run=False, with_output=False)


def _network(scheme: str, images: int, test_images: int):
    from brian2 import Network, NeuronGroup, Synapses, defaultclock, ms

    defaultclock.dt = 1 * ms
    constants = _constants(images, images + test_images)
    inputs = NeuronGroup(N_INPUTS, INPUT, namespace=constants, name="input")
    inputs.run_regularly(SCORE, when="thresholds")
    coding = NeuronGroup(
        N_CODING,
        CODING,
        threshold=THRESHOLD,
        reset=RESET,
        method="exponential_euler",
        namespace=constants,
        name="coding",
    )
    coding.b = NEURON["b"]
    coding.state_updater.when = "after_thresholds"  # a spike's first step is not decayed
    equations = FEEDFORWARD + (THROUGH_DECODER if scheme == "DB" else "")
    feedforward = Synapses(inputs, coding, equations, namespace=constants, name="feedforward")
    feedforward.connect()
    rules = f"{FEEDFORWARD_RULE[scheme]}\n{DECODER}"
    feedforward.run_regularly(rules, when="after_groups")  # after the sums that they read
    objects = [inputs, coding, feedforward]
    if scheme == "DB":
        feedforward.summed_updaters["I_post"].order = 1  # after the reconstruction that it reads
    else:
        lateral = Synapses(coding, coding, LATERAL, namespace=constants, name="inhibition")
        lateral.connect()
        lateral.run_regularly(LATERAL_RULE, when="after_groups")
        objects.append(lateral)
    return Network(objects)


def _constants(images: int, all_images: int) -> dict:
    from brian2 import Hz, TimedArray, ms, second

    hertz = {name: value * Hz for name, value in RATES.items()}
    hertz |= {name: NEURON[name] * Hz for name in ("rho", "eta_b", "eta_s")}
    return hertz | {
        "Du_start": NEURON["Du_start"],
        "Du_end": NEURON["Du_end"],
        "tau": 10 * ms,
        "image_duration": IMAGE_STEPS * ms,
        "image_steps": IMAGE_STEPS,
        "fade_steps": 0.3 * IMAGE_STEPS,
        "learn_until": seconds_of(images) * second,
        "shown": TimedArray(_images(all_images), dt=IMAGE_STEPS * ms),
    }


def _images(number: int) -> np.ndarray:
    """Return images of two bars, (number, N_x)."""
    random = np.random.default_rng(1)
    bars = np.zeros((2 * SIDE, SIDE, SIDE))
    for k in range(SIDE):
        bars[k, k, :] = bars[SIDE + k, :, k] = 1
    first, other = random.integers(2 * SIDE, size=(2, number))
    partner = (first + SIDE) % (2 * SIDE)
    second = np.where(random.random(number) < PARTNERS, partner, other)
    return np.maximum(bars[first], bars[second]).reshape(number, N_INPUTS)
