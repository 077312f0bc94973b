"""In which order layers run, and what is on its way between them."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from bionet.gradient.layers import Connection

__all__ = ["arrivals", "delayed", "stages"]


def delayed(received, delay: int):
    """Shift what is received, (steps, ...), to later steps."""
    if not delay:
        return received
    silence = jnp.zeros_like(received[:delay])
    return jnp.concatenate([silence, received[: received.shape[0] - len(silence)]])


def arrivals(inner, spikes, waiting) -> tuple[dict, dict]:
    """Return the spikes that arrive in this step, and those that wait for later ones."""
    arriving, later = {}, {}
    for c in inner:
        if c.delay:
            arriving[c] = waiting[c.weights][0]
            queue = [waiting[c.weights][1:], spikes[c.source][None]]
            later[c.weights] = jnp.concatenate(queue)
        else:
            arriving[c] = spikes[c.source]
    return arriving, later


def stages(names: list[str], connections: Sequence[Connection]) -> list[tuple[str, ...]]:
    """Return groups of layers that act on one another, each after those it listens to."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    number = {name: k for k, name in enumerate(names)}
    edges = [(number[c.source], number[c.target]) for c in connections if c.source in number]
    matrix = np.zeros((len(names), len(names)), dtype=np.int8)
    for source, target in edges:
        matrix[source, target] = 1
    _, label = connected_components(csr_array(matrix), directed=True, connection="strong")
    waiting = {int(k): {int(label[s]) for s, t in edges if label[t] == k} - {int(k)} for k in label}
    stages, done = [], set()
    while waiting:
        ready = next(k for k in waiting if waiting[k] <= done)
        stages.append(tuple(name for name in names if label[number[name]] == ready))
        done.add(ready)
        del waiting[ready]
    return stages
