"""Checks of input (behaviour): what passes unchanged, and that each error names the offender."""

import brian2
import numpy as np
import pytest

from bionet.statistics.requirements import (
    require_finite,
    require_fraction,
    require_nonnegative_array,
    require_positive,
)


def test_numbers_of_every_type_pass():
    assert require_positive("tau", np.float32(0.5)) == 0.5
    assert require_finite("alpha", -3) == -3
    assert require_positive("tau", 20 * brian2.ms) == 0.02
    assert [require_fraction("completed", edge) for edge in (0, 1)] == [0, 1]
    np.testing.assert_array_equal(require_nonnegative_array("rates", [0, 1]), [0.0, 1.0])
    np.testing.assert_allclose(require_nonnegative_array("times", [1, 2] * brian2.ms), [1e-3, 2e-3])


@pytest.mark.parametrize("check", [require_positive, require_finite, require_fraction])
@pytest.mark.parametrize("value", ["0.5", None, [0.5, 0.6]])
def test_what_is_no_plain_number_is_refused(check, value):
    with pytest.raises(TypeError, match="tau must be a number, got"):
        check("tau", value)


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (require_positive, [0, -1, np.inf, np.nan]),
        (require_finite, [np.inf, -np.inf, np.nan]),
        (require_fraction, [-0.1, 1.1, np.nan]),
    ],
)
def test_numbers_out_of_range_are_refused(check, values):
    for value in values:
        with pytest.raises(ValueError, match=f"tau must .* got {value}"):
            check("tau", value)


def test_the_first_wrong_entry_of_an_array_is_named():
    with pytest.raises(ValueError, match=r"counts must .* got -2.0 at \[1, 0\]"):
        require_nonnegative_array("counts", [[0, 1], [-2, np.nan]], dimensions=(2,))
