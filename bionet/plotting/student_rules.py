"""Learning rules of single students in figures: what each is called, and its colour."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["rule_colors", "rule_label"]

_LABELS = {"vanilla": "vanilla", "braun_vogels": "Braun & Vogels"}
_COLORS = {"vanilla": "#151515", "braun_vogels": "#1f5fa8"}
#: From the flattest surrogate to the steepest.
_SURROGATES = ("#f2b134", "#a3200d")


def rule_label(name: str) -> str:
    """Return what a rule of `bionet.gradient.mismatch_rules` is called in figures."""
    if name.startswith("surrogate "):
        return rf"surrogate, $\beta$ = {float(name.split()[1]):g}"
    return _LABELS.get(name, name)


def rule_colors(names: Sequence[str]) -> list[str]:
    """Return a colour for each rule; surrogates go from yellow to red as they get steeper."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("surrogate", _SURROGATES)
    slopes = sorted(float(name.split()[1]) for name in names if name.startswith("surrogate "))
    places = {f"surrogate {s:g}": k / max(len(slopes) - 1, 1) for k, s in enumerate(slopes)}
    return [_COLORS[name] if name in _COLORS else to_hex(scale(places[name])) for name in names]
