"""How every figure looks: the style sheet, the colours and what each means, how one is saved.

Figures are made without ``matplotlib.pyplot``, so drawing one neither opens a window nor leaves
anything behind in the caller's matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "EXCITATORY",
    "INHIBITORY",
    "MUTED",
    "SCHEME_COLORS",
    "SCHEME_LABELS",
    "SCHEME_MARKERS",
    "STYLE_SHEET",
    "TARGET",
    "drawing",
    "initial_weight_colors",
]

#: Excitatory neurons, in every figure.
EXCITATORY = "#1f5fa8"
#: Inhibitory neurons.
INHIBITORY = "#c8402f"
#: What is aimed at: a target rate.
TARGET = "#111111"
#: What is there for comparison only.
MUTED = "#8a8f98"

#: Learning schemes in the order of legends: dendritic balance blue, somatic balance red. Each has a
#: lightness of its own, so they are told apart in grey too.
SCHEME_COLORS = {
    "analytic": "#1f5fa8",
    "simultaneous": "#53a6e0",
    "slow": "#0c2340",
    "decay": "#7ccabf",
    "somatic": "#d9472f",
}
SCHEME_LABELS = {
    "analytic": "DB analytic",
    "simultaneous": "DB simultaneous",
    "slow": "DB slow",
    "decay": "DB decay",
    "somatic": "SB",
}
SCHEME_MARKERS = {"analytic": "o", "simultaneous": "^", "slow": "D", "decay": "v", "somatic": "s"}

#: Low, middle and high initial weight; told apart by lightness too.
_INITIAL_WEIGHTS = ("#00695c", "#8fb340", "#ef8a17")

#: The style sheet, for ``matplotlib.style.use`` in one's own figures.
STYLE_SHEET = Path(__file__).with_name("bionet.mplstyle")


@contextmanager
def drawing(path: str | Path, width: float, height: float) -> Iterator[Figure]:
    """Make a figure in bionet's style and save it when the block ends without an error.

    Parameters
    ----------
    path : path
        Where it goes; the ending says the format, PNG by custom (200 dots an inch).
    width, height : float
        Inches.

    Yields
    ------
    matplotlib.figure.Figure
        Empty; its layout leaves room for all labels.
    """
    import matplotlib.style
    from matplotlib.figure import Figure

    with matplotlib.style.context(STYLE_SHEET):
        figure = Figure(figsize=(width, height))
        yield figure
        # Without the version of matplotlib in it, the file changes only with what it shows.
        metadata = {"Software": None} if Path(path).suffix == ".png" else None
        figure.savefig(path, metadata=metadata)


def initial_weight_colors(number: int) -> list[str]:
    """Return one colour an initial weight, from the lowest to the highest.

    Parameters
    ----------
    number : int
        Of initial weights.

    Returns
    -------
    list of str
        Hexadecimal colours.
    """
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("initial weight", _INITIAL_WEIGHTS)
    return [to_hex(scale(k / max(number - 1, 1))) for k in range(number)]
