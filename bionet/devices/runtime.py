"""Brian2's runtime device behind the same interface: no compiler, slow, good for small networks."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from bionet.devices.brian2_state import active_device, numpy_random_state, preferences
from bionet.devices.built_network import BuiltNetwork, opened
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
    network : callable or BuiltNetwork
        Gives the ``brian2.Network``.
    signature : Signature
    precision : {"double", "single"}
    """

    network: Callable | BuiltNetwork
    signature: Signature
    precision: str

    def __call__(self, inputs: Mapping | None = None, seed: int = 0) -> Outcome:
        """Simulate; see `CompiledNetwork.__call__`."""
        from brian2 import second

        given = {
            variable.variable: values
            for variable, values in zip(
                self.signature.inputs, self.signature.given(inputs or {}), strict=True
            )
            if values.size
        }
        duration = self.signature.duration
        start = time.perf_counter()
        try:
            with (
                preferences(_settings(self.precision)),
                active_device(_device(self.network, given)),
                _seeded(check_seed(seed)),
                opened(self.network) as (network, names),
            ):
                _set_inputs(network, self.signature, given)
                take_reason()
                network.run(duration * second, namespace=names)
                reached = float(network.t)
                values = {v.name: _value(network, v.name) for v in self.signature.outputs}
                reason = take_reason()
        except _WrongSizeError as error:
            wall_time = time.perf_counter() - start
            return Outcome(Status.FAILED, {}, 0.0, duration, wall_time, str(error))
        wall_time = time.perf_counter() - start
        if reached >= duration * (1 - 1e-12):
            return Outcome(Status.COMPLETED, values, duration, duration, wall_time)
        return Outcome(Status.STOPPED, values, reached, duration, wall_time, reason)


def build(
    network: Callable | BuiltNetwork,
    duration: float,
    inputs: Sequence[str],
    outputs: Sequence[str],
    precision: str,
) -> RuntimeNetwork:
    """Return the network as a function on the runtime device; it is built once here to check it."""
    with (
        preferences(_settings(precision)),
        active_device(_device(network, {})),
        _seeded(0),
        opened(network) as (built, _),
    ):
        check_network(built)
        signature = Signature.of(
            inputs=tuple(input_variable(built, n, _no_name) for n in inputs),
            outputs=tuple(output_variable(built, n, _no_name) for n in outputs),
            duration=duration,
        )
        if not isinstance(network, BuiltNetwork):
            _mark_as_used(built)
    return RuntimeNetwork(network, signature, precision)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the active device, and give numpy's global generator back as it was."""
    import brian2

    with numpy_random_state(seed):
        brian2.seed(seed)
        yield


def _settings(precision: str) -> dict:
    return {
        "core.default_float_dtype": np.dtype(PRECISIONS[precision]).type,
        # Ctrl-C must not look like a network that stopped itself
        "core.stop_on_keyboard_interrupt": False,
    }


def _mark_as_used(network) -> None:
    """Spare the user Brian2's warning about objects that were made and never run."""
    for obj in network.sorted_objects:
        obj._network = network.id


def _device(network: Callable | BuiltNetwork, given: Mapping[str, np.ndarray]):
    """Return a runtime device on which assignments to an input have no effect.

    Initial values that depend on an input then see it, as in the compiled program; so does a seed
    that the network sets itself. A network that is built already keeps the device that holds its
    arrays.
    """
    from brian2.core.variables import VariableView
    from brian2.devices.device import RuntimeDevice

    if isinstance(network, BuiltNetwork):
        return network.device

    class InputsFirst(RuntimeDevice):
        _seeded = False

        def seed(self, seed=None):
            if not self._seeded:
                super().seed(seed)
            self._seeded = True

        def init_with_zeros(self, var, dtype):
            super().init_with_zeros(var, dtype)
            self._set_input(var)

        def variableview_set_with_index_array(self, view, *args, **kwargs):
            VariableView.set_with_index_array.original_function(view, *args, **kwargs)
            self._set_input(view.variable)

        def variableview_set_with_expression(self, view, *args, **kwargs):
            VariableView.set_with_expression.original_function(view, *args, **kwargs)
            self._set_input(view.variable)

        def variableview_set_with_expression_conditional(self, view, *args, **kwargs):
            VariableView.set_with_expression_conditional.original_function(view, *args, **kwargs)
            self._set_input(view.variable)

        def _set_input(self, var):
            owner = getattr(var.owner, "name", None)
            values = given.get(f"{owner}.{var.name}")
            # what differs in size is set once all synapses exist
            if values is not None and values.size in (1, self.arrays[var].shape[0]):
                self.arrays[var][:] = values

    return InputsFirst()


def _set_inputs(network, signature: Signature, given: Mapping[str, np.ndarray]) -> None:
    for variable in signature.inputs:
        if variable.variable in given:
            array, _ = find_variable(network, variable.name)
            values = given[variable.variable]
            size = array.get_value().shape[0]
            if values.size not in (1, size):
                raise _WrongSizeError(
                    f"input {variable.name} has {values.size} values, the network has {size}"
                )
            array.set_value(values)


class _WrongSizeError(Exception):
    """A given input has not one value for each synapse that the network made."""


def _value(network, name: str) -> np.ndarray:
    variable, _ = find_variable(network, name)
    value = np.array(variable.get_value())
    if value.ndim == 2:
        return np.ascontiguousarray(value.T)
    return value.reshape(()) if variable.scalar else value


def _no_name(variable) -> str:
    return ""
