"""Who is connected to whom: functions that return a ``brian2.Network`` of named groups."""

from bionet.networks.balanced import PROJECTIONS, balanced_network
from bionet.networks.dendritic_balance import dendritic_balance_network, somatic_balance_network
from bionet.networks.poisson_input import PoissonInput
from bionet.networks.rate_guard import RateGuard
from bionet.networks.recording import Recording

__all__ = [
    "PROJECTIONS",
    "PoissonInput",
    "RateGuard",
    "Recording",
    "balanced_network",
    "dendritic_balance_network",
    "somatic_balance_network",
]
