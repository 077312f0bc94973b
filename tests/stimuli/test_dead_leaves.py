"""Dead leaves: the closed form of their correlations, their spectrum, and what is refused."""

import numpy as np
import pytest
from scipy.integrate import quad

from bionet.stimuli import dead_leaves, whitened

# Standard errors that a mean over independent images may be away from its closed form.
STANDARD_ERRORS = 4

# Natural scenes have 2 - 0.2 (Ruderman 1997), the endless model just below 2, too, and the bounds
# of radii and the pixels bend the line: 0.05 to 0.15 from case to case.
EXPONENT_TOLERANCE = 0.25

# Frequencies between which a line is laid, cycles a pixel: above, the filter cuts off.
BAND = (0.02, 0.2)


def same_leaf(distance, r_min, r_max):
    """Probability that two pixels at a distance show one leaf (Lee, Mumford & Huang 2001).

    Of the leaves that cover one or both of them the frontmost decides: the mean area that a leaf
    shares with its own shifted copy, divided by that of the two together.
    """

    def shared_area(radius):
        half = min(distance / (2 * radius), 1)
        return 2 * radius**2 * (np.arccos(half) - half * np.sqrt(1 - half**2))

    kink = min(max(distance / 2, r_min), r_max)
    both, _ = quad(lambda r: shared_area(r) * r**-3, r_min, r_max, points=[kink])
    one = np.pi * np.log(r_max / r_min)
    return both / (2 * one - both)


def exponent(images):
    """Slope of the power spectrum over frequency in double logarithmic scale."""
    size = images.shape[-1]
    window = np.hanning(size)[:, None] * np.hanning(size)
    centered = images - images.mean(axis=(1, 2), keepdims=True)
    power = (np.abs(np.fft.fft2(centered * window)) ** 2).mean(axis=0)
    frequency = np.fft.fftfreq(size)
    ring = np.rint(np.hypot(frequency[:, None], frequency) * size).astype(int).ravel()
    radial = np.bincount(ring, power.ravel()) / np.bincount(ring)
    inside = np.arange(round(BAND[0] * size), round(BAND[1] * size))
    return np.polyfit(np.log(inside), np.log(radial[inside]), 1)[0]


@pytest.fixture(scope="module")
def leaves():
    return dead_leaves(10, 256, seed=1)


@pytest.mark.parametrize(("r_min", "r_max"), [(1, 24), (4, 6)])
@pytest.mark.parametrize("axis", [1, 2])
def test_pixels_share_a_leaf_as_often_as_computed(r_min, r_max, axis):
    images = dead_leaves(200, 48, seed=2, r_min=r_min, r_max=r_max)
    for distance in (1, 3, 7, 11):
        one, other = np.split(images, [distance], axis)[1], np.split(images, [-distance], axis)[0]
        shares = (one == other).mean(axis=(1, 2))
        error = shares.std() / np.sqrt(len(shares))

        assert error < 0.02
        assert shares.mean() == pytest.approx(
            same_leaf(distance, r_min, r_max), abs=STANDARD_ERRORS * error
        )


def test_no_leaf_is_wider_than_the_largest():
    images = dead_leaves(20, 40, seed=3, r_min=5, r_max=6)

    assert (images[:, :, 11:] == images[:, :, :-11]).any()
    assert not (images[:, :, 13:] == images[:, :, :-13]).any()


def test_greys_are_uniform(leaves):
    """Closed form: mean 1/2 and variance 1/12 of leaves; pixels weigh them by their areas."""
    distinct = np.unique(leaves)

    assert distinct.size > 10_000
    assert distinct.min() >= 0
    assert distinct.max() <= 1
    assert distinct.mean() == pytest.approx(1 / 2, abs=0.02)
    assert distinct.var() == pytest.approx(1 / 12, abs=0.01)


def test_power_falls_with_the_square_of_frequency_until_it_is_whitened(leaves):
    """Published claim: 1/f^2 (Ruderman 1997), and what whitening is for."""
    assert exponent(leaves) == pytest.approx(-2, abs=EXPONENT_TOLERANCE)
    assert exponent(whitened(leaves)) == pytest.approx(0, abs=EXPONENT_TOLERANCE)


def test_the_seed_decides_the_images(leaves):
    again = dead_leaves(2, 256, seed=1)

    np.testing.assert_array_equal(again, leaves[:2])
    assert again.dtype == np.float32
    assert not np.array_equal(again[0], again[1])
    assert not np.array_equal(dead_leaves(1, 256, seed=2)[0], again[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 64, 0), "n_images must be a whole number of at least 1, got 0"),
        ((1, 3, 0), "size must be a whole number of at least 4, got 3"),
        ((1, 64.0, 0), r"size must be a whole number of at least 4, got 64\.0"),
        ((1, 64, -1), "seed must be a whole number of at least 0, got -1"),
        ((1, 64, None), "seed must be a whole number of at least 0, got None"),
    ],
)
def test_refuses_wrong_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        dead_leaves(*arguments)


@pytest.mark.parametrize(
    ("r_min", "r_max"), [(0.4, 9), (0, 9), (-1, 9), (5, 5), (6, 5), (1, 65), (33, None)]
)
def test_refuses_radii_out_of_range(r_min, r_max):
    with pytest.raises(ValueError, match=r"0.5 <= r_min < r_max <= size, got r_min=.* size=64"):
        dead_leaves(1, 64, 0, r_min=r_min, r_max=r_max)


def test_refuses_radii_that_are_no_numbers():
    with pytest.raises(ValueError, match="r_min must be a finite number, got nan"):
        dead_leaves(1, 64, 0, r_min=np.nan)
    with pytest.raises(ValueError, match="r_max must be a finite number, got '9'"):
        dead_leaves(1, 64, 0, r_max="9")
