"""The users' networks, compiled once a session, and a compiler that is none."""

import stat

import numpy as np
import pytest
import small_networks_of_users as users
from brian2 import mV, prefs

from bionet.devices import compile_network

DEVICES = [pytest.param("cpp", marks=pytest.mark.compiles), "runtime"]

STUB_COMPILER = """#!/bin/sh
# Logs its calls; "compiles" anything to a program that does nothing.
echo "$@" >> "{log}"
case " $* " in *" --help=target "*) {native};; esac
case " $* " in *" -o "*) ;; *) echo "stub compiler {version}"; exit 0;; esac
call=" $* "
while [ $# -gt 0 ]; do [ "$1" = -o ] && target=$2; shift; done
{extra}
printf '#!/bin/sh\\nexit 0\\n' > "$target"
chmod +x "$target"
"""


@pytest.fixture(scope="session", autouse=True)
def numpy_code():
    """Let the runtime device interpret: these networks run for a fraction of a second."""
    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before


@pytest.fixture(scope="session")
def cells_on():
    """Compile ``cells_network`` for a device and a precision, once each."""
    compiled = {}

    def on(device, precision="double"):
        if (device, precision) not in compiled:
            compiled[device, precision] = compile_network(
                users.cells_network,
                users.STEPS * 1e-4,
                device=device,
                inputs=users.INPUTS,
                outputs=users.OUTPUTS,
                precision=precision,
            )
        return compiled[device, precision]

    return on


@pytest.fixture(params=DEVICES)
def cells(request, cells_on):
    """``cells_network`` on each device."""
    return cells_on(request.param)


@pytest.fixture(scope="session")
def chance():
    """Return inputs under which connectivity and noise are random."""
    return {"cells.density": 0.5, "cells.noise": 2 * mV}


@pytest.fixture(scope="session")
def same_values():
    """Whether two outcomes hold the same arrays, bit for bit."""

    def same(first, second):
        return first.values.keys() == second.values.keys() and all(
            np.array_equal(first[name], second[name]) for name in first.values
        )

    return same


@pytest.fixture
def stub_compiler(tmp_path, monkeypatch):
    """Put a stub in the place of the compiler, and an empty cache in the place of the cache.

    Returns a function that (re)writes the stub, with shell statements to run at each compilation
    and where it is asked what ``-march=native`` means.
    """
    monkeypatch.setenv("BIONET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(tmp_path / "stub"))
    # Brian2 asks once a process which flags the compiler knows: let it forget the stub's answers
    monkeypatch.setattr("brian2.codegen.cpp_prefs._compiler_flag_compatibility", {})

    def write(extra="", version="1.0", native="echo some CPU; exit 0"):
        stub = tmp_path / "stub"
        log = tmp_path / "compiler.log"
        stub.write_text(STUB_COMPILER.format(log=log, extra=extra, version=version, native=native))
        stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
        return stub

    write()
    return write


@pytest.fixture
def links(tmp_path):
    """Count how often the stub was asked to link a program: once a build."""

    def count():
        log = tmp_path / "compiler.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return sum("-o main " in f"{line} " for line in lines)

    return count
