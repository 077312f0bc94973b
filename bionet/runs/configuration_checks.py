"""What the configurations of several kinds refuse alike: numbers out of range, impossible networks.

Each raises a ``ValueError`` that names the key, which `bionet.runs.configuration` makes one line.
"""

import math
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

__all__ = ["require_finite", "require_network_sizes", "require_positive", "require_seeds"]


def require_finite(table: Any) -> None:
    """Refuse infinite numbers and NaN in the fields of a dataclass, those in its tuples included.

    Raises
    ------
    ValueError
        Names the field.
    """
    for field in fields(table):
        value = getattr(table, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                raise ValueError(f"{field.name} must be finite; found {number}")


def require_positive(table: Any, names: Iterable[str]) -> None:
    """Refuse numbers that are not above 0 in these fields of a dataclass.

    Raises
    ------
    ValueError
        Names the field.
    """
    for name in names:
        if not getattr(table, name) > 0:
            raise ValueError(f"{name} must be positive; found {getattr(table, name):g}")


def require_seeds(name: str, seeds: Iterable[int]) -> None:
    """Refuse seeds that a compiled network does not take.

    Raises
    ------
    ValueError
        If one lies outside [0, 2**32); names the key.
    """
    for seed in seeds:
        if not 0 <= seed < 2**32:
            raise ValueError(f"{name} must lie in [0, 2**32); found {seed}")


def require_network_sizes(network: Any) -> None:
    """Refuse what no balanced network can be.

    Parameters
    ----------
    network : dataclass
        With ``n_exc``, ``n_inh``, ``connection_probability`` and ``delay`` (s).

    Raises
    ------
    ValueError
        If a size is not positive, the probability lies outside (0, 1] or the delay is negative.
    """
    require_positive(network, ("n_exc", "n_inh"))
    if not 0 < network.connection_probability <= 1:
        raise ValueError("connection_probability must lie in (0, 1]")
    if network.delay < 0:
        raise ValueError("delay must not be negative")
