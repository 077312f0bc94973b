"""Spike-timing windows of the dendritic-balance rule: weight change by when which neuron spiked.

::

    dF_ji/dt = eta z_j (x_i + sum_k W^i_jk z_k / F_ji)              Mikulasch et al., eq. 17

is integrated over one spike of the input (x = exp(-(t - t_pre)/tau) from then on), one of neuron j
(z_j, likewise from t_post on) and one of an inhibitory neuron k (Fig. 2). All traces decay with the
same tau, so that each product of two has the integral tau/2 exp(-|interval|/tau).
"""

import numpy as np

from bionet.si import takes_si
from bionet.statistics.requirements import require_finite, require_positive


@takes_si(interval="s", tau="s")
def trace_overlap(interval, tau):
    """Integral over time of the product of two traces that begin an interval apart.

    Parameters
    ----------
    interval : array_like
        From one spike to the other, s.
    tau : float
        Decay of both traces, s.

    Returns
    -------
    numpy.ndarray
        tau/2 exp(-|interval|/tau), s; of the shape of `interval`.

    Raises
    ------
    ValueError
        If `tau` is not positive.
    """
    tau = require_positive("tau", tau)
    return tau / 2 * np.exp(-np.abs(np.asarray(interval, dtype=float)) / tau)


@takes_si(interval="s", tau="s", inhibited_after="s", eta="Hz")
def pair_window(interval, tau, *, weight=0.0, inhibition=0.0, inhibited_after=0.0, eta=1.0):
    """Weight change by a pre spike, a post spike and, if there is one, an inhibitory spike.

    ::

        dF = eta [overlap(interval) - F overlap(0) + (W/F) overlap(interval - inhibited_after)]

    The first term is symmetric in the interval. The second is the neuron's own inhibition of the
    dendrite, W^i_jj = -F^2 in balance: it shifts the window. The third is centred where neuron and
    inhibitory neuron spike together, so the window is symmetric no more.

    Parameters
    ----------
    interval : array_like
        t_post - t_pre, s.
    tau : float
        Decay of all traces, s.
    weight : float
        The feed-forward weight F_ji in the second term; 0 leaves it out.
    inhibition : float
        W^i_jk/F_ji, at most 0 where neuron k inhibits; 0 without an inhibitory spike.
    inhibited_after : float
        t_inh - t_pre, s.
    eta : float
        Learning rate, Hz.

    Returns
    -------
    numpy.ndarray
        Change of F, of the shape of `interval`.

    Raises
    ------
    ValueError
        If `tau` is not positive, or another number is not finite.
    """
    weight = require_finite("weight", weight)
    inhibition = require_finite("inhibition", inhibition)
    inhibited_after = require_finite("inhibited_after", inhibited_after)
    interval = np.asarray(interval, dtype=float)
    change = trace_overlap(interval, tau) - weight * trace_overlap(0.0, tau)
    change = change + inhibition * trace_overlap(interval - inhibited_after, tau)
    return require_finite("eta", eta) * change
