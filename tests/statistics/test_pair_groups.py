"""Pairs by kind of neuron: that each pair is in its group, once (behaviour)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bionet.statistics import pair_groups


def numbered_pairs(n_neurons):
    """Distances that tell pairs apart: a different number for each, NaN-free and symmetric."""
    distances = np.zeros((n_neurons, n_neurons))
    upper = np.triu_indices(n_neurons, k=1)
    distances[upper] = 1 + np.arange(len(upper[0]))
    return distances + distances.T


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), max_size=9))
def test_every_pair_is_in_the_group_of_its_neurons_once(kinds):
    distances = numbered_pairs(len(kinds))
    expected = {"E-E": [], "E-I": [], "I-I": []}
    for b in range(len(kinds)):
        for a in range(b):
            kind = "-".join(sorted("E" if kinds[neuron] else "I" for neuron in (a, b)))
            expected[kind].append(distances[a, b])

    groups = pair_groups(distances, kinds)

    assert list(groups) == ["E-E", "E-I", "I-I"]
    for kind, values in expected.items():
        assert groups[kind].ndim == 1
        np.testing.assert_array_equal(np.sort(groups[kind]), np.sort(values))


def test_excitatory_neurons_alone_have_one_group():
    groups = pair_groups(numbered_pairs(5), np.ones(5, dtype=bool))

    assert {kind: group.shape for kind, group in groups.items()} == {
        "E-E": (10,),
        "E-I": (0,),
        "I-I": (0,),
    }


def test_groups_do_not_change_with_the_distances():
    distances = numbered_pairs(3)
    groups = pair_groups(distances, [True, True, False])
    distances[:] = 0

    assert groups["E-E"].tolist() == [1]
    assert groups["E-I"].tolist() == [2, 3]


def changed(row, column, value):
    distances = numbered_pairs(3)
    distances[row, column] = value
    return distances


MASK = [True, True, False]


@pytest.mark.parametrize(
    ("distances", "excitatory", "message"),
    [
        (np.zeros((2, 3)), MASK, r"distances must be a square matrix, got shape \(2, 3\)"),
        (np.zeros((4, 3, 3)), MASK, r"distances must have 2 dimension\(s\), got shape \(4, 3, 3\)"),
        (changed(0, 2, np.nan), MASK, r"distances must be finite .* got nan at \[0, 2\]"),
        (changed(1, 0, -1), MASK, r"distances must be .* not negative, got -1.0 at \[1, 0\]"),
        (
            changed(0, 2, 7),
            MASK,
            r"distances must be symmetric, got 7.0 at \[0, 2\] and 2.0 at \[2, 0\]",
        ),
        (numbered_pairs(3), MASK[:2], r"excitatory .* each of the 3 neurons, got shape \(2,\)"),
        (numbered_pairs(3), [MASK], r"excitatory .* each of the 3 neurons, got shape \(1, 3\)"),
        (numbered_pairs(3), [0, 1, 1], "excitatory must be of bool, got an array of int64"),
    ],
)
def test_refuses_what_are_no_pairs(distances, excitatory, message):
    with pytest.raises(ValueError, match=message):
        pair_groups(distances, excitatory)
