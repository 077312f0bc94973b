"""How a network runs: compiled once into a function, on the devices of this machine."""

from bionet.devices.compile import compile_network
from bionet.devices.compiled import CompiledNetwork, CppNetwork
from bionet.devices.cpp.optimisations import OPTIMISATIONS
from bionet.devices.outcome import Outcome, Status
from bionet.devices.refusals import NetworkError

__all__ = [
    "OPTIMISATIONS",
    "CompiledNetwork",
    "CppNetwork",
    "NetworkError",
    "Outcome",
    "Status",
    "compile_network",
]
