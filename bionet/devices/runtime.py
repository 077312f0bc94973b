"""Brian2's runtime device behind the same interface: no compiler, slow, good for small networks."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bionet.devices.brian2_state import active_device, call_with_scope, preferences
from bionet.devices.compiled import CompiledNetwork
from bionet.devices.cpp_source import PRECISIONS, check_network
from bionet.devices.naming import find_variable, input_variable, output_variable
from bionet.devices.outcome import Outcome, Status
from bionet.devices.signature import Signature, check_seed
from bionet.devices.stopping import take_reason

__all__ = ["RuntimeNetwork", "build"]


@dataclasses.dataclass(frozen=True)
class RuntimeNetwork(CompiledNetwork):
    """A network that is built anew and run by Brian2 in this process at each call.

    Calls from several threads wait for each other. Pickles if the function does (defined in a
    module, not a lambda).

    Attributes
    ----------
    network : callable
        Returns the ``brian2.Network``.
    signature : Signature
    precision : {"double", "single"}
    """

    network: Callable
    signature: Signature
    precision: str

    def __call__(self, inputs: Mapping | None = None, seed: int = 0) -> Outcome:
        """Simulate; see `CompiledNetwork.__call__`."""
        from brian2 import second, seed as set_seed

        given = {
            variable.variable: values
            for variable, values in zip(
                self.signature.inputs, self.signature.given(inputs or {}), strict=True
            )
            if values.size
        }
        duration = self.signature.duration
        random_state = np.random.get_state()
        try:
            with preferences(_settings(self.precision)), active_device(_device(given)):
                set_seed(check_seed(seed))
                start = time.perf_counter()
                network, names = call_with_scope(self.network)
                _set_inputs(network, self.signature, given)
                take_reason()
                network.run(duration * second, namespace=names)
                reached = float(network.t)
                values = {v.name: _value(network, v.name) for v in self.signature.outputs}
                wall_time = time.perf_counter() - start
        finally:
            np.random.set_state(random_state)
        reason = take_reason()
        if reached >= duration * (1 - 1e-12):
            return Outcome(Status.COMPLETED, values, duration, duration, wall_time)
        return Outcome(Status.STOPPED, values, reached, duration, wall_time, reason)


def build(
    network: Callable,
    duration: float,
    inputs: Sequence[str],
    outputs: Sequence[str],
    precision: str,
) -> RuntimeNetwork:
    """Return the network as a function on the runtime device; it is built once here to check it."""
    random_state = np.random.get_state()
    try:
        with preferences(_settings(precision)), active_device(_device({})):
            built, _ = call_with_scope(network)
            check_network(built)
            signature = Signature(
                inputs=tuple(input_variable(built, n, _no_name) for n in inputs),
                outputs=tuple(output_variable(built, n, _no_name) for n in outputs),
                duration=duration,
            )
    finally:
        np.random.set_state(random_state)
    return RuntimeNetwork(network, signature, precision)


def _settings(precision: str) -> dict:
    return {"core.default_float_dtype": np.dtype(PRECISIONS[precision]).type}


def _device(given: Mapping[str, np.ndarray]):
    """Return a runtime device on which plain assignments to an input have no effect.

    Initial values that depend on an input then see it, as in the compiled program.
    """
    from brian2.devices.device import RuntimeDevice

    class InputsFirst(RuntimeDevice):
        def init_with_zeros(self, var, dtype):
            super().init_with_zeros(var, dtype)
            self._set_input(var)

        def fill_with_array(self, var, arr):
            super().fill_with_array(var, arr)
            self._set_input(var)

        def _set_input(self, var):
            owner = getattr(var.owner, "name", None)
            values = given.get(f"{owner}.{var.name}")
            if values is not None:
                self.arrays[var][:] = values

    return InputsFirst()


def _set_inputs(network, signature: Signature, given: Mapping[str, np.ndarray]) -> None:
    for variable in signature.inputs:
        if variable.variable in given:
            array, _ = find_variable(network, variable.name)
            array.set_value(given[variable.variable])


def _value(network, name: str) -> np.ndarray:
    variable, _ = find_variable(network, name)
    value = np.array(variable.get_value())
    if value.ndim == 2:
        return np.ascontiguousarray(value.T)
    return value.reshape(()) if variable.scalar else value


def _no_name(variable) -> str:
    return ""
