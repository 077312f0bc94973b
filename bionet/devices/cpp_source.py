"""Brian2's C++ project for a network, with the inputs, the seed and the outputs of a call in it.

Brian2 bakes the seed into ``main.cpp`` and writes every array at the end (52 MB for 10 000 plastic
neurons). The lines inserted here seed the generator from the call, set each input after every
statement of the network's own set-up that writes it (so initial values that depend on an input see
it), once more before the run, and write only what was asked for.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from bionet.devices.brian2_state import active_device, numpy_random_state, preferences
from bionet.devices.built_network import BuiltNetwork, opened
from bionet.devices.naming import find_variable, input_variable, output_variable
from bionet.devices.precompiled import precompile_headers
from bionet.devices.signature import InputVariable, OutputVariable, Signature

__all__ = ["PRECISIONS", "generate"]

PRECISIONS = {"double": "float64", "single": "float32"}
CALL_HEADER = Path(__file__).with_name("call.h")
# Brian2's own flags (-fno-finite-math-only keeps NaN tests working under -ffast-math) and one more:
# without it gcc gives up vectorising the update of neurons with more than a few variables, 18 % of
# a biological second of the benchmark. Brian2 drops flags that a compiler does not know.
FLAGS = (
    "-w",
    "-O3",
    "-ffast-math",
    "-fno-finite-math-only",
    "-march=native",
    "-std=c++17",
    "--param=vect-max-version-for-alias-checks=1000",
)


def generate(
    build: Callable | BuiltNetwork,
    duration: float,
    inputs: Sequence[str],
    outputs: Sequence[str],
    precision: str,
    directory: Path,
) -> Signature:
    """Write the C++ project into `directory` and return the signature of its calls.

    Parameters
    ----------
    build : callable or BuiltNetwork
        Returns the ``brian2.Network``; called with a fresh C++ device active.
    duration : float
        s.
    inputs, outputs : sequence of str
    precision : {"double", "single"}
    directory : Path

    Raises
    ------
    ValueError
        If an input or output names nothing that can be set or returned, or the network has run.
    TypeError
        If `build` returns no ``brian2.Network``.
    """
    import numpy as np
    from brian2 import second
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

    device = CPPStandaloneDevice()
    settings = {
        "core.default_float_dtype": np.dtype(PRECISIONS[precision]).type,
        "codegen.cpp.extra_compile_args_gcc": list(FLAGS),
        # one generator, the call's own, draws all random numbers
        "devices.cpp_standalone.openmp_threads": 0,
        # Ctrl-C must not look like a network that stopped itself
        "core.stop_on_keyboard_interrupt": False,
    }
    with (
        preferences(settings),
        active_device(device),
        numpy_random_state(0),
        opened(build) as (network, names),
    ):
        check_network(network)
        _check_nothing_ran(device)
        signature = Signature.of(
            inputs=tuple(input_variable(network, n, _array_name(device)) for n in inputs),
            outputs=tuple(output_variable(network, n, _array_name(device)) for n in outputs),
            duration=duration,
        )
        input_arrays = [find_variable(network, n)[0] for n in inputs]
        device.run_args_applied = True  # the call's own inputs take their place
        network.run(duration * second, namespace=names)
        queue = _in_one_order(device.main_queue)
        device.main_queue = _with_inputs(queue, signature.inputs, input_arrays)
        _with_duration_of_call(device.main_queue, network, duration)
        _insert_call(device, signature)
        device.build(directory=str(directory), compile=False, run=False, with_output=False)
    shutil.copy(CALL_HEADER, directory / CALL_HEADER.name)
    main = directory / "main.cpp"
    main.write_text(f'#include "{CALL_HEADER.name}"\n{main.read_text()}')
    _write_no_arrays(directory / "objects.cpp")
    precompile_headers(directory)
    return signature


def check_network(network) -> None:
    """Raise an error unless `network` is a ``brian2.Network`` that has not run yet.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If it has run.
    """
    from brian2 import Network

    if not isinstance(network, Network):
        raise TypeError(
            "a brian2.Network or a function that returns one is needed, got a "
            f"{type(network).__name__}"
        )
    if float(network.t_) > 0:
        raise ValueError(
            f"the network has run until {network.t} already, and spikes may be under way; give it "
            "before it runs: running it is what the compiled network does"
        )


def _check_nothing_ran(device) -> None:
    if any(statement == "run_network" for statement, _ in device.main_queue):
        raise ValueError(
            "the function that builds the network runs a network too; on the C++ device it may "
            "only build: give the network before it runs"
        )


def _array_name(device):
    return lambda variable: device.get_array_name(variable, access_data=False)


def _in_one_order(queue: list) -> list:
    """Return the statements with neighbours that set one constant each in the order of their names.

    Brian2 initialises its clocks in the order of a set, which differs from process to process: the
    same network would not find its build in the cache.
    """
    result = []
    for sets_constant, group in groupby(queue, key=lambda item: item[0] == "set_by_single_value"):
        statements = list(group)
        if sets_constant:
            statements.sort(key=lambda item: item[1][0])
        result += statements
    return result


def _with_duration_of_call(queue: list, network, duration: float) -> None:
    """Let each call say how long it lasts: one build then serves every duration."""
    (lines,) = (arguments[1] for statement, arguments in queue if statement == "run_network")
    baked = f"{network.name}.run({duration!r},"
    (k,) = (k for k, line in enumerate(lines) if line.startswith(baked))
    lines[k] = lines[k].replace(baked, f"{network.name}.run(bionet_call.duration,")


def _with_inputs(queue: list, inputs: Sequence[InputVariable], variables: Sequence) -> list:
    """Return the statements of ``main`` with every input set at its place."""
    early = [_set_line(k, variable, "set_early") for k, variable in enumerate(inputs)]
    final = [_set_line(k, variable, "set") for k, variable in enumerate(inputs)]
    static = [line for line, variable in zip(early, inputs, strict=True) if variable.size]
    result = [("insert_code", line) for line in ("bionet_seed();", *static)]
    for statement, arguments in queue:
        if statement == "seed":
            continue  # the call's seed stands; one in the network would undo it
        starts_run = statement in ("before_run_code_object", "run_network")
        if starts_run:
            result += [("insert_code", line) for line in final]
        result.append((statement, arguments))
        if not starts_run:
            result += [
                ("insert_code", line)
                for line, inp, variable in zip(early, inputs, variables, strict=True)
                if _writes(statement, arguments, inp.array, variable)
            ]
    return result


def _writes(statement: str, arguments, array: str, variable) -> bool:
    if statement.startswith("set_"):
        return arguments[0] == array
    if statement == "run_code_object":
        return any(variable is used for used in arguments[0].variables.values())
    return False


def _set_line(k: int, variable: InputVariable, function: str) -> str:
    name = f'"{variable.name}", ' if function == "set" else ""
    size = "" if variable.size is None else f", {variable.size}"
    return f"bionet_call.{function}({k}, {name}brian::{variable.array}{size});"


def _insert_call(device, signature: Signature) -> None:
    device.insert_code(
        "before_start",
        "bionet::Call bionet_call(brian::results_dir, "
        f"{len(signature.inputs)}, {len(signature.outputs)});\n"
        "auto bionet_seed = [&]() { brian::_random_generators[0].seed(bionet_call.seed); };",
    )
    for k, output in enumerate(signature.outputs):
        device.insert_code("before_end", _write_line(k, output))
    device.insert_code("before_end", "bionet_call.finish(Network::_last_run_completed_fraction);")


def _write_no_arrays(objects: Path) -> None:
    """Drop what writes all arrays at the end, half of the code of a network: no call gets there."""
    start, end = "void _write_arrays()\n{", "\n}\n\nvoid _dealloc_arrays()"
    before, found, rest = objects.read_text().partition(start)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        return  # another Brian2's: what it writes is compiled as it is
    objects.write_text(before + start + end + after)


def _write_line(k: int, output: OutputVariable) -> str:
    array = f"brian::{output.array}"
    if output.ndim == 2:
        return f"bionet_call.write_rows({k}, {array});"
    size = "" if output.dynamic else f", brian::_num_{output.array}"
    return f"bionet_call.write({k}, {array}{size});"
