"""How messages say numbers of things and spans of time, and where their lines are broken."""

import math
import textwrap

__all__ = ["broken", "counted", "duration", "plural"]

COLUMNS = 80


def broken(line: str) -> str:
    """Return a line broken at 80 columns, except within words, such as paths."""
    return textwrap.fill(
        line, COLUMNS, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``"1 seed"``, ``"12 seeds"``, ``"2 entries"``."""
    return f"{number} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Return the plural of a regular English noun."""
    if noun.endswith(("s", "x", "tch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def duration(seconds: float) -> str:
    """Return a time in its two largest units, such as ``"3 min 20 s"``."""
    seconds = math.ceil(max(seconds, 0.0))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    amounts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    while len(amounts) > 1 and amounts[0][0] == 0:
        amounts.pop(0)
    return " ".join(f"{amount} {unit}" for amount, unit in amounts[:2])
