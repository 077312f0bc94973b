"""The headers of the C++ loops against plain code, with the sanitizers of the compiler.

``rows_against_a_queue.cpp`` draws synapses, delays, spikes, decays and seeds at random.
"""

import os
import subprocess
from pathlib import Path

import pytest

from bionet.devices import cpp
from bionet.devices.cpp_compiler import command

HEADERS = Path(cpp.__file__).parent
PROGRAM = Path(__file__).with_name("rows_against_a_queue.cpp")
FLAGS = ("-std=c++17", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-DBIONET_HUGE_PAGES")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
NOTHING = "int main() {}"
PATIENCE = 120  # seconds; only a hang takes that long


def compiled(source: Path, program: Path, *flags) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*command(), *FLAGS, *flags, "-I", str(HEADERS), str(source), "-o", str(program)],
        capture_output=True,
        text=True,
    )


@pytest.fixture
def sanitizers(tmp_path):
    """Return the flags; none where the compiler lacks them or memory is limited."""
    nothing = tmp_path / "nothing.cpp"
    nothing.write_text(NOTHING)
    program = tmp_path / "nothing"
    if compiled(nothing, program, *SANITIZERS).returncode:
        return ()
    return SANITIZERS if subprocess.run([program], capture_output=True).returncode == 0 else ()


@pytest.mark.compiles
def test_what_the_headers_hold(tmp_path, sanitizers):
    program = tmp_path / "rows"
    made = compiled(PROGRAM, program, *sanitizers)
    assert made.returncode == 0, made.stderr
    ran = subprocess.run(
        [program],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | {"UBSAN_OPTIONS": "print_stacktrace=1"},
    )
    assert (ran.returncode, ran.stdout) == (0, "all as expected\n"), ran.stdout + ran.stderr
