"""Configurations of every kind with one wrong value, and what must come of each."""

import copy
import math
import re
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from bionet.runs.configuration import ConfigurationError, from_table, load_toml, to_table, to_toml
from bionet.runs.kinds import KINDS, kind_named
from bionet.runs.quantities import Unit

PROTOCOLS = Path(__file__).parents[2] / "protocols"

UNITS = ["Hz", "1/ms", "ms", "s", "mV", "V", "m**99", "m**1000000000000000000000", "Hz²", "", "kg"]
NUMBERS = [
    *("0", "-0", "1", "-1", "1e300", "-1e300", "1e-300", "5e-324", "1e-320", "1e400", "1e-400"),
    *("1e9999999999999999999999", "1e-9999999999999999999999", "nan", "inf", "٣", "１", "1_0"),
    *("1e9", "1e12", "1e7", "1e-7", ".5", "5.", "0x1", "9" * 5000),
]
WHOLE = [0, 1, -1, 2, 3, 7, 2**31, 2**32, 2**53, 2**63, 10**9, 10**12, 10**21, -(10**21), 10**400]
REAL = [0.0, -0.0, 1.0, -1.0, 0.5, 1e300, -1e300, 1e-300, 5e-324, 1e-12, math.inf, -math.inf]

quantity = st.builds("{} {}".format, st.sampled_from(NUMBERS), st.sampled_from(UNITS))
number = st.sampled_from(WHOLE) | st.sampled_from([*REAL, math.nan]) | st.integers() | st.floats()
other = st.sampled_from(["", " ", "\x00", "a\nb", "١٢", True, False, date(2026, 1, 1), {}, []])
anything = st.one_of(number, quantity, other, st.text(max_size=5))
value = anything | st.lists(anything, max_size=3)


@cache
def originals(kind):
    """Return the resolved tables of the protocols of a kind, all their keys filled in."""
    paths = sorted(PROTOCOLS.glob("*/*.toml"))
    tables = [table for table in map(load_toml, paths) if table.pop("kind") == kind]
    configuration = kind_named(kind, "x.toml").configuration
    return [to_table(from_table(configuration, table, "x.toml")) for table in tables]


def keys_of(cls, table):
    """Yield the path of every key of a table, and its type; those that are left out, too."""
    hints = get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        hint, inside = hints[field.name], table.get(field.name)
        yield (field.name,), hint
        classes = [each for each in (hint, *get_args(hint)) if is_dataclass(each)]
        if isinstance(inside, dict):
            for path, inner in keys_of(classes[0], inside):
                yield (field.name, *path), inner
        elif classes and isinstance(inside, list):
            for index, item in enumerate(inside):
                for path, inner in keys_of(classes[0], item):
                    yield (field.name, index, *path), inner


def unit_of(hint):
    """Return the text of the unit that a key is written in, None if it has none."""
    found = [each.text for each in getattr(hint, "__metadata__", ()) if isinstance(each, Unit)]
    found += [unit for each in get_args(hint) if (unit := unit_of(each)) is not None]
    return found[0] if found else None


def words_of(hint):
    """Return the words that a key may be, none if it is no choice."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [word for each in get_args(hint) for word in words_of(each)]


@st.composite
def mutated(draw, kind):
    """Draw a table of a kind, the same with another value of one key or none, and its path."""
    original = draw(st.sampled_from(originals(kind)))
    table = copy.deepcopy(original)
    configuration = kind_named(kind, "x.toml").configuration
    path, hint = draw(st.sampled_from(list(keys_of(configuration, table))))
    unit, wrong = unit_of(hint), value
    if unit is not None:  # of the right unit, so that it is the number that decides
        wrong |= st.builds(f"{{}} {unit}".format, st.sampled_from(NUMBERS) | st.floats())
        wrong |= st.lists(st.builds(f"{{!r}} {unit}".format, st.floats()), max_size=3)
    if words := words_of(hint):  # another choice, which may not go with the other keys
        wrong |= st.sampled_from(words) | st.lists(st.sampled_from(words), max_size=3)
    holder = table
    for key in path[:-1]:
        holder = holder[key]
    if path[-1] in holder and draw(st.integers(0, 9)) == 0:
        del holder[path[-1]]
    else:
        holder[path[-1]] = draw(wrong)
    return original, table, path


def check(kind, table, path):
    """Let a table be read: as a configuration that can be written again, or one line of refusal."""
    protocol = kind_named(kind, "x.toml")
    try:
        configuration = from_table(protocol.configuration, table, "x.toml")
    except ConfigurationError as refusal:
        line = str(refusal)
        assert line.startswith("x.toml: ")
        assert re.search(rf"\b{path[-1]}\b", line)
        assert "\n" not in line
        assert len(line) < 500
        return
    assert from_table(protocol.configuration, to_table(configuration), "x.toml") == configuration
    assert to_toml(kind, configuration)
    assert all(
        math.isfinite(size) and size >= 0 for size in protocol.memory(configuration).values()
    )


ALL_KINDS = tuple(KINDS)
