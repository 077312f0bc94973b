"""Patches cut at random out of whitened scenes, split into ON and OFF inputs.

Mikulasch et al., Fig. 5: a patch of whitened values v becomes the inputs f(v) and f(-v) with
f(y) = 1/(1 + exp(-slope (y - shift))). The patches are cut while the network runs. The last scenes
are kept for the test phase (in the authors' code the test patches are the first training patches).
"""

from __future__ import annotations

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.lookup_table import lookup_table
from bionet.stimuli.requirements import require_images, require_number, require_whole
from bionet.stimuli.stimulus import Stimulus

__all__ = ["scene_patches"]


@takes_si()
def scene_patches(
    scenes: np.ndarray,
    *,
    side: int = 8,
    n_test_scenes: int = 2,
    slope: float = 16.0,
    shift: float = 0.15,
) -> Stimulus:
    """Return patches of `side` x `side` pixels of whitened scenes, 2 * side**2 inputs.

    Parameters
    ----------
    scenes : array_like
        (n, height, width), whitened, of any sign.
    side : int
    n_test_scenes : int
        How many of the scenes, the last ones, are shown in the test phase only.
    slope, shift : float
        Of the nonlinearity f.

    Raises
    ------
    ValueError
        If a shape or a number is wrong, a value not finite, or a patch does not fit into a scene.
    """
    scenes = require_images("scenes", scenes)
    require_whole("side", side, 1)
    n, height, width = scenes.shape
    if min(height, width) < side:
        raise ValueError(f"a patch of {side}x{side} does not fit into scenes of {height}x{width}")
    require_whole("n_test_scenes", n_test_scenes, 1)
    if n_test_scenes >= n:
        raise ValueError(
            f"n_test_scenes must leave a scene to learn from: 1 to {n - 1}, got {n_test_scenes}"
        )
    return Stimulus(
        shape=(side, side),
        equations="""
        top : integer
        left : integer
        """,
        draw="""
        n_scenes = n_test_scenes + learning*(n_training_scenes - n_test_scenes)
        scene = int(rand()*n_scenes) + (1 - learning)*n_training_scenes
        top = scene*height + int(rand()*(height - side + 1))
        left = int(rand()*(width - side + 1))
        """,
        # OFF inputs come after the side**2 ON ones
        pixel="1/(1 + exp(-slope*((1 - 2*(i//side**2))"
        "*scenes((top + i % side**2//side)*usecond, left + i % side) - shift)))",
        read=("top", "left"),
        channels=2,
        constants={
            "scenes": lookup_table(scenes.reshape(n * height, width), "scene_bank"),
            "side": side,
            "height": height,
            "width": width,
            "n_training_scenes": n - n_test_scenes,
            "n_test_scenes": n_test_scenes,
            "slope": require_number("slope", slope),
            "shift": require_number("shift", shift),
        },
    )
