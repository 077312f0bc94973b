"""Labelled images: closed forms and a reference of their resizing, selection, and what is refused.

The reference is `scipy.ndimage.map_coordinates`.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from bionet.stimuli import ImageSet, halved

# Sums of four products of float32 numbers up to 1.
SINGLE_PRECISION = 1e-6


@pytest.fixture
def numbered():
    """Give six images, the k-th of intensity k / 10, labelled 2, 0, 1, 0, 2, 7."""
    images = np.arange(6)[:, None, None] / 10 * np.ones((6, 4, 5))
    return ImageSet(images, [2, 0, 1, 0, 2, 7], "numbers")


def test_selection_keeps_the_order(numbered):
    chosen = numbered.with_labels(2, 0)

    np.testing.assert_array_equal(chosen.labels, [2, 0, 0, 2])
    np.testing.assert_allclose(chosen.images[:, 0, 0], [0, 0.1, 0.3, 0.4], rtol=SINGLE_PRECISION)
    assert chosen.name == "numbers"


def test_first_images(numbered):
    assert len(numbered.first(6)) == 6
    np.testing.assert_array_equal(numbered.first(2).labels, [2, 0])
    np.testing.assert_array_equal(numbered.first(2).images, numbered.images[:2])


def test_a_set_has_its_own_arrays_which_cannot_be_written():
    images, labels = np.zeros((1, 2, 2), dtype=np.float32), np.array([3])
    own = ImageSet(images, labels, "own")
    images[:], labels[:] = 1, 4

    assert own.images.max() == 0
    assert own.labels[0] == 3
    assert own.images.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        own.images[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        own.labels[0] = 1


def test_28_pixels_to_16_read_a_ramp_between_pixel_centers():
    """Closed form: pixel i of 16 lies at (i + 1/2) 28/16 - 1/2 of 28, and linear stays linear."""
    ramp = (np.arange(28)[:, None] + 28 * np.arange(28)) / (28 * 28)
    position = (np.arange(16) + 0.5) * 1.75 - 0.5
    expected = (position[:, None] + 28 * position) / (28 * 28)

    resized = ImageSet([ramp], [0], "ramp").resized(16, 16)

    np.testing.assert_allclose(resized.images[0], expected, atol=SINGLE_PRECISION)


def test_enlarging_holds_the_outermost_pixels():
    """Closed form: half pixels at -1/4, 1/4, 3/4 and 5/4 of the two there are."""
    resized = ImageSet([[[0.2, 0.6]]], [0], "two").resized(1, 4)

    np.testing.assert_allclose(resized.images[0, 0], [0.2, 0.3, 0.5, 0.6], rtol=SINGLE_PRECISION)


def test_nothing_is_smoothed_before_shrinking():
    """Four pixels to one are read in their middle: the outer two do not count."""
    resized = ImageSet([[[1, 0.2, 0.4, 1]]], [0], "four").resized(1, 1)

    assert resized.images.item() == pytest.approx(0.3)


def test_half_the_size_is_the_mean_of_four_pixels():
    images = np.random.default_rng(0).random((3, 28, 20))

    resized = ImageSet(images, [0, 1, 2], "noise").resized(14, 10)

    np.testing.assert_allclose(resized.images, halved(images), atol=SINGLE_PRECISION)
    np.testing.assert_array_equal(resized.labels, [0, 1, 2])


@settings(max_examples=60, deadline=None)
@given(*[st.integers(1, 12)] * 4, st.integers(0, 2**32 - 1))
def test_resizing_equals_interpolation_by_scipy(height, width, new_height, new_width, seed):
    image = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    rows = (np.arange(new_height) + 0.5) * height / new_height - 0.5
    columns = (np.arange(new_width) + 0.5) * width / new_width - 0.5
    grid = np.meshgrid(rows, columns, indexing="ij")
    expected = ndimage.map_coordinates(image, grid, order=1, mode="nearest")

    resized = ImageSet([image], [0], "noise").resized(new_height, new_width)

    np.testing.assert_allclose(resized.images[0], expected, atol=SINGLE_PRECISION)


def test_the_brightest_image_stays_in_range():
    """Two weights rounded to float32 add up to 1 + 2^-24 at most, which float32 rounds to 1."""
    for size in range(1, 60):
        white = ImageSet(np.ones((1, 28, 28)), [0], "white").resized(size, size)
        np.testing.assert_allclose(white.images, 1, rtol=SINGLE_PRECISION)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 3)), [0, 0], r"images of set must have shape \(n, height, width\), got \(2"),
        (np.zeros((0, 3, 3)), [], r"images of set must have shape .* got \(0, 3, 3\)"),
        (np.full((1, 2, 2), 255), [0], r"images of set must lie in \[0, 1\], got values from 255"),
        (np.full((1, 2, 2), -0.1), [0], r"must lie in \[0, 1\], got values from -0.1 to -0.1"),
        ([[[0.5]], [[np.nan]]], [0, 1], "images of set must be finite, image 1 is not"),
        (np.full((1, 2, 2), "a"), [0], "images of set must hold real numbers"),
        (np.zeros((1, 2, 2), dtype=complex), [0], "real numbers, got an array of complex128"),
        (np.zeros((2, 2, 2)), [0], r"labels of set must be one for each of 2 images, got .*\(1,\)"),
        (np.zeros((1, 2, 2)), [[0]], r"labels of set must be one for each of 1 images"),
        (np.zeros((1, 2, 2)), [0.0], "labels of set must be whole numbers, got .* float64"),
    ],
)
def test_refuses_what_is_no_set_of_images(images, labels, message):
    with pytest.raises(ValueError, match=message):
        ImageSet(images, labels, "set")


def test_refuses_a_set_without_name():
    for name in ("", None):
        with pytest.raises(ValueError, match="name must be a text that is not empty"):
            ImageSet(np.zeros((1, 2, 2)), [0], name)


def test_refuses_selections_that_are_not_there(numbered):
    with pytest.raises(ValueError, match=r"those of numbers \(0, 1, 2, 7\), got 3"):
        numbered.with_labels(0, 3)
    with pytest.raises(ValueError, match="got none"):
        numbered.with_labels()
    with pytest.raises(ValueError, match="n must be at most 6, the images of numbers, got 7"):
        numbered.first(7)
    for n in (0, -1, 1.0, True):
        with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
            numbered.first(n)
    with pytest.raises(ValueError, match="height must be a whole number of at least 1, got 0"):
        numbered.resized(0, 3)
    with pytest.raises(ValueError, match=r"width must be a whole number of at least 1, got 2\.5"):
        numbered.resized(3, 2.5)
