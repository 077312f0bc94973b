"""Closed forms of the criterion by which a student has recovered its teacher, and its edges."""

import numpy as np
import pytest

from bionet.statistics.recovery import SMALLEST_NORM, coincidence, recovered, scaled_error


def test_error_is_the_sum_of_differences_over_the_norm():
    teacher = np.array([[3.0], [-4.0]])
    student = np.array([[3.5, 2.5], [-4.25, -3.5]])
    np.testing.assert_allclose(scaled_error(student, teacher), [0.25 / 5, 0.0])


def test_error_of_one_value_is_relative_but_for_small_ones():
    teacher = np.array([[30.0, -0.5, 0.001]])
    found = scaled_error(teacher + 0.03, teacher)
    np.testing.assert_allclose(found, [0.03 / 30, 0.03 / 0.5, 0.03 / SMALLEST_NORM])


def test_every_error_must_stay_below_its_tolerance_in_the_last_records():
    # students: always good; good at first only; good at last; good in w, not in tau
    w = np.array([[0.0, 0.0, 9.0, 0.0], [0.0, 9.0, 0.05, 0.0], [0.05, 0.05, 0.05, 0.0]])
    tau = np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.02]])
    tolerance = {"w": 0.1, "tau": 0.02, "not learned": 0.0}
    found = recovered({"w": w, "tau": tau}, tolerance, 2)
    np.testing.assert_array_equal(found, [True, False, True, False])
    np.testing.assert_array_equal(recovered({"w": w}, tolerance, 3), [True, False, False, True])


@pytest.mark.parametrize("records", [0, 4])
def test_records_that_are_not_there_are_refused(records):
    with pytest.raises(ValueError, match=f"'w' has 3 records; asked for the last {records}"):
        recovered({"w": np.zeros((3, 2))}, {"w": 1.0}, records)


def test_coincidence_is_a_cosine():
    both, student, teacher = np.array([8, 0, 0, 9]), np.array([16, 4, 0, 9]), np.array([4, 9, 5, 9])
    np.testing.assert_allclose(coincidence(both, student, teacher), [1.0, 0, 0, 1.0])
