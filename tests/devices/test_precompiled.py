"""Headers are compiled once a build, for the files that Brian2 writes (behaviour)."""

import os
import subprocess

import pytest
import small_networks_of_users as users
from brian2 import Network, NeuronGroup, check_units, implementation

from bionet.devices import compile_network, cpp_compiler
from bionet.devices.cpp_source import FLAGS, generate
from bionet.devices.precompiled import HEADER

USES_IT = f"-include {HEADER}"


@pytest.fixture
def calls(tmp_path):
    """Return the stub's calls that compile a file of the build, by the file that they write."""

    def by_target():
        lines = (tmp_path / "compiler.log").read_text().splitlines()
        compiling = [line.split() for line in lines if " -I. " in line]
        return {words[words.index("-o") + 1]: " ".join(words) for words in compiling}

    return by_target


def test_the_header_is_compiled_before_the_files_that_use_it(stub_compiler, calls):
    needed = f"[ -e {HEADER}.gch ] || exit 1"
    stub_compiler(f'case "$call" in *" {USES_IT} "*) {needed};; esac')
    compile_network(users.decay_network, 0.01)
    made = calls()
    assert "-x c++-header" in made.pop(f"{HEADER}.gch")
    without = {name for name, call in made.items() if USES_IT not in call}
    assert without == {"brianlib/spikequeue.o", "synapses_classes.o"}


def test_only_what_runs_once_is_optimised_less(stub_compiler, calls):
    compile_network(users.cells_network, 0.01)
    made = calls()
    assert all("-O3" in call for call in made.values())
    assert {name for name, call in made.items() if "-O1" in call} == {
        "objects.o",
        "code_objects/before_run_synapses_pre_push_spikes.o",
    }
    assert "code_objects/synapses_pre_push_spikes.o" in made


def test_a_users_own_source_file_is_compiled_without(stub_compiler, calls, tmp_path):
    source = tmp_path / "own.cpp"
    source.write_text("double own(double x) { return x; }\n")

    def network():
        @implementation("cpp", "double own(double x);", sources=[str(source)])
        @check_units(x=1, result=1)
        def own(x):
            return x

        cells = NeuronGroup(2, "x : 1")
        cells.run_regularly("x = own(x)")
        return Network(cells)

    compile_network(network, 0.01)
    assert USES_IT not in calls()[str(source.with_suffix(".o"))]


@pytest.mark.compiles
def test_the_code_is_the_same_bit_for_bit(tmp_path):
    """Reference: the same file, compiled with the headers as text."""
    generate(users.decay_network, 0.01, (), (), "double", tmp_path)
    (source,) = tmp_path.glob("code_objects/*stateupdater*.cpp")
    compiler = cpp_compiler.installed_command()
    environment = os.environ | {"CXX": " ".join(compiler)}

    def run(*command):
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
        return source.with_suffix(".o")

    (tmp_path / "make.deps").touch()
    run("make", f"{HEADER}.gch")
    # from here on whoever reads the header's text fails
    header = tmp_path / HEADER
    text, times = header.read_bytes(), header.stat()
    header.write_bytes(b"#error".ljust(len(text)))
    os.utime(header, ns=(times.st_atime_ns, times.st_mtime_ns))
    target = str(source.relative_to(tmp_path).with_suffix(".o"))
    precompiled = run("make", target).read_bytes()
    assert (
        run(*compiler, "-c", *FLAGS, "-I.", str(source), "-o", target).read_bytes() == precompiled
    )
