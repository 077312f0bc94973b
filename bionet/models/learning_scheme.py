"""A learning scheme is a value: how feed-forward weights, inhibition and decoder learn together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DECODER", "INHIBITIONS", "LearningScheme"]

#: Where inhibition comes from, and where it lands.
INHIBITIONS = ("decoder", "soma", "dendrite")

#: The decoder, alike in all schemes: D descends the squared error of the reconstruction D z.
#: Mikulasch et al., eq. 10, 14; integrated between spikes, see `bionet.models.update_at_spikes`.
DECODER = "D += eta_D*(zE1_post*x0_pre - zE2_post*Dz_pre)"


@dataclasses.dataclass(frozen=True)
class LearningScheme:
    """How a layer of coding neurons learns (Mikulasch et al., 1.3 of their table of schemes).

    The feed-forward synapse from input i to neuron j has weight ``F`` and decoder weight ``D``, and
    is a dendritic compartment with potential ``u_ij`` of its own where inhibition lands on
    dendrites. Statements are integrated from one spike of the layer to the next in closed form:
    ``zE1``, ``zE2``, ``x0`` and ``I0`` are explained in `bionet.models.update_at_spikes`.

    Attributes
    ----------
    name : str
    inhibition : {"decoder", "soma", "dendrite"}
        ``"decoder"``: not learned, ``W = -F D`` at any time. ``"soma"``: weights W_jk from neuron k
        to neuron j. ``"dendrite"``: weights W^i_jk from neuron k to each feed-forward synapse.
    feedforward : str
        Statements that change ``F`` (and the scheme's own variables) of a feed-forward synapse.
    lateral : str
        Statement that changes ``W`` of an inhibitory synapse; empty if it is not learned.
    equations : str
        Further variables of a feed-forward synapse.
    parameters : mapping of str to str
        The coefficients and their Brian2 units; all are run-time inputs, those of `lateral` of the
        inhibitory synapses, the others of the feed-forward ones.
    source : str
        Paper and equation.

    Raises
    ------
    ValueError
        If `inhibition` is unknown, inhibition learns without a place or has one but no rule, or no
        statement names a parameter.
    """

    name: str
    inhibition: str
    feedforward: str
    lateral: str = ""
    equations: str = ""
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)
    source: str = ""

    def __post_init__(self):
        if self.inhibition not in INHIBITIONS:
            raise ValueError(
                f"inhibition must be one of {', '.join(INHIBITIONS)}; got {self.inhibition!r}"
            )
        if (self.inhibition == "decoder") == bool(self.lateral):
            raise ValueError(
                "inhibition through the decoder has no weights to learn, and any other needs a "
                f"statement that changes W; {self.name!r} has inhibition {self.inhibition!r} and "
                f"lateral {self.lateral!r}"
            )
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        named = self.parameters_of(f"{self.feedforward}\n{self.lateral}\n{DECODER}")
        unused = sorted(set(self.parameters) - set(named))
        if unused:
            raise ValueError(
                f"scheme {self.name!r} has a parameter {unused[0]!r} that none of its statements "
                f"names; they name {', '.join(sorted(named)) or 'none'}"
            )

    def __reduce__(self):
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return _rebuild, (fields | {"parameters": dict(self.parameters)},)

    def parameters_of(self, statements: str) -> dict[str, str]:
        """Return the coefficients that some of the scheme's statements name, with their units."""
        from brian2.utils.stringtools import get_identifiers

        named = get_identifiers(statements)
        return {name: unit for name, unit in self.parameters.items() if name in named}


def _rebuild(fields):
    return LearningScheme(**fields)
