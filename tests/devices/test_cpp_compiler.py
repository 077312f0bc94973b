"""The compiler is the one that the environment names (behaviour)."""

import pytest

from bionet.devices import cpp_compiler
from bionet.devices.cpp_compiler import CompilationError


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ("clang++", ["clang++"]),
        ("ccache g++ -m64", ["ccache", "g++", "-m64"]),
        ("'/opt/my compilers/g++'", ["/opt/my compilers/g++"]),
        ("", ["g++"]),
        ("  ", ["g++"]),
    ],
)
def test_command_of_the_environment(monkeypatch, given, command):
    monkeypatch.setenv("CXX", given)
    assert cpp_compiler.command() == command


def test_command_without_the_variable(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    assert cpp_compiler.command() == ["g++"]


def test_quotation_mark_without_its_partner(monkeypatch):
    monkeypatch.setenv("CXX", "g++ '-O2")
    with pytest.raises(CompilationError, match=r"CXX is no command.*No closing quotation"):
        cpp_compiler.command()


def test_programs_that_are_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CXX", "ccache g++")
    assert cpp_compiler.missing_program() == "ccache"
    for program, next_missing in (("ccache", "make"), ("make", None)):
        (tmp_path / program).write_text("")
        (tmp_path / program).chmod(0o755)
        assert cpp_compiler.missing_program() == next_missing
    assert cpp_compiler.installed_command() == ["ccache", "g++"]
