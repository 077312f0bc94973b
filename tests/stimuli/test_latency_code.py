"""Latency code: closed form, a loop over pixels as reference on Fashion-MNIST, and behaviour."""

import gzip
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bionet.errors import BionetError
from bionet.stimuli import StimulusError, fashion_mnist, spike_counts, spike_latencies
from bionet.stimuli import latency_code as module

OFFICIAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fashion_mnist"

#: Of the logarithm and of the exponential it is checked by, relative to theta.
ROUNDING = 1e-9

BYTES = np.arange(256, dtype=np.uint8)


def latency_of_byte(byte, steps, tau=20.0, threshold=0.2):
    x = byte / 255
    if x <= threshold:
        return steps
    return min(math.floor(tau * math.log(x / (x - threshold))), steps)


def test_values_calculated_by_hand():
    """Closed form: 20 ln(1 / 0.8) = 4.46, 20 ln(0.5 / 0.3) = 10.22, 20 ln(0.21 / 0.01) = 60.89."""
    latencies = spike_latencies(np.array([1.0, 0.5, 0.21, 0.2, 0.1, 0.0]))

    assert latencies.tolist() == [4, 10, 60, 100, 100, 100]


@settings(max_examples=60, deadline=None)
@given(
    images=hnp.arrays(float, (2, 5), elements=st.floats(0, 1)),
    steps=st.integers(1, 1000),
    tau=st.floats(0.5, 100),
    threshold=st.floats(0.01, 0.99),
)
def test_is_the_step_in_which_a_charging_membrane_reaches_the_threshold(
    images, steps, tau, threshold
):
    """Closed form: x (1 - exp(-t / tau)) passes theta between the step and the next."""
    latencies = spike_latencies(images, steps, tau=tau, threshold=threshold).astype(float)
    before = images * -np.expm1(-latencies / tau)
    after = images * -np.expm1(-(latencies + 1) / tau)
    spikes = latencies < steps

    assert latencies.shape == images.shape
    assert (before <= threshold * (1 + ROUNDING)).all()
    assert (after[spikes] >= threshold * (1 - ROUNDING)).all()
    assert not spikes[images <= threshold].any()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2), st.floats(0.01, 0.99))
def test_brighter_is_never_later(intensities, threshold):
    latencies = spike_latencies(np.sort(intensities), 255, threshold=threshold).astype(int)

    assert (np.diff(latencies) <= 0).all()


@pytest.mark.parametrize("threshold", [0.1, 0.2, 0.3])
def test_bytes_are_fractions_of_255(threshold):
    expected = [latency_of_byte(byte, 100, threshold=threshold) for byte in range(256)]

    for images in (BYTES, BYTES / 255, BYTES / np.float32(255)):
        latencies = spike_latencies(images, threshold=threshold)
        np.testing.assert_array_equal(latencies, expected, err_msg=str(images.dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_threshold_itself_is_silent_in_every_precision(dtype):
    """At theta the logarithm diverges; rounded to `dtype`, theta may lie above 0.2."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        latencies = spike_latencies(np.array([0.2], dtype=dtype), steps=10_000)

    assert latencies.tolist() == [10_000]
    assert spike_latencies(np.array([51], dtype=np.uint8), steps=10_000).tolist() == [10_000]


def test_spikes_from_the_last_step_on_are_dropped():
    """20 ln(0.21 / 0.01) = 60.89: step 60 is the last of 61 and one past the end of 60."""
    image = np.array([0.21])

    assert spike_latencies(image, 61).tolist() == [60]
    assert spike_latencies(image, 60).tolist() == [60]
    assert spike_latencies(image, 59).tolist() == [59]
    assert spike_counts(spike_latencies(image, 61), 61).sum() == 1
    assert spike_counts(spike_latencies(image, 60), 60).sum() == 0


@pytest.mark.parametrize(
    ("steps", "dtype"), [(1, np.uint8), (255, np.uint8), (256, np.uint16), (70_000, np.uint32)]
)
@pytest.mark.parametrize("images", [BYTES, BYTES / 255])
def test_takes_the_smallest_type_that_holds_the_marker(images, steps, dtype):
    latencies = spike_latencies(images, steps)

    assert latencies.dtype == dtype
    assert latencies[0] == steps


def test_blocks_make_no_difference(monkeypatch):
    images = np.random.default_rng(0).random((3, 7))
    whole = spike_latencies(images)
    monkeypatch.setattr(module, "_BLOCK", 4)

    # Reversed, lest memory that still holds the first result passes for the second.
    np.testing.assert_array_equal(spike_latencies(images[::-1]), whole[::-1])
    assert len(np.unique(whole)) > 3


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_no_images_have_no_latencies(dtype):
    assert spike_latencies(np.zeros((0, 784), dtype=dtype)).shape == (0, 784)


def test_leaves_the_images_as_they_were():
    images = np.array([[0.0, 0.5], [1.0, 0.2]])
    images.flags.writeable = False

    spike_latencies(images)
    assert images.tolist() == [[0.0, 0.5], [1.0, 0.2]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"images": [[0.5, 1.5]]}, r"images must lie in \[0, 1\], got values from 0.5 to 1.5"),
        ({"images": [[-0.1, 0.5]]}, r"images must lie in \[0, 1\], got values from -0.1 to 0.5"),
        ({"images": [[0.5, math.inf]]}, "got values from 0.5 to inf"),
        ({"images": [[0.5, 2.0], [0.1, math.nan]]}, r"the value at \(1, 1\) is NaN"),
        ({"images": np.array([[0, 255]])}, "floats in .* or unsigned bytes, got an array of int64"),
        ({"images": [[True]]}, "got an array of bool"),
        ({"threshold": 0.0}, "threshold must lie strictly between 0 and 1, got 0"),
        ({"threshold": 1.0}, "threshold must lie strictly between 0 and 1, got 1"),
        ({"threshold": math.nan}, "threshold must be a finite number, got nan"),
        ({"tau": 0.0}, "tau must be a positive finite number, got 0.0"),
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"steps": 100.0}, "steps must be a whole number of at least 1, got 100.0"),
    ],
)
def test_refuses_what_is_no_image_or_no_setting(arguments, message):
    with pytest.raises(StimulusError, match=message) as caught:
        spike_latencies(**{"images": [[0.5]], **arguments})
    assert isinstance(caught.value, BionetError)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 12))
def test_counts_hold_one_spike_where_the_latency_says(data, steps):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    latencies = data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, steps)))
    expected = np.zeros((*shape[:-1], steps, shape[-1]))
    for index in np.ndindex(shape):
        if latencies[index] < steps:
            expected[(*index[:-1], latencies[index], index[-1])] = 1

    counts = spike_counts(latencies, steps)
    np.testing.assert_array_equal(counts, expected)
    assert counts.dtype == np.float32


@pytest.mark.parametrize(
    ("latencies", "steps", "message"),
    [
        ([3, 101], 100, "latencies must lie in 0 to 100, .* got values from 3 to 101"),
        ([-1, 5], 100, "got values from -1 to 5"),
        (
            [0.5],
            100,
            r"must be whole numbers of shape \(..., inputs\), got shape \(1,\) of float64",
        ),
        (3, 100, r"got shape \(\) of int64"),
        ([0], 0, "steps must be a whole number of at least 1, got 0"),
    ],
)
def test_counts_refuse_what_are_no_latencies(latencies, steps, message):
    with pytest.raises(StimulusError, match=message):
        spike_counts(np.array(latencies), steps)


def test_fashion_mnist_as_a_loop_over_pixels_says():
    """Reference: the formula pixel by pixel, on all bytes of the official test images."""
    path = OFFICIAL / "t10k-images-idx3-ubyte.gz"
    if not path.is_file():
        pytest.skip(f"the official images are not in {OFFICIAL}")
    raw = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16).reshape(-1, 784)
    latencies = spike_latencies(raw)
    expected = [[latency_of_byte(int(byte), 100) for byte in image] for image in raw[:50]]

    np.testing.assert_array_equal(latencies[:50], expected)
    intensities = fashion_mnist("test", OFFICIAL).images.reshape(-1, 784)
    np.testing.assert_array_equal(spike_latencies(intensities), latencies)
    assert latencies.nbytes == 10_000 * 784
    # The brightest possible pixel, 255, fires in step 4; bytes up to 51 = 0.2 x 255 are silent.
    assert latencies.min() == 4
    assert (latencies < 100).sum() == (raw > 51).sum()
