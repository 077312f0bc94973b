"""Bootstrap interval of the median: closed forms for few samples, coverage for many."""

import numpy as np
import pytest

from bionet.statistics import median_interval

#: 200 intervals of 95 % miss 10 times on average, SD 3; five of those.
MOST_MISSES = 26


def test_one_sample_has_no_interval():
    one = median_interval([[3.0, 5.0]])
    np.testing.assert_array_equal(one.median, [3, 5])
    assert np.isnan([one.low, one.high]).all()


@pytest.mark.parametrize("values", [[1.0, 4.0], [4.0, 1.0, 2.0]])
def test_few_samples_have_their_range(values):
    """Two of two alike: 1/4. Three of three, or two of them: 7/27. Both are more than 2.5 %."""
    interval = median_interval(values)
    assert (interval.median, interval.low, interval.high) == (np.median(values), 1, 4)


def test_equal_samples_leave_no_doubt():
    interval = median_interval([2.0] * 5)
    assert interval.low == interval.median == interval.high == 2


def test_the_largest_numbers_have_a_median():
    """The middle of two is no overflow of their sum; P(3 zeros or more of 4) = 0.051 > 0.025."""
    largest = np.finfo(float).max
    interval = median_interval([largest, 0.0, largest, largest])
    assert (interval.median, interval.low, interval.high) == (largest, 0, largest)


def test_five_samples_closed_form():
    """P(median is the lowest) = P(3 of 5 or more are it) = 0.058 > 0.025: the range, at 95 %.

    At 80 % each end is the second sample: 0.058 < 0.1 < P(3 of 5 among the lowest two) = 0.317.
    """
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    wide, narrow = (median_interval(values, confidence=part) for part in (0.95, 0.8))
    assert (wide.low, wide.high) == (1, 5)
    assert (narrow.low, narrow.high) == (2, 4)


def test_the_interval_covers_the_true_median():
    samples = np.random.default_rng(1).standard_normal((30, 200))
    interval = median_interval(samples, resamples=1000)
    missed = (interval.low > 0) | (interval.high < 0)
    assert 0 < missed.sum() < MOST_MISSES


def test_axis_and_seed():
    values = np.random.default_rng(2).random((4, 7))
    a, b = median_interval(values, axis=1), median_interval(values.T)
    np.testing.assert_array_equal([a.median, a.low, a.high], [b.median, b.low, b.high])
    assert (a.low < a.median).all() and (a.median < a.high).all()
    again = median_interval(values, axis=1, seed=0)
    np.testing.assert_array_equal([a.low, a.high], [again.low, again.high])


@pytest.mark.parametrize(
    ("values", "keywords", "message"),
    [
        ([], {}, "at least one sample"),
        ([1.0, np.nan], {}, "must be finite"),
        ([1.0], {"confidence": 95}, r"confidence must lie in \(0, 1\), got 95"),
        ([1.0], {"resamples": 0}, "resamples must be at least 1"),
    ],
)
def test_wrong_values_are_refused(values, keywords, message):
    with pytest.raises(ValueError, match=message):
        median_interval(values, **keywords)
