"""RMaxProp: the published recursion, written out; what a step can be at most."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jax")
pytest.importorskip("optax")

import jax
import jax.numpy as jnp

from bionet.gradient.rmaxprop import scale_by_rmaxprop

# Roots of sums of few terms in double precision.
ROUNDING = 1e-12


def steps_of(gamma, gradients):
    optimiser = scale_by_rmaxprop(gamma)
    with jax.enable_x64(True):
        state, steps = optimiser.init(jnp.zeros(())), []
        for gradient in gradients:
            step, state = optimiser.update(jnp.asarray(gradient, jnp.float64), state)
            steps.append(float(step))
    return np.array(steps)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0, 1),
    st.lists(st.floats(-1e3, 1e3).filter(lambda g: g == 0 or abs(g) > 1e-6), max_size=8),
)
def test_the_published_recursion(gamma, gradients):
    """Reference: u <- max(gamma u, g^2), step g/sqrt(u)."""
    u, expected = 0.0, []
    for gradient in gradients:
        u = max(gamma * u, gradient**2)
        expected.append(gradient / np.sqrt(u) if u else 0.0)
    np.testing.assert_allclose(steps_of(gamma, gradients), expected, rtol=ROUNDING, atol=1e-200)


def test_a_large_gradient_is_remembered_and_forgotten():
    """Behaviour: the step after it is small, and a step is never more than 1."""
    steps = steps_of(0.25, [0.1, 10.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    np.testing.assert_allclose(steps[:4], [1, 1, 0.02, 0.04], rtol=ROUNDING)
    assert steps[-1] == 1


def test_gradients_whose_squares_underflow_have_steps():
    optimiser = scale_by_rmaxprop(0.5)
    tiny = jnp.asarray([1e-30, -1e-30, 0.0], jnp.float32)
    step, _ = optimiser.update(tiny, optimiser.init(tiny))
    np.testing.assert_allclose(step, [1, -1, 0], rtol=0.02)  # 1e-32 is added to 1e-30


@pytest.mark.parametrize("gamma", [-0.1, 1.1, float("nan")])
def test_what_is_no_part_is_refused(gamma):
    with pytest.raises(ValueError, match="gamma must lie in"):
        scale_by_rmaxprop(gamma)
