"""Brian2's runtime device behind the same interface: no compiler, slow, good for small networks."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from bionet.devices.brian2_state import active_device, float_type, numpy_random_state
from bionet.devices.built_network import BuiltNetwork, opened
from bionet.devices.compiled import CompiledNetwork
from bionet.devices.naming import (
    find_variable,
    index_variables,
    input_variable,
    key_of,
    output_variable,
)
from bionet.devices.network_objects import shortest_step
from bionet.devices.outcome import Outcome, Status
from bionet.devices.refusals import check_one_name
from bionet.devices.scope import named_objects
from bionet.devices.signature import OutputVariable, Signature, check_seed
from bionet.devices.stopping import take_reason

__all__ = ["RuntimeNetwork", "build"]


# as in call.h
MOST_STEPS_OF_DELAY = 1e7


@dataclasses.dataclass(frozen=True, repr=False)
class RuntimeNetwork(CompiledNetwork):
    """A network that Brian2 runs in this process at each call.

    A function is called anew each time. Calls from several threads wait for each other. Pickles if
    the function does (defined in a module, not a lambda); a network that exists already does not.

    Attributes
    ----------
    network : callable or BuiltNetwork
        Gives the ``brian2.Network``.
    signature : Signature
    precision : {"double", "single"}
    dt : float
        Default time step when it was compiled, s.
    names : mapping, optional
        What the equations may refer to, in place of the names of the scope.
    """

    network: Callable | BuiltNetwork
    signature: Signature
    precision: str
    dt: float
    names: Mapping | None = None

    def __reduce__(self):
        if isinstance(self.network, BuiltNetwork):
            raise TypeError(
                "a network that existed before it was compiled cannot be pickled; give "
                "compile_network the function that builds it, or device='cpp'"
            )
        return super().__reduce__()

    def explain(self) -> str:
        """Say which loop each object got; see `CompiledNetwork.explain`."""
        return "the runtime device: all objects have Brian2's own loops"

    def __call__(self, inputs: Mapping | None = None, seed: int = 0) -> Outcome:
        """Simulate; see `CompiledNetwork.__call__`."""
        given = {
            variable.variable: values
            for variable, values in zip(
                self.signature.inputs, self.signature.given(inputs or {}), strict=True
            )
            if values.size
        }
        start = time.perf_counter()
        try:
            with self._opened(given, check_seed(seed)) as (network, names):
                _set_inputs(network, self.signature, given)
                _check_delays(network)
                values, reached, reason = self._run(network, names)
        except _WrongValueError as error:
            wall_time = time.perf_counter() - start
            duration = self.signature.duration
            return Outcome(Status.FAILED, {}, 0.0, duration, wall_time, str(error))
        return self._outcome(values, reached, reason, time.perf_counter() - start)

    @contextmanager
    def _opened(self, given: Mapping[str, np.ndarray], seed: int) -> Iterator[tuple]:
        settings = float_type(self.precision)
        device = _device(self.network, given)
        known = () if isinstance(self.network, BuiltNetwork) else named_objects(self.network)
        with (
            active_device(device, settings, known=known, dt=self.dt),
            _seeded(seed),
            opened(self.network, self.names, device, settings) as (network, names),
        ):
            yield network, names

    def _run(self, network, names: Mapping) -> tuple[dict, float, str]:
        """Return the outputs, the time that was reached, and why it stopped there if it did."""
        from brian2 import get_device, second

        take_reason()
        network.run(self.signature.duration * second, namespace=names)
        reason = take_reason()
        code_objects = [code for obj in network.sorted_objects for code in obj.code_objects]
        for kind in {get_device().code_object_class(), *map(type, code_objects)}:
            check_one_name([code for code in code_objects if type(code) is kind], kind)
        values = {v.name: _value(network, v) for v in self.signature.outputs}
        return values, float(network.t), reason

    def _outcome(self, values: dict, reached: float, reason: str, wall_time: float) -> Outcome:
        duration = self.signature.duration
        if reached >= duration * (1 - 1e-12):
            return Outcome(Status.COMPLETED, values, duration, duration, wall_time)
        return Outcome(Status.STOPPED, values, reached, duration, wall_time, reason)


def build(
    network: Callable | BuiltNetwork,
    duration: float,
    inputs: Sequence[str],
    outputs: Sequence[str],
    precision: str,
    names: Mapping | None = None,
) -> RuntimeNetwork:
    """Return the network as a function on the runtime device; it is built once here to check it."""
    import brian2

    if isinstance(network, BuiltNetwork):
        network = network.kept()
    dt = float(brian2.defaultclock.dt)
    made = RuntimeNetwork(network, Signature.of((), (), 0.0, dt), precision, dt, names)
    with made._opened({}, 0) as (built, _):
        signature = Signature.of(
            inputs=tuple(input_variable(built, n, _no_name) for n in inputs),
            outputs=tuple(output_variable(built, n, _no_name) for n in outputs),
            duration=duration,
            dt=shortest_step(built),
        )
        if not isinstance(network, BuiltNetwork):
            _mark_as_used(built)
    return dataclasses.replace(made, signature=signature)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the active device, and give numpy's global generator back as it was."""
    import brian2

    with numpy_random_state(seed):
        brian2.seed(seed)
        yield


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
            values = given.get(".".join(key_of(var))) if var.owner is not None else None
            # what differs in size is set once all synapses exist
            if values is not None and values.size in (1, self.arrays[var].shape[0]):
                self.arrays[var][:] = values

    return InputsFirst()


def _set_inputs(network, signature: Signature, given: Mapping[str, np.ndarray]) -> None:
    for variable in signature.inputs:
        if variable.variable in given:
            _, array, _ = find_variable(network, variable.name)
            values = given[variable.variable]
            size = array.get_value().shape[0]
            if values.size not in (1, size):
                raise _WrongValueError(
                    f"input {variable.name} has {values.size} values, the network has {size}"
                )
            array.set_value(values)


def _check_delays(network) -> None:
    from brian2 import Synapses

    for synapses in (obj for obj in network.sorted_objects if isinstance(obj, Synapses)):
        for pathway in synapses._pathways:
            delays = pathway.variables["delay"].get_value()
            longest = MOST_STEPS_OF_DELAY * pathway.source.clock.dt_
            wrong = ~((delays >= 0) & (delays < longest))
            if wrong.any():
                raise _WrongValueError(
                    f"the delay {pathway.name}.delay is {delays[wrong][0]:.6f} s; it must lie "
                    f"between 0 and {longest:.6f} s"
                )


class _WrongValueError(Exception):
    """A given value does not fit the network that was made."""


def _value(network, output: OutputVariable) -> np.ndarray:
    _, variable, _ = find_variable(network, output.name)
    value = np.array(variable.get_value())
    if output.scalar:
        return value.reshape(())
    if value.ndim == 2:
        return np.ascontiguousarray(value.T)
    path = index_variables(network, output.name)
    if path:
        places = np.array(path[-1].get_value())
        for index in reversed(path[:-1]):
            places = index.get_value()[places]
        return value[places]
    return value


def _no_name(variable) -> str:
    return ""
