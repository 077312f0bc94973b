"""Synapses of the coding layer: feed-forward ones with their decoder weights, and inhibition.

====================  ============================================================================
``feedforward``       from input i to neuron j; ``F``, ``D`` and what the scheme adds, N_x * N_z
                      values, input first. Where inhibition is dendritic each is a compartment.
``inhibition.W``      somatic: from neuron k to neuron j, N_z * N_z values, k first;
                      dendritic: from neuron k to synapse (i, j), N_z * N_x * N_z values, k first
====================  ============================================================================

All of them work at two events only: ``onset``, when an image begins, and ``update``, when the layer
has spiked.
"""

from __future__ import annotations

from collections.abc import Mapping

from brian2 import NeuronGroup, Synapses

from bionet.models import LearningScheme
from bionet.models.learning_scheme import DECODER

__all__ = ["feedforward_synapses", "inhibitory_synapses"]

# Sums over the inputs, for the image that fades out and the one that fades in
DRIVE = """
    Fx_from_next_post += F*x_from_pre
    Fx_to_next_post += F*x_to_pre
"""

# D z with the weights and traces now (Dz_next), and the same for F
READ_OUT = "Dz_next_pre += D*z_post"
READ_FEEDFORWARD = "Fz_next_pre += F*z_post"

# W = -F D: the inhibition of neuron j is -sum_i F_ji (D z)_i
THROUGH_DECODER = """
    I_next_post -= F*Dz_next_pre
    W_self_next_post -= F*D
"""

# A dendrite: both parts of u_ij = Fx_ij + I_ij, held since the last spike
DENDRITE = """
    soma : integer (constant)
    Fx_ij : 1
    I_ij : 1
    I_ij_next : 1
    W_self_ij : 1
"""
# after W has added to the dendrites
FROM_DENDRITE_TO_SOMA = """
    Fx_ij = F*x_pre
    I_ij = I_ij_next
    I_next_post += I_ij
    W_self_next_post += W_self_ij
    I_ij_next = 0
    W_self_ij = 0
"""


def feedforward_synapses(
    scheme: LearningScheme,
    inputs: NeuronGroup,
    coding: NeuronGroup,
    constants: Mapping[str, float],
) -> Synapses:
    """Return ``feedforward``, all inputs to all coding neurons.

    Parameters
    ----------
    scheme : LearningScheme
    inputs : NeuronGroup
        As `bionet.networks.image_input.input_group` makes it, N_x neurons.
    coding : NeuronGroup
        N_z neurons.
    constants : mapping of str to float
        What the inputs' subexpressions name.

    Returns
    -------
    brian2.Synapses
        Connected; all weights 0.
    """
    onset = {
        "decoder": "Fx_to_post += F*x_to_pre; W_self_post -= F*D",
        "soma": "Fx_to_post += F*x_to_pre",
        "dendrite": "Fx_to_post += F*x_to_pre; W_self_post += W_self_ij; W_self_ij = 0",
    }
    collect = {
        "decoder": (READ_FEEDFORWARD,),
        "soma": (),
        "dendrite": (FROM_DENDRITE_TO_SOMA,),
    }
    pathways = {
        "onset": _Pathway("onset", onset[scheme.inhibition], "start", 5),
        "learn": _Pathway(
            "update",
            _lines(scheme.feedforward, DECODER, READ_OUT, DRIVE, *collect[scheme.inhibition]),
            "end",
            1,
        ),
    }
    if scheme.inhibition == "decoder":
        pathways["inhibit"] = _Pathway("update", THROUGH_DECODER, "end", 2)
    equations = _lines(
        "F : 1\nD : 1",
        scheme.equations,
        DENDRITE if scheme.inhibition == "dendrite" else "",
        _shared(scheme.parameters_of(f"{scheme.feedforward}\n{DECODER}")),
    )
    synapses = _synapses(inputs, coding, equations, pathways, "feedforward", constants)
    if scheme.inhibition == "dendrite":
        synapses.soma = "j"
    return synapses


def inhibitory_synapses(
    scheme: LearningScheme, coding: NeuronGroup, feedforward: Synapses
) -> Synapses:
    """Return ``inhibition``, from all coding neurons to all somata or all dendrites.

    Parameters
    ----------
    scheme : LearningScheme
        One whose inhibition has weights.
    coding : NeuronGroup
    feedforward : Synapses
        Its synapses are the dendrites.

    Returns
    -------
    brian2.Synapses
        Connected; all weights 0.
    """
    on_dendrites = scheme.inhibition == "dendrite"
    own = "i == soma_post" if on_dendrites else "i == j"
    W_self = "W_self_ij" if on_dendrites else "W_self"
    I_next = "I_ij_next" if on_dendrites else "I_next"
    W_self_next = "W_self_ij" if on_dendrites else "W_self_next"
    pathways = {
        "onset": _Pathway("onset", f"{W_self}_post += W*int({own})", "start", 4),
        "learn": _Pathway(
            "update",
            _lines(
                scheme.lateral,
                f"{I_next}_post += W*z_pre\n{W_self_next}_post += W*int({own})",
            ),
            "end",
            0,
        ),
    }
    equations = _lines("W : 1", _shared(scheme.parameters_of(scheme.lateral)))
    target = feedforward if on_dendrites else coding
    return _synapses(coding, target, equations, pathways, "inhibition", {})


class _Pathway:
    """What all synapses do at an event of their source, and when within the step."""

    def __init__(self, event: str, statements: str, when: str, order: int):
        self.event, self.statements, self.when, self.order = event, statements, when, order


def _synapses(
    source,
    target,
    equations: str,
    pathways: Mapping[str, _Pathway],
    name: str,
    constants: Mapping[str, float],
) -> Synapses:
    synapses = Synapses(
        source,
        target,
        equations,
        on_pre={key: pathway.statements for key, pathway in pathways.items()},
        on_event={key: pathway.event for key, pathway in pathways.items()},
        name=name,
        namespace=dict(constants),
        clock=source.clock,
    )
    synapses.connect()
    for key, pathway in pathways.items():
        made = getattr(synapses, key)
        made.when, made.order = pathway.when, pathway.order
    return synapses


def _shared(parameters: Mapping[str, str]) -> str:
    return "\n".join(f"{name} : {unit} (shared, constant)" for name, unit in parameters.items())


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
