"""Quantities as text: "10 Hz" to an SI float and exactly back, with its dimension checked.

Unit names are Brian2's (``ms``, ``mV``, ``nS``, ``Mohm``, ``um2``, ``siemens``, ...), combined with
``*``, ``/`` and integer powers (``nS/cm**2``, ``1/s``). Brian2 itself is not imported, for it takes
seconds and ``bionet status`` reads configurations too; the tests hold this table against Brian2's.

Every unit here is a power of ten of its SI unit, so a decimal number is rescaled by moving its
point: ``"0.1 ms"`` is the double nearest to 1e-4, and text written from a float reads back as it.
"""

import difflib
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

# (metre, kilogram, second, ampere, kelvin, mole)
Dimensions = tuple[int, int, int, int, int, int]
DIMENSIONLESS: Dimensions = (0, 0, 0, 0, 0, 0)

# names: dimensions and the power of ten of the SI unit
_UNITS: dict[str, tuple[Dimensions, int]] = {
    "m metre meter": ((1, 0, 0, 0, 0, 0), 0),
    "g gram gramme": ((0, 1, 0, 0, 0, 0), -3),
    "s second": ((0, 0, 1, 0, 0, 0), 0),
    "A amp ampere": ((0, 0, 0, 1, 0, 0), 0),
    "K kelvin": ((0, 0, 0, 0, 1, 0), 0),
    "mol mole": ((0, 0, 0, 0, 0, 1), 0),
    "Hz hertz": ((0, 0, -1, 0, 0, 0), 0),
    "N newton": ((1, 1, -2, 0, 0, 0), 0),
    "Pa pascal": ((-1, 1, -2, 0, 0, 0), 0),
    "J joule": ((2, 1, -2, 0, 0, 0), 0),
    "W watt": ((2, 1, -3, 0, 0, 0), 0),
    "C coulomb": ((0, 0, 1, 1, 0, 0), 0),
    "V volt": ((2, 1, -3, -1, 0, 0), 0),
    "F farad": ((-2, -1, 4, 2, 0, 0), 0),
    "ohm": ((2, 1, -3, -2, 0, 0), 0),
    "S siemens": ((-2, -1, 3, 2, 0, 0), 0),
    "Wb weber": ((2, 1, -2, -1, 0, 0), 0),
    "T tesla": ((0, 1, -2, -1, 0, 0), 0),
    "H henry": ((2, 1, -2, -2, 0, 0), 0),
    "M molar": ((-3, 0, 0, 0, 0, 1), 3),
    "liter litre": ((3, 0, 0, 0, 0, 0), -3),
}
_PREFIXES = {
    **{"": 0, "da": 1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24},
    **{"d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21},
    **{"y": -24},
}

# ASCII only: digits of other scripts are no numbers here, as they are none in TOML.
_QUANTITY = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\d.])\s*(.*?)\s*",
    re.ASCII | re.DOTALL,
)
_FACTOR = re.compile(
    r"\s*(?P<operator>\*(?!\*)|/|)\s*(?P<name>1|[A-Za-z]+)"
    r"(?P<power>\d{1,2}|\s*(?:\*\*|\^)\s*-?\d{1,2})?(?!\d)\s*",
    re.ASCII,
)


@cache
def named_units() -> dict[str, tuple[Dimensions, int]]:
    """All unit names with their prefixes: name to (dimensions, power of ten of the SI unit)."""
    units = {}
    for names, (dimensions, exponent) in _UNITS.items():
        for name in names.split():
            for prefix, prefix_exponent in _PREFIXES.items():
                units[prefix + name] = (dimensions, exponent + prefix_exponent)
    units["kilogram"] = units["kg"]
    return units


@cache
def parse_unit(text: str) -> tuple[Dimensions, int]:
    """Dimensions and power of ten (of the SI unit) of a unit such as ``"nS/cm**2"``.

    Raises
    ------
    ValueError
        If the text is no unit; names the part that is not understood.
    """
    total, exponent, position = DIMENSIONLESS, 0, 0
    text = text.replace("µ", "u").replace("μ", "u")
    while position < len(text) or position == 0:
        factor = _FACTOR.match(text, position)
        # Two units side by side need an operator between them; the first needs none.
        if factor is None or (position > 0 and not factor["operator"]):
            raise ValueError(f"{text!r} is not a unit; write one like 'mV', '1/s' or 'nS/cm**2'")
        power = int((factor["power"] or "1").strip(" *^")) * (
            -1 if factor["operator"] == "/" else 1
        )
        dimensions, name_exponent = _named_unit(factor["name"])
        total = tuple(a + power * b for a, b in zip(total, dimensions, strict=True))
        exponent += power * name_exponent
        position = factor.end()
    return total, exponent


def _named_unit(name: str) -> tuple[Dimensions, int]:
    if name == "1":
        return DIMENSIONLESS, 0
    units = named_units()
    if name in units:
        return units[name]
    same_letters = [unit for unit in units if unit.lower() == name.lower()]
    same_letters.sort(key=lambda unit: sum(a != b for a, b in zip(unit, name, strict=True)))
    near = same_letters or difflib.get_close_matches(name, units, n=1)
    suggestion = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{name!r} is not a unit{suggestion}")


@dataclass(frozen=True)
class Unit:
    """The unit of a configuration's field: ``rate: Annotated[float, Unit("Hz")]``.

    The field itself holds an SI float; in TOML it is text with any unit of the same dimension, and
    the resolved configuration is written in this unit.

    Attributes
    ----------
    text : str
        A unit such as ``"Hz"`` or ``"nS/cm**2"``; a ``ValueError`` names one that is not.
    """

    text: str

    def __post_init__(self):
        parse_unit(self.text)


def parse_quantity(text: str, unit: Unit) -> float:
    """SI value of a quantity such as ``"0.1 ms"`` that must have the dimension of `unit`.

    Raises
    ------
    ValueError
        If the text is not a finite number with a unit, or its unit has another dimension.
    """
    example = f'"1 {unit.text}"'
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a number with a unit, such as {example}")
    number, unit_text = match.groups()
    if not unit_text:
        raise ValueError(f"expected a quantity with its unit, such as {example}")
    dimensions, exponent = parse_unit(unit_text)
    if dimensions != parse_unit(unit.text)[0]:
        raise ValueError(f"expected a quantity that converts to {unit.text}, such as {example}")
    try:
        exact = _shift_point(number, exponent)
    except ArithmeticError:
        raise ValueError("the number is too large or too small") from None
    value = float(exact)
    if not math.isfinite(value):
        raise ValueError("the number is too large")
    if value == 0 and exact != 0:
        raise ValueError("the number is too small")
    return value


def format_quantity(value: float, unit: Unit) -> str:
    """Text of an SI value in `unit`; `parse_quantity` gives the very same float back.

    Raises
    ------
    ValueError
        If the value is infinite or not a number.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value!r} cannot be written as a quantity in {unit.text}")
    shifted = _shift_point(repr(float(value)), -parse_unit(unit.text)[1])
    plain = -7 <= shifted.adjusted() < 15
    return f"{shifted:{'f' if plain else 'e'}} {unit.text}"


def _shift_point(number: str, places: int) -> Decimal:
    """Return ``number * 10**places``, exactly and without trailing zeros.

    ``Decimal.scaleb`` and ``normalize`` would round to the context's 28 digits.
    """
    sign, digits, exponent = Decimal(number).as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    if not significant:
        return Decimal((sign, (0,), 0))
    exponent += len(digits) - len(significant) + places
    return Decimal((sign, tuple(map(int, significant)), exponent))
