"""Closed form: co-tuning of groups, balance of charges, correlation of currents."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bionet.statistics import charge_ratio, co_tuning_index, current_correlation

# Sums of a few dozen doubles.
ROUNDING_TOLERANCE = 1e-9

PROFILES = arrays(float, st.tuples(st.just(2), st.integers(2, 8)), elements=st.floats(0, 10))


@given(PROFILES, st.floats(0.1, 10), st.floats(-5, 5))
def test_index_is_blind_to_scale_and_offset(profiles, scale, offset):
    excitation, inhibition = profiles
    assume(min(np.ptp(excitation), np.ptp(inhibition)) > 0.1)
    found = co_tuning_index(excitation, inhibition)
    assert found == pytest.approx(np.corrcoef(excitation, inhibition)[0, 1], abs=1e-9)
    assert co_tuning_index(scale * excitation + offset, inhibition) == pytest.approx(
        found, abs=1e-9
    )
    assert co_tuning_index(inhibition, excitation) == pytest.approx(found, abs=1e-9)
    assert co_tuning_index(excitation, -inhibition) == pytest.approx(-found, abs=1e-9)


def test_extremes_of_the_index():
    excitation = np.array([[1, 2, 4], [1, 2, 4], [1, 2, 4]])
    inhibition = np.array([[2, 4, 8], [8, 6, 2], [3, 3, 3]])
    index = co_tuning_index(excitation, inhibition)
    np.testing.assert_allclose(index[:2], [1, -1])
    assert np.isnan(index[2])


def test_charges():
    excitatory = np.array([[1.0, 3.0], [0.0, 0.0]])
    inhibitory = np.array([[2.0, 0.0], [1.0, 0.0]])
    assert charge_ratio(excitatory, inhibitory).tolist() == [0.5, np.inf]
    assert charge_ratio(excitatory, inhibitory, axis=(0, 1)) == 0.75


def test_currents_in_time():
    """A quarter of a period later a sine has no correlation; a half, the opposite one."""
    phase = 2 * np.pi * np.arange(100) / 100
    shifted = np.stack([3 + np.sin(phase), 1 + 2 * np.cos(phase), -np.sin(phase)])
    found = current_correlation(np.broadcast_to(np.sin(phase), shifted.shape), shifted)
    np.testing.assert_allclose(found, [1, 0, -1], atol=ROUNDING_TOLERANCE)


@pytest.mark.parametrize("function", [co_tuning_index, current_correlation])
def test_refusals(function):
    with pytest.raises(ValueError, match="at least two"):
        function([1.0], [2.0])
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        function([1.0, 2.0], [1.0, 2.0, 3.0])
