"""All arrays that a call can return, as Brian2 shows them, and how equal two sets of them are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

__all__ = ["ROUNDING", "compared", "output_names", "shown"]

# Of an array's greatest magnitude. -ffast-math rounds otherwise than numpy; a thousand steps of
# neurons that spike amplify that.
ROUNDING = 1e-7
MANY = 1_000_000


def output_names(network) -> list[str]:
    """Return the names of all stored variables that are no internals of Brian2.

    Of many synapses only their own: not what they show of their neurons.
    """
    from brian2.core.variables import ArrayVariable

    names = {
        f"{obj.name}.{name}"
        for obj in _all_objects(network.objects)
        for name, variable in (getattr(obj, "variables", None) or {}).items()
        if isinstance(variable, ArrayVariable) and not name.startswith("_")
        if obj.variables.indices[name] in ("_idx", "0") or len(obj) <= MANY
    }
    return sorted(names)


def shown(network, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Return what Brian2 shows of each variable, SI units; (recorded, times) for a StateMonitor."""
    objects = {obj.name: obj for obj in _all_objects(network.objects)}
    values = {}
    for name in names:
        owner, _, variable = name.rpartition(".")
        values[name] = np.array(_shown(objects[owner], variable))
    return values


def _shown(obj, name: str):
    from brian2.core.variables import DynamicArrayVariable

    variable = obj.variables[name]
    if isinstance(variable, DynamicArrayVariable) and variable.ndim == 2:
        return variable.get_value().T
    if variable.scalar:
        return variable.get_value().reshape(())
    if obj.variables.indices[name] == "_idx":
        return variable.get_value()
    return obj.state(name, use_units=False)[:]


def compared(measured: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> dict:
    """Return the verdict on two sets of arrays, and the array that differs most.

    Returns
    -------
    dict
        ``verdict``: "equal bit for bit", "equal to rounding" or "wrong"; ``array``; ``deviation``,
        of its greatest magnitude, None where shapes or whole numbers differ.
    """
    deviations = {name: _deviation(measured[name], expected[name]) for name in expected}
    if not deviations:
        return {"verdict": "nothing to compare"}
    array = max(deviations, key=deviations.get)
    worst = deviations[array]
    if worst == 0:
        return {"verdict": "equal bit for bit"}
    verdict = "equal to rounding" if worst <= ROUNDING else "wrong"
    differing = sorted(name for name, d in deviations.items() if d > ROUNDING)
    return {
        "verdict": verdict,
        "array": array,
        "deviation": worst if np.isfinite(worst) else None,
        "shapes": [list(measured[array].shape), list(expected[array].shape)],
        **({"differing": differing[:12]} if differing else {}),
    }


def _deviation(measured: np.ndarray, expected: np.ndarray) -> float:
    if measured.shape != expected.shape or measured.dtype.kind != expected.dtype.kind:
        return np.inf
    if np.array_equal(measured, expected, equal_nan=measured.dtype.kind == "f"):
        return 0.0
    finite = np.isfinite(expected)
    if expected.dtype.kind != "f" or not np.array_equal(finite, np.isfinite(measured)):
        return np.inf
    if not np.array_equal(measured[~finite], expected[~finite], equal_nan=True):
        return np.inf
    difference = np.abs(measured[finite] - expected[finite]).max()
    return float(difference / max(np.abs(expected[finite]).max(), np.finfo(float).tiny))


def _all_objects(objects):
    for obj in objects:
        yield obj
        yield from _all_objects(obj.contained_objects)
