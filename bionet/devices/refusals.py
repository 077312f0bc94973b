"""Networks that cannot be compiled are refused by name, before anything is compiled."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from bionet.errors import BionetError

__all__ = ["NetworkError", "check_network", "check_no_python", "check_one_name", "clear_errors"]

UNRESOLVED = re.compile(r"The identifier [\"'](\w+)[\"'] could not be resolved")
PYTHON_ONLY = re.compile(r"Cannot use function [\"'](\w+)[\"']: .*No implementation available")


class NetworkError(BionetError, ValueError):
    """A network that bionet, or the device asked for, cannot simulate as it is written."""


def check_network(network) -> None:
    """Raise an error unless `network` is a ``brian2.Network`` that can be simulated from zero.

    Raises
    ------
    TypeError
        If it is something else.
    NetworkError
        If it has run, is empty, gathers its objects only when it runs, or has synapses that were
        never connected.
    """
    from brian2 import MagicNetwork, Network, Synapses

    if not isinstance(network, Network):
        raise TypeError(
            "a brian2.Network or a function that returns one is needed, got a "
            f"{type(network).__name__}"
        )
    if isinstance(network, MagicNetwork):
        raise NetworkError(
            "magic_network gathers its objects only when it runs; give Network(collect()), or a "
            "Network of the objects that you name"
        )
    if not network.objects:
        raise NetworkError("the network is empty; put its groups, synapses and monitors into it")
    if float(network.t_) > 0:
        raise NetworkError(
            f"the network has run until {network.t} already, and spikes may be under way; give it "
            "before it runs: running it is what the compiled network does"
        )
    try:
        objects = network.sorted_objects
    except KeyError as error:
        slot = error.args[0]
        raise NetworkError(f"an object runs in {slot!r}, which the schedule lacks") from error
    for obj in objects:
        if obj._network not in (None, network.id):
            raise NetworkError(
                f"{obj.name!r} has run in another network already; make it anew for this one"
            )
        if isinstance(obj, Synapses) and obj.active and not obj._connect_called:
            raise NetworkError(
                f"the synapses {obj.name!r} connect nothing; call their connect(), or set their "
                "active to False"
            )


def check_no_python(network) -> None:
    """Raise an error if the network runs Python code, which a compiled program does not have.

    Raises
    ------
    NetworkError
        If an object is a ``network_operation``, or has methods of its own for a run or its end.
    """
    from brian2.core.base import BrianObject

    for obj in network.sorted_objects:
        runs = "run" in vars(obj) or type(obj).run is not BrianObject.run
        ends = not type(obj).after_run.__module__.startswith("brian2.")
        if obj.active and (runs or ends):
            function = getattr(getattr(obj, "function", None), "__name__", None)
            of = f" (the function {function!r})" if function else ""
            raise NetworkError(
                f"{obj.name!r}{of} is Python code, which the C++ device cannot run; write it as "
                "equations (run_regularly, a TimedArray, a function with a C++ implementation), or "
                "use device='runtime'"
            )


def check_one_name(code_objects, codeobj_class, clocks=()) -> None:
    """Raise an error if two functions, or two clocks, of the network have one name.

    In generated code, both would be the same function, array or clock.

    Parameters
    ----------
    code_objects : iterable of CodeObject
    codeobj_class : type
        Of these code objects.
    clocks : iterable of Clock

    Raises
    ------
    NetworkError
    """
    tables: dict[str, tuple] = {}
    for code_object in code_objects:
        owner = code_object.owner
        named: dict[str, tuple] = {}
        for used_as, function, implementation in _functions(code_object.variables, codeobj_class):
            name = implementation.name or used_as
            first, own = named.setdefault(name, (function, implementation))
            if first is not function and own.get_code(owner) != implementation.get_code(owner):
                raise _same_name(f"functions in {owner.name!r}", name)
            for key, value in (implementation.get_namespace(owner) or {}).items():
                first, by = tables.setdefault(key, (value, used_as))
                if _equal(first, value):
                    continue
                if key == f"{implementation.name}_values":
                    raise _same_name("timed arrays", implementation.name)
                raise NetworkError(
                    f"the functions {by!r} and {used_as!r} both have a {key!r} in the namespace "
                    "of their C++ implementation, and would read one of them in generated code; "
                    "give each a key of its own"
                )
    by_name: dict[str, object] = {}
    for clock in clocks:
        if by_name.setdefault(clock.name, clock) is not clock:
            raise _same_name("clocks", clock.name)


def _same_name(what: str, name: str) -> NetworkError:
    return NetworkError(
        f"two {what} are both named {name!r}, and would be one in generated code; give each a name "
        "of its own (its argument name)"
    )


def _functions(variables, codeobj_class) -> Iterator[tuple]:
    """Yield each function that code uses, and those that it depends on.

    With each comes the name under which it is used and its implementation in code of that class.
    """
    from brian2.core.functions import Function

    for name, variable in variables.items():
        if not isinstance(variable, Function):
            continue
        try:
            implementation = variable.implementations[codeobj_class]
        except (KeyError, TypeError):  # Brian2 fails on its own message where there is none
            continue
        yield name, variable, implementation
        yield from _functions(implementation.dependencies or {}, codeobj_class)


def _equal(first, second) -> bool:
    """Whether two values are the same for every program that reads them."""
    import numpy as np

    if first is second:
        return True
    try:
        return np.array_equal(first, second)
    except (TypeError, ValueError):
        return False


@contextmanager
def clear_errors() -> Iterator[None]:
    """Say in one line, by name, what Brian2 refuses in several errors that cause each other."""
    from brian2 import get_device
    from brian2.core.base import BrianObjectException
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

    try:
        yield
    except BrianObjectException as error:
        raise NetworkError(f"{error._brian_objname!r}: {_told(error)}") from error
    except NotImplementedError as error:
        if not _raised_by_brian2(error):
            raise  # the user's own
        if not isinstance(get_device(), CPPStandaloneDevice):
            raise NetworkError(f"Brian2 cannot do that: {error}") from error
        told = str(error).rstrip(".")
        raise NetworkError(
            f"Brian2's standalone devices cannot do that: {told}; build the network on Brian2's "
            "runtime device and give compile_network the network itself, or use device='runtime'"
        ) from error


def _raised_by_brian2(error: BaseException) -> bool:
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get("__name__", "").startswith("brian2.")


def _told(error: BaseException) -> str:
    """Return what the causes of Brian2's error say, and what to do where that is known."""
    texts = []
    while (error := error.__cause__) is not None:
        key = isinstance(error, KeyError) and error.args
        texts.append(" ".join(str(error.args[0] if key else error).split()))
    for text in texts:
        if missing := UNRESOLVED.search(text):
            name = missing[1]
            told = f"the equations name {name!r}, which is not known where the network is built"
            if name in ("t", "dt") or name.endswith(("_pre", "_post")):
                return f"{told}, nor is it a variable here"
            return f"{told}; give its value as compile_network(..., namespace={{{name!r}: ...}})"
        if python_only := PYTHON_ONLY.search(text):
            return (
                f"the function {python_only[1]!r} is Python code only; give it a C++ "
                "implementation (Brian2's @implementation), or use device='runtime'"
            )
    return next(filter(None, texts), "Brian2 gives no reason")
