"""A logarithmic axis of activity (rates, spikes) with a place for what is silent, labelled 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

__all__ = ["activity_axis", "placed", "silent_place"]

#: Decades between the lowest activity and the place of silence, and the room at either end.
GAP, ROOM = 0.6, 0.15
#: Labels, at most; that of silence not counted.
MOST_LABELS = 5


def silent_place(activity: ArrayLike) -> float:
    """Return where zero stands on a logarithmic axis of these activities.

    Parameters
    ----------
    activity : array_like
        All that is drawn, 0 or more, in any unit.

    Returns
    -------
    float
        Below the lowest activity, in its unit.
    """
    activity = np.asarray(activity, dtype=float)
    positive = activity[activity > 0]
    lowest = positive.min() if positive.size else 1.0
    return float(10 ** (np.log10(lowest) - GAP))


def placed(activity: ArrayLike, silence: float) -> np.ndarray:
    """Return activities with zeros where `silent_place` has put them."""
    activity = np.asarray(activity, dtype=float)
    return np.where(activity > 0, activity, silence)


def activity_axis(
    axes: Axes,
    activity: ArrayLike,
    label: str,
    *,
    include: float | None = None,
    most_labels: int = MOST_LABELS,
) -> None:
    """Make an Axes' horizontal axis a logarithmic one of activity.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    activity : array_like
        All that is drawn, 0 or more. Without a zero there is no place for silence.
    label : str
    include : float, optional
        A value that lies on the axis though all activity may be higher or lower; `silent_place`
        must be given it with the activity.
    most_labels : int
        Powers of ten labelled at most, silence not counted.
    """
    from matplotlib.ticker import FixedLocator, NullFormatter

    activity = np.asarray(activity, dtype=float)
    silent = bool((activity == 0).any())
    if include is not None:
        activity = np.append(activity, include)
    positive, silence = activity[activity > 0], silent_place(activity)
    lowest, highest = (positive.min(), positive.max()) if positive.size else (1.0, 1.0)
    low = silence if silent else lowest
    axes.set_xscale("log")
    axes.set_xlim(low / 10**ROOM, highest * 10**ROOM)
    ticks, minor = _ticks(lowest if silent else low / 10**ROOM, highest * 10**ROOM, most_labels)
    zero = [silence] if silent else []
    axes.set_xticks([*zero, *ticks], [*("0" for _ in zero), *(f"{tick:g}" for tick in ticks)])
    axes.xaxis.set_minor_locator(FixedLocator(minor))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)
    if silent:
        _break(axes, np.sqrt(silence * lowest))


def _break(axes: Axes, place: float) -> None:
    """Mark that an axis is cut between silence and activity."""
    axes.text(
        place,
        0,
        "//",
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="center",
        fontsize=6,
        bbox={"color": "white", "pad": 0.4},
    )


def _ticks(low: float, high: float, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what is labelled within bounds, powers of ten if there are two, and all multiples."""
    exponents = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)

    def inside(multiples: tuple[int, ...]) -> np.ndarray:
        # Rounded: a power of ten is 10, not 10.000000000000002.
        ticks = np.array([float(f"{m}e{int(n)}") for n in exponents for m in multiples])
        return ticks[(ticks >= low) & (ticks <= high)]

    every, labelled = inside(tuple(range(1, 10))), inside((1,))
    if labelled.size < 2:
        labelled = inside((1, 2, 5))
    if labelled.size < 2:
        labelled = every
    return labelled[:: max(-(-labelled.size // most), 1)], every
