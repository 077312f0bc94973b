"""The device: Brian2's C++ standalone device, with files and loops of bionet's own.

Whatever Brian2's device does not offer a hook for is left as Brian2 has it.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import brian2
from brian2.codegen.cpp_prefs import get_compiler_and_args
from brian2.core.preferences import prefs
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

from bionet.devices.cpp.choice import Choice, choose
from bionet.devices.cpp.flat_run import FlatRun, without_calls
from bionet.devices.cpp.generator import CppCodeObject, LoopGenerator
from bionet.devices.cpp.optimisations import Optimisations
from bionet.devices.cpp.precompiled import STANDARD_HEADERS, precompiled_headers
from bionet.devices.cpp.units import CodeObjectText, Units, declarations, joined
from bionet.devices.cpp_build import hash_of_compiler
from bionet.devices.cpp_compiler import command, known_flags

__all__ = ["CppDevice", "cpp_device"]

#: Versions of Brian2 whose templates and device the loops were made for.
KNOWN_VERSIONS = re.compile(r"2\.10\.1|2\.11(\.\d+)?")

MAKEFILE = """\
# -include, so that a header that is precompiled is taken as it stands first
CXXFLAGS = -c -Wno-write-strings {flags} -I. {debug}
HEADERS = standard_headers.h
OWN = $(wildcard *.h brianlib/*.h)

all: main

main: {objects}
\t$(CXX) {objects} -o main {linker_flags} {linker_debug}

hot.o: hot.cpp $(OWN)
\t$(CXX) $(CXXFLAGS) -include "$(HEADERS)" $< -o $@

cold.o: cold.cpp {of_brian2} $(OWN)
\t$(CXX) $(CXXFLAGS) {cold} -include "$(HEADERS)" $< -o $@

code_objects/%.o: code_objects/%.cpp $(OWN)
\t$(CXX) $(CXXFLAGS) -include "$(HEADERS)" $< -o $@

{rules}
clean:
\t-rm -f main {objects}

# a user's own files: what they include is known to the compiler only
ALWAYS:
"""
USERS_FILE = """\
{target}: ALWAYS
\t$(CXX) $(CXXFLAGS) "{source}" -o $@
"""
OPTIMISATION_LEVEL = re.compile(r"(?:^|\s)-O(\S*)")
AS_TEXT = "\nHEADERS = standard_headers.h\n"
INCLUDES_CODE_OBJECT = re.compile(r'^\s*#include "code_objects/.*"\n', re.M)
OWN_HEADERS = ("arithmetic.h", "pages.h", "random.h", "release.h", "rows.h", "scale.h")
#: Brian2's files that are compiled with what is cold.
OF_BRIAN2 = (
    "objects.cpp",
    "network.cpp",
    "synapses_classes.cpp",
    "run.cpp",
    "brianlib/spikequeue.cpp",
    "main.cpp",
)


def _last_level(flags: str) -> str:
    """Return the optimisation level that holds: of several the last."""
    return (OPTIMISATION_LEVEL.findall(flags) or ["0"])[-1]


def cpp_device(optimisations: Optimisations):
    """Return the device; for a version of Brian2 that is not known, Brian2's own, and say so."""
    if KNOWN_VERSIONS.fullmatch(brian2.__version__):
        return CppDevice(optimisations)
    warnings.warn(
        f"bionet's C++ loops are not made for Brian2 {brian2.__version__}: networks get Brian2's "
        "own, which take two to three times as long",
        stacklevel=2,
    )
    return CPPStandaloneDevice()


class _Captured:
    """In place of Brian2's writer: the texts of the files."""

    def __init__(self):
        self.files: dict[str, str] = {}

    def write(self, name, contents) -> None:
        if name.endswith(".*"):
            self.files[f"{name[:-1]}cpp"] = contents.cpp_file
            self.files[f"{name[:-1]}h"] = contents.h_file
        else:
            self.files[name] = contents


class CppDevice(CPPStandaloneDevice):
    """Brian2's C++ standalone device with two translation units.

    Parameters
    ----------
    optimisations : Optimisations, optional
        All that keep results as they are by default.

    Attributes
    ----------
    optimisations : Optimisations
    generators : dict of str to LoopGenerator
        That of each code object, by its name.
    choice : Choice
        After `build`: the loops of the network.
    loops : list of dict
        After `build`: the loop of each object that runs in a step; see `explanation`.
    outputs : set of str or None
        The arrays whose values at the end are asked for, by Brian2's names; None for all.
    """

    def __init__(self, optimisations: Optimisations = Optimisations()):  # noqa: B008
        super().__init__()
        self.optimisations = optimisations
        self.generators: dict[str, LoopGenerator] = {}
        self.loops: list[dict] = []
        self.choice = Choice()
        self.outputs: set[str] | None = None

    def reinit(self):
        """Start anew with the same optimisations."""
        optimisations = self.optimisations
        super().reinit()
        self.optimisations = optimisations

    def code_object_class(self, codeobj_class=None, fallback_pref=None):
        """Return bionet's code object in place of Brian2's."""
        chosen = super().code_object_class(codeobj_class, fallback_pref)
        return CppCodeObject if chosen is CPPStandaloneCodeObject else chosen

    def headers_of(self, code_object) -> list[str]:
        """Return the headers that the user asked for, for all code objects or for this one."""
        own = code_object.compiler_kwds.get("headers", [])
        return [*self.headers, *prefs["codegen.cpp.headers"], *own]

    def build(self, *args, **kwds):
        """Choose the loops, now that all objects are known, and write the project."""
        self.choice = choose(self)
        objects = [o for net in self.networks for o in net.sorted_objects if o.active]
        self.loops = self.choice.explained(o for o in objects if o._code_objects)
        self._call_by_name()
        if self.optimisations.allow("denormals"):
            self.insert_code("before_start", "bionet::flush_denormals();")
        super().build(*args, **kwds)

    def _call_by_name(self) -> None:
        """Take out the calls of what other loops do, and call the others by name."""
        runs = [args for statement, args in self.main_queue if statement == "run_network"]
        for _, lines in runs:
            lines[:] = without_calls(lines, {f"_run_{name}" for name in self.choice.not_called})
            lines += self.choice.finish
        if len(runs) != 1 or not self.optimisations.allow("flat") or self._maximum_run_time:
            return
        try:
            run = FlatRun(runs[0][1])
        except ValueError:
            return
        self.choice.run = run
        runs[0][1][:] = run.lines

    def is_output(self, variable) -> bool:
        """Return whether the values of an array at the end are asked for."""
        return self.outputs is None or self.arrays[variable] in self.outputs

    def _in_a_step(self) -> set[str]:
        return {
            code_object.name
            for network in self.networks
            for obj in network.sorted_objects
            for code_object in obj._code_objects
        }

    def generate_objects_source(self, writer, *args, **kwds):
        """Let random numbers come from bionet's generator, which draws the same."""
        captured = _Captured()
        super().generate_objects_source(captured, *args, **kwds)
        for name, text in captured.files.items():
            if name.endswith(".h") and self.optimisations.allow("generator"):
                text = text.replace("std::mt19937 gen;", "bionet::Mt19937 gen;")
                text = f'#include "random.h"\n{text}'
            writer.write(name, text)

    def generate_codeobj_source(self, writer):
        """Gather the code objects in two files."""
        captured = _Captured()
        super().generate_codeobj_source(captured)
        in_a_step = self._in_a_step()
        units = Units()
        for path, text in captured.files.items():
            if path.endswith(".cpp"):
                name = Path(path).stem
                units.add(CodeObjectText.of(name, text), is_hot=name in in_a_step)
        first = ['"objects.h"', '"code_objects.h"', '"declared.h"']
        writer.write("code_objects.h", declarations(units))
        writer.write("declared.h", self.choice.declarations())
        # what one loop calls of another stands before it
        hot = dict(
            sorted(units.hot.items(), key=lambda item: item[0] not in self.choice.not_called)
        )
        text = joined(hot, first, self.choice.definitions())
        writer.write("hot.cpp", f"#define BIONET_HOT\n{text}")
        for name in OWN_HEADERS:
            writer.write(name, Path(__file__).with_name(name).read_text())
        own = "".join(f'#include "{name}"\n' for name in OF_BRIAN2)
        writer.write("cold.cpp", joined(units.cold, first, own + "BIONET_OWN_ALLOCATION\n"))
        for name, text in units.alone.items():
            includes = "".join(f"#include {i}\n" for i in (*text.includes, '"declared.h"'))
            writer.write(f"code_objects/{name}.cpp", includes + text.body)
        writer.write("standard_headers.h", STANDARD_HEADERS.read_text())

    def generate_main_source(self, writer):
        """Include one header for all code objects."""
        self._write_with_one_header(writer, super().generate_main_source)

    def generate_run_source(self, writer):
        """Include one header for all code objects."""
        self._write_with_one_header(writer, super().generate_run_source)

    def _write_with_one_header(self, writer, generate) -> None:
        captured = _Captured()
        generate(captured)
        for name, text in captured.files.items():
            one_header = INCLUDES_CODE_OBJECT.sub("", text)
            writer.write(name, f'#include "code_objects.h"\n#include "declared.h"\n{one_header}')

    def compile_source(self, directory, compiler, debug, clean):
        """Compile with the standard headers precompiled, once a machine."""
        flags = [*self.extra_compile_args, *get_compiler_and_args()[1]]
        flags += [*known_flags(self.optimisations.flags()), *["-g", "-DDEBUG"] * debug]
        cxx = command()
        headers = precompiled_headers(cxx, hash_of_compiler(cxx), flags)
        makefile = Path(directory, "makefile")
        makefile.write_text(makefile.read_text().replace(AS_TEXT, f"\nHEADERS = {headers}\n"))
        super().compile_source(directory, compiler, debug, clean)

    def generate_makefile(self, writer, compiler, compiler_flags, linker_flags, nb_threads, debug):
        """Write the makefile of the two units and of what cannot be in them."""
        within = {"hot.cpp", "cold.cpp", *OF_BRIAN2}
        others = [name for name in sorted(writer.source_files) if name not in within]
        alone = [name for name in others if name.startswith("code_objects/")]
        users = {f"user_{k}.o": n for k, n in enumerate(n for n in others if n not in alone)}
        objects = ["hot.o", "cold.o", *(str(Path(name).with_suffix(".o")) for name in alone)]
        objects += users
        writer.write(
            "makefile",
            MAKEFILE.format(
                flags=" ".join([compiler_flags, *known_flags(self.optimisations.flags())]),
                debug="-g -DDEBUG" if debug else "",
                cold="" if _last_level(compiler_flags) == "0" else "-O1",
                of_brian2=" ".join(OF_BRIAN2),
                objects=" ".join(objects),
                rules="".join(USERS_FILE.format(target=t, source=s) for t, s in users.items()),
                linker_flags=linker_flags,
                linker_debug="-g" if debug else "",
            ),
        )
