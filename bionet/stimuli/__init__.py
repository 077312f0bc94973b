"""Inputs of the networks: bars, images, patches of scenes, spikes, and where they come from."""

from bionet.stimuli.correlated_bars import bar_fields, correlated_bars
from bionet.stimuli.dead_leaves import dead_leaves
from bionet.stimuli.errors import StimulusError
from bionet.stimuli.image_bank import image_bank
from bionet.stimuli.image_set import ImageSet
from bionet.stimuli.input_groups import InputGroups
from bionet.stimuli.latency_code import spike_counts, spike_latencies
from bionet.stimuli.mnist import fashion_mnist, mnist
from bionet.stimuli.natural_scenes import load_scenes, patch_rates, scenes
from bionet.stimuli.scene_patches import scene_patches
from bionet.stimuli.spike_events import SpikeEvents
from bionet.stimuli.spiking_heidelberg_digits import spiking_heidelberg_digits
from bionet.stimuli.stimulus import Stimulus
from bionet.stimuli.whitening import halved, whitened

__all__ = [
    "ImageSet",
    "InputGroups",
    "SpikeEvents",
    "Stimulus",
    "StimulusError",
    "bar_fields",
    "correlated_bars",
    "dead_leaves",
    "fashion_mnist",
    "halved",
    "image_bank",
    "load_scenes",
    "mnist",
    "patch_rates",
    "scene_patches",
    "scenes",
    "spike_counts",
    "spike_latencies",
    "spiking_heidelberg_digits",
    "whitened",
]
