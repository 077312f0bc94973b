"""Images out of a bank, in their order: training images while the network learns, others after it.

Mikulasch et al. show the digits 0 to 2 in the order of the file, again and again.
"""

from __future__ import annotations

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.lookup_table import lookup_table
from bionet.stimuli.requirements import require_images
from bionet.stimuli.stimulus import Stimulus

__all__ = ["image_bank"]


@takes_si()
def image_bank(training: np.ndarray, test: np.ndarray) -> Stimulus:
    """Return a stimulus that shows given images in their order, from the first again at the end.

    Parameters
    ----------
    training, test : array_like
        (n, height, width), values in [0, 1]; shown while the network learns, and afterwards. Where
        the training images begin is the run-time input ``image.first_number``.

    Raises
    ------
    ValueError
        If a shape is wrong, the two differ, or a value lies outside [0, 1].
    """
    training, test = _checked("training", training), _checked("test", test)
    if training.shape[1:] != test.shape[1:]:
        raise ValueError(
            f"training images are {training.shape[1]}x{training.shape[2]} pixels, "
            f"test images {test.shape[1]}x{test.shape[2]}"
        )
    height, width = training.shape[1:]
    return Stimulus(
        shape=(height, width),
        equations="shown : integer",
        draw="""
        in_training = (first_number + number) % n_training
        in_test = n_training + number % n_test
        shown = in_test + learning*(in_training - in_test)
        """,
        pixel="bank(shown*usecond, i)",
        read=("shown",),
        constants={
            "bank": lookup_table(
                np.concatenate([training, test]).reshape(-1, height * width), "image_bank"
            ),
            "n_training": len(training),
            "n_test": len(test),
        },
    )


def _checked(name: str, images: np.ndarray) -> np.ndarray:
    images = require_images(f"{name} images", images)
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"{name} images must have values in [0, 1], got {images.min():g} to {images.max():g}"
        )
    return images
