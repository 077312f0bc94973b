"""A synapse whose weight does not change: one weight for the whole projection, a run-time input."""

from bionet.models.synapse_model import SynapseModel

__all__ = ["STATIC_SYNAPSE"]

STATIC_SYNAPSE = SynapseModel(
    equations="w : {weight} (shared, constant)",
    on_pre="{target} += w",
    name="static",
)
