"""A function of one network as a function of many, spread over the devices that there are."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

__all__ = ["first_axis", "over_networks"]


def over_networks(
    function: Callable, devices: Sequence[jax.Device], *, shared: int, at_once: int | None = None
) -> Callable:
    """Return the function over the first axis of its first argument, compiled once a shape.

    Parameters
    ----------
    function : callable
        ``function(own, *arguments, option)``: arrays of one network, what all networks share, and
        something that is no array.
    devices : sequence of jax.Device
    shared : int
        Number of arguments that all networks share.
    at_once : int, optional
        Networks that a device computes side by side (``vmap``), the others one after another: 1 on
        a CPU, whose caches would overflow (measured: twice as slow), all of them elsewhere.

    Returns
    -------
    callable
        ``call(own, *arguments, option)``; where the number of networks is no multiple of that of
        the devices, some are computed twice.
    """
    mesh = Mesh(np.array(devices), ("networks",))
    spread, whole = PartitionSpec("networks"), PartitionSpec()
    if at_once is None and devices[0].platform == "cpu":
        at_once = 1

    @partial(jax.jit, static_argnums=0)
    def compiled(option: Hashable, own, *arguments):
        def on_a_device(own, *arguments):
            networks = first_axis(own)
            together = min(at_once or networks, networks)
            return jax.lax.map(
                lambda one: function(one, *arguments, option),
                own,
                batch_size=None if together == 1 else together,
            )

        return jax.shard_map(
            on_a_device,
            mesh=mesh,
            in_specs=(spread, *([whole] * shared)),
            out_specs=spread,
            check_vma=False,
        )(own, *arguments)

    def call(own, *arguments, option: Hashable = None):
        networks = first_axis(own)
        missing = -networks % len(devices)
        if missing:  # the last network again, so that every device has as many
            last = np.array([*range(networks), *[networks - 1] * missing])
            own = jax.tree.map(lambda a: a[last], own)
        # where everything lies is part of what a function was compiled for
        own = jax.device_put(own, NamedSharding(mesh, spread))
        arguments = jax.device_put(arguments, NamedSharding(mesh, whole))
        result = compiled(option, own, *arguments)
        return jax.tree.map(lambda a: a[:networks], result) if missing else result

    return call


def first_axis(tree) -> int:
    """Return the length of the first axis of all arrays of a tree."""
    return jax.tree.leaves(tree)[0].shape[0]
