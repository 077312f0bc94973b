"""The loops of a population: its state, its threshold, and when its refractory neurons are free.

See ``templates/state.cpp``, ``templates/threshold.cpp`` and ``release.h``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bionet.devices.cpp.generator import LoopGenerator
from bionet.devices.cpp.scaled import Scaled
from bionet.devices.cpp.text import indented, rendered

__all__ = ["Population"]

#: Neurons of a block: their variables stay in the first cache between state and threshold.
BLOCK = 512
#: Neurons that one test passes over, at most.
CHUNK = 64
REFRACTORY = re.compile(r"timestep\(t - lastspike, dt\) >= (.+)")
#: Brian2's test of it in C++.
REACHED = re.compile(r"(?<== )_timestep\((t - lastspike), dt\) >= (\w+|_timestep\(\w+, dt\));$")
STORED = ("t", "lastspike", "not_refractory")


@dataclass
class Population:
    """The state updater and the thresholder of one group.

    Attributes
    ----------
    device : CppDevice
    group : brian2.NeuronGroup
    event : str
        Whose threshold it is; only that of spikes goes with the state.
    state, threshold : CodeObject or None
        None where Brian2's own loop stays.
    random_threshold : CodeObject or None
        A threshold that compares one random number for each neuron.
    fused : bool
        Whether the threshold is tested in the state's loop.
    release : bool
        Whether `release.h` holds the refractory neurons.
    keeps_not_refractory : bool
        Whether something reads ``not_refractory``.
    scaled : dict of str to Scaled
        Variables whose decay is one factor for all neurons.
    resets : list of CodeObject
        What happens at its events.
    """

    device: object
    group: object
    event: str = "spike"
    state: object = None
    threshold: object = None
    random_threshold: object = None
    fused: bool = False
    release: bool = False
    keeps_not_refractory: bool = True
    scaled: dict[str, Scaled] = field(default_factory=dict)
    resets: list = field(default_factory=list)

    @property
    def release_name(self) -> str:
        """The name of its `Release` in C++."""
        return f"bionet::release_of_{self.group.name}"

    @property
    def definitions(self) -> list[str]:
        """The lines that define what the loops hold."""
        release = f"Release {self.release_name.removeprefix('bionet::')};"
        return [release] * self.release + [s.definition for s in self.scaled.values()]

    def install(self) -> None:
        """Put the loops in place of Brian2's."""
        if self.threshold is not None:
            self._install_threshold()
        if self.random_threshold is not None:
            generator = self._generator(self.random_threshold)
            self._install_random_threshold(random_function(generator))
        if self.state is not None:
            self._install_state()
        for code_object in self.resets:
            self._install_reset(code_object)

    def _generator(self, code_object) -> LoopGenerator:
        return self.device.generators[code_object.name]

    def _frame(self, code_object) -> dict:
        """Return what the templates need of any code object."""
        generator = self._generator(code_object)
        scalar_code, _, kwds = generator.snippets
        timestep = self.group.clock.variables["timestep"]
        return kwds | {
            "function": f"_run_{code_object.name}",
            "user_headers": tuple(self.device.headers_of(code_object)),
            "scalar_code": indented([*scalar_code[None], *generator.scales()], 1),
            "release": self.release_name if self.release else None,
            "timestep": self.device.get_array_name(timestep),
        }

    def _scan(self) -> str:
        return f"_scan_{self.threshold.name}"

    def _install_threshold(self) -> None:
        generator = self._generator(self.threshold)
        variables = self.threshold.variables
        pointers = {k: generator.get_array_name(v) for k, v in variables.items() if k in STORED}
        refractory = self.event == "spike" and self.group._refractory is not False
        events = variables[f"_{self.event}space"]
        self.threshold.code.cpp_file = rendered(
            "threshold.cpp",
            scan=self._scan(),
            chunk=chunk_of(len(self.group)),
            condition=indented(self._body(generator), 4),
            flag_type=generator.flag_type,
            events=generator.get_array_name(events),
            t=pointers.get("t"),
            lastspike=pointers["lastspike"] if refractory else None,
            not_refractory=pointers["not_refractory"]
            if refractory and self.keeps_not_refractory
            else None,
            **self._frame(self.threshold),
        )

    def _install_random_threshold(self, function: str) -> None:
        generator = self._generator(self.random_threshold)
        events = self.random_threshold.variables[f"_{self.event}space"]
        lines = self._lines(generator, generator.vector_statements[None])
        self.random_threshold.code.cpp_file = rendered(
            "random_threshold.cpp",
            chunk=chunk_of(len(self.group)),
            random=function,
            condition=indented(
                [x.replace(f"{function}(_vectorisation_idx)", "_random[_q]") for x in lines], 3
            ),
            events=generator.get_array_name(events),
            **self._frame(self.random_threshold),
        )

    def _install_state(self) -> None:
        generator = self._generator(self.state)
        refractory = None
        if self.release:
            refractory = generator.translate_expression(refractory_steps(generator))
        self.state.code.cpp_file = rendered(
            "state.cpp",
            block=BLOCK,
            independent=generator.independent({"_idx"}),
            body=indented(self._body(generator), 3),
            refractory=refractory,
            lastspike=self.device.get_array_name(self.group.variables["lastspike"])
            if self.release
            else None,
            scaled=tuple(self.scaled.values()),
            scan=f"of_{self.threshold.name}::{self._scan()}" if self.fused else None,
            **self._frame(self.state),
        )

    def _install_reset(self, code_object) -> None:
        generator = self._generator(code_object)
        events = code_object.variables[f"_{self.event}space"]
        code_object.code.cpp_file = rendered(
            "reset.cpp",
            events=generator.get_array_name(events),
            body=indented(self._lines(generator, generator.vector_statements[None]), 3),
            independent=generator.independent({"_idx"}),
            **self._frame(code_object),
        )

    def _body(self, generator: LoopGenerator) -> list[str]:
        """Return the lines for one neuron."""
        updates = generator.template_name == "stateupdate"
        done = {"not_refractory"} if self.release else set()
        if updates:
            done |= self.scaled.keys() | {f"_{name}" for name in self.scaled}
        statements = [s for s in generator.vector_statements[None] if s.var not in done]
        released = []
        if self.release:
            released = ["const char not_refractory = _until[_idx] <= _now;"]
        lines = self._lines(generator, statements, released)
        if self.release and updates and self.keeps_not_refractory:
            array = generator.array_of("not_refractory")
            lines.append(f"{array}[_idx] = not_refractory;")
        return [self._without_conversion(line, generator) for line in lines]

    @staticmethod
    def _without_conversion(line: str, generator: LoopGenerator) -> str:
        """Return the test for the end of a refractory period in floating-point numbers."""
        found = REACHED.search(line)
        if not found or not (found[2].startswith("_timestep") or generator.is_whole(found[2])):
            return line
        return REACHED.sub(r"bionet::reached(\1, dt, \2);", line)

    @staticmethod
    def _lines(generator: LoopGenerator, statements: list, released: Sequence[str] = ()) -> list:
        """Return the lines that read, compute and write."""
        read, write, indices, conditions = generator.arrays_helper(statements)
        read = generator.without_scalars(read, write)
        read = read - {"not_refractory"} if released else read
        lines = [*generator.translate_to_read_arrays(read, write, indices), *released]
        lines += generator.translate_to_declarations(read, write, indices)
        lines += generator.translate_to_statements(statements, conditions)
        return lines + generator.translate_to_write_arrays(write)


def chunk_of(n: int) -> int:
    """Return how many of n neurons one test passes over: a power of two, so that vectors fit."""
    return min(CHUNK, max(8, 1 << max(n, 1).bit_length() - 1))


def random_function(generator: LoopGenerator) -> str | None:
    """Return the function that a condition calls once for each neuron, come what may."""
    lines = "\n".join(generator.snippets[1][None])
    calls = re.findall(r"\b(_randn?)\(_vectorisation_idx\)", lines)
    drawing = generator.functions() - generator.pure_functions()
    branches = re.search(r"&&|\|\||\?|\bif\b", lines)
    return calls[0] if len(calls) == len(drawing) == 1 and not branches else None


def refractory_steps(generator: LoopGenerator) -> str | None:
    """Return the expression for the steps of a constant refractory period, None if it is none."""
    statements = generator.vector_statements.get(None, [])
    own = [s for s in statements if s.var == "not_refractory"]
    if len(own) != 1:
        return None
    found = REFRACTORY.fullmatch(own[0].expr)
    return found and found[1]
