"""The same neuron models as differentiable JAX functions, and their training.

Needs the extra ``gradient`` (JAX and optax): ``pip install 'bionet[gradient]'``.
"""

try:
    import jax  # noqa: F401
    import optax  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError(
        f"bionet.gradient needs the package {error.name!r}: pip install 'bionet[gradient]'"
    ) from error

from bionet.gradient.alignment import angle
from bionet.gradient.brian2_network import brian2_network
from bionet.gradient.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from bionet.gradient.constraints import dales_law, noisy
from bionet.gradient.count_readout import CountReadout
from bionet.gradient.errors import DivergedError, NotDifferentiableError
from bionet.gradient.feedback import (
    BACKPROPAGATION,
    FEEDBACK_ALIGNMENT,
    KOLEN_POLLACK,
    SIGN_SYMMETRY,
    WEIGHT_MIRROR,
    AbstractFeedbackRule,
    SignSymmetry,
    feedback_product,
)
from bionet.gradient.forward_sensitivity import ForwardSensitivity, Sensitivity
from bionet.gradient.input_spikes import InputSpikes, event_spikes, latency_spikes
from bionet.gradient.layers import Connection, Layer
from bionet.gradient.mirror import MirrorRule
from bionet.gradient.mismatch_rules import BraunVogels, SurrogateMismatch, Vanilla
from bionet.gradient.network import DifferentiableNetwork
from bionet.gradient.objectives import (
    AbstractObjective,
    AbstractRegulariser,
    Classification,
    MeanRateTarget,
    RateTarget,
    SpikeCount,
    UnitSpikeCount,
)
from bionet.gradient.rate_network import RateNetwork
from bionet.gradient.rate_training import RateTrainer, decaying
from bionet.gradient.spike_matching import SpikeMatching
from bionet.gradient.spike_train_filter import DoubleExponential
from bionet.gradient.spiking_mirror import SpikingMirror
from bionet.gradient.superspike import SuperSpike, through_weights
from bionet.gradient.surrogates import (
    Surrogate,
    arctan,
    exponential,
    fast_sigmoid,
    spike,
    triangular,
)
from bionet.gradient.train import History, train
from bionet.gradient.training import EpochMetrics, Evaluation, Trainer, TrainingState
from bionet.gradient.transforms import AbstractTransform, Bounded, Positive, Scaled

__all__ = [
    "BACKPROPAGATION",
    "FEEDBACK_ALIGNMENT",
    "KOLEN_POLLACK",
    "SIGN_SYMMETRY",
    "WEIGHT_MIRROR",
    "AbstractFeedbackRule",
    "AbstractObjective",
    "AbstractRegulariser",
    "AbstractTransform",
    "Bounded",
    "BraunVogels",
    "CheckpointError",
    "Classification",
    "Connection",
    "CountReadout",
    "DifferentiableNetwork",
    "DivergedError",
    "DoubleExponential",
    "EpochMetrics",
    "Evaluation",
    "ForwardSensitivity",
    "History",
    "InputSpikes",
    "Layer",
    "MeanRateTarget",
    "MirrorRule",
    "NotDifferentiableError",
    "Positive",
    "RateNetwork",
    "RateTarget",
    "RateTrainer",
    "Scaled",
    "Sensitivity",
    "SignSymmetry",
    "SpikeCount",
    "SpikeMatching",
    "SpikingMirror",
    "SuperSpike",
    "Surrogate",
    "SurrogateMismatch",
    "Trainer",
    "TrainingState",
    "UnitSpikeCount",
    "Vanilla",
    "angle",
    "arctan",
    "brian2_network",
    "dales_law",
    "decaying",
    "event_spikes",
    "exponential",
    "fast_sigmoid",
    "feedback_product",
    "latency_spikes",
    "load_checkpoint",
    "noisy",
    "save_checkpoint",
    "spike",
    "through_weights",
    "train",
    "triangular",
]
