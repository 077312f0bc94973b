"""What a differentiable network is made of: layers of one neuron model, and dense connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bionet.gradient.feedback import BACKPROPAGATION, AbstractFeedbackRule
from bionet.gradient.surrogates import Surrogate, fast_sigmoid

if TYPE_CHECKING:
    from bionet.models import NeuronModel

__all__ = ["INPUT", "Connection", "Layer"]

#: Name of the spikes that come from outside.
INPUT = "input"


@dataclass(frozen=True)
class Layer:
    """Neurons of one model.

    Attributes
    ----------
    name : str
    model : NeuronModel
    neurons : int
    surrogate : Surrogate
        Derivative of a spike. Its ``scale`` is threshold minus rest for a model in volts.
    reset_gradient : bool
        Whether gradients flow through what a reset owes to the spike.
    """

    name: str
    model: NeuronModel
    neurons: int
    surrogate: Surrogate = field(default_factory=fast_sigmoid)
    reset_gradient: bool = False

    def __post_init__(self):
        if not self.name.isidentifier() or self.name == INPUT:
            raise ValueError(f"a layer's name must be an identifier but {INPUT!r}: {self.name!r}")
        if not isinstance(self.surrogate, Surrogate):
            raise ValueError(
                f"the surrogate of layer {self.name!r} must be a Surrogate, such as "
                f"fast_sigmoid(); found {self.surrogate!r}"
            )
        if self.neurons != int(self.neurons):
            raise ValueError(f"layer {self.name!r} has a whole number of neurons: {self.neurons}")
        if self.neurons < 1:
            raise ValueError(f"layer {self.name!r} must have at least one neuron: {self.neurons}")


@dataclass(frozen=True)
class Connection:
    """All-to-all synapses: a spike adds its row of the weights to a variable of the target.

    The weights are the array ``"<source>_<target>.w"``, (source neurons, target neurons), in the SI
    unit of the variable.

    Attributes
    ----------
    source : str
        A layer's name, ``"input"``, or the name of a population of inputs.
    target : str
        A layer's name.
    variable : str
        What a spike increments, such as ``"I"``.
    delay : int
        Time steps between the spike and its arrival. Without a delay a spike arrives in its own
        step, after the state update and before the reset, as in Brian2.
    feedback : AbstractFeedbackRule
        What carries errors from the target back to the source, see `bionet.gradient.feedback`. Its
        feedback weights, where it has some, are the array ``"<source>_<target>.feedback"``,
        (target neurons, source neurons).
    """

    source: str
    target: str
    variable: str
    delay: int = 0
    feedback: AbstractFeedbackRule = BACKPROPAGATION

    def __post_init__(self):
        if not isinstance(self.feedback, AbstractFeedbackRule):
            raise ValueError(
                f"feedback of {self.weights!r} must be a feedback rule, such as "
                f"FEEDBACK_ALIGNMENT; found {self.feedback!r}"
            )
        if self.delay < 0 or self.delay != int(self.delay):
            raise ValueError(f"a delay is a whole number of steps, not negative: {self.delay}")
        object.__setattr__(self, "delay", int(self.delay))

    @property
    def weights(self) -> str:
        """Name of the weights."""
        return f"{self.source}_{self.target}.w"

    @property
    def feedback_weights(self) -> str:
        """Name of the feedback weights, where the rule has some."""
        return f"{self.source}_{self.target}.feedback"
