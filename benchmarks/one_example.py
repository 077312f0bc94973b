"""One example of Brian2 in a process of its own: bionet's result beside plain Brian2's.

Started by `brian2_examples` as ``python one_example.py JSON``. The network of the script's first
run is compiled as a network that exists already, for C++ and for the runtime device. Plain Brian2
runs the same network in a copy of the process (a fork), made before bionet sees it. Where the
network has noise, or rounding grows, the script is a function for `compile_network`, and the peer
is plain Brian2's own C++ program of the same script, with the same seed and compiler flags.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from example_arrays import compared, output_names, shown
from example_first_run import FirstRun, execute

__all__ = ["FORMS", "SEED"]

SEED = 1
REMEDIES = ("give ", "use ", "leave ", "write ")


def existing(script: Path, order: Mapping) -> dict:
    """Compare the network of the first run, compiled as it exists, with plain Brian2."""
    record: dict = {}

    def take(first: FirstRun) -> None:
        duration = _shortened(first, order["steps"])
        network = first.network
        record.update(duration=duration, asked=first.duration, objects=len(network.objects))
        names = output_names(network)
        plain = [_in_fork(lambda s=s: _plain(first, duration, names, s)) for s in (SEED, SEED + 1)]
        if isinstance(plain[0], str):
            record.update(left_out=f"plain Brian2 does not run it: {plain[0]}")
            return
        steady = {
            name: value
            for name, value in plain[0].items()
            if compared({name: value}, {name: plain[1][name]})["verdict"] == "equal bit for bit"
        }
        record.update(noisy=len(steady) < len(plain[0]), spikes=_spikes(plain[0]))
        names, record["outputs_refused"] = _possible(first, duration, names)
        record.update(outputs=len(names), names=names, precision=_precision())
        record["checks"] = checks = {}
        # on the runtime device the noise is the same; in C++ only what does not depend on it is
        comparable = {"runtime": plain[0], "cpp": steady}
        for device in order["devices"]:
            expected = {n: comparable[device][n] for n in names if n in comparable[device]}
            checks[device], record["values"] = _tried(first, duration, device, names, expected)
        checks["given back"] = _given_back(first, duration, names, plain[0])

    execute(script, take)
    return record


def function(script: Path, order: Mapping) -> dict:
    """Return the results of the script as a function, compiled to C++ by bionet."""
    from bionet import compile_network

    scope: dict = {}
    duration, names = order["duration"], order["names"]

    def built():
        def take(first: FirstRun) -> None:
            scope.update(first.names, _network=first.network)

        execute(script, take)
        return scope["_network"]

    # constants are looked up in the scope of the function
    scope["_built"] = built
    exec("def build():\n    return _built()", scope)
    try:
        compiled = compile_network(
            scope["build"], duration, outputs=names, precision=order["precision"], strict=True
        )
        return {"values": _values(compiled(seed=SEED))}
    except Exception as error:
        return {"error": _refusal(error, ())}


def standalone(script: Path, order: Mapping) -> dict:
    """Return the results of the script on Brian2's own C++ device, flags as for ``strict=True``."""
    import brian2

    from bionet.devices.cpp.optimisations import STRICT
    from bionet.devices.cpp_source import FLAGS

    values: dict = {}

    def take(first: FirstRun) -> None:
        device = brian2.get_device()
        first.run(order["duration"])
        brian2.prefs.devices.cpp_standalone.openmp_threads = 0
        # as bionet does: one seed, first of all
        device.main_queue[:] = [item for item in device.main_queue if item[0] != "seed"]
        device.main_queue.insert(0, ("seed", SEED))
        project = order["project"]
        device.build(directory=project, compile=False, run=False)
        device.compile_source(project, "unix", debug=False, clean=False)
        device.run(project, with_output=False)
        values.update(shown(first.network, order["names"]))

    brian2.prefs.codegen.cpp.extra_compile_args_gcc = [*FLAGS, *STRICT]
    brian2.set_device("cpp_standalone", build_on_run=False)
    np.random.seed(0)
    try:
        execute(script, take)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {_line(error)}"}
    return {"values": values}


FORMS = {form.__name__: form for form in (existing, function, standalone)}


def _shortened(first: FirstRun, steps: int) -> float:
    from brian2 import SpatialNeuron

    if any(isinstance(obj, SpatialNeuron) for obj in first.network.objects):
        steps //= 10  # numpy goes through the compartments one by one
    dt = first.dt
    return min(round(first.duration / dt), steps) * dt


def _plain(first: FirstRun, duration: float, names: list[str], seed: int) -> dict:
    import brian2

    brian2.seed(seed)
    first.run(duration)
    return shown(first.network, names)


def _in_fork(work: Callable[[], dict]) -> dict | str:
    """Return what `work` returns in a copy of this process, or the line of its error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result"
        child = os.fork()
        if child == 0:
            try:
                result: object = work()
            except BaseException as error:
                result = f"{type(error).__name__}: {_line(error)}"
            path.write_bytes(pickle.dumps(result))
            os._exit(0)
        os.waitpid(child, 0)
        return pickle.loads(path.read_bytes()) if path.exists() else "its process died"


def _possible(first: FirstRun, duration: float, names: list[str]) -> tuple[list[str], dict]:
    """Return the names that can be outputs, and why the others cannot."""
    from bionet import compile_network

    possible, refused = list(names), {}
    while possible:
        try:
            options = {"device": "runtime", "outputs": possible, "precision": _precision()}
            first.call(compile_network, first.network, duration, **options)
            break
        except ValueError as error:
            name = next((n for n in possible if f"{n!r}" in str(error)), None)
            if name is None:
                break
            refused[name] = _line(error)
            possible.remove(name)
        except Exception:
            break  # told by the checks that follow
    return possible, refused


def _tried(
    first: FirstRun, duration: float, device: str, names: list[str], expected: dict
) -> tuple[dict, dict]:
    """Return the verdict on the network as it exists, and its values."""
    from bionet import compile_network

    options = {"device": device, "outputs": names, "precision": _precision()}
    try:
        compiled = first.call(compile_network, first.network, duration, **options)
        values = _values(compiled(seed=SEED))
    except Exception as error:
        return _refusal(error, first.network.objects), {}
    return compared(values, expected), values


def _precision() -> str:
    """Return the precision in which the script made its network."""
    import brian2

    return {4: "single", 8: "double"}[np.dtype(brian2.prefs.core.default_float_dtype).itemsize]


def _values(outcome) -> dict:
    from bionet.devices import Status

    if outcome.status is Status.FAILED:
        raise RuntimeError(outcome.message)
    return dict(outcome.values)


def _given_back(first: FirstRun, duration: float, names: list[str], expected: dict) -> dict:
    """Run the script's own network on in plain Brian2, as if it had never been compiled."""
    try:
        values = _plain(first, duration, names, SEED)
    except Exception as error:
        return {"verdict": "wrong", "message": f"{type(error).__name__}: {_line(error)}"}
    return compared(values, {name: expected[name] for name in names})


def _refusal(error: Exception, objects) -> dict:
    """Describe an exception: clear where bionet raised it and it names an object or a remedy."""
    from bionet.errors import BionetError

    place = traceback.extract_tb(error.__traceback__)[-1]
    own = f"{os.sep}bionet{os.sep}" in place.filename
    message = _line(error)
    named = any(obj.name in message for obj in objects) or any(w in message for w in REMEDIES)
    clear = own and named and isinstance(error, BionetError | ValueError | TypeError)
    return {
        "verdict": "refused by name" if clear else "refused unclearly",
        "message": f"{type(error).__name__}: {message}",
        "at": f"{Path(place.filename).name}:{place.lineno}",
    }


def _line(error: BaseException) -> str:
    text, cause = " ".join(str(error).split()), error.__cause__
    return text if cause is None else f"{text} <- {type(cause).__name__}: {_line(cause)}"


def _spikes(values: Mapping[str, np.ndarray]) -> int:
    """Return how many neurons have spiked and how many spikes were recorded."""
    last = (value > -1 for name, value in values.items() if name.endswith(".lastspike"))
    recorded = (value for name, value in values.items() if name.endswith(".count"))
    return int(sum(spiked.sum() for spiked in (*last, *recorded)))


def _main() -> None:
    order = json.loads(sys.argv[1])
    import matplotlib

    matplotlib.use("Agg")
    import brian2

    brian2.prefs.logging.file_log = False
    brian2.prefs.codegen.target = "numpy"  # nothing to compile on the runtime device
    script = Path(order["script"])
    try:
        record = FORMS[order["form"]](script, order)
    except Exception as error:
        record = {"left_out": f"{type(error).__name__}: {_line(error)}"}
    Path(order["result"]).write_bytes(pickle.dumps(record))


if __name__ == "__main__":
    _main()
