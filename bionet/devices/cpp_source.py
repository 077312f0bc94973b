"""Brian2's C++ project for a network, with the inputs, the seed and the outputs of a call in it.

Brian2 bakes the seed into ``main.cpp`` and writes every array at the end (52 MB for 10 000 plastic
neurons). The lines inserted here seed the generator from the call, set each input after every
statement of the network's own set-up that writes it (so initial values that depend on an input see
it), once more before the run, and write only what was asked for.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from bionet.devices.brian2_state import active_device, float_type, numpy_random_state
from bionet.devices.built_network import BuiltNetwork, opened
from bionet.devices.cpp.optimisations import STRICT, Optimisations
from bionet.devices.naming import find_variable, index_variables, input_variable, output_variable
from bionet.devices.network_objects import shortest_step
from bionet.devices.refusals import NetworkError, check_no_python, check_one_name
from bionet.devices.scope import named_objects
from bionet.devices.signature import InputVariable, OutputVariable, Signature

__all__ = ["generate"]

LOOPS = "loops.json"
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
    names: Mapping | None = None,
    optimisations: Optimisations = Optimisations(),  # noqa: B008
) -> tuple[Signature, list[Path], list[dict]]:
    """Write the C++ project into `directory`.

    Parameters
    ----------
    build : callable or BuiltNetwork
        Returns the ``brian2.Network``; called with a fresh C++ device active.
    duration : float
        s.
    inputs, outputs : sequence of str
    precision : {"double", "single"}
    directory : Path
    names : mapping, optional
        What the equations may refer to, in place of the names of the scope.
    optimisations : Optimisations

    Returns
    -------
    signature : Signature
        Of its calls.
    user_files : list of Path
        C++ files that functions of the network bring along; the project names them by their path.
    loops : list of dict
        For each object that runs in a step: which loop it got, and why not a faster one.

    Raises
    ------
    ValueError
        If an input or output names nothing that can be set or returned, or the network cannot be
        compiled (`NetworkError`).
    TypeError
        If `build` returns no ``brian2.Network``.
    """
    from brian2 import second

    from bionet.devices.cpp.device import cpp_device

    device = cpp_device(optimisations)
    # those of strict results also where Brian2's own device takes the place of bionet's
    flags = [*FLAGS, *(STRICT if optimisations.strict else ())]
    settings = float_type(precision) | {
        "codegen.cpp.extra_compile_args_gcc": flags,
        # one generator, the call's own, draws all random numbers
        "devices.cpp_standalone.openmp_threads": 0,
    }
    known = () if isinstance(build, BuiltNetwork) else named_objects(build)
    with (
        active_device(device, settings, known=known),
        numpy_random_state(0),
        opened(build, names, device, settings) as (network, namespace),
    ):
        check_no_python(network)
        _check_nothing_ran(device)
        name_of = _array_name(device)
        signature = Signature.of(
            inputs=tuple(input_variable(network, n, name_of) for n in inputs),
            outputs=tuple(output_variable(network, n, name_of) for n in outputs),
            duration=duration,
            dt=shortest_step(network),
        )
        paths = [[name_of(v) for v in index_variables(network, n)] for n in outputs]
        input_arrays = [find_variable(network, n)[1] for n in inputs]
        device.run_args_applied = True  # the call's own inputs take their place
        network.run(duration * second, namespace=namespace)
        code_objects = device.code_objects.values()
        check_one_name(code_objects, device.code_object_class(), network._clocks)
        queue = _in_one_order(device.main_queue)
        checks = _delay_checks(network, name_of)
        device.main_queue = _with_inputs(queue, signature.inputs, input_arrays, checks)
        _with_duration_of_call(device.main_queue, network, duration)
        _insert_call(device, signature, paths)
        read_at_end = {o.array for o in signature.outputs} | {i for path in paths for i in path}
        device.outputs = {name.removeprefix("_dynamic") for name in read_at_end}
        device.build(directory=str(directory), compile=False, run=False, with_output=False)
        user_files = _user_files(code_objects)
    shutil.copy(CALL_HEADER, directory / CALL_HEADER.name)
    main = directory / "main.cpp"
    main.write_text(f'#include "{CALL_HEADER.name}"\n{main.read_text()}')
    _write_no_arrays(directory / "objects.cpp")
    loops = getattr(device, "loops", [])
    (directory / LOOPS).write_text(json.dumps(loops))  # part of what a build is known by
    return signature, user_files, loops


def _check_nothing_ran(device) -> None:
    if any(statement == "run_network" for statement, _ in device.main_queue):
        raise NetworkError(
            "the function that builds the network runs a network too; on the C++ device it may "
            "only build: give the network before it runs"
        )


def _user_files(code_objects) -> list[Path]:
    """Return the C++ files that the implementations of the network's functions name."""
    import brian2

    files = set()
    for code_object in code_objects:
        options = code_object.compiler_kwds
        folders = [*options.get("include_dirs", ()), *brian2.prefs["codegen.cpp.include_dirs"]]
        headers = [*options.get("headers", ()), *brian2.prefs["codegen.cpp.headers"]]
        files.update(Path(source) for source in options.get("sources", ()))
        files.update(Path(folder, h.strip('"<>')) for folder in folders for h in headers)
    return sorted(path for path in files if path.is_file())


def _array_name(device):
    return lambda variable: device.get_array_name(variable, access_data=False)


def _in_one_order(queue: list) -> list:
    """Return the statements with neighbours that set arrays to constants in the order of names.

    Brian2 initialises its clocks in the order of a set, which differs from process to process: the
    same network would not find its build in the cache. Those of one array keep their order.
    """
    result = []
    for sets, group in groupby(queue, key=lambda item: item[0].startswith("set_")):
        statements = list(group)
        result += sorted(statements, key=lambda item: item[1][0]) if sets else statements
    return result


def _with_duration_of_call(queue: list, network, duration: float) -> None:
    """Let each call say how long it lasts: one build then serves every duration."""
    (lines,) = (arguments[1] for statement, arguments in queue if statement == "run_network")
    baked = f"{network.name}.run({duration!r},"
    (k,) = (k for k, line in enumerate(lines) if line.startswith(baked))
    lines[k] = lines[k].replace(baked, f"{network.name}.run(bionet_call.duration,")


def _delay_checks(network, name_of) -> list[str]:
    """Return the lines that look at the delays of all synapses once they are final."""
    from brian2 import Synapses
    from brian2.core.variables import DynamicArrayVariable

    lines = []
    for synapses in (obj for obj in network.sorted_objects if isinstance(obj, Synapses)):
        for pathway in synapses._pathways:
            delay = pathway.variables["delay"]
            array = f"brian::{name_of(delay)}"
            if not isinstance(delay, DynamicArrayVariable):
                array += f", {delay.size}"
            dt = pathway.source.clock.variables["dt"]
            lines.append(
                f'bionet_call.check_delays("{pathway.name}.delay", {array}, '
                f"brian::{name_of(dt)}[0]);"
            )
    return lines


def _with_inputs(
    queue: list, inputs: Sequence[InputVariable], variables: Sequence, checks: Sequence[str]
) -> list:
    """Return the statements of ``main`` with every input set at its place, and `checks` after."""
    early = [_set_line(k, variable, "set_early") for k, variable in enumerate(inputs)]
    final = [_set_line(k, variable, "set") for k, variable in enumerate(inputs)]
    static = [line for line, variable in zip(early, inputs, strict=True) if variable.size]
    result = [("insert_code", line) for line in ("bionet_seed();", *static)]
    for statement, arguments in queue:
        if statement == "seed":
            continue  # the call's seed stands; one in the network would undo it
        starts_run = statement in ("before_run_code_object", "run_network")
        if starts_run:
            result += [("insert_code", line) for line in [*final, *checks]]
            checks = ()
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


def _insert_call(device, signature: Signature, paths: Sequence[Sequence[str]]) -> None:
    device.insert_code(
        "before_start",
        "bionet::Call bionet_call(brian::results_dir, "
        f"{len(signature.inputs)}, {len(signature.outputs)});\n"
        "auto bionet_seed = [&]() { brian::_random_generators[0].seed(bionet_call.seed); };",
    )
    for k, (output, path) in enumerate(zip(signature.outputs, paths, strict=True)):
        device.insert_code("before_end", _write_line(k, output, path))
    device.insert_code("before_end", "bionet_call.finish(Network::_last_run_completed_fraction);")


def _write_no_arrays(objects: Path) -> None:
    """Drop what writes all arrays at the end, half of the code of a network: no call gets there."""
    start, end = "void _write_arrays()\n{", "\n}\n\nvoid _dealloc_arrays()"
    before, found, rest = objects.read_text().partition(start)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        return  # another Brian2's: what it writes is compiled as it is
    objects.write_text(before + start + end + after)


def _write_line(k: int, output: OutputVariable, path: Sequence[str]) -> str:
    array = f"brian::{output.array}"
    if path:
        place = "i"
        for index in reversed(path):
            place = f"brian::{index}[{place}]"
        dynamic = path[-1].startswith("_dynamic_array")
        n = f"brian::{path[-1]}.size()" if dynamic else f"brian::_num_{path[-1]}"
        return f"bionet_call.write_at({k}, {array}, {n}, [&](size_t i) {{ return {place}; }});"
    if output.ndim == 2:
        return f"bionet_call.write_rows({k}, {array});"
    size = "" if output.dynamic else f", brian::_num_{output.array}"
    return f"bionet_call.write({k}, {array}{size});"
