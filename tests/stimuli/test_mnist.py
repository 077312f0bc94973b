"""MNIST from folders and by download, behaviour; the official files, where they are, as reference.

What is downloaded comes from a server on this machine.
"""

import dataclasses
import gzip
import hashlib
import importlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch
import pytest

from bionet.errors import BionetError
from bionet.stimuli import StimulusError, fashion_mnist, mnist

# The package's attribute of this name is the function.
module = importlib.import_module("bionet.stimuli.mnist")

OFFICIAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


def idx(array):
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, dtype=">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (3, 28, 28))


@pytest.fixture
def folder(tmp_path, pixels):
    """Give a folder with the training files of three images."""
    path = tmp_path / "files"
    path.mkdir()
    (path / IMAGES).write_bytes(gzip.compress(idx(pixels)))
    (path / LABELS).write_bytes(gzip.compress(idx(np.array([5, 0, 9]))))
    return path


@pytest.fixture
def served(folder, tmp_path, monkeypatch):
    """Have MNIST downloaded from `folder` into a cache of the test; gives the paths asked for."""
    requested = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            requested.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    checksums = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()}
    url = f"http://127.0.0.1:{server.server_port}/"
    archive = dataclasses.replace(module._MNIST, url=url, checksums=checksums)
    monkeypatch.setattr(module, "_MNIST", archive)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield requested
    server.shutdown()
    thread.join()
    server.server_close()


def test_reads_a_folder(folder, pixels):
    digits = mnist("train", folder)

    np.testing.assert_allclose(digits.images, pixels / 255, rtol=1e-6)
    np.testing.assert_array_equal(digits.labels, [5, 0, 9])
    assert digits.name == "MNIST train"
    assert fashion_mnist("train", str(folder)).name == "Fashion-MNIST train"


def test_reads_unzipped_files(folder, pixels):
    for name in (IMAGES, LABELS):
        packed = folder / name
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()

    np.testing.assert_allclose(mnist("train", folder).images, pixels / 255, rtol=1e-6)


def test_a_missing_file_is_named_with_where_it_was_sought(folder):
    with pytest.raises(StimulusError) as caught:
        mnist("test", folder)
    assert str(caught.value) == (
        f"MNIST lacks t10k-images-idx3-ubyte.gz (or t10k-images-idx3-ubyte), in {folder}"
    )
    with pytest.raises(StimulusError, match=r"Fashion-MNIST lacks .* there is no folder .*nowhere"):
        fashion_mnist("train", folder / "nowhere")


def test_refuses_another_split(folder):
    with pytest.raises(ValueError, match="split must be 'train' or 'test', got 'validation'"):
        mnist("validation", folder)


DAMAGED_IMAGES = {
    "empty": (b"", "no idx file .* begins with nothing"),
    "no gzip": (b"<html>not found</html>", "cannot be read: Not a gzipped file"),
    "gzip cut short": (gzip.compress(idx(np.zeros((3, 28, 28))))[:-20], "cannot be read"),
    "gzip of nothing": (gzip.compress(b""), "no idx file .* 3 dimension.* begins with nothing"),
    "gzip of a page": (gzip.compress(b"<html>"), "no idx file .* begins with 3c 68 74 6d"),
    "labels": (gzip.compress(idx(np.zeros(3))), "no idx file .* begins with 00 00 08 01"),
    "half a header": (gzip.compress(b"\0\0\x08\x03\0\0\0\x03"), "no idx file"),
    "floats": (gzip.compress(b"\0\0\x0d\x03" + idx(np.zeros((3, 28, 28)))[4:]), "no idx file"),
    "a byte less": (
        gzip.compress(idx(np.zeros((3, 28, 28)))[:-1]),
        r"damaged: it states shape \(3, 28, 28\), 2352 bytes, and has 2351",
    ),
    "a byte more": (
        gzip.compress(idx(np.zeros((3, 28, 28))) + b"\0"),
        "damaged: .* and has 2353",
    ),
    "another size": (
        gzip.compress(idx(np.zeros((3, 14, 14)))),
        r"28 x 28 pixels, got shape \(3, 14, 14\)",
    ),
    "no image": (
        gzip.compress(idx(np.zeros((0, 28, 28)))),
        r"28 x 28 pixels, got shape \(0, 28, 28\)",
    ),
    "an image less": (
        gzip.compress(idx(np.zeros((2, 28, 28)))),
        f"has 2 images, but {LABELS} has 3 labels",
    ),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED_IMAGES.values(), ids=DAMAGED_IMAGES)
def test_refuses_damaged_images_in_one_line(folder, content, message):
    (folder / IMAGES).write_bytes(content)

    with pytest.raises(StimulusError, match=message) as caught:
        mnist("train", folder)
    assert IMAGES in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refuses_damaged_labels(folder):
    (folder / LABELS).write_bytes(gzip.compress(idx(np.zeros((3, 28, 28)))))

    with pytest.raises(StimulusError, match=f"{LABELS} is no idx file .* in 1 dimension"):
        mnist("train", folder)


def test_downloads_once_and_says_so(served, pixels, tmp_path, folder, capsys):
    """A line for each file: what, how large, and where to."""
    for _ in range(2):
        np.testing.assert_allclose(mnist("train").images, pixels / 255, rtol=1e-6)

    said = capsys.readouterr()
    cache = tmp_path / "cache" / "bionet-datasets" / "mnist"
    sizes = [f"{(folder / name).stat().st_size / 1e6:.1f} MB" for name in (IMAGES, LABELS)]
    assert said.err.splitlines() == [
        f"MNIST: downloading {name}, {size}, into {cache}"
        for name, size in zip((IMAGES, LABELS), sizes, strict=True)
    ]
    assert not said.out
    assert served == [f"/{IMAGES}", f"/{LABELS}"]
    assert sorted(f.name for f in (tmp_path / "cache").rglob("*.gz")) == [IMAGES, LABELS]


def test_a_damaged_download_is_fetched_again(served, pixels, tmp_path):
    mnist("train")
    [kept] = (tmp_path / "cache").rglob(IMAGES)
    kept.write_bytes(kept.read_bytes()[:-1])

    np.testing.assert_allclose(mnist("train").images, pixels / 255, rtol=1e-6)
    assert served.count(f"/{IMAGES}") == 2


def test_another_file_than_the_known_one_is_refused(served, folder, tmp_path):
    (folder / LABELS).write_bytes(gzip.compress(idx(np.array([1, 1, 1]))))

    with pytest.raises(StimulusError, match=f"cannot download http.*{LABELS} .*SHA256.* not match"):
        mnist("train")
    assert not list((tmp_path / "cache").rglob(f"*{LABELS}*"))


def test_a_file_that_the_server_lacks_is_one_line(served, folder):
    (folder / IMAGES).unlink()

    with pytest.raises(BionetError, match=f"cannot download http.*{IMAGES} .*: 404") as caught:
        mnist("train")
    assert "\n" not in str(caught.value)


def test_no_network_is_one_line(served, monkeypatch):
    # Port 1 of this machine: nobody listens there.
    archive = dataclasses.replace(module._MNIST, url="http://127.0.0.1:1/")
    monkeypatch.setattr(module, "_MNIST", archive)

    # no chain of what the download went through: offline, that was forty lines
    with pytest.raises(
        BionetError, match=r"no connection to 127\.0\.0\.1:1; give a folder"
    ) as caught:
        mnist("train")
    assert "\n" not in str(caught.value)


def test_no_network_is_told_by_the_command_with_the_key(served, monkeypatch, tmp_path, capsys):
    """Nothing is written, and the line says what to set."""
    pytest.importorskip("jax")
    from bionet.runs.command import main

    archive = dataclasses.replace(module._MNIST, url="http://127.0.0.1:1/")
    monkeypatch.setattr(module, "_MNIST", archive)
    configuration = tmp_path / "digits.toml"
    configuration.write_text('kind = "weight_transport"')
    assert main(["run", str(configuration), "--out", str(tmp_path / "run")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("bionet: data.folder: MNIST: cannot download http://127.0.0.1:1/")
    assert line.endswith("no connection to 127.0.0.1:1; give a folder that has the files")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("read", "folder_name", "split", "whose"),
    [
        (mnist, "fashion_mnist", "train", "Fashion-MNIST train, not of MNIST train"),
        (mnist, "fashion_mnist", "test", "Fashion-MNIST test, not of MNIST test"),
        (fashion_mnist, "mnist", "test", "MNIST test, not of Fashion-MNIST test"),
    ],
)
def test_another_sets_folder_is_refused(read, folder_name, split, whose, packed, tmp_path):
    """By what its files begin with, cut short or not, packed or not."""
    _beginning_of(OFFICIAL / folder_name, split, tmp_path, packed=packed)
    with pytest.raises(StimulusError, match=f"images-idx3.* is of {whose}$"):
        read(split, tmp_path)


def test_mixed_and_exchanged_files_are_refused(tmp_path):
    """Images of one set with labels of another; the test files called as those to train with."""
    _beginning_of(OFFICIAL / "mnist", "train", tmp_path)
    assert len(mnist("train", tmp_path)) == 40
    for other, split in (("fashion_mnist", "train"), ("mnist", "test")):
        _beginning_of(OFFICIAL / other, split, tmp_path / other)
        [labels] = (tmp_path / other).glob("*labels*")
        (tmp_path / LABELS).write_bytes(labels.read_bytes())
        with pytest.raises(StimulusError, match=f"{LABELS} is of .* {split}, not of MNIST train$"):
            mnist("train", tmp_path)


def _beginning_of(official, split, folder, *, packed=True):
    """Write the first forty images of an official set, and their labels, into a folder."""
    if not official.is_dir():
        pytest.skip(f"the official files are not in {official}")
    folder.mkdir(exist_ok=True)
    for part, dimensions in (("images-idx3", 3), ("labels-idx1", 1)):
        name = f"{ {'train': 'train', 'test': 't10k'}[split] }-{part}-ubyte.gz"
        whole = module._idx_bytes(official / name, dimensions)
        content = idx(whole[:40])
        path = folder / (name if packed else name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(content) if packed else content)


def test_a_folder_without_a_name_is_no_folder(tmp_path, monkeypatch, folder):
    """The empty text is not the working directory; ``~`` is the home."""
    monkeypatch.chdir(folder)
    with pytest.raises(StimulusError, match=r"MNIST: the folder has no name"):
        mnist("train", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(mnist("train", "~/files")) == 3


def test_a_cache_that_cannot_be_made_is_one_line(served, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")

    with pytest.raises(BionetError, match=f"cannot download .* into {tmp_path / 'cache'}"):
        mnist("train")


@pytest.mark.parametrize(
    ("read", "folder_name", "archive", "train_mean", "first_labels"),
    [
        (mnist, "mnist", module._MNIST, 0.1307, [5, 0, 4, 1, 9]),
        (fashion_mnist, "fashion_mnist", module._FASHION_MNIST, 0.2860, [9, 0, 0, 3, 0]),
    ],
)
def test_the_official_files(read, folder_name, archive, train_mean, first_labels):
    """Reference: sizes, means and first labels as published with the data, and our checksums."""
    folder = OFFICIAL / folder_name
    if not folder.is_dir():
        pytest.skip(f"the official files are not in {folder}")
    for name, checksum in archive.checksums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum
    train, test = read("train", folder), read("test", folder)

    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.images.mean() == pytest.approx(train_mean, abs=1e-4)
    assert train.labels[:5].tolist() == first_labels
    assert sorted(set(test.labels.tolist())) == list(range(10))
