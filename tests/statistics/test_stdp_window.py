"""Spike-timing windows: closed form against the rule integrated in time, and their symmetry."""

import numpy as np
import pytest

from bionet.statistics import pair_window, trace_overlap

TAU = 0.01
INTERVALS = np.arange(-40, 41, 5) * 1e-3
STEP = 1e-5
#: The trapezoidal rule is off by STEP/2 of the integrand where a trace jumps: 1e-3 of tau/2.
INTEGRATION = 1.5e-3
#: Relative, of a few floating-point operations.
ROUNDING = 1e-12


def trace(time, spike):
    # half of the jump at the spike's own sample, so that the sum is the trapezoidal rule
    return np.where(time > spike, np.exp(-(time - spike) / TAU), 0.5 * (time == spike))


def integrated(interval, *, weight, inhibition, inhibited_after, eta):
    """Sum the rule as it stands in the paper over small steps."""
    time = np.round(np.arange(-0.1, 0.3, STEP) / STEP) * STEP
    x, z = trace(time, 0.0), trace(time, np.round(interval / STEP) * STEP)
    z_inh = trace(time, np.round(inhibited_after / STEP) * STEP)
    own, other = -(weight**2), inhibition * weight  # W^i_jj in balance, W^i_jk
    return (eta * z * (x + (own * z + other * z_inh) / weight)).sum() * STEP


@pytest.mark.parametrize("inhibited_after", [-0.01, 0.0, 0.015])
@pytest.mark.parametrize(("weight", "inhibition"), [(0.5, 0.0), (0.2, -0.8), (1.3, -1.5)])
def test_window_is_the_integral_of_the_rule(weight, inhibition, inhibited_after):
    keywords = {"weight": weight, "inhibition": inhibition, "inhibited_after": inhibited_after}
    expected = [integrated(interval, eta=3.0, **keywords) for interval in INTERVALS]
    scale = 3.0 * TAU / 2
    np.testing.assert_allclose(
        pair_window(INTERVALS, TAU, eta=3.0, **keywords), expected, atol=INTEGRATION * scale
    )


def test_a_pair_has_a_symmetric_window():
    window = pair_window(INTERVALS, TAU, weight=0.3)
    np.testing.assert_allclose(window, window[::-1], rtol=ROUNDING)
    assert window.argmax() == INTERVALS.size // 2
    assert window.max() == pytest.approx(TAU / 2 * 0.7)
    np.testing.assert_allclose(pair_window(INTERVALS, TAU), trace_overlap(INTERVALS, TAU))


@pytest.mark.parametrize("inhibited_after", [-0.01, 0.01])
def test_an_inhibitory_spike_breaks_the_symmetry(inhibited_after):
    """As strong as the pair, it turns the sign about the middle of pre and inhibitory spike."""
    nearer_to_pre = -np.sign(inhibited_after) * np.arange(1, 30) * 1e-3
    keywords = {"inhibition": -1.0, "inhibited_after": inhibited_after}
    gained = pair_window(inhibited_after / 2 + nearer_to_pre, TAU, **keywords)
    lost = pair_window(inhibited_after / 2 - nearer_to_pre, TAU, **keywords)
    assert (gained > 0).all()
    np.testing.assert_allclose(lost, -gained, rtol=ROUNDING)


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="tau must be a positive finite number"):
        pair_window(0.0, 0.0)
    with pytest.raises(ValueError, match="inhibition must be a finite number"):
        pair_window(0.0, TAU, inhibition=np.nan)
