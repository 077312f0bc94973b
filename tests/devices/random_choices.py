"""Choices of which a random network consists, drawn bit by bit.

Not as Hypothesis' integers: those are now and then numbers that stand in the modules which happen
to be loaded, so that the same seed would draw other networks in another process.
"""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["OFTEN", "RARE", "SOMETIMES", "chance", "one", "whole"]

#: How often something occurs, in percent.
RARE, SOMETIMES, OFTEN = 6, 20, 75
BITS = 8  # beyond those that count the alternatives, which are then nearly alike in frequency


def whole(draw, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high`, both included."""
    n_bits = (high - low).bit_length() + BITS
    bits = draw(st.lists(st.booleans(), min_size=n_bits, max_size=n_bits))
    value = sum(bit << k for k, bit in enumerate(bits))
    return low + (value * (high - low + 1) >> n_bits)


def one(draw, of):
    """Draw one of the members of a sequence, or of the names in a dictionary."""
    return list(of)[whole(draw, 0, len(of) - 1)]


def chance(draw, percent: int) -> bool:
    """Draw whether something occurs."""
    return whole(draw, 0, 99) >= 100 - percent
