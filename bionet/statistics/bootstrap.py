"""The median over seeds and how sure it is: a bootstrap confidence interval.

Mikulasch et al., Fig. 4: median of the last test's loss, 95 % interval from 10 000 resamples.
"""

from dataclasses import dataclass

import numpy as np

from bionet.si import takes_si


@dataclass(frozen=True, eq=False)
class MedianInterval:
    """A median and its confidence interval.

    Attributes
    ----------
    median, low, high : numpy.ndarray
        In the values' unit and of their shape without the axis of the samples. One sample has no
        interval: low and high are NaN.
    """

    median: np.ndarray
    low: np.ndarray
    high: np.ndarray


@takes_si(values="any")
def median_interval(values, axis=0, confidence=0.95, resamples=10_000, seed=0):
    """Median along an axis with its percentile bootstrap interval.

    Parameters
    ----------
    values : array_like
        n samples along `axis`, such as one seed each.
    axis : int
    confidence : float
        In (0, 1).
    resamples : int
        Draws of n samples with replacement.
    seed : int
        Of the draws; the same values and seed give the same interval.

    Returns
    -------
    MedianInterval
        With few samples the interval knows no more than they do: it spans the range of two or
        three, and that of one is NaN.

    Raises
    ------
    ValueError
        If there is no sample, a value is not finite, or `confidence` or `resamples` is out of
        range.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim == 0 or not values.shape[axis]:
        raise ValueError(f"values must hold at least one sample, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("values must be finite, got NaN or an infinity")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie in (0, 1), got {confidence!r}")
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples!r}")
    # The median of an even number adds two values: halves do not overflow.
    unit = 2.0 if np.abs(values).max(initial=0) > np.finfo(float).max / 2 else 1.0
    values = values / unit
    median = unit * np.median(values, axis=axis)
    if values.shape[axis] == 1:
        return MedianInterval(median, np.full_like(median, np.nan), np.full_like(median, np.nan))
    from scipy.stats import bootstrap

    with np.errstate(over="ignore", invalid="ignore"):  # in a standard error that is not used
        interval = bootstrap(
            (values,),
            np.median,
            n_resamples=resamples,
            axis=axis,
            confidence_level=confidence,
            method="percentile",
            vectorized=True,
            batch=_batch(values.size),
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return MedianInterval(median, unit * np.asarray(interval.low), unit * np.asarray(interval.high))


def _batch(size, most=10_000_000):
    """Resamples drawn at a time, so that no more than `most` numbers are held."""
    return max(most // max(size, 1), 1)
