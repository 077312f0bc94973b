"""What a neuron or a synapse is: equation strings, one model a file."""

from bionet.models.conductance_lif import CONDUCTANCE_LIF
from bionet.models.current_lif import CURRENT_LIF
from bionet.models.dendritic_balance_analytic import DENDRITIC_BALANCE_ANALYTIC
from bionet.models.dendritic_balance_decay import DENDRITIC_BALANCE_DECAY
from bionet.models.dendritic_balance_simultaneous import DENDRITIC_BALANCE_SIMULTANEOUS
from bionet.models.dendritic_balance_slow import DENDRITIC_BALANCE_SLOW
from bionet.models.double_exponential_lif import DOUBLE_EXPONENTIAL_LIF
from bionet.models.escape_noise_lif import ESCAPE_NOISE_LIF, ESCAPE_NOISE_LIF_UNSCALED_BIAS
from bionet.models.inhibitory_plasticity import inhibitory_plasticity
from bionet.models.learning_scheme import LearningScheme
from bionet.models.neuron_model import NeuronModel
from bionet.models.polynomial_plasticity import POLYNOMIAL_PLASTICITY
from bionet.models.resonate_and_fire import RESONATE_AND_FIRE
from bionet.models.somatic_balance import SOMATIC_BALANCE
from bionet.models.static_synapse import STATIC_SYNAPSE
from bionet.models.synapse_model import SynapseModel
from bionet.models.unit_lif import LEAKY_READOUT, UNIT_LIF

__all__ = [
    "CONDUCTANCE_LIF",
    "CURRENT_LIF",
    "DENDRITIC_BALANCE_ANALYTIC",
    "DENDRITIC_BALANCE_DECAY",
    "DENDRITIC_BALANCE_SIMULTANEOUS",
    "DENDRITIC_BALANCE_SLOW",
    "DOUBLE_EXPONENTIAL_LIF",
    "ESCAPE_NOISE_LIF",
    "ESCAPE_NOISE_LIF_UNSCALED_BIAS",
    "LEAKY_READOUT",
    "POLYNOMIAL_PLASTICITY",
    "RESONATE_AND_FIRE",
    "SOMATIC_BALANCE",
    "STATIC_SYNAPSE",
    "UNIT_LIF",
    "LearningScheme",
    "NeuronModel",
    "SynapseModel",
    "inhibitory_plasticity",
]
