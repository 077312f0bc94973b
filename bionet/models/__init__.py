"""What a neuron or a synapse is: equation strings, one model a file."""

from bionet.models.conductance_lif import CONDUCTANCE_LIF
from bionet.models.current_lif import CURRENT_LIF
from bionet.models.inhibitory_plasticity import inhibitory_plasticity
from bionet.models.neuron_model import NeuronModel
from bionet.models.polynomial_plasticity import POLYNOMIAL_PLASTICITY
from bionet.models.static_synapse import STATIC_SYNAPSE
from bionet.models.synapse_model import SynapseModel

__all__ = [
    "CONDUCTANCE_LIF",
    "CURRENT_LIF",
    "POLYNOMIAL_PLASTICITY",
    "STATIC_SYNAPSE",
    "NeuronModel",
    "SynapseModel",
    "inhibitory_plasticity",
]
