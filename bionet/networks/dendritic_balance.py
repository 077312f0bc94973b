"""A layer of coding neurons that learns to represent its input efficiently (Mikulasch et al.).

N_x inputs show one image after the other; N_z coding neurons spike, inhibit one another, and learn
by one of five schemes; a decoder learns to read the image out of their spikes. In every step::

    image onset     the source draws the next image, the inputs take it over      start
    spikes          of the coding neurons, with the image and the traces now      thresholds
    decay           of traces, inhibition and reconstruction                      after_thresholds
    traces          z <- z + 1 where a neuron spiked                              resets
    update          if any neuron spiked: plasticity since the last such step,    end
                    then the sums Fx, I and D z with the weights and traces now

so a spike acts one step later, and a step without spikes does no work on synapses.
"""

from __future__ import annotations

import dataclasses
import math

from brian2 import (
    Clock,
    Network,
    NeuronGroup,
    Quantity,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    have_same_dimensions,
    linked_var,
    ms,
    second,
)

from bionet.models import (
    DENDRITIC_BALANCE_ANALYTIC,
    ESCAPE_NOISE_LIF,
    SOMATIC_BALANCE,
    LearningScheme,
    NeuronModel,
)
from bionet.models.update_at_spikes import CODING_EQUATIONS, HOLD_CODING, INTEGRATE
from bionet.networks.balance_synapses import feedforward_synapses, inhibitory_synapses
from bionet.networks.image_input import image_source, input_group
from bionet.stimuli.stimulus import Stimulus

__all__ = ["IMAGE_DURATION", "dendritic_balance_network", "somatic_balance_network"]

#: How long an image is shown.
IMAGE_DURATION = 100 * ms
#: Which part of that it takes to fade in.
FADE = 0.3


def dendritic_balance_network(
    stimulus: Stimulus,
    n_coding: int,
    *,
    scheme: LearningScheme = DENDRITIC_BALANCE_ANALYTIC,
    neuron: NeuronModel = ESCAPE_NOISE_LIF,
    step: Quantity = 1 * ms,
    recording: bool = False,
) -> Network:
    """Build a network that learns to represent a stimulus.

    Parameters
    ----------
    stimulus : Stimulus
        What the inputs show, see `bionet.stimuli`.
    n_coding : int
        Number N_z of coding neurons.
    scheme : LearningScheme
        How it learns.
    neuron : NeuronModel
        `ESCAPE_NOISE_LIF` or the variant with an unscaled bias.
    step : Quantity
        Time step, which is the transmission delay too.
    recording : bool
        Whether to record, at each step, spikes (``spikes.t``, ``spikes.i``), the image ``shown.x``
        and its reconstruction ``shown.reconstruction``, both (N_x, steps): for seconds, not hours.

    Returns
    -------
    brian2.Network
        All its numbers are run-time inputs; without any, a network that does not learn and has no
        weights. ``coding.learn_until``: the network learns until then
        and is tested afterwards (plasticity, threshold adaptation and annealing off); 0, the
        default, only tests. To learn on, call again with the weights that the call returned.
        ``coding.b``, ``rho``, ``eta_b``, ``eta_s``, ``Du_start``, ``Du_end``: of the neurons, see
        `bionet.models.escape_noise_lif`. ``feedforward.F`` and ``feedforward.D`` (N_x * N_z, input
        first), the rates ``feedforward.eta_F``, ``eta_D`` and what else the scheme names;
        ``inhibition.W`` (its shape: see `bionet.networks.balance_synapses`) and
        ``inhibition.eta_W`` where inhibition is learned; ``image.first_number`` and the stimulus'
        own. Outputs beside these: ``coding.spike_count``, ``coding.test_spike_count``, and
        ``input.squared_error`` (N_x,), summed over the steps of the test phase.

    Raises
    ------
    ValueError
        If a size or the step is wrong.
    """
    _check(n_coding, step)
    clock = Clock(dt=step, name="layer_clock")
    image_steps = round(float(IMAGE_DURATION / step))
    constants = {
        "tau": neuron.parameters["tau"],
        "image_steps": image_steps,
        "fade_steps": FADE * image_steps,
        "step_decay": math.exp(-float(step / neuron.parameters["tau"])),
    }
    layer = NeuronGroup(1, "n_spikes : integer", name="layer", clock=clock, namespace={})
    layer.run_regularly("n_spikes = 0", when="end", order=9, name="layer_clear")
    coding = _coding_group(neuron, n_coding, layer, constants)
    image = image_source(stimulus, coding, constants)
    inputs = input_group(stimulus, image, layer, coding, constants)
    counter = Synapses(
        coding, layer, on_pre="n_spikes_post += 1", name="spike_counter", clock=clock, namespace={}
    )
    counter.connect()
    feedforward = feedforward_synapses(scheme, inputs, coding, constants)
    objects = [layer, image, inputs, coding, counter, feedforward]
    if scheme.lateral:
        objects.append(inhibitory_synapses(scheme, coding, feedforward))
    if recording:
        objects += _monitors(inputs, coding)
    return Network(objects)


def somatic_balance_network(stimulus: Stimulus, n_coding: int, **options) -> Network:
    """Build the twin that learns by somatic balance; otherwise as `dendritic_balance_network`."""
    return dendritic_balance_network(stimulus, n_coding, scheme=SOMATIC_BALANCE, **options)


def _coding_group(neuron, n_coding: int, layer: NeuronGroup, constants) -> NeuronGroup:
    model = dataclasses.replace(neuron, parameters={**neuron.parameters, **constants}).extended(
        CODING_EQUATIONS
        + """
        n_spikes : integer (linked)
        test_spike_count : integer
        """,
        "test_spike_count += 1 - int(learning)",
    )
    group = model.with_events(
        onset="timestep(t, dt) % image_steps == 0",
        update="n_spikes > 0",
        hold="n_spikes > 0",
    ).group(n_coding, name="coding", clock=layer.clock)
    group.n_spikes = linked_var(layer, "n_spikes")
    group.state_updater.when = "after_thresholds"
    group.set_event_schedule("onset", when="start", order=2)
    group.run_on_event("onset", "Fx_from = Fx_to; Fx_to = 0; W_self = 0", when="start", order=3)
    for event in ("update", "hold"):
        group.set_event_schedule(event, when="after_resets", order=0)
    group.run_on_event("update", INTEGRATE, when="after_resets", order=1)
    group.run_on_event("hold", HOLD_CODING, when="end", order=3)
    return group


def _monitors(inputs: NeuronGroup, coding: NeuronGroup) -> list:
    shown = StateMonitor(
        inputs,
        ["x", "reconstruction"],
        record=True,
        when="thresholds",
        name="shown",
    )
    return [SpikeMonitor(coding, name="spikes"), shown]


def _check(n_coding: int, step: Quantity) -> None:
    if n_coding < 1 or n_coding != int(n_coding):
        raise ValueError(f"n_coding must be a positive whole number, got {n_coding}")
    if not have_same_dimensions(step, second) or not 0 < float(step / IMAGE_DURATION) <= 0.1:
        raise ValueError(
            f"step must be a time of at most a tenth of an image ({IMAGE_DURATION}), such as "
            f"1*ms; got {step}"
        )
