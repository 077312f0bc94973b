"""Spiking Heidelberg Digits: spoken digits as spikes of 700 channels of a model cochlea.

Read from the authors' HDF5 files in a folder or downloaded once and checked. /spikes/times has for
each sample a list of times in seconds, /spikes/units a list of channels, /labels its class (Cramer,
Stradmann, Schemmel & Zenke 2022, IEEE Trans Neural Netw Learn Syst 33:2744-2757; CC BY 4.0).
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bionet.si import takes_si
from bionet.stimuli.downloads import downloaded, found
from bionet.stimuli.errors import StimulusError
from bionet.stimuli.requirements import require_number, require_whole
from bionet.stimuli.spike_events import SpikeEvents

__all__ = ["spiking_heidelberg_digits"]

_TITLE = "Spiking Heidelberg Digits"
_UNITS = 700
_CLASSES = 20

_URL = "https://zenkelab.org/datasets/"
#: The authors publish MD5, in md5sums.txt beside the files.
_MD5 = {
    "train": "d47c9825dee33347913e8ce0f2be08b0",
    "test": "3062a80ec0c5719404d5b02e166543b1",
}

#: Samples read at a time: a call of HDF5 costs more than the few kB of a sample.
_BLOCK = 64

#: Dataset: kinds of its numbers, whether it has a list of them for each sample, and both in words.
_LAYOUT = {
    "/spikes/times": ("f", True, "a list of floats for each sample"),
    "/spikes/units": ("iu", True, "a list of whole numbers for each sample"),
    "/labels": ("iu", False, "a whole number for each sample"),
}


@takes_si(duration="s")
def spiking_heidelberg_digits(
    split: str = "train",
    folder: str | os.PathLike | None = None,
    *,
    steps: int = 100,
    duration: float = 1.4,
) -> SpikeEvents:
    """Spoken digits in English and German: 8156 samples to train with, 2264 to test with.

    Parameters
    ----------
    split : {"train", "test"}
    folder : path, optional
        Where ``shd_train.h5`` and ``shd_test.h5`` are, or the same with ``.gz``, which is unpacked
        into a temporary file at each call. Their number of samples is not checked. Without it the
        packed file is downloaded into the user's cache folder when first asked for, which is told
        on standard error, and must have its known MD5.
    steps : int
        Number of steps, at least 2.
    duration : float
        Time of the last edge of a bin, seconds.

    Returns
    -------
    SpikeEvents
        Spikes of 700 units in `steps` steps, labels 0 to 19 (named in the file's /extra/keys), in
        file order.

    Raises
    ------
    ValueError
        If the split is neither of the two, or `steps` or `duration` is not what is allowed.
    StimulusError
        If h5py is not installed, a file is missing, damaged, not laid out as above, or cannot be
        downloaded, or a sample has lists of two lengths, a time that is negative or not finite, a
        unit of 700 or more, or a label of 20 or more. The message names the file.

    Notes
    -----
    Bins as in Zenke's SpyTorch tutorial 4, whose ``np.digitize`` counts from 1 on `steps` edges
    from 0 to `duration`: with Delta = duration / (steps - 1), step k = 1 ... steps - 1 holds the
    spikes of (k - 1) Delta <= t < k Delta. Step 0 is always empty; a spike at t = 0 is in step 1.
    Spikes at `duration` or later are left out. The tutorial's tensors have no place for them
    either: it ends in an error, but for its 1.4 s the data have none.
    """
    if split not in _MD5:
        allowed = " or ".join(repr(name) for name in _MD5)
        raise ValueError(f"split must be {allowed}, got {split!r}")
    steps = require_whole("steps", steps, at_least=2)
    duration = require_number("duration", duration, positive=True)
    try:
        import h5py
    except ImportError as error:
        raise StimulusError(
            f"{_TITLE} cannot be read without h5py (pip install 'bionet[gradient]'): {error}"
        ) from error
    name = f"shd_{split}.h5"
    if folder is None:
        path = downloaded(_TITLE, f"{_URL}{name}.gz", f"md5:{_MD5[split]}")
    else:
        path = found(_TITLE, folder, name, f"{name}.gz")
    with _unpacked(path) as unpacked:
        try:
            with h5py.File(unpacked, "r") as file:
                _require_layout(path, file)
                return _binned(path, file, steps, duration)
        except (OSError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise StimulusError(f"{path} cannot be read as HDF5: {reason}") from error


def _binned(path: Path, file, steps: int, duration: float) -> SpikeEvents:
    """Count the spikes of an open file of the right layout in bins."""
    times, units = file["/spikes/times"], file["/spikes/units"]
    edges = np.linspace(0, duration, steps)
    cell_type, step_type, unit_type = map(np.min_scalar_type, (steps * _UNITS, steps, _UNITS))
    rows = {"step": [], "unit": [], "count": []}
    for start in range(0, len(times), _BLOCK):
        block = slice(start, start + _BLOCK)
        for sample, (at, of) in enumerate(zip(times[block], units[block], strict=True), start):
            _require_spikes(path, sample, at, of)
            step = np.digitize(at, edges)  # Zenke, SpyTorch tutorial 4
            kept = step < steps
            cell = step[kept].astype(cell_type) * _UNITS + of[kept]
            cell, count = np.unique(cell, return_counts=True)
            rows["step"].append((cell // _UNITS).astype(step_type))
            rows["unit"].append((cell % _UNITS).astype(unit_type))
            rows["count"].append(count.astype(np.min_scalar_type(count.max(initial=1))))
    first = np.cumsum([0, *map(len, rows["step"])])
    # Popped one by one, so that the parts of a field are gone when the next field is joined.
    fields = {name: np.concatenate(rows.pop(name)) for name in tuple(rows)}
    return SpikeEvents(**fields, first=first, labels=file["/labels"][:], steps=steps, units=_UNITS)


def _require_layout(path: Path, file) -> None:
    """Refuse a file that lacks a dataset or has one of another kind, length or range of labels."""
    from h5py import Dataset, check_vlen_dtype

    for name, (kinds, of_lists, words) in _LAYOUT.items():
        found = file.get(name)
        if not isinstance(found, Dataset):
            raise StimulusError(f"{path} lacks the dataset {name} of {_TITLE}: {words}")
        element = check_vlen_dtype(found.dtype)
        has_lists = element is not None
        kind = np.dtype(element if has_lists else found.dtype).kind
        if found.ndim != 1 or has_lists != of_lists or kind not in kinds:
            numbers = f"lists of {element}" if has_lists else found.dtype
            raise StimulusError(
                f"{path} must have {words} in {name}, got shape {found.shape} of {numbers}"
            )
    lengths = {name: len(file[name]) for name in _LAYOUT}
    if len(set(lengths.values())) > 1 or not lengths["/labels"]:
        numbers = ", ".join(f"{length} in {name}" for name, length in lengths.items())
        raise StimulusError(f"{path} must have equally many samples, at least one: got {numbers}")
    labels = file["/labels"][:]
    wrong = (labels < 0) | (labels >= _CLASSES)
    if wrong.any():
        raise StimulusError(
            f"{path} must have labels from 0 to {_CLASSES - 1}, "
            f"sample {wrong.argmax()} has {labels[wrong][0]}"
        )


def _require_spikes(path: Path, sample: int, times: np.ndarray, units: np.ndarray) -> None:
    if len(times) != len(units):
        raise StimulusError(
            f"{path} must have a unit for each time, "
            f"sample {sample} has {len(times)} times and {len(units)} units"
        )
    for wrong, values, allowed in (
        (~(np.isfinite(times) & (times >= 0)), times, "finite times of at least 0 s"),
        ((units < 0) | (units >= _UNITS), units, f"units from 0 to {_UNITS - 1}"),
    ):
        if wrong.any():
            raise StimulusError(
                f"{path} must have {allowed}, sample {sample} has {values[wrong][0]}"
            )


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """Path of the HDF5 file: `path` itself, or while in the context its unpacked copy."""
    if path.suffix != ".gz":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="bionet-") as folder:
        unpacked = Path(folder) / path.stem
        try:
            with gzip.open(path) as packed, unpacked.open("wb") as file:
                shutil.copyfileobj(packed, file, length=2**20)
        except (OSError, EOFError, zlib.error) as error:
            raise StimulusError(f"{path} cannot be unpacked: {error}") from error
        yield unpacked
