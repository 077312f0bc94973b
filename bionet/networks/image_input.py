"""Inputs that show one image after the other, each fading in from the one before.

One neuron, the source, draws an image at each onset; the inputs read their pixels then and go there
linearly within the first part of the presentation. They also carry the decoder's reconstruction
``D z`` of what they show, and sum its squared error while the network is tested.
"""

from __future__ import annotations

from collections.abc import Mapping

from brian2 import NeuronGroup, linked_var

from bionet.models.update_at_spikes import HOLD_INPUT, INPUT_EQUATIONS
from bionet.stimuli.stimulus import Stimulus

__all__ = ["image_source", "input_group"]

# a quarter of a step: see `bionet.models.escape_noise_lif`
LEARNING = """
    learning = int(t < learn_until - dt/4) : 1
    learn_until : second (linked)
"""

SOURCE = """
    number = timestep(t, dt)//image_steps : integer
    first_number : integer (shared, constant)
"""

INPUT = """
    x = x_from + faded*(x_to - x_from) : 1
    faded = clip((timestep(t, dt) % image_steps + 1)/fade_steps, 0, 1) : 1 (shared)
    x_from : 1
    x_to : 1
    dreconstruction/dt = -reconstruction/tau : 1        # of D z: a sum of traces
    squared_error : 1
    n_spikes : integer (linked)
"""

# 2 N_x times the loss, Mikulasch et al.: L = |x - D z|^2/(2 N_x)
SCORE = "squared_error += (1 - learning)*(x - reconstruction)**2"


def image_source(
    stimulus: Stimulus, coding: NeuronGroup, constants: Mapping[str, float]
) -> NeuronGroup:
    """Return the neuron ``image`` that spikes at image onsets and then draws the image.

    Parameters
    ----------
    stimulus : Stimulus
    coding : NeuronGroup
        Holds ``learn_until``.
    constants : mapping of str to float
        ``image_steps``: steps of an image.
    """
    source = NeuronGroup(
        1,
        SOURCE + LEARNING + stimulus.equations,
        threshold="timestep(t, dt) % image_steps == 0",
        reset=stimulus.draw,
        namespace={**constants, **stimulus.constants},
        clock=coding.clock,
        name="image",
    )
    source.learn_until = linked_var(coding, "learn_until")
    for name, value in stimulus.parameters.items():
        setattr(source, name, value)
    source.set_event_schedule("spike", when="start", order=0)
    source.resetter["spike"].when, source.resetter["spike"].order = "start", 1
    return source


def input_group(
    stimulus: Stimulus,
    image: NeuronGroup,
    layer: NeuronGroup,
    coding: NeuronGroup,
    constants: Mapping[str, float],
) -> NeuronGroup:
    """Return the N_x inputs, ``input``, intensities in [0, 1].

    Parameters
    ----------
    stimulus : Stimulus
    image : NeuronGroup
        As `image_source` makes it.
    layer : NeuronGroup
        Counts the layer's spikes of a step, ``n_spikes``.
    coding : NeuronGroup
        Holds ``learn_until``.
    constants : mapping of str to float
        ``tau`` (with its unit), ``image_steps`` and ``fade_steps``.
    """
    read = "\n".join(f"{name} : integer (linked)" for name in stimulus.read)
    group = NeuronGroup(
        stimulus.n_inputs,
        INPUT + LEARNING + INPUT_EQUATIONS + read,
        events={"onset": "timestep(t, dt) % image_steps == 0", "update": "n_spikes > 0"},
        method="exact",
        namespace={**constants, **stimulus.constants},
        clock=coding.clock,
        name="input",
    )
    group.n_spikes = linked_var(layer, "n_spikes")
    group.learn_until = linked_var(coding, "learn_until")
    for name in stimulus.read:
        setattr(group, name, linked_var(image, name))
    group.set_event_schedule("onset", when="start", order=2)
    group.run_on_event("onset", f"x_from = x_to; x_to = {stimulus.pixel}", when="start", order=3)
    group.set_event_schedule("update", when="after_resets", order=0)
    group.run_on_event("update", HOLD_INPUT, when="end", order=3)
    group.state_updater.when = "after_thresholds"
    group.run_regularly(SCORE, when="thresholds", order=9, name="input_score")
    return group
