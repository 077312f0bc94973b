"""Closed form: each surrogate is the derivative of its smooth step; a spike stays a step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("jax")

import jax
import jax.numpy as jnp

from bionet.gradient import Surrogate, arctan, exponential, fast_sigmoid, spike, triangular
from bionet.gradient.surrogates import SURROGATES

# Central differences of step h (in units of the bump's width) of a function with values near 1:
# rounding 1e-16/h = 1e-10, and a truncation of h for the kinks of |x| and of h^2 elsewhere.
STEP = 1e-6
DIFFERENCE_TOLERANCE = 1e-5

# A few operations in double precision.
ROUNDING_TOLERANCE = 1e-12

CLOSED_FORMS = {
    "fast_sigmoid": lambda u: 1 / (1 + np.abs(u)) ** 2,
    "exponential": lambda u: np.exp(-np.abs(u)),
    "arctan": lambda u: 1 / (1 + u**2),
    "triangular": lambda u: np.maximum(0, 1 - np.abs(u)),
}

#: Distances from the threshold in widths (scale/slope): on it, on the kinks, beside and far off.
WIDTHS = np.array([-5, -1.5, -1, -0.6, -1e-3, 0, 1e-9, 0.3, 1, 1.2, 40])

few = settings(deadline=None, max_examples=12)
shapes = given(
    make=st.sampled_from(sorted(SURROGATES)).map(SURROGATES.get),
    slope=st.floats(0.1, 200),
    scale=st.floats(1e-3, 10),
)


def test_every_surrogate_is_known_by_its_name():
    assert set(SURROGATES.values()) == {fast_sigmoid, exponential, arctan, triangular}
    assert all(make().name == name for name, make in SURROGATES.items())


@few
@shapes
def test_is_the_derivative_of_the_smooth_step(make, slope, scale):
    with jax.enable_x64(True):
        surrogate, width = make(slope, scale=scale), scale / slope
        x, h = jnp.asarray(WIDTHS * width), STEP * width
        rise = (surrogate.smooth_step(x + h) - surrogate.smooth_step(x - h)) / (2 * h)

        np.testing.assert_allclose(
            surrogate.slope_at(x) * scale, rise * scale, rtol=0, atol=DIFFERENCE_TOLERANCE
        )


@few
@shapes
def test_closed_form(make, slope, scale):
    """At the threshold the derivative is 1/scale, the smooth step 1/2."""
    with jax.enable_x64(True):
        surrogate = make(slope, scale=scale)
        values = np.asarray(surrogate.slope_at(jnp.asarray(WIDTHS * scale / slope)))

        expected = CLOSED_FORMS[surrogate.name](WIDTHS)
        np.testing.assert_allclose(values * scale, expected, rtol=ROUNDING_TOLERANCE, atol=1e-14)
        assert values[WIDTHS == 0] == pytest.approx(1 / scale)
        assert surrogate.smooth_step(jnp.float64(0)) == 0.5


@few
@shapes
def test_a_spike_is_a_step_with_the_surrogate_derivative(make, slope, scale):
    """Forward the step, or the smooth one; backward the same derivative."""
    surrogate = make(slope, scale=scale)
    with jax.enable_x64(True):
        x = jnp.asarray(WIDTHS * scale / slope)

        def both(**kind):
            return jax.jvp(lambda x: spike(x, surrogate, **kind), (x,), (jnp.ones_like(x),))

        for kind, expected in (
            ({}, WIDTHS > 0),
            ({"at_threshold": True}, WIDTHS >= 0),
            ({"smooth": True}, surrogate.smooth_step(x)),
        ):
            value, rise = both(**kind)
            np.testing.assert_array_equal(value, expected)
            np.testing.assert_array_equal(rise, surrogate.slope_at(x))


@pytest.mark.parametrize(("at_threshold", "expected"), [(False, 0), (True, 1)])
def test_ties(at_threshold, expected):
    """At v = 1, v > 1 is no spike and v >= 1 is; the derivative there is the same."""
    x = jnp.zeros(3)
    value, rise = jax.jvp(
        lambda x: spike(x, fast_sigmoid(), at_threshold=at_threshold), (x,), (jnp.ones(3),)
    )

    np.testing.assert_array_equal(value, np.full(3, expected))
    np.testing.assert_array_equal(rise, np.ones(3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_keeps_shape_and_precision(dtype):
    with jax.enable_x64(True):
        x = jnp.linspace(-1, 1, 6, dtype=dtype).reshape(2, 3)
        value, rise = jax.jvp(lambda x: spike(x, exponential()), (x,), (x,))

        assert value.shape == rise.shape == (2, 3)
        assert value.dtype == rise.dtype == dtype


@pytest.mark.parametrize("wrong", [0, -1.0, float("inf"), float("nan")])
@pytest.mark.parametrize("make", SURROGATES.values(), ids=SURROGATES)
def test_wrong_slopes_and_scales_are_refused(make, wrong):
    with pytest.raises(ValueError, match=f"slope of a surrogate must be positive; found {wrong}"):
        make(wrong)
    with pytest.raises(ValueError, match=f"scale of a surrogate must be positive; found {wrong}"):
        make(scale=wrong)


def test_a_surrogate_of_ones_own():
    """Slope and scale enter by Surrogate, not by the functions that it is made of."""
    box = Surrogate("box", 4.0, lambda u: 1.0 * (abs(u) < 1), lambda u: jnp.clip(u, -1, 1), 2.0)

    # |u| = |4/2 x| < 1 within half a unit of the threshold
    assert float(box.slope_at(0.4)) == 0.5
    assert float(box.slope_at(0.6)) == 0
    assert float(box.smooth_step(10.0)) == pytest.approx(0.5 + 1 / 4)
