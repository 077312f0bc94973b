"""Van Rossum's distance between spike trains, for all pairs of a population at once.

::

    f_a(t) = sum_i exp(-(t - t_i)/tau) over the spikes t_i <= t of train a
    D_ab^2 = (1/tau) integral (f_a - f_b)^2 dt                  van Rossum (2001), Kilgore eq. 4-6

(M. C. W. van Rossum, A novel spike distance, Neural Comput 13:751, 2001). D^2 is 1/2 for one spike
against none and 1 - exp(-|interval|/tau) for one spike against one: tau sets whether spikes are
counted (long) or coincidences (short). Kilgore et al. (Sci Rep 15:24798, 2025, Fig. 5, Tables 2
and 3) average D over samples and compare pairs of excitatory and inhibitory neurons.

Squaring out (f_a - f_b)^2 leaves products of two trains, one matrix product for all pairs. Where
two trains are so similar that this difference of large numbers would lose digits, the traces
themselves are subtracted; identical trains have a distance of exactly 0.
"""

from itertools import accumulate

import numpy as np

from bionet.si import takes_si
from bionet.statistics.gridded_spikes import require_gridded_spikes
from bionet.statistics.requirements import require_positive

# Part of |f_a|^2 + |f_b|^2 below which their squared difference is not left to a subtraction of
# products: it would keep fewer than 10 of the 16 digits.
CANCELLATION = 1e-6

# Numbers held at a time: few enough to stay in a processor's cache.
_BLOCK_SIZE = 2**18


@takes_si(tau="s", dt="s")
def van_rossum_distances(spikes, tau, dt):
    """Distances between all neurons of a sample, from spikes on a time grid.

    ::

        g(k) = exp(-dt/tau) g(k - 1) + spikes(k)
        D_ab = sqrt((dt/tau) sum_k (g_a(k) - g_b(k))^2)                      Kilgore et al., eq. 4-6

    Parameters
    ----------
    spikes : array_like, (steps, neurons) or (samples, steps, neurons)
        Spikes in each step, 0 or 1 or counts.
    tau : float
        Decay of the traces, s.
    dt : float
        Length of a step, s.

    Returns
    -------
    numpy.ndarray, (neurons, neurons) or (samples, neurons, neurons)
        Without unit; symmetric, 0 on the diagonal and between identical trains only.

    Raises
    ------
    ValueError
        If `spikes` are no spikes on a grid (see `require_gridded_spikes`), or `tau` or `dt` is not
        positive.

    Notes
    -----
    The sum ends with the last step: what a trace would still do after it is left out, so that a
    late spike weighs less than an early one. Append silent steps to include it. All distances are
    then those of `van_rossum_distances_of_times` times one factor, the root of
    2 (dt/tau) / (1 - exp(-2 dt/tau)): it is 1 for dt much below tau, but 1.52 for the dt = tau =
    1 ms of Kilgore et al., whose prefactor dt/tau is 1.
    """
    spikes = require_gridded_spikes(spikes)
    decay, step = _decay_and_step(tau, dt)
    samples = spikes if spikes.ndim == 3 else spikes[np.newaxis]
    neurons = spikes.shape[-1]
    distances = np.empty((len(samples), neurons, neurons))
    for block in _blocks(samples.shape):
        distances[block] = _block_distances(samples[block], decay, step)
    return distances if spikes.ndim == 3 else distances[0]


@takes_si(tau="s", dt="s")
def mean_van_rossum_distances(spikes, tau, dt):
    """Mean over samples of the distances between all neurons, in the memory of a few samples.

    Parameters
    ----------
    spikes : array_like, (samples, steps, neurons)
        Spikes in each step, 0 or 1 or counts.
    tau : float
        Decay of the traces, s.
    dt : float
        Length of a step, s.

    Returns
    -------
    numpy.ndarray, (neurons, neurons)
        The mean of `van_rossum_distances` over samples.

    Raises
    ------
    ValueError
        As `van_rossum_distances` does, or if there is no sample.
    """
    spikes = require_gridded_spikes(spikes, dimensions=(3,))
    decay, step = _decay_and_step(tau, dt)
    if not len(spikes):
        raise ValueError(f"spikes must hold at least one sample, got shape {spikes.shape}")
    total = sum(
        _block_distances(spikes[block], decay, step).sum(axis=0) for block in _blocks(spikes.shape)
    )
    return total / len(spikes)


@takes_si(tau="s")
def van_rossum_distances_of_times(spikes, tau):
    """Distances between all neurons from spike times: the integral itself, without a time grid.

    ::

        D_ab^2 = (K_aa + K_bb - 2 K_ab)/2,    K_ab = sum_ij exp(-|t_i - t_j|/tau)

    with t_i of train a and t_j of train b. K_ab needs no sum over all i and j: at each spike, the
    trace of the other train's earlier spikes is known from the last one of them (the markage of
    Houghton & Kreuz, On the efficient calculation of van Rossum distances, Network 23:48, 2012).

    Parameters
    ----------
    spikes : SpikeTrains
    tau : float
        Decay of the traces, s.

    Returns
    -------
    numpy.ndarray, (N, N)
        Without unit; symmetric, 0 on the diagonal and between identical trains only. The integral
        runs on to infinity, past the end of the window.

    Raises
    ------
    ValueError
        If `tau` is not positive.
    """
    tau = require_positive("tau", tau)
    first = np.searchsorted(spikes.indices, np.arange(1, spikes.n_neurons))
    trains = np.split(spikes.times, first)
    products = _sums_over_pairs_of_spikes(spikes, trains, tau)
    energies = _sums_of_energies(products)
    squared = (energies - 2 * products) / 2
    for a, b in np.argwhere(np.triu(squared < CANCELLATION * energies, k=1)):
        squared[a, b] = squared[b, a] = _squared_distance(trains[a], trains[b], tau)
    return np.sqrt(squared)


def _decay_and_step(tau, dt):
    """Decay of a trace in one step, and the step in units of tau."""
    step = require_positive("dt", dt) / require_positive("tau", tau)
    return np.exp(-step), step


def _blocks(shape):
    """Consecutive slices of samples that are small enough to be held at a time."""
    n_samples, steps, neurons = shape
    length = max(_BLOCK_SIZE // max(steps * neurons, neurons**2, 1), 1)
    return (slice(start, start + length) for start in range(0, n_samples, length))


def _block_distances(spikes, decay, step):
    traces = spikes.astype(float)
    for k in range(1, traces.shape[1]):
        traces[:, k] += decay * traces[:, k - 1]
    products = traces.swapaxes(1, 2) @ traces
    energies = _sums_of_energies(products)
    # Both triangles enter, as a matrix product need not round them alike.
    squared = energies - (products + products.swapaxes(1, 2))
    # In the step where two trains first differ their traces do so by one spike or more: the sum of
    # squares is 0 or at least 1, and less can only be rounding.
    squared[squared < 0.5] = 0
    if energies.size and energies.max() * CANCELLATION > 1:
        similar = (energies * CANCELLATION > 1) & (squared < CANCELLATION * energies)
        _subtract_traces(squared, traces, *np.nonzero(np.triu(similar, k=1)))
    return np.sqrt(squared * step, out=squared)


def _subtract_traces(squared, traces, sample, a, b):
    """Replace `squared` where [sample, a, b] by the sum of squared differences of traces."""
    length = max(_BLOCK_SIZE // traces.shape[1], 1)
    for start in range(0, len(sample), length):
        s, i, j = (index[start : start + length] for index in (sample, a, b))
        difference = traces[s, :, i] - traces[s, :, j]
        squared[s, i, j] = squared[s, j, i] = np.einsum("pk,pk->p", difference, difference)


def _sums_of_energies(products):
    energy = np.einsum("...aa->...a", products)
    return energy[..., :, np.newaxis] + energy[..., np.newaxis, :]


def _sums_over_pairs_of_spikes(spikes, trains, tau):
    """K of `van_rossum_distances_of_times`, from the pairs (earlier, later) of all spikes."""
    order = np.argsort(spikes.times, kind="stable")
    times, owners = spikes.times[order], spikes.indices[order]
    n_neurons = spikes.n_neurons
    of_earlier = np.zeros((n_neurons, n_neurons))
    for neuron, train in enumerate(trains):
        if not train.size:
            continue
        own = owners == neuron
        last = np.cumsum(own) - own - 1
        begin = np.searchsorted(last, 0)
        last = last[begin:]
        trace = _traces_after_spikes(train, tau)[last] * np.exp((train[last] - times[begin:]) / tau)
        of_earlier[neuron] = np.bincount(owners[begin:], weights=trace, minlength=n_neurons)
    with_itself = np.diag([float(train.size) for train in trains])
    return of_earlier + of_earlier.T + with_itself


def _traces_after_spikes(train, tau):
    decays = np.exp(-np.diff(train) / tau).tolist()
    return np.array(list(accumulate(decays, lambda trace, decay: trace * decay + 1, initial=1.0)))


def _squared_distance(train_a, train_b, tau):
    """D^2 of one pair as a sum of positive terms, one for each stretch between two spikes."""
    times = np.concatenate([train_a, train_b])
    order = np.argsort(times, kind="stable")
    signs = np.repeat([1.0, -1.0], [train_a.size, train_b.size])[order]
    stretches = np.append(np.diff(times[order]) / tau, np.inf)
    difference, squared = 0.0, 0.0
    for sign, decay, weight in zip(
        signs.tolist(),
        np.exp(-np.concatenate([[0.0], stretches[:-1]])).tolist(),
        (-np.expm1(-2 * stretches) / 2).tolist(),
        strict=True,
    ):
        difference = difference * decay + sign
        squared += difference**2 * weight
    return squared
