"""Brian2 without Cython, which takes seconds to compile what runs for milliseconds here."""

import pytest
from brian2 import prefs


@pytest.fixture(scope="session", autouse=True)
def numpy_code():
    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before
