"""Groups of inputs that fire together: which one is active, and which one is new.

Sagtekin, Giannakakis & Levina (poster): five groups, each of 100 excitatory and 25 inhibitory
inputs. In the simple task one group is active for the whole sample. In the novelty task a second
group starts in the middle of the first one's activity; both go on together until the end, and the
class is the second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bionet.si import fields_in_si
from bionet.stimuli.spike_events import SpikeEvents

__all__ = ["InputGroups"]


@dataclass(frozen=True)
class InputGroups:
    """Poisson spikes of groups of inputs.

    The excitatory inputs of all groups come first, group after group, then the inhibitory ones.

    Parameters
    ----------
    groups : int
        At least 2.
    excitatory, inhibitory : int
        Inputs of each kind in a group.
    active, background : float
        Rates of the inputs of an active group and of the others, Hz.
    alone : float
        Seconds for which the first group is active before the second starts; 0 is the simple task,
        in which there is no first group.
    window : float
        Seconds for which the group to be named is active.
    dt : float
        Time step, s.

    Raises
    ------
    ValueError
        If there are fewer than two groups or none of some inputs, a rate is negative or more than
        one spike a step, or a time is no whole number of steps.
    """

    groups: int
    excitatory: int
    inhibitory: int
    active: float
    background: float
    alone: float
    window: float
    dt: float

    def __post_init__(self):
        fields_in_si(self, active="Hz", background="Hz", alone="s", window="s", dt="s")
        if self.groups < 2:
            raise ValueError(f"there are at least two groups; found {self.groups}")
        for name in ("excitatory", "inhibitory"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: at least one input a group; found {getattr(self, name)}")
        for name in ("active", "background"):
            rate = getattr(self, name)
            if not 0 <= rate * self.dt <= 1:
                raise ValueError(
                    f"{name} must lie between 0 and a spike a step, {1 / self.dt:g} Hz; found "
                    f"{rate:g} Hz"
                )
        for name, least in (("alone", 0), ("window", 1)):
            steps = getattr(self, name) / self.dt
            if abs(steps - round(steps)) > 1e-6 or round(steps) < least:
                raise ValueError(
                    f"{name} must be a whole number of steps of {self.dt:g} s, at least {least}; "
                    f"found {getattr(self, name):g} s"
                )

    @property
    def inputs(self) -> dict[str, int]:
        """Number of inputs of either kind, in their order."""
        return {"exc": self.groups * self.excitatory, "inh": self.groups * self.inhibitory}

    @property
    def from_step(self) -> int:
        """The step in which the group to be named starts."""
        return round(self.alone / self.dt)

    @property
    def steps(self) -> int:
        """Steps of a sample."""
        return self.from_step + round(self.window / self.dt)

    @property
    def group(self) -> np.ndarray:
        """The group of each input, (inputs,)."""
        each = np.arange(self.groups)
        return np.concatenate([np.repeat(each, self.excitatory), np.repeat(each, self.inhibitory)])

    def samples(self, n: int, rng: np.random.Generator) -> SpikeEvents:
        """Draw labelled samples, every class equally likely and every first group but it.

        Parameters
        ----------
        n : int
        rng : numpy.random.Generator

        Returns
        -------
        SpikeEvents
        """
        label = rng.integers(self.groups, size=n)
        first = (label + rng.integers(1, self.groups, size=n)) % self.groups
        probability = np.array([self.background, self.active]) * self.dt
        group, step, unit, sizes = self.group, [], [], []
        time = np.arange(self.steps)[:, None]
        for own, before in zip(label, first, strict=True):
            active = (group == own) & (time >= self.from_step)
            if self.from_step:
                active |= group == before
            spikes = rng.random(active.shape, np.float32) < probability[active.astype(int)]
            when, which = np.nonzero(spikes)
            step.append(when.astype(np.uint16))
            unit.append(which.astype(np.uint16))
            sizes.append(when.size)
        step, unit = np.concatenate(step), np.concatenate(unit)
        boundaries = np.concatenate([[0], np.cumsum(sizes)])
        count = np.ones(step.size, np.uint8)
        return SpikeEvents(step, unit, count, boundaries, label, self.steps, group.size)
