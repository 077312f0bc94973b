"""The signature of a compiled network: which arrays go in, which come out, in which unit and shape.

Plain values, so that a saved network is called in a new process without Brian2.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

__all__ = ["InputVariable", "OutputVariable", "Signature"]

# beyond it the time, which is the step's number times dt, no longer advances with each step
MOST_STEPS = 2.0**53


@dataclasses.dataclass(frozen=True)
class InputVariable:
    """A variable that each call may set.

    Attributes
    ----------
    name : str
        Name by which the caller knows it, such as ``"ee.alpha"``.
    variable : str
        ``"owner.variable"`` in the network; differs from `name` for an alias.
    array : str
        Name of the C++ array, empty on the runtime device.
    size : int or None
        Number of elements; None if it is known only when the synapses exist.
    repeat : int
        How many consecutive elements one given value stands for: an input of K replicas may be
        held by K blocks of neurons.
    dtype : str
        numpy type of the variable.
    unit : str
        SI unit, ``"1"`` if dimensionless.
    """

    name: str
    variable: str
    array: str
    size: int | None
    repeat: int
    dtype: str
    unit: str

    def values(self, value) -> np.ndarray:
        """Return the (1,) or (size,) float64 array that stands for `value`.

        Parameters
        ----------
        value : float, array_like or Quantity
            A scalar for all elements, or one value for each. Quantities are checked for their
            unit, plain numbers are SI.

        Raises
        ------
        ValueError
            If unit, shape, finiteness or range are wrong; the message names the input.
        """
        for part in value if isinstance(value, list | tuple) else (value,):
            unit = _unit_of(part)
            if unit is not None and unit != self.unit:
                raise ValueError(f"input {self.name!r} is in {self.unit}, got a value in {unit}")
        if isinstance(value, str | bytes) or _holds_no_numbers(value):
            raise ValueError(f"input {self.name!r} is no number: {value!r}")
        try:
            array = np.array(value, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"input {self.name!r} is no number: {value!r}") from error
        if not np.all(np.isfinite(array)):
            raise ValueError(f"input {self.name!r} holds a value that is not finite: {value!r}")
        self._check_range(array, value)
        if array.ndim > 1 or (array.ndim == 1 and not self._fits(array.size)):
            allowed = "() or one value for each element"
            if self.size is not None:
                allowed = f"() or ({self.size // self.repeat},)"
            raise ValueError(f"input {self.name!r} has shape {array.shape}, expected {allowed}")
        array = np.atleast_1d(array)
        return array if array.size == 1 else np.repeat(array, self.repeat)

    def _check_range(self, array: np.ndarray, value) -> None:
        """Raise an error if the variable's type cannot hold the numbers."""
        dtype = np.dtype(self.dtype)
        if dtype.kind == "f":
            low, high = -float(np.finfo(dtype).max), float(np.finfo(dtype).max)
        elif not np.all(array == np.rint(array)):
            raise ValueError(f"input {self.name!r} holds whole numbers, got {value!r}")
        elif dtype.kind == "b":
            low, high = 0, 1
        else:  # from 2**53 on several whole numbers are one of the doubles that pass them on
            low = max(np.iinfo(dtype).min, 1 - 2**53)
            high = min(np.iinfo(dtype).max, 2**53 - 1)
        if np.any((array < low) | (array > high)):
            kind = "numbers" if dtype.kind == "f" else "whole numbers"
            raise ValueError(
                f"input {self.name!r} is of type {dtype.name} and holds {kind} from {low!r} to "
                f"{high!r}, got {value!r}"
            )

    def _fits(self, length: int) -> bool:
        if self.size is None:
            return length > 0
        return length * self.repeat == self.size or length == 1


@dataclasses.dataclass(frozen=True)
class OutputVariable:
    """A variable that a call returns.

    Attributes
    ----------
    name : str
        Name by which the caller knows it, such as ``"exc.spike_count"``.
    variable : str
        ``"owner.variable"`` in the network.
    array : str
        Name of the C++ array, empty on the runtime device.
    dtype : str
        numpy type.
    ndim : int
        1, or 2 for what a StateMonitor records: (recorded, times).
    dynamic : bool
        Whether the length is known only after the run.
    scalar : bool
        Whether the variable is shared; its value has shape ().
    unit : str
        SI unit.
    index : int
        Its number among all outputs that the network was compiled with.
    """

    name: str
    variable: str
    array: str
    dtype: str
    ndim: int
    dynamic: bool
    scalar: bool
    unit: str
    index: int = 0


@dataclasses.dataclass(frozen=True)
class Signature:
    """Inputs and outputs of a compiled network, and the time that it simulates.

    Attributes
    ----------
    inputs : tuple of InputVariable
    outputs : tuple of OutputVariable
        What a call returns.
    duration : float
        s.
    n_outputs : int
        How many outputs the network was compiled with.
    dt : float
        Shortest time step of the network, s.

    Raises
    ------
    ValueError
        If the duration is so long that its steps cannot be counted in double precision.
    """

    inputs: tuple[InputVariable, ...]
    outputs: tuple[OutputVariable, ...]
    duration: float
    n_outputs: int
    dt: float

    def __post_init__(self):
        steps = self.duration / self.dt
        if steps >= MOST_STEPS:
            raise ValueError(
                f"duration is {self.duration:g} s, {steps:.3g} steps of {self.dt:g} s; at most "
                f"{MOST_STEPS * self.dt:.3g} s can be simulated"
            )

    @classmethod
    def of(cls, inputs, outputs, duration: float, dt: float) -> Signature:
        """Return the signature of a network compiled with these inputs and outputs.

        Raises
        ------
        ValueError
            If two inputs are one variable.
        """
        named = {}
        for variable in inputs:
            first = named.setdefault(variable.variable, variable.name)
            if first != variable.name:
                raise ValueError(
                    f"inputs {first!r} and {variable.name!r} are the same variable "
                    f"{variable.variable!r}; name it once"
                )
        numbered = (dataclasses.replace(v, index=k) for k, v in enumerate(outputs))
        outputs = tuple(numbered)
        return cls(tuple(inputs), outputs, duration, len(outputs), dt)

    def returning(self, names: Sequence[str]) -> Signature:
        """Return the signature with only the outputs of these names, in their order.

        Raises
        ------
        ValueError
            If a name is none of the outputs.
        """
        known = {variable.name: variable for variable in self.outputs}
        for name in names:
            if name not in known:
                raise ValueError(
                    f"{name!r} is no output of this network{nearest(name, known)}; "
                    f"its outputs: {', '.join(known) or 'none'}"
                )
        return dataclasses.replace(self, outputs=tuple(known[name] for name in names))

    def given(self, inputs: Mapping) -> list[np.ndarray]:
        """Return one array an input, in order; an empty one where nothing was given.

        Raises
        ------
        ValueError
            If a name is no input, or a value does not fit.
        """
        names = [variable.name for variable in self.inputs]
        for name in inputs:
            if name not in names:
                raise ValueError(
                    f"{name!r} is no input of this network{nearest(name, names)}; "
                    f"its inputs: {', '.join(names) or 'none'}"
                )
        return [v.values(inputs[v.name]) if v.name in inputs else np.empty(0) for v in self.inputs]

    def to_json(self) -> dict:
        """Return the signature as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping) -> Signature:
        """Return the signature that `to_json` wrote."""
        return cls(
            inputs=tuple(InputVariable(**v) for v in fields["inputs"]),
            outputs=tuple(OutputVariable(**v) for v in fields["outputs"]),
            duration=fields["duration"],
            n_outputs=fields["n_outputs"],
            dt=fields["dt"],
        )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the words in which a message asks for the known name that is meant, if any is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _holds_no_numbers(value) -> bool:
    """Whether an array holds texts, objects (units would go unseen), or masked elements."""
    masked = np.ma.is_masked(value)
    return masked or (isinstance(value, np.ndarray) and value.dtype.kind not in "biuf")


def check_seed(seed) -> int:
    """Return `seed` as an int.

    Raises
    ------
    ValueError
        If it is no whole number in [0, 2**32).
    """
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
        raise ValueError(f"seed must be a whole number, got {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must lie in [0, 2**32), got {seed}")
    return int(seed)


def check_duration(duration) -> float:
    """Return a simulated time in seconds.

    Raises
    ------
    ValueError
        If it is no positive, finite time.
    """
    unit = _unit_of(duration)
    try:
        seconds = float(duration)
    except (TypeError, ValueError):
        unit = "no number"
    if unit not in (None, "second") or isinstance(duration, str):
        raise ValueError(f"duration must be a time, such as 1*second, got {duration!r}")
    if not 0 < seconds < float("inf"):
        raise ValueError(f"duration must be positive and finite, got {duration}")
    return seconds


def _unit_of(value) -> str | None:
    """Return the SI unit of a Brian2 quantity, None for a plain number."""
    dimension = getattr(value, "dim", None)
    return None if dimension is None else unit_name(dimension)


def unit_name(dimension) -> str:
    """Return the SI unit of a Brian2 dimension, such as ``"volt"``; ``"1"`` if it has none."""
    from brian2 import get_unit

    return "1" if dimension.is_dimensionless else repr(get_unit(dimension))
