"""Spiking Heidelberg Digits: closed form, a loop over spikes as reference, and behaviour.

The files are small ones of the official layout; what is downloaded comes from a server on this
machine.
"""

import gzip
import hashlib
import importlib
import math
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pooch
import pytest

from bionet.errors import BionetError
from bionet.stimuli import StimulusError, spiking_heidelberg_digits

h5py = pytest.importorskip("h5py")

# The package's attribute of this name is the function.
module = importlib.import_module("bionet.stimuli.spiking_heidelberg_digits")

TRAIN, PACKED = "shd_train.h5", "shd_train.h5.gz"

LISTS_OF_HALVES = h5py.vlen_dtype(np.float16)
LISTS_OF_UNITS = h5py.vlen_dtype(np.uint16)


def write(path, times, units, labels):
    """Write samples in the layout and the types of the official files."""
    with h5py.File(path, "w") as file:
        for name, dtype, lists in (
            ("spikes/times", LISTS_OF_HALVES, times),
            ("spikes/units", LISTS_OF_UNITS, units),
        ):
            dataset = file.create_dataset(name, (len(lists),), dtype=dtype)
            for sample, values in enumerate(lists):
                dataset[sample] = np.array(values, dtype=h5py.check_vlen_dtype(dtype))
        file["labels"] = np.array(labels, dtype=np.uint16)


def pack(path):
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def spoken(rng, samples):
    """Draw samples, some without spikes, with spikes at 0, past the end and in the same cell."""
    times, units = [], []
    for length in rng.integers(0, 60, samples):
        times.append(rng.choice([0, *rng.uniform(0, 1.6, 30)], length).astype(np.float16))
        units.append(rng.choice([0, 1, 350, 699], length).astype(np.uint16))
    return times, units, rng.integers(0, 20, samples)


@pytest.fixture
def digits():
    return spoken(np.random.default_rng(1), samples=7)


@pytest.fixture
def folder(tmp_path, digits):
    """Give a folder with a training file of seven samples."""
    path = tmp_path / "files"
    path.mkdir()
    write(path / TRAIN, *digits)
    return path


def counted(times, units, steps, duration):
    """Give counts (samples, steps, 700): the step is the number of edges up to the time."""
    counts = np.zeros((len(times), steps, 700))
    edges = [duration * k / (steps - 1) for k in range(steps)]
    for sample, spikes in enumerate(zip(times, units, strict=True)):
        for time, unit in zip(*spikes, strict=True):
            # As a float: beside a half-precision number an edge would be rounded to one.
            step = sum(edge <= float(time) for edge in edges)
            if step < steps:
                counts[sample, step, unit] += 1
    return counts


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("steps", "duration"), [(100, 1.4), (2, 1.4), (300, 0.7)])
def test_counts_as_a_loop_over_spikes_does(folder, digits, packed, steps, duration):
    """Reference: every spike compared with every edge."""
    times, units, labels = digits
    if packed:
        pack(folder / TRAIN)
    events = spiking_heidelberg_digits("train", folder, steps=steps, duration=duration)
    expected = counted(times, units, steps, duration)

    assert (len(events), events.steps, events.units) == (7, steps, 700)
    np.testing.assert_array_equal(events.dense(range(7)), expected)
    np.testing.assert_array_equal(events.labels, labels)
    assert expected.max() > 1
    assert expected.sum() < sum(map(len, times))


def test_bins_hold_their_left_edge_and_begin_with_step_one(tmp_path):
    """Closed form: edges 0, 1/4, 1/2, 3/4 and 1 s are exact numbers, as are the times."""
    below = np.nextafter(np.float16(0.25), np.float16(0))
    times = [0, below, 0.25, 0.5, 0.75, np.nextafter(np.float16(1), np.float16(0)), 1, 1.25]
    write(tmp_path / "shd_test.h5", [times], [range(8)], [3])
    events = spiking_heidelberg_digits("test", str(tmp_path), steps=5, duration=1)

    assert events.unit.tolist() == [0, 1, 2, 3, 4, 5]
    assert events.step.tolist() == [1, 1, 2, 3, 4, 4]
    assert events.count.tolist() == [1] * 6


def test_more_than_255_spikes_in_a_cell(tmp_path):
    write(tmp_path / TRAIN, [[0.1] * 300, [0.1]], [[9] * 300, [9]], [0, 1])
    events = spiking_heidelberg_digits("train", tmp_path)

    assert events.count.tolist() == [300, 1]


def test_samples_without_spikes(tmp_path):
    write(tmp_path / TRAIN, [[], []], [[], []], [4, 5])
    events = spiking_heidelberg_digits("train", tmp_path)

    assert events.first.tolist() == [0, 0, 0]
    assert events.labels.tolist() == [4, 5]


def test_blocks_make_no_difference(folder, digits, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 3)
    events = spiking_heidelberg_digits("train", folder)

    np.testing.assert_array_equal(events.dense(range(7)), counted(*digits[:2], 100, 1.4))


def test_the_unpacked_copy_is_gone_afterwards(folder, tmp_path, monkeypatch):
    pack(folder / TRAIN)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    spiking_heidelberg_digits("train", folder)

    assert not list((tmp_path / "temporary").iterdir())
    assert [file.name for file in folder.iterdir()] == [PACKED]


def test_a_missing_file_is_named_with_where_it_was_sought(folder):
    with pytest.raises(StimulusError) as caught:
        spiking_heidelberg_digits("test", folder)
    assert str(caught.value) == (
        f"Spiking Heidelberg Digits lacks shd_test.h5 (or shd_test.h5.gz), in {folder}"
    )
    with pytest.raises(StimulusError, match=r"there is no folder .*nowhere"):
        spiking_heidelberg_digits("train", folder / "nowhere")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "valid"}, "split must be 'train' or 'test', got 'valid'"),
        ({"steps": 1}, "steps must be a whole number of at least 2, got 1"),
        ({"duration": 0.0}, "duration must be a positive finite number, got 0.0"),
    ],
)
def test_refuses_settings_that_make_no_bins(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        spiking_heidelberg_digits(folder=folder, **arguments)


WRONG_SPIKES = {
    "unit too high": ([[0.1, 0.2]], [[5, 700]], [0], "units from 0 to 699, sample 0 has 700"),
    "fewer units": ([[0.1], [0.1, 0.2]], [[5], [6]], [0, 1], "sample 1 has 2 times and 1 units"),
    "negative time": ([[0.1], [-0.5]], [[5], [6]], [0, 1], "times of at least 0 s, sample 1 has -"),
    "no time": ([[math.nan]], [[5]], [0], "finite times .* sample 0 has nan"),
    "endless time": ([[math.inf]], [[5]], [0], "finite times .* sample 0 has inf"),
    "label too high": ([[0.1], [0.2]], [[5], [6]], [0, 20], "from 0 to 19, sample 1 has 20"),
    "a label less": ([[0.1], [0.2]], [[5], [6]], [0], "equally many samples.* 1 in /labels"),
    "units of one less": ([[0.1], [0.2]], [[5]], [0, 1], "2 in /spikes/times, 1 in /spikes/units"),
    "no sample": ([], [], [], "at least one: got 0 in /spikes/times"),
}


@pytest.mark.parametrize(
    ("times", "units", "labels", "message"), WRONG_SPIKES.values(), ids=WRONG_SPIKES
)
def test_refuses_wrong_spikes_and_names_the_sample(
    tmp_path, monkeypatch, times, units, labels, message
):
    monkeypatch.setattr(module, "_BLOCK", 1)
    path = tmp_path / TRAIN
    write(path, times, units, labels)

    with pytest.raises(StimulusError, match=f"^{path} must have .*{message}"):
        spiking_heidelberg_digits("train", tmp_path)


WRONG_LAYOUTS = {
    "times missing": (
        {"spikes/times": None},
        "lacks the dataset /spikes/times .*: a list of floats for each sample",
    ),
    "labels missing": ({"labels": None}, "lacks the dataset /labels .*: a whole number for each"),
    "no group": ({"spikes": np.zeros(2)}, "lacks the dataset /spikes/times"),
    "a group for a dataset": ({"labels/digit": np.zeros(2)}, "lacks the dataset /labels"),
    "one array of times": (
        {"spikes/times": np.zeros((2, 3), np.float16)},
        r"in /spikes/times, got shape \(2, 3\) of float16",
    ),
    "times in whole numbers": (
        {"spikes/times": ((2,), h5py.vlen_dtype(np.int64))},
        r"floats for each sample in /spikes/times, got shape \(2,\) of lists of int64",
    ),
    "units in floats": (
        {"spikes/units": ((2,), LISTS_OF_HALVES)},
        r"whole numbers .* in /spikes/units, got .* of lists of float16",
    ),
    "labels in floats": ({"labels": np.zeros(2)}, r"in /labels, got shape \(2,\) of float64"),
    "labels in two axes": ({"labels": np.zeros((2, 1), int)}, r"in /labels, got shape \(2, 1\)"),
    "labels as lists": ({"labels": ((2,), LISTS_OF_UNITS)}, "in /labels, got .* lists of uint16"),
    "labels in words": ({"labels": ((2,), h5py.string_dtype())}, "in /labels, got shape"),
}


@pytest.mark.parametrize(("changed", "message"), WRONG_LAYOUTS.values(), ids=WRONG_LAYOUTS)
def test_refuses_another_layout(tmp_path, changed, message):
    path = tmp_path / TRAIN
    write(path, [[0.1], [0.2]], [[5], [6]], [0, 1])
    with h5py.File(path, "a") as file:
        for name, content in changed.items():
            top = name.split("/")[0]
            del file[top if top == "labels" or name == top else name]
            if isinstance(content, tuple):
                file.create_dataset(name, content[0], dtype=content[1])
            elif content is not None:
                file[name] = content

    with pytest.raises(StimulusError, match=message) as caught:
        spiking_heidelberg_digits("train", tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "name", "message"),
    [
        (lambda content: b"", TRAIN, "cannot be read as HDF5"),
        (lambda content: b"<html>not found</html>", TRAIN, "cannot be read as HDF5"),
        (lambda content: content[: len(content) // 2], TRAIN, "cannot be read as HDF5"),
        (lambda content: b"<html>not found</html>", PACKED, "cannot be unpacked: Not a gzipped"),
        (lambda content: gzip.compress(content)[:-20], PACKED, "cannot be unpacked"),
        (lambda content: gzip.compress(b"<html>"), PACKED, "cannot be read as HDF5"),
    ],
)
def test_refuses_a_damaged_file_in_one_line(folder, damage, name, message):
    content = (folder / TRAIN).read_bytes()
    (folder / TRAIN).unlink()
    (folder / name).write_bytes(damage(content))

    with pytest.raises(StimulusError, match=f"^{folder / name} {message}") as caught:
        spiking_heidelberg_digits("train", folder)
    assert "\n" not in str(caught.value)


def test_without_h5py_one_line_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)

    with pytest.raises(
        BionetError, match=r"without h5py \(pip install 'bionet\[gradient\]'\)"
    ) as c:
        spiking_heidelberg_digits("train", folder)
    assert "\n" not in str(c.value)


def test_importing_the_stimuli_loads_neither_h5py_nor_pooch():
    program = "import sys, bionet.stimuli; print({'h5py', 'pooch'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.stdout == "set()\n"


@pytest.fixture
def served(folder, tmp_path, monkeypatch):
    """Have the digits downloaded from `folder` into a cache of the test; gives what was asked."""
    requested = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            requested.append(self.path)

    pack(folder / TRAIN)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    md5 = hashlib.md5((folder / PACKED).read_bytes()).hexdigest()
    monkeypatch.setattr(module, "_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setitem(module._MD5, "train", md5)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield requested
    server.shutdown()
    thread.join()
    server.server_close()


def test_downloads_once(served, digits, tmp_path):
    for _ in range(2):
        events = spiking_heidelberg_digits()
        np.testing.assert_array_equal(events.labels, digits[2])

    assert served == [f"/{PACKED}"]
    assert [file.name for file in (tmp_path / "cache").rglob("*.*")] == [PACKED]


def test_a_damaged_download_is_fetched_again(served, digits, tmp_path):
    spiking_heidelberg_digits()
    [kept] = (tmp_path / "cache").rglob(PACKED)
    kept.write_bytes(kept.read_bytes()[:-1])

    np.testing.assert_array_equal(spiking_heidelberg_digits().labels, digits[2])
    assert served.count(f"/{PACKED}") == 2


def test_another_file_than_the_known_one_is_refused(served, folder, tmp_path):
    write(folder / TRAIN, [[0.1]], [[5]], [0])
    pack(folder / TRAIN)

    with pytest.raises(StimulusError, match=f"cannot download http.*{PACKED} .*MD5.* not match"):
        spiking_heidelberg_digits()
    assert not list((tmp_path / "cache").rglob(f"*{PACKED}*"))


def test_a_file_that_the_server_lacks_is_one_line(served, folder):
    (folder / PACKED).unlink()

    with pytest.raises(BionetError, match=r"cannot download .*: 404.*; give a folder") as caught:
        spiking_heidelberg_digits()
    assert "\n" not in str(caught.value)
