"""Builds of the tests go to a cache of their own; without a compiler none is tried."""

import os
import signal

import pytest

from bionet.devices import cpp_compiler

# A shell that starts the tests in the background may have them ignore Ctrl-C; Brian2 takes over the
# handler it finds and fails on that one. Tests of Ctrl-C need Python's own.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    missing = cpp_compiler.missing_program()
    if missing is None:
        return
    skip = pytest.mark.skip(reason=f"builds C++, and {missing} is not installed")
    for item in items:
        if item.get_closest_marker("compiles"):
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory):
    """Give this session a cache: ``$BIONET_CACHE`` if it is set, else a temporary one."""
    if "BIONET_CACHE" in os.environ:
        yield os.environ["BIONET_CACHE"]
        return
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIONET_CACHE", str(folder / "build_cache"))
        yield folder / "build_cache"
