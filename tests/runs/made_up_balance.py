"""Trainings that are made up: a configuration, and layers whose outcome the seed tells."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bionet.devices import Outcome, Status

N_X, STEPS = 4, 100  # bars of side 2, steps of 1 ms

BARS = """
kind = "dendritic_balance"
[bars]
side = 2
p = [0.5, 1.0]
[layer]
n_coding = [3]
[neurons]
rho = "15 Hz"
eta_s = "1e-4 1/ms"
[[schemes]]
name = "analytic"
eta_F = "1e-3 1/ms"
eta_D = "2e-3 1/ms"
[[schemes]]
name = "somatic"
eta_F = "1e-3 1/ms"
eta_D = "2e-3 1/ms"
eta_W = "4e-3 1/ms"
[[phases]]
first_image = 20
eta_F = 0.5
eta_b = 0.25
[training]
images = 30
test_every = 10
test_images = 5
shown_images = 2
seeds = [7, 8]
"""
TRAININGS, EPOCHS = 8, 3


def made_up_outcome(inputs, seed):
    """Return what an epoch might: weights that remember the seeds, an error that the seed tells."""
    values = {name: np.asarray(value) for name, value in inputs.items()}
    values["feedforward.F"] = values["feedforward.F"] + seed % 1000
    values |= {
        "coding.spike_count": np.array([20, 30, 40]),
        "coding.test_spike_count": np.array([5, 10, 15]),
        "input.squared_error": np.full(N_X, 1.0 + seed % 7),
    }
    return Outcome(Status.COMPLETED, values, 1.0, 1.0, 0.0)


def made_up_recording(inputs, seed):
    """Return what the monitors of two images might hold."""
    x = np.repeat(np.arange(2 * N_X).reshape(N_X, 2), STEPS, axis=1) / 8
    values = {
        "shown.x": x,
        "shown.reconstruction": x / 2,
        "spikes.t": np.array([0.01, 0.15]),
        "spikes.i": np.array([2, 0]),
    }
    return Outcome(Status.COMPLETED, values, 0.2, 0.2, 0.0)


@dataclass(frozen=True)
class MadeUpLayer:
    """Stands in for a compiled layer; notes every call of any of them in one list."""

    function: object
    recording: bool
    calls: list = field(default_factory=list)
    duration: float = 0.1
    directory: Path = Path("cache/made-up-build")

    def lasting(self, duration):
        """Return the same with another duration."""
        return replace(self, duration=duration)

    def __call__(self, inputs, seed):
        """Note the call and return the made-up outcome."""
        if self.recording:
            return made_up_recording(inputs, seed)
        self.calls.append((self.duration, dict(inputs), seed))
        return self.function(inputs, seed)
