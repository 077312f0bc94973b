"""Whitening and halving: closed forms of plane waves and blocks, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bionet.stimuli import halved, whitened

# Relative, of sums over an image kept as float32.
SINGLE_PRECISION = 1e-5


def plane_wave(height, width, row_cycles, column_cycles):
    rows, columns = np.arange(height)[:, None] / height, np.arange(width) / width
    return np.cos(2 * np.pi * (row_cycles * rows + column_cycles * columns))


def response(frequency, cutoff):
    return frequency * np.exp(-((frequency / cutoff) ** 4))


@pytest.mark.parametrize("cutoff", [0.4, 0.2])
def test_plane_waves_keep_their_place_and_weigh_as_the_filter_says(cutoff):
    """Closed form: waves of 0.125 and 0.25 x 0.3 cycles a pixel, on an image that is not square."""
    slow, fast = plane_wave(32, 40, 4, 0), plane_wave(32, 40, 8, 12)
    expected = response(0.125, cutoff) * slow + response(np.hypot(0.25, 0.3), cutoff) * fast
    expected *= np.sqrt(0.1 / expected.var())

    [result] = whitened(7 + 3 * (slow + fast)[None], cutoff=cutoff)

    np.testing.assert_allclose(result, expected, atol=SINGLE_PRECISION)


def test_the_cutoff_is_that_of_olshausen_and_field():
    """Closed form: 200 cycles in 512 pixels, rounded to 0.4 cycles a pixel; R(f0) = f0 / e."""
    waves = plane_wave(1, 20, 0, 8) + plane_wave(1, 20, 0, 4)

    amplitudes = np.abs(np.fft.rfft(whitened(waves[None])[0, 0]))

    assert amplitudes[8] / amplitudes[4] == pytest.approx(
        2 * np.exp(-1 + 0.5**4), rel=SINGLE_PRECISION
    )


def test_one_scale_serves_all_images():
    """The mean of the images' variances is the one stated; their ratios are those of the input."""
    noise = np.random.default_rng(0).normal(size=(1, 16, 16))

    result = whitened(np.concatenate([noise, 3 * noise]), variance=0.5)

    np.testing.assert_allclose(result.var(axis=(1, 2)), [0.1, 0.9], rtol=SINGLE_PRECISION)
    np.testing.assert_allclose(result.mean(axis=(1, 2)), 0, atol=SINGLE_PRECISION)
    assert result.dtype == np.float32


def test_the_variance_is_a_tenth_by_default():
    noise = np.random.default_rng(0).normal(size=(3, 16, 18))

    assert whitened(noise).var(axis=(1, 2)).mean() == pytest.approx(0.1, rel=SINGLE_PRECISION)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 1000), st.floats(-1000, 1000), st.integers(2, 20), st.integers(2, 20))
def test_brightness_and_contrast_do_not_matter(contrast, brightness, height, width):
    noise = np.random.default_rng(0).normal(size=(2, height, width))

    result = whitened(contrast * noise + brightness)

    np.testing.assert_allclose(result, whitened(noise), atol=SINGLE_PRECISION)


def test_halving_takes_means_of_blocks():
    image = [[[0, 4, 1, 1, 9], [4, 0, 1, 5, 9], [9, 9, 9, 9, 9]]]

    np.testing.assert_array_equal(halved(image), [[[2, 2]]])
    assert halved(np.zeros((3, 8, 6), dtype=np.uint8)).shape == (3, 4, 3)


def test_bytes_do_not_overflow():
    assert halved(np.full((1, 2, 2), 255, dtype=np.uint8)).item() == 255


@pytest.mark.parametrize("function", [whitened, halved])
def test_refuses_what_are_no_images(function):
    for images in (np.zeros((4, 4)), np.zeros((0, 4, 4)), np.zeros((1, 4, 4, 3))):
        with pytest.raises(ValueError, match=r"images must have shape \(n, height, width\)"):
            function(images)
    with pytest.raises(ValueError, match="images must be finite, image 1 is not"):
        function([[[0, 1], [1, 0]], [[0, np.inf], [1, 0]]])
    with pytest.raises(ValueError, match=r"images must hold real numbers, got .* bool"):
        function(np.ones((1, 2, 2), dtype=bool))


def test_refuses_images_without_contrast_or_too_small():
    with pytest.raises(ValueError, match="images must not be constant, image 1 is"):
        whitened([[[0, 1]], [[0.1, 0.1]]])
    with pytest.raises(ValueError, match=r"images must be at least 2 x 2 pixels, got \(1, 4\)"):
        halved(np.zeros((1, 1, 4)))


@pytest.mark.parametrize("name", ["cutoff", "variance"])
@pytest.mark.parametrize("value", [0, -0.1, np.nan, np.inf, "0.4", None])
def test_refuses_parameters_that_are_not_positive(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a positive finite number, got"):
        whitened([[[0, 1]]], **{name: value})
