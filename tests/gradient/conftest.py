"""Brian2 without Cython, which takes seconds to compile; JAX's precision left as it was."""

import pytest
from brian2 import prefs


@pytest.fixture(scope="session", autouse=True)
def numpy_code():
    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before


@pytest.fixture
def double_precision():
    import jax

    with jax.enable_x64(True):
        yield


@pytest.fixture(autouse=True)
def precision_is_left_alone():
    import jax

    before = jax.config.jax_enable_x64
    yield
    assert jax.config.jax_enable_x64 == before
