"""Biophysical network simulations on Brian2: write the equations once, then simulate and learn.

The names here load on first use, so that ``import bionet`` costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "CompiledNetwork": "bionet.devices",
    "Outcome": "bionet.devices",
    "Status": "bionet.devices",
    "compile_network": "bionet.devices",
    "balanced_network": "bionet.networks",
    "dendritic_balance_network": "bionet.networks",
    "LearningScheme": "bionet.models",
    "NeuronModel": "bionet.models",
    "SynapseModel": "bionet.models",
    "Parameters": "bionet.metalearning",
    "metalearn": "bionet.metalearning",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'bionet' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__():
    return sorted(__all__)
