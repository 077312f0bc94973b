"""Whatever value a key is given, it is taken within bounds or refused by the key's name.

Behaviour, by property: huge and tiny numbers, wrong signs, types and units, digits of other
scripts, empty text, lists, dates. No other exception, and no refusal that does not say where.
"""

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutated_configurations import ALL_KINDS, check, keys_of, mutated, originals

from bionet.runs.kinds import kind_named
from bionet.runs.ranges import Range


@pytest.mark.parametrize("kind", ALL_KINDS)
@given(data=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_is_taken_or_refused_by_its_key(kind, data):
    _, table, path = data.draw(mutated(kind))
    check(kind, table, path)


def numeric(hint):
    """Whether numbers are read there; and all that a type is annotated with."""
    if hint in (int, float):
        return True
    return any(numeric(each) for each in get_args(hint) if not isinstance(each, Range))


def ranges(hint):
    found = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Range)]
    return found + [each for argument in get_args(hint) for each in ranges(argument)]


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_number_has_a_range(kind):
    """A new key without one would let the absurd through."""
    configuration = kind_named(kind, "x.toml").configuration
    without = {
        ".".join(map(str, path))
        for table in originals(kind)
        for path, hint in keys_of(configuration, table)
        if numeric(hint) and not ranges(hint)
    }
    assert not without
