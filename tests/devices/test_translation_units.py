"""A network is two translation units, and what cannot be in them; headers are compiled once.

Closed form: what a user's function returns. Behaviour: which file is compiled, when and how.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_networks_of_users as users
from brian2 import Network, NeuronGroup, check_units, defaultclock, implementation, second

from bionet.devices import cache, compile_network
from bionet.devices.cpp.precompiled import STANDARD_HEADERS
from bionet.devices.cpp.units import CodeObjectText
from bionet.devices.cpp_compiler import command
from bionet.devices.cpp_source import generate

STEPS = 3
PATIENCE = 90  # seconds; only a hang takes that long
HEADER = STANDARD_HEADERS.name
NO_HEADERS = 'case " $* " in *" c++-header "*) exit 1;; esac'


@pytest.fixture
def calls(tmp_path):
    """Return the stub's calls that compile something, with what they write."""

    def listed():
        lines = (tmp_path / "compiler.log").read_text().splitlines()
        built = [line for line in lines if " -I. " in line or " c++-header " in line]
        return [(Path(line.split(" -o ")[1]).name, line) for line in built]

    return listed


def headers_in(folder) -> list[Path]:
    return sorted(Path(folder).glob("headers-*"))


def written(network, folder) -> dict[str, str]:
    """Return the project's own C++ files."""
    generate(network, 0.01, (), (), "double", folder)
    files = (p for p in folder.rglob("*.cpp") if "brianlib" not in p.parts)
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def function(name, code, **more):
    """Return a function of one number, in C++ only."""

    @implementation("cpp", code, **more)
    @check_units(x=1, result=1)
    def unused(x):
        raise NotImplementedError(name)

    return unused


def with_functions(**functions):
    """Return a builder: each function is called once a step, by an object of its own."""

    def network():
        variables = "\n".join(f"x_{name} : 1" for name in functions)
        cells = NeuronGroup(1, variables, name="cells", namespace=functions)
        for name in functions:
            setattr(cells, f"x_{name}", 1)
            cells.run_regularly(f"x_{name} = {name}(x_{name})", name=f"calls_{name}")
        return Network(cells)

    return network


def after(steps, network, names):
    """Return what each function made of 1 after some steps."""
    outputs = [f"cells.x_{name}" for name in names]
    duration = steps * defaultclock.dt / second
    values = compile_network(network, duration, outputs=outputs)()
    return {name: float(values[f"cells.x_{name}"][0]) for name in names}


def test_what_runs_in_a_step_is_hot(tmp_path):
    files = written(users.cells_network, tmp_path)
    assert not [name for name in files if name.startswith("code_objects/")]
    assert "_run_cells_stateupdater_codeobject()" in files["hot.cpp"]
    assert "_run_cells_stateupdater_codeobject()" not in files["cold.cpp"]
    assert "_run_synapses_synapses_create_generator_codeobject()" in files["cold.cpp"]
    assert "_run_synapses_synapses_create_generator_codeobject()" not in files["hot.cpp"]


def test_only_what_runs_once_is_optimised_less(stub_compiler, calls):
    compile_network(users.cells_network, 0.01)
    made = dict(calls())
    assert made.keys() == {f"{HEADER}.gch", "hot.o", "cold.o"}
    assert all("-O3" in call for call in made.values())
    assert [name for name, call in made.items() if "-O1" in call] == ["cold.o"]


def test_two_networks_share_the_standard_headers(stub_compiler, calls, tmp_path):
    compile_network(users.cells_network, 0.01)
    compile_network(users.decay_network, 0.01)
    (shared,) = headers_in(tmp_path / "cache")
    targets = [target for target, _ in calls()]
    assert targets.count(f"{HEADER}.gch") == 1
    assert targets.count("hot.o") == 2
    assert all(f"-include {shared / HEADER}" in c for t, c in calls() if not t.endswith(".gch"))


def test_another_compiler_compiles_the_headers_anew(stub_compiler, tmp_path):
    compile_network(users.decay_network, 0.01)
    stub_compiler(version="2.0")
    compile_network(users.decay_network, 0.01)
    assert len(headers_in(tmp_path / "cache")) == 2


def test_a_compiler_that_cannot_precompile_reads_the_headers(stub_compiler, calls, tmp_path):
    stub_compiler(NO_HEADERS.replace("$*", "$call"))
    compiled = compile_network(users.decay_network, 0.01)
    assert cache.entry_is_whole(compiled.directory)
    hot = dict(calls())["hot.o"]
    assert f"-include {STANDARD_HEADERS}" in hot
    stub_compiler()
    compile_network(users.cells_network, 0.01)
    (shared,) = headers_in(tmp_path / "cache")
    assert sorted(path.name for path in shared.iterdir()) == [HEADER, f"{HEADER}.gch"]


def test_a_cache_with_a_space_in_its_name(stub_compiler, calls, monkeypatch, tmp_path):
    monkeypatch.setenv("BIONET_CACHE", str(tmp_path / "my cache"))
    compile_network(users.decay_network, 0.01)
    (shared,) = headers_in(tmp_path / "my cache")
    assert f"-include {shared / HEADER}" in dict(calls())["hot.o"]


@pytest.mark.compiles
def test_results_do_not_depend_on_precompiling(
    cells_on, chance, same_values, monkeypatch, tmp_path
):
    """Reference: the same network with the headers as text."""
    compiler = tmp_path / "compiler"
    compiler.write_text(f'#!/bin/sh\n{NO_HEADERS}\nexec {shlex.join(command())} "$@"\n')
    compiler.chmod(0o755)
    reference = cells_on("cpp")(chance, seed=1)
    monkeypatch.setenv("BIONET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(compiler))
    as_text = compile_network(
        users.cells_network, users.STEPS * 1e-4, inputs=users.INPUTS, outputs=users.OUTPUTS
    )
    assert all(not list(folder.glob("*.gch")) for folder in headers_in(tmp_path / "cache"))
    assert same_values(as_text(chance, seed=1), reference)


COMPILE = """
import sys
import small_networks_of_users as users
from bionet.devices import compile_network
builder, output = sys.argv[1:]
outcome = compile_network(getattr(users, builder), 0.01, outputs=[output])()
print(*outcome[output])
"""


@pytest.mark.compiles
def test_two_processes_compile_at_once(tmp_path):
    """Different networks that need the same headers, which are not there yet."""
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    started = [
        subprocess.Popen(
            [sys.executable, "-c", COMPILE, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path, "BIONET_CACHE": str(tmp_path)},
        )
        for arguments in (("decay_network", "cells.x"), ("cells_network", "synapses.i"))
    ]
    decayed, sources = (p.communicate(timeout=PATIENCE)[0].split() for p in started)
    assert np.allclose([float(x) for x in decayed], np.exp(-1) * np.arange(1, 4), rtol=1e-12)
    assert len(sources) == users.N * (users.N - 1)
    (shared,) = headers_in(tmp_path)
    assert sorted(path.name for path in shared.iterdir()) == [HEADER, f"{HEADER}.gch"]


INCLUDES = """
#include <numeric>
namespace of_the_user {
double pair(double x) { double v[] = {x, x}; return std::accumulate(v, v + 2, 0.0); }
}
double includes(double x) { return of_the_user::pair(x); }
"""


@pytest.mark.compiles
def test_code_that_no_namespace_holds_has_a_file_of_its_own(tmp_path):
    own = with_functions(includes=function("includes", INCLUDES), plain=function("plain", PLAIN))
    files = written(own, tmp_path)
    assert "std::accumulate" in files["code_objects/calls_includes_codeobject.cpp"]
    assert "std::accumulate" not in files["hot.cpp"] + files["cold.cpp"]
    assert "double plain(" in files["hot.cpp"]
    assert after(STEPS, own, ("includes", "plain")) == {"includes": 2**STEPS, "plain": 1 + STEPS}


PLAIN = "double plain(double x) { return x + 1; }"
DOUBLED = """
#define FACTOR 2
#ifndef M_PI
#define M_PI 3
#endif
double doubled(double x) { return FACTOR*x; }
"""
TRIPLED = """
#ifndef FACTOR
#define FACTOR 3
#endif
double tripled(double x) { return FACTOR*x; }
"""
ROUND = "double round_number(double x) { return M_PI*x; }"


@pytest.mark.compiles
def test_macros_hold_in_one_object():
    """Neither does a macro reach another object, nor is one taken from it."""
    names = {"doubled": DOUBLED, "tripled": TRIPLED, "round_number": ROUND}
    network = with_functions(**{name: function(name, code) for name, code in names.items()})
    found = after(1, network, names)
    assert found == {"doubled": 2, "tripled": 3, "round_number": np.pi}


COUNTED = """
static int n_calls = 0;
double counted(double x) { return ++n_calls; }
"""


@pytest.mark.compiles
def test_a_network_without_any_code():
    def network():
        cells = NeuronGroup(2, "x : 1", name="cells")
        cells.x = 3
        return Network(cells)

    assert list(compile_network(network, 0.001, outputs=["cells.x"])()["cells.x"]) == [3, 3]


@pytest.mark.compiles
@pytest.mark.parametrize("included", ['"counter.h"', "<counter.h>"])
def test_each_object_has_its_own_static_state(tmp_path, included):
    """As in Brian2, where each object is a file: state in support code, and in a header."""
    (tmp_path / "counter.h").write_text("static int n_headers = 0;\n")
    support = function("counted", COUNTED)
    header = function(
        "seen",
        "double seen(double x) { return ++n_headers; }",
        headers=[included],
        include_dirs=[str(tmp_path)],
    )

    def network():
        cells = NeuronGroup(1, "a : 1\nb : 1\nc : 1\nd : 1", name="cells")
        cells.namespace.update(counted=support, seen=header)
        for variable, name in (("a", "counted"), ("b", "counted"), ("c", "seen"), ("d", "seen")):
            cells.run_regularly(f"{variable} = {name}({variable})")
        return Network(cells)

    duration = STEPS * defaultclock.dt / second
    outcome = compile_network(
        network, duration, outputs=["cells.a", "cells.b", "cells.c", "cells.d"]
    )()
    assert [float(values[0]) for values in outcome.values.values()] == [STEPS] * 4


@pytest.mark.compiles
def test_a_users_own_source_file_is_compiled_for_each_build(tmp_path):
    """With what it includes, which may have changed, and outside of the user's folder."""
    (tmp_path / "scaled.h").write_text("#pragma once\ndouble scaled(double x);\n")
    source = tmp_path / "scaled.cpp"
    source.write_text('#include "factor.h"\ndouble scaled(double x) { return FACTOR*x; }\n')
    scaled = function(
        "of_source",
        "double of_source(double x) { return scaled(x); }",
        headers=['"scaled.h"', '"factor.h"'],
        sources=[str(source)],
        include_dirs=[str(tmp_path)],
    )
    found = []
    for factor in (2, 5):
        (tmp_path / "factor.h").write_text(f"#pragma once\n#define FACTOR {factor}\n")
        found.append(after(1, with_functions(of_source=scaled), ["of_source"])["of_source"])
    assert found == [2, 5]
    assert not list(tmp_path.glob("*.o"))


@pytest.mark.parametrize(
    ("support", "alone"),
    [
        ("double f(double x) { return x; }", False),
        ("#define TWO 2\ndouble f(double x) { return TWO*x; }", False),
        ("#include <numeric>", True),
        ("  # include <numeric>", True),
        ("namespace own { int x; }", True),
        ("inline namespace own { int x; }", True),
        ('extern "C" double f(double x);', True),
    ],
)
def test_what_stands_alone(support, alone):
    head = '#include "objects.h"\n////// SUPPORT CODE ///////\n'
    text = f"{head}namespace {{\n{support}\n}}\nvoid _run_f()\n{{\n}}\n"
    assert CodeObjectText.of("f", text).stands_alone is alone
