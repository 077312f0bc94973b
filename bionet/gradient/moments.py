"""The time of each step, as Brian2 has it: the number of the step times dt, rounded once.

It is worked out before anything is compiled: inside of a compiled step the product would be
contracted with whatever is added to it, and conditions on time would hold a step too early.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from bionet.gradient.arithmetic import exactly

__all__ = ["MOST_STEPS", "Moment", "moment", "moments"]

#: Steps are counted in 32 bits, from one that lies long before the first.
MOST_STEPS = 2**30


class Moment(NamedTuple):
    """Which time step it is.

    Attributes
    ----------
    step : int or array of int
    t : float or array
        Its beginning, s.
    """

    step: Any
    t: Any


def moments(steps: int, dt: float, dtype) -> Moment:
    """Return all moments of a simulation, arrays (steps,) of int32 and of `dtype`."""
    numbers = np.arange(steps, dtype=np.int32)
    return Moment(jnp.asarray(numbers), jnp.asarray((numbers * float(dt)).astype(dtype)))


def moment(step, dt: float) -> Moment:
    """Return the moment of a step that may be known in the compiled function only."""
    return step if isinstance(step, Moment) else Moment(step, exactly(step * float(dt)))
