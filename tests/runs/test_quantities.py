"""Quantities as text: against Brian2's units (reference implementation), and exact round trips."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bionet.runs.quantities import (
    Unit,
    format_quantity,
    named_units,
    parse_quantity,
    parse_unit,
)

# Brian2 multiplies scales in floating point; ours are exact powers of ten.
SCALE_TOLERANCE = 1e-12
# Brian2 exports about 1900 names of the units covered here, powers such as "um2" included.
FEWEST_NAMES_COMPARED = 1000


def brian2_dimensions(unit):
    """Brian2's dimensions in the order (metre, kilogram, second, ampere, kelvin, mole)."""
    return tuple(unit.dim.get_dimension(name) for name in ("m", "kg", "s", "A", "K", "mol"))


def test_units_are_those_of_brian2():
    """Reference implementation: every name that Brian2 exports has our dimensions and scale."""
    import brian2.units.allunits as brian2_units
    from brian2.units.fundamentalunits import Quantity, Unit

    compared = 0
    for name, brian2_unit in vars(brian2_units).items():
        base = name.rstrip("23")
        if not isinstance(brian2_unit, Quantity) or base not in named_units():
            continue
        dimensions, exponent = parse_unit(name)
        assert dimensions == brian2_dimensions(brian2_unit), name
        assert math.isclose(10.0**exponent, float(brian2_unit), rel_tol=SCALE_TOLERANCE), name
        compared += 1
    assert compared > FEWEST_NAMES_COMPARED
    assert isinstance(brian2_units.mvolt, Unit)


def test_short_names_are_those_of_brian2():
    """Reference implementation: the everyday names (ms, mV, nS, um2, ...) are all understood."""
    from brian2.units import stdunits

    names = [name for name in stdunits.__all__ if name != "nmolar"]
    for name in names:
        dimensions, exponent = parse_unit(name)
        unit = getattr(stdunits, name)
        assert dimensions == brian2_dimensions(unit), name
        assert math.isclose(10.0**exponent, float(unit), rel_tol=SCALE_TOLERANCE), name


def test_no_name_means_two_units():
    """Closed form: prefixes times names, none of them twice, and kilogram's long form."""
    from bionet.runs import quantities

    names = sum(len(names.split()) for names in quantities._UNITS)
    assert len(named_units()) == names * len(quantities._PREFIXES) + 1


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("10 Hz", "Hz", 10.0),
        ("0.1 ms", "s", 1e-4),
        ("0.3 nS", "S", 3e-10),
        ("-60 mV", "mV", -0.06),
        ("1e3ms", "s", 1.0),
        (" .5 kHz ", "1/s", 500.0),
        ("2 nS/cm**2", "S/m^2", 2e-5),
        ("3 /s", "Hz", 3.0),
        ("4 um2", "m**2", 4e-12),
        ("2 V*s**-1", "V/s", 2.0),
        ("7 µs", "us", 7e-6),
        ("1 mM", "mol/m**3", 1.0),
    ],
)
def test_quantity_is_the_nearest_float(text, unit, value):
    """Closed form: exactly the float that Python reads from the SI number."""
    assert parse_quantity(text, Unit(unit)) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10", "with its unit"),
        ("ten Hz", "a number with a unit"),
        ("", "a number with a unit"),
        ("10 mV", "converts to Hz"),
        ("10 Hz**2", "converts to Hz"),
        ("10 hz", "did you mean 'Hz'"),
        ("10 Hz s", "'Hz s' is not a unit"),
        ("10 Hz/", "'Hz/' is not a unit"),
        ("10 __import__('os')", "not a unit"),
        ("1e999 Hz", "too large"),
        ("1e-999 Hz", "too small"),
        ("1e9999999999999999999999 Hz", "too large or too small"),
        ("1e-9999999999999999999999 Hz", "too large or too small"),
        ("1 Hz**1000000000000000000000", "is not a unit"),
        ("1 1/s1000000000000000000000", "is not a unit"),
        ("٣ Hz", "a number with a unit"),
        ("3 Hz²", "'Hz²' is not a unit"),
        ("3 s**-١", "is not a unit"),
        ("nan Hz", "a number with a unit"),
    ],
)
def test_wrong_quantity_is_named(text, said):
    """Behaviour: the error says what is wrong with the text."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        parse_quantity(text, Unit("Hz"))


def test_near_unit_keeps_the_prefix():
    """Behaviour: of mV and MV, the one nearer to 'mv' is suggested."""
    with pytest.raises(ValueError, match="did you mean 'mV'"):
        parse_quantity("1 mv", Unit("V"))


def test_declared_unit_is_checked_at_construction():
    """Behaviour: an author's misspelt unit fails when the dataclass is defined."""
    with pytest.raises(ValueError, match="'Hertz' is not a unit"):
        Unit("Hertz")


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["s", "ms", "nS", "Hz", "MV", "nS/cm**2", "1/s", "mM"]),
)
def test_text_of_a_quantity_reads_back_exactly(value, unit):
    """Closed form: any float survives being written in any unit."""
    assert parse_quantity(format_quantity(value, Unit(unit)), Unit(unit)) == value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(10.0, "Hz", "10 Hz"), (1e-4, "ms", "0.1 ms"), (-0.06, "mV", "-60 mV"), (0.0, "s", "0 s")],
)
def test_quantities_are_written_as_one_would(value, unit, text):
    """Behaviour: no exponents or trailing zeros where none is needed."""
    assert format_quantity(value, Unit(unit)) == text


def test_infinity_is_not_written():
    """Behaviour: a value that could not be read back is refused."""
    with pytest.raises(ValueError, match="cannot be written"):
        format_quantity(math.inf, Unit("s"))
