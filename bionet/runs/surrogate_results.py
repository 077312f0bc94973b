"""Arrays of a ``surrogate_training`` run in ``results.npz``: M networks, E epochs, K classes.

==========================  ===================================================================
``sigma_init, ratio``       (M,) width of initial input weights; excitatory fraction of the hidden
``sigma_noise, repeat``     (M,) sd of the noise added after each update; number of the repeat
``n_hidden, duration``      hidden neurons H; length of a sample, s
``step``                    s
``class_names``             (K,)
``train_loss``              (M, E) mean over the epoch's batches, before each update
``train_accuracy``          (M, E) likewise
``test_accuracy``           (M, E + 1) index 0 is before training
``class_accuracy``          (M, E + 1, K) of each class
``class_spikes``            (M, E + 1, K, 2) hidden spikes in a test sample of the class, by
                            excitatory and by inhibitory neurons
``distance_before``         (M, 3) mean van Rossum distance of E-E, E-I and I-I pairs, NaN without
``distance_after``          (M, 3) likewise, trained
``weight_edges``            (bins + 1,)
``weight_counts``           (M, 2, 4, bins) absolute weights before and after; input to E, input to
                            I, E to readout, I to readout
``example_network``         the network (index) with the best test accuracy, which is shown below
``example_label``           class of a test sample
``example_step``            (spikes,) time steps of its input spikes
``example_unit``            (spikes,) input units of these
``example_spikes``          (steps, H) of the hidden neurons
``example_readout``         (steps, K)
==========================  ===================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bionet.runs.surrogate_configuration import SurrogateTraining
from bionet.runs.surrogate_networks import HIDDEN, SweptNetwork

if TYPE_CHECKING:
    from bionet.gradient import History

__all__ = ["CLASS_NAMES", "arrays_of_networks", "arrays_of_run"]

CLASS_NAMES = {
    "fashion_mnist": (
        *("T-shirt", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    "mnist": tuple("0123456789"),
    "spiking_heidelberg_digits": (
        *(f"{number} (en)" for number in range(10)),
        *(f"{number} (de)" for number in range(10)),
    ),
}


def arrays_of_networks(
    configuration: SurrogateTraining, networks: list[SweptNetwork], history: History
) -> dict[str, np.ndarray]:
    """Return what the training of some networks gives to the results, first axis networks.

    Parameters
    ----------
    configuration : SurrogateTraining
    networks : list of SweptNetwork
    history : History
    """
    hidden = configuration.network.hidden
    number = np.arange(hidden)
    spikes = history.spikes[HIDDEN]
    by_cell = np.zeros((*spikes.shape[:-1], 2), np.float32)
    for k, network in enumerate(networks):
        excitatory = number < network.n_excitatory(hidden)
        by_cell[k, ..., 0] = spikes[k][..., excitatory].sum(axis=-1)
        by_cell[k, ..., 1] = spikes[k][..., ~excitatory].sum(axis=-1)
    right = np.diagonal(history.confusion, axis1=2, axis2=3)
    with np.errstate(invalid="ignore"):
        class_accuracy = right / history.confusion.sum(axis=3)
    return {
        "train_loss": history.loss.astype(np.float32),
        "train_accuracy": history.accuracy.astype(np.float32),
        "test_accuracy": history.test_accuracy.astype(np.float32),
        "class_accuracy": class_accuracy.astype(np.float32),
        "class_spikes": by_cell,
    }


def arrays_of_run(
    configuration: SurrogateTraining, networks: list[SweptNetwork]
) -> dict[str, np.ndarray]:
    """Return what says which networks these are."""
    return {
        "sigma_init": np.array([n.sigma_init for n in networks]),
        "ratio": np.array([n.excitatory for n in networks]),
        "sigma_noise": np.array([n.noise for n in networks]),
        "repeat": np.array([n.repeat for n in networks]),
        "n_hidden": np.array(configuration.network.hidden),
        "duration": np.array(configuration.data.steps * configuration.network.step),
        "step": np.array(configuration.network.step),
        "class_names": np.array(CLASS_NAMES[configuration.data.name]),
    }
