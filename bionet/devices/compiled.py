"""A compiled network is a pure function of its inputs and its seed."""

from __future__ import annotations

import abc
import dataclasses
import errno
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from bionet.devices import cache
from bionet.devices.cpp.explanation import explanation
from bionet.devices.outcome import Outcome, Status
from bionet.devices.signature import OutputVariable, Signature, check_duration, check_seed
from bionet.devices.stopping import STOPPED_PREFIX
from bionet.devices.temporary import temporary_directory

__all__ = ["CompiledNetwork", "CppNetwork"]

# as in call.h
CANNOT_WRITE = 74
CANNOT_WRITE_LINE = re.compile(r"bionet: errno (\d+): (.*)")


class CompiledNetwork(abc.ABC):
    """A network as a function: ``compiled(inputs, seed) -> Outcome``.

    Same inputs and seed give the same arrays, bit for bit, in any process; another seed gives
    another connectivity, other initial values and other noise.
    """

    signature: Signature

    def lasting(self, duration) -> Self:
        """Return the same network simulated for another time; nothing is built.

        Parameters
        ----------
        duration : Quantity or float
            Simulated time, or seconds.

        Raises
        ------
        ValueError
            If it is no positive, finite time.
        """
        signature = dataclasses.replace(self.signature, duration=check_duration(duration))
        return dataclasses.replace(self, signature=signature)

    def returning(self, outputs: Sequence[str]) -> Self:
        """Return the same network with only some of its outputs; nothing is built.

        Raises
        ------
        ValueError
            If a name is none of the outputs.
        """
        return dataclasses.replace(self, signature=self.signature.returning(outputs))

    def __repr__(self) -> str:
        known = self.signature
        ways = f"{_counted(known.inputs, 'input')}, {_counted(known.outputs, 'output')}"
        return f"<{type(self).__name__}: {known.duration:g} s, {ways}>"

    @abc.abstractmethod
    def explain(self) -> str:
        """Say, object by object, which loop it got, why not a faster one, and what that costs."""

    @abc.abstractmethod
    def __call__(self, inputs: Mapping | None = None, seed: int = 0) -> Outcome:
        """Simulate.

        Parameters
        ----------
        inputs : mapping of str to float, array_like or Quantity, optional
            Values for the inputs; those not given keep what the network sets itself. Plain numbers
            are in SI units.
        seed : int
            In [0, 2**32).

        Returns
        -------
        Outcome

        Raises
        ------
        ValueError
            If an input's name, unit, shape or value is wrong, or the seed is.
        OSError
            If the results cannot be written; its ``errno`` says why (``ENOSPC``: a full disk).
        """


@dataclasses.dataclass(frozen=True, repr=False)
class CppNetwork(CompiledNetwork):
    """A network compiled to a C++ program.

    Each call runs the program in a process of its own with a directory of its own, so calls may
    come from many processes and threads at once. Can be pickled, saved, and used without Brian2.

    Attributes
    ----------
    directory : Path
        The build.
    signature : Signature
        Inputs, outputs and duration.
    """

    directory: Path
    signature: Signature

    def __call__(self, inputs: Mapping | None = None, seed: int = 0) -> Outcome:
        """Simulate; see `CompiledNetwork.__call__`."""
        given = self.signature.given(inputs or {})
        seed = check_seed(seed)
        _check_build(self.directory)
        with temporary_directory("call") as folder:
            _write_inputs(folder / "inputs.bin", self.signature, seed, given)
            start = time.perf_counter()
            process = subprocess.run(
                [str(self.directory / cache.BINARY), "--results_dir", os.path.join(folder, "")],
                cwd=self.directory,
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
            )
            wall_time = time.perf_counter() - start
            return self._outcome(process, folder, wall_time)

    def explain(self) -> str:
        """Say which loop each object got; see `CompiledNetwork.explain`."""
        _check_build(self.directory)
        return explanation(cache.record(self.directory).get("loops", []))

    def save(self, path: str | os.PathLike) -> None:
        """Write what `load` needs to call this network in another process on this machine."""
        record = {"directory": str(self.directory), "signature": self.signature.to_json()}
        Path(path).write_text(json.dumps(record, indent=1))

    @classmethod
    def load(cls, path: str | os.PathLike) -> CppNetwork:
        """Return the network that `save` wrote.

        Raises
        ------
        CacheError
            If the file is no saved network.
        """
        try:
            record = json.loads(Path(path).read_text())
            return cls(Path(record["directory"]), Signature.from_json(record["signature"]))
        except (ValueError, KeyError, TypeError) as error:
            raise cache.CacheError(
                f"{path} is no compiled network that this version saved ({error}); compile it again"
            ) from error

    def _outcome(self, process, folder: Path, wall_time: float) -> Outcome:
        duration = self.signature.duration
        end = folder / "end"
        if process.returncode == CANNOT_WRITE:
            raise _write_error(process.stderr)
        if process.returncode != 0 or not end.exists():
            return Outcome(Status.FAILED, {}, 0.0, duration, wall_time, _failure(process))
        fraction, reached = (float(word) for word in end.read_text().split())
        values = {
            variable.name: _read_output(folder / f"output_{variable.index}", variable)
            for variable in self.signature.outputs
        }
        if fraction >= 1.0:
            return Outcome(Status.COMPLETED, values, duration, duration, wall_time)
        reasons = [
            line.removeprefix(STOPPED_PREFIX)
            for line in process.stdout.splitlines()
            if line.startswith(STOPPED_PREFIX)
        ]
        reason = reasons[-1] if reasons else ""
        return Outcome(Status.STOPPED, values, reached, duration, wall_time, reason)


def _counted(things: Sequence, name: str) -> str:
    return f"{len(things)} {name}" + "s" * (len(things) != 1)


@lru_cache(maxsize=64)
def _is_whole(directory: Path, modified: float) -> bool:
    return cache.entry_is_whole(directory)


def _check_build(directory: Path) -> None:
    binary = directory / cache.BINARY
    can_run = os.access(binary, os.X_OK)
    if not can_run or not _is_whole(directory, binary.stat().st_mtime):
        raise cache.CacheError(
            f"the build {directory} is missing or damaged; compile the network again "
            "(compile_network makes a new build in its place)"
        )


def _write_inputs(path: Path, signature: Signature, seed: int, given: list[np.ndarray]) -> None:
    wanted = np.zeros(signature.n_outputs, dtype=np.uint8)
    for variable in signature.outputs:
        wanted[variable.index] = 1
    with open(path, "wb") as file:
        file.write(np.uint64(seed).tobytes())
        file.write(np.float64(signature.duration).tobytes())
        for values in given:
            file.write(np.uint64(values.size).tobytes())
            file.write(values.astype(np.float64).tobytes())
        file.write(wanted.tobytes())


def _read_output(path: Path, variable: OutputVariable) -> np.ndarray:
    """Return one output with the shape that its owner shows: (recorded, times) for a monitor."""
    with open(path, "rb") as file:
        rows, columns = np.fromfile(file, dtype=np.uint64, count=2)
        values = np.fromfile(file, dtype=variable.dtype)
    if variable.ndim == 2:
        return np.ascontiguousarray(values.reshape(int(rows), int(columns)).T)
    return values.reshape(()) if variable.scalar else values


def _write_error(printed: str) -> OSError:
    """Return the error that the simulation met where it could not write its results."""
    told = CANNOT_WRITE_LINE.search(printed)
    number, what = (int(told[1]), told[2]) if told else (errno.EIO, printed.strip())
    return OSError(number, f"a simulation could not write {what}")


def _failure(process) -> str:
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        hint = " (out of memory?)" if name == "SIGKILL" else ""
        return f"the simulation was ended by {name}{hint}"
    text = (process.stderr or process.stdout).strip().splitlines()
    return text[-1] if text else f"the simulation ended with status {process.returncode}"
