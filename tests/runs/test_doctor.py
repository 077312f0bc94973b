"""Behaviour of ``bionet doctor``: it tries what it reports, and says what to install."""

import shutil
import stat
import sys
from importlib.metadata import PackageNotFoundError

import pytest

from bionet.devices import compile_network
from bionet.runs import doctor, toolchain
from bionet.runs.command import main


@pytest.fixture
def only_on_path(tmp_path, monkeypatch):
    """Leave on the path only the given programs of this machine and small scripts."""

    def restrict(*programs, **scripts):
        folder = tmp_path / "bin"
        folder.mkdir()
        for program in programs:
            (folder / program).symlink_to(shutil.which(program))
        for name, text in scripts.items():
            script = folder / name.replace("_", "-")
            script.write_text(f"#!/bin/sh\n{text}\n")
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder))

    for name in ("CXX", "CUDA_PATH", "CUDA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return restrict


def test_without_a_compiler_it_says_so(only_on_path, capsys):
    """Exit status 1, what is missing, how to get it; and no traceback for all the rest."""
    only_on_path()
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["C++", "device", "no"]
    assert "'g++' is not on the path" in lines[0]
    assert "apt install g++" in lines[0]
    (cuda,) = [line for line in lines if line.startswith("CUDA device")]
    assert cuda.split()[2] == "no"
    assert any(line.startswith("build cache") for line in lines)


def test_the_compiler_asked_for_is_the_one_tried(only_on_path, monkeypatch):
    """The variable CXX, which make obeys, is obeyed and named."""
    only_on_path()
    monkeypatch.setenv("CXX", "my-compiler --fast")
    assert "'my-compiler' is not on the path" in doctor.cpp_device().text


def test_a_compiler_variable_that_is_no_command_is_a_finding(monkeypatch):
    """An unpaired quotation mark in CXX: one line, no traceback."""
    monkeypatch.setenv("CXX", "'g++")
    finding = doctor.cpp_device()
    assert not finding.works
    assert "CXX is no command" in finding.text


def test_make_is_needed_too(only_on_path):
    """Brian2 builds with make."""
    only_on_path(**{"g++": "echo version"})
    finding = doctor.cpp_device()
    assert not finding.works
    assert "no 'make'" in finding.text


def test_a_compiler_that_cannot_compile_is_named(only_on_path):
    """The first line of its complaint is passed on."""
    only_on_path("make", **{"g++": "echo 'g++: no cc1plus' >&2; exit 1"})
    finding = doctor.cpp_device()
    assert not finding.works
    assert "cannot compile a C++17 program: g++: no cc1plus" in finding.text


def test_a_compiler_whose_programs_are_wrong_is_named(only_on_path):
    """The compiled program is run and its output compared."""
    # Called as "g++ -std=c++17 SOURCE -o PROGRAM", it makes a program that prints nonsense.
    script = 'test $# -eq 4 && printf "#!/bin/sh\\necho 7" > "$4" && /bin/chmod +x "$4"; true'
    only_on_path("make", **{"g++": script})
    finding = doctor.cpp_device()
    assert not finding.works
    assert "printed '7\\n'" in finding.text


@pytest.mark.skipif(
    toolchain.find_cpp_compiler() is None or shutil.which("make") is None,
    reason="needs a C++ compiler and make",
)
def test_a_compiler_that_works_is_reported(capsys):
    """The real one builds and runs the program; exit status 0."""
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["C++", "device", "works"]
    assert toolchain.find_cpp_compiler().path in lines[0]


def test_no_cuda_device_is_promised(only_on_path, monkeypatch):
    """Whatever is installed: `compile_network` has none. What there is of it is listed."""
    with pytest.raises(ValueError, match="device"):
        compile_network(lambda: None, 1, device="cuda")
    only_on_path(nvcc="true", nvidia_smi="echo 'NVIDIA H100, 81559 MiB'")
    monkeypatch.setattr(doctor, "version", lambda package: "1.0b1")
    finding = doctor.cuda_device()
    assert not finding.works
    assert "bionet has none yet" in finding.text
    assert "NVIDIA H100, 81559 MiB" in finding.text
    assert "brian2cuda 1.0b1" in finding.text


def test_a_driver_without_a_gpu_shows_none(only_on_path):
    """``nvidia-smi`` says so in a sentence on standard output."""
    only_on_path(nvidia_smi="echo 'No devices were found'")
    assert toolchain.gpus() == []


def test_the_extra_for_gradients_is_named(monkeypatch):
    """JAX is looked up, not loaded."""

    def absent(package):
        raise PackageNotFoundError(package)

    for module in [name for name in sys.modules if name.split(".")[0] in ("jax", "optax")]:
        monkeypatch.delitem(sys.modules, module)  # other tests of this process need them
    monkeypatch.setattr(doctor, "version", absent)
    finding = doctor.gradient()
    assert not finding.works
    assert "pip install 'bionet[gradient]'" in finding.text
    monkeypatch.setattr(doctor, "version", lambda package: "9.9")
    assert doctor.gradient().text == "jax 9.9, optax 9.9"
    assert "jax" not in sys.modules


def test_the_cache_is_measured(tmp_path, monkeypatch):
    """Its folder, and the bytes in it."""
    monkeypatch.setenv("BIONET_CACHE", str(tmp_path))
    (tmp_path / "build").mkdir()
    (tmp_path / "build/main").write_bytes(b"x" * 2_000_000)
    assert "2 MB" in doctor.build_cache().text
    assert str(tmp_path) in doctor.build_cache().text
