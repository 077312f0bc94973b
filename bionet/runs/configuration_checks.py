"""What the configurations of several kinds refuse alike, beside what lies outside its range.

Each raises a ``ValueError`` that names the key, which `bionet.runs.configuration` makes one line.
"""

from collections.abc import Sequence
from typing import Any

from bionet.runs.ranges import DT, require_allowed

__all__ = [
    "FEWEST_SYNAPSES",
    "memory_of_balanced_network",
    "require_delay",
    "require_distinct",
    "require_plastic_synapses",
    "require_steps",
]


def memory_of_balanced_network(network: Any, duration: float) -> dict[str, float]:
    """Return the bytes of the synapses, and of a potential recorded for `duration`, s.

    Parameters
    ----------
    network : dataclass
        With ``n_exc``, ``n_inh`` and ``connection_probability``.
    duration : float
    """
    n = float(network.n_exc + network.n_inh)
    return {
        # source, target and place in the queue: 4 bytes each
        "network.n_exc, network.n_inh and network.connection_probability": (
            12 * network.connection_probability * n**2
        ),
        "the duration": 16 * duration / DT,  # a time and a potential, 8 bytes each
    }


def require_distinct(table: Any, *names: str) -> None:
    """Refuse what `require_allowed` does, and sweeps over nothing or over the same value twice.

    Parameters
    ----------
    table : dataclass
    *names : str
        Fields that are tuples. Values count as the same if their first six digits are, for they
        stand in names of files.

    Raises
    ------
    ValueError
        Names the field.
    """
    require_allowed(table)
    for name in names:
        values: Sequence = getattr(table, name)
        if not values:
            raise ValueError(f"{name} must name at least one value")
        told = [f"{value:g}" if isinstance(value, float) else value for value in values]
        if len(set(told)) < len(told):
            differ = len(set(values)) == len(values)
            why = " (numbers must differ in their first 6 digits)" if differ else ""
            raise ValueError(f"{name} names a value twice{why}")


#: Mean number of plastic synapses of which a few are there in every draw, to be recorded.
FEWEST_SYNAPSES = 40


def require_plastic_synapses(network: Any, pairs: float) -> None:
    """Refuse a plastic projection of which chance may leave no synapse.

    Parameters
    ----------
    network : dataclass
        With ``connection_probability``.
    pairs : float
        Pairs of neurons that the projection may connect.

    Raises
    ------
    ValueError
        If fewer than `FEWEST_SYNAPSES` are to be expected.
    """
    expected = network.connection_probability * pairs
    if expected < FEWEST_SYNAPSES:
        raise ValueError(
            "network.n_exc, network.n_inh and network.connection_probability must give "
            f"{FEWEST_SYNAPSES} plastic synapses or more on average; found {expected:.3g}"
        )


def require_steps(name: str, duration: float, table: Any) -> None:
    """Refuse more steps than JAX counts.

    Raises
    ------
    ValueError
        If `duration`, s, which is called `name`, is 2**31 or more times ``table.step``.
    """
    if duration / table.step >= 2**31:
        raise ValueError(
            f"{name} must be below 2**31 steps; found {duration:g} s and a step of {table.step:g} s"
        )


def require_delay(delay: float, duration: float, name: str) -> None:
    """Refuse a network whose delay, s, no spike outlives, or is none though it is not 0.

    Raises
    ------
    ValueError
        If ``network.delay`` is not shorter than `duration`, s, which is called `name`, or so short
        that Brian2 rounds it to no step.
    """
    if delay > 0 and int(delay / DT + 0.5) == 0:
        raise ValueError(
            f"network.delay must be 0 or at least half a time step, {1e3 * DT / 2:g} ms (it is "
            f"rounded to whole steps); found {1e3 * delay:g} ms"
        )
    if delay >= duration:
        raise ValueError(
            f"network.delay must be shorter than {name}; found {delay:g} s and {duration:g} s"
        )
