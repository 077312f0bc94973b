"""Scenes from files and from dead leaves, and their ON/OFF rates: behaviour and closed forms."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import io

from bionet.stimuli import (
    StimulusError,
    dead_leaves,
    halved,
    load_scenes,
    patch_rates,
    scenes,
    whitened,
)


@pytest.fixture
def images():
    return np.random.default_rng(0).normal(size=(3, 16, 20))


def saved(path, **arrays):
    if path.suffix == ".npy":
        [array] = arrays.values()
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        io.savemat(path, arrays, do_compression=True)
    return path


def test_reads_every_kind_of_file(images, tmp_path):
    last = np.moveaxis(images, 0, -1)
    paths = [
        saved(tmp_path / "scenes.npy", images=images),
        saved(tmp_path / "one.npz", photographs=images),
        saved(tmp_path / "several.npz", camera=np.zeros(3), images=images),
        saved(tmp_path / "IMAGES.mat", IMAGES=last, camera=[1.0]),
        saved(tmp_path / "one.MAT", photographs=last),
    ]
    for path in paths:
        loaded = load_scenes(path)
        assert loaded.dtype == np.float32
        np.testing.assert_array_equal(loaded, images.astype(np.float32))


def test_a_single_image_of_matlab_lacks_its_last_axis(images, tmp_path):
    path = saved(tmp_path / "image.mat", IMAGES=images[0])

    np.testing.assert_array_equal(load_scenes(str(path)), images[:1].astype(np.float32))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("scenes.png", b"", "scenes are read from .npy, .npz and .mat files, got .*scenes.png"),
        ("scenes.npy", b"", "scenes.npy is no readable file of numpy's"),
        ("scenes.npy", b"text", "scenes.npy is no readable file of numpy's"),
        ("scenes.npz", b"PK\3\4 and no more", "scenes.npz is no readable file of numpy's"),
        ("scenes.mat", b"", "scenes.mat is no readable .mat file"),
        ("scenes.mat", bytes(range(1, 200)), "scenes.mat is no readable .mat file"),
        ("scenes.mat", b" " * 124 + b"\0\2IM" + b"HDF", "MATLAB 7.3, save it with .* -v7"),
    ],
)
def test_refuses_files_that_cannot_be_read(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(StimulusError, match=message):
        load_scenes(path)


@pytest.mark.parametrize("ending", [".npy", ".npz", ".mat"])
def test_refuses_files_cut_short_or_missing(images, tmp_path, ending):
    path = saved(tmp_path / f"scenes{ending}", images=images)
    path.write_bytes(path.read_bytes()[:-2000])

    with pytest.raises(StimulusError, match=f"scenes{ending} is no readable"):
        load_scenes(path)
    path.unlink()
    with pytest.raises(StimulusError, match=f"there is no file of scenes .*scenes{ending}"):
        load_scenes(path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((16, 16)), r"images must have shape \(n, height, width\), got \(16, 16\)"),
        (np.ones((1, 16, 16, 3)), "images must have shape"),
        (np.random.default_rng(0).random((512, 16, 10)), r"16 x 16 pixels, got \(512, 16, 10\)"),
        (np.random.default_rng(0).random((2, 15, 16)), r"16 x 16 pixels, got \(2, 15, 16\)"),
        (np.full((1, 16, 16), np.nan), "images must be finite, image 0 is not"),
        (np.full((1, 16, 16), 7), "image 0 is constant"),
        (np.full((1, 16, 16), "a"), "images must hold real numbers"),
        (np.full((1, 16, 16), None), "no readable file of numpy's"),
    ],
)
def test_refuses_arrays_that_are_no_scenes(tmp_path, array, message):
    path = saved(tmp_path / "wrong.npy", images=array)

    with pytest.raises(StimulusError, match=message) as caught:
        load_scenes(path)
    assert "wrong.npy" in str(caught.value)


def test_refuses_files_without_or_with_several_images(images, tmp_path):
    path = saved(tmp_path / "two.npz", left=images, right=images)
    with pytest.raises(StimulusError, match=r"two.npz must hold one array, .* got left, right"):
        load_scenes(path)
    path = saved(tmp_path / "none.mat")
    with pytest.raises(StimulusError, match=r"none.mat must hold one array, .* got nothing"):
        load_scenes(path)


def test_scenes_of_a_file_are_halved_and_no_more(images, tmp_path):
    path = saved(tmp_path / "scenes.npy", images=images)

    np.testing.assert_array_equal(scenes(path), halved(images.astype(np.float32)))


def test_photographs_that_were_not_whitened_are_refused(images, tmp_path):
    path = saved(tmp_path / "photographs.npy", images=images + 2)

    with pytest.raises(
        StimulusError, match=r"photographs.npy must be whitened .* mean 1.96 .*whitened whitens"
    ):
        scenes(path)


def test_scenes_without_a_file_are_whitened_dead_leaves():
    made = scenes(n_images=2, size=64, seed=4)

    assert made.shape == (2, 32, 32)
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made, halved(whitened(dead_leaves(2, 64, 4))))
    with pytest.raises(ValueError, match="size must be a whole number of at least 4, got 2"):
        scenes(size=2)


def test_on_rates_come_first_and_off_rates_after():
    """Closed form: f(0.15) = 1/2, f(0) = 1 / (1 + e^2.4), f(-0.15) = 1 / (1 + e^4.8)."""
    expected = [0.5, 1 / (1 + np.exp(2.4)), 1 / (1 + np.exp(4.8)), 1 / (1 + np.exp(2.4))]

    np.testing.assert_allclose(patch_rates([0.15, 0]), expected)
    np.testing.assert_allclose(patch_rates([1], slope=2, shift=0.5)[0], 1 / (1 + np.exp(-1)))


def test_rates_keep_leading_axes_and_single_precision():
    patches = np.random.default_rng(0).normal(size=(5, 4, 3)).astype(np.float32)

    rates = patch_rates(patches)

    assert rates.shape == (5, 4, 6)
    assert rates.dtype == np.float32
    np.testing.assert_array_equal(rates[2, 1], patch_rates(patches[2, 1]))
    assert patch_rates([1, 0]).dtype == float


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8))
def test_a_negative_image_swaps_the_channels(values):
    on, off = np.split(patch_rates(values), 2)
    negative_on, negative_off = np.split(patch_rates(np.negative(values)), 2)

    np.testing.assert_array_equal(on, negative_off)
    np.testing.assert_array_equal(off, negative_on)
    assert (on >= 0).all()
    assert (on <= 1).all()


def test_refuses_values_and_parameters_that_give_no_rates():
    for values in (0.5, [np.nan], ["a"], [True]):
        with pytest.raises(ValueError, match=r"values must be real numbers of shape \(..., k\)"):
            patch_rates(values)
    for slope in (0, -16, np.inf):
        with pytest.raises(ValueError, match="slope must be a positive finite number"):
            patch_rates([0.5], slope=slope)
    with pytest.raises(ValueError, match="shift must be a finite number, got nan"):
        patch_rates([0.5], shift=np.nan)


def test_importing_the_stimuli_loads_neither_brian2_nor_pooch():
    program = (
        "import sys, bionet.stimuli; "
        "print({m.split('.')[0] for m in sys.modules} & {'brian2', 'pooch', 'matplotlib'})"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert printed.stdout.strip() == "set()", printed.stderr
