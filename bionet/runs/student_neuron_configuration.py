"""What a ``student_neuron`` run is asked for: neurons, inputs, rules, learning, evaluation.

Every rule teaches a student of every teacher, all with the same inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np

from bionet.runs.configuration_checks import require_distinct, require_steps
from bionet.runs.quantities import Unit
from bionet.runs.ranges import (
    Factor,
    Number,
    Range,
    Repeats,
    Seed,
    Size,
    Step,
    require_allowed,
)
from bionet.runs.student_neuron_priors import NEURONS, LearnedNeuron

__all__ = ["EvaluationTable", "InputTable", "LearningTable", "RuleTable", "StudentNeuron"]

Seconds = Annotated[float, Unit("s"), Range(1e-6, 1e7)]
Hertz = Annotated[float, Unit("Hz"), Range(0, 1e6, above=True)]


@dataclass(frozen=True)
class InputTable:
    """Table ``[input]``: independent inputs that spike at random.

    Braun & Vogels write 10 and 40 Hz; their generator compares a number from [-1, 1] with a
    probability, which halves the rates.
    """

    excitatory: Size = 80
    inhibitory: Annotated[int, Range(0, 10**7)] = 20
    excitatory_rate: Hertz = 5.0
    inhibitory_rate: Hertz = 20.0
    step: Step = 0.001

    def __post_init__(self):
        require_allowed(self)
        for name in ("excitatory_rate", "inhibitory_rate"):
            if getattr(self, name) * self.step >= 1:
                raise ValueError(f"{name} must be below one spike a step")

    @property
    def signs(self) -> np.ndarray:
        """1 for each excitatory input, then -1 for each inhibitory one."""
        return np.repeat([1, -1], [self.excitatory, self.inhibitory])

    @property
    def probability(self) -> np.ndarray:
        """Of a spike of each input in a step."""
        rates = np.where(self.signs > 0, self.excitatory_rate, self.inhibitory_rate)
        return rates * self.step


@dataclass(frozen=True)
class RuleTable:
    """Table ``[rule]``: the rules compared, see `bionet.gradient.mismatch_rules`.

    There is one with a surrogate for each of ``surrogate_slopes``.
    """

    vanilla: bool = True
    braun_vogels: bool = True
    surrogate_slopes: tuple[Factor, ...] = ()

    def __post_init__(self):
        require_distinct(self, *(["surrogate_slopes"] if self.surrogate_slopes else []))
        if not (self.vanilla or self.braun_vogels or self.surrogate_slopes):
            raise ValueError("no rule: set vanilla, braun_vogels or surrogate_slopes")

    @property
    def names(self) -> tuple[str, ...]:
        """What the rules are called in results, in their order there."""
        slopes = tuple(f"surrogate {slope:g}" for slope in self.surrogate_slopes)
        return ("vanilla",) * self.vanilla + ("braun_vogels",) * self.braun_vogels + slopes


@dataclass(frozen=True)
class LearningTable:
    """Table ``[learning]``: how long and how fast.

    Adam's step is the rate times the parameter's gain (`bionet.runs.student_neuron_priors`). It
    falls exponentially from ``rate`` to ``final_rate`` (left out: it stays). After every
    ``interval`` parameters are recorded, after every ``checkpoint`` intervals all of the state.
    """

    duration: Seconds
    interval: Seconds = 60.0
    checkpoint: Number = 10
    rate: Factor = 1e-4
    final_rate: Factor | None = None

    def __post_init__(self):
        require_allowed(self)
        if abs(self.duration / self.interval - self.intervals) > 1e-6:
            raise ValueError(
                f"duration must be a multiple of interval; found {self.duration:g} s and "
                f"{self.interval:g} s"
            )

    @property
    def intervals(self) -> int:
        """Number of intervals."""
        return max(round(self.duration / self.interval), 1)

    def rate_in(self, interval: int) -> float:
        """Return the learning rate of an interval, counted from 0."""
        last = self.rate if self.final_rate is None else self.final_rate
        return self.rate * (last / self.rate) ** (interval / max(self.intervals - 1, 1))


@dataclass(frozen=True)
class EvaluationTable:
    """Table ``[evaluation]``: when a student has recovered its teacher, and how well it spikes.

    Errors must stay below their tolerances in the last ``records`` records. Spikes are compared
    for ``duration`` without learning.
    """

    records: Number = 25
    duration: Seconds = 200.0

    def __post_init__(self):
        require_allowed(self)


@dataclass(frozen=True)
class StudentNeuron:
    """Configuration of single neurons that learn to be others.

    ``learned`` are the weights only, or the neuron's own parameters, too. ``seeds`` is the number
    of teachers; teacher and student follow from ``seed`` and its number, inputs from ``seed`` and
    ``seeds``.
    """

    learning: LearningTable
    model: Literal["lif", "resonate_and_fire"] = "lif"
    learned: Literal["weights", "all"] = "weights"
    seeds: Repeats = 20
    seed: Seed = 1
    input: InputTable = field(default_factory=InputTable)
    rule: RuleTable = field(default_factory=RuleTable)
    evaluation: EvaluationTable = field(default_factory=EvaluationTable)

    def __post_init__(self):
        require_allowed(self)
        for name, length in (
            ("learning.interval", self.learning.interval),
            ("evaluation.duration", self.evaluation.duration),
        ):
            require_steps(name, length, self.input)
            if abs(length / self.input.step / 200 - round(length / self.input.step / 200)) > 1e-6:
                raise ValueError(f"{name} must be a multiple of 200 input.step; found {length:g} s")
        if self.evaluation.records > self.learning.intervals:
            raise ValueError(
                f"evaluation.records = {self.evaluation.records} exceeds the "
                f"{self.learning.intervals} intervals of learning.duration"
            )

    def memory(self) -> dict[str, float]:
        """Return the bytes that the largest arrays need, see `bionet.runs.memory`."""
        inputs, rules = self.input.excitatory + self.input.inhibitory, len(self.rule.names)
        records = float(self.learning.intervals) + 1
        return {
            "seeds and the numbers of inputs": 12.0 * inputs * rules * self.seeds,
            "learning.duration over learning.interval, seeds and the numbers of inputs": (
                4 * records * rules * (5 * self.seeds + inputs)
            ),
        }

    @property
    def neuron(self) -> LearnedNeuron:
        """The model and its priors."""
        return NEURONS[self.model]

    @property
    def learned_names(self) -> tuple[str, ...]:
        """Return ``w``, and the model's parameters where those are learned."""
        return ("w", *(self.neuron.parameters if self.learned == "all" else ()))
