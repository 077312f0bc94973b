"""Spikes on a time grid, as a network in discrete time returns them: checks, rates, spike times.

Kilgore et al. (Sci Rep 15:24798, 2025) train such networks and read their activity as spikes per
neuron and second of a stimulus (the initial rate of Fig. 1) and through distances between trains.
Arrays are (steps, neurons) or (samples, steps, neurons) of spikes in each step: 0 or 1, or counts.
"""

import numpy as np

from bionet.si import takes_si
from bionet.statistics.rate import firing_rates
from bionet.statistics.requirements import require_nonnegative_array, require_positive
from bionet.statistics.spike_trains import EDGE_TOLERANCE, SpikeTrains

# Numbers looked at in one go, so that the check of a large array needs little memory of its own.
_CHECKED_AT_ONCE = 2**22


def require_gridded_spikes(spikes, dimensions=(2, 3)):
    """Return `spikes` as an array, refusing what are no spikes on a time grid.

    Parameters
    ----------
    spikes : array_like, (steps, neurons) or (samples, steps, neurons)
        Spikes in each step, of any real type or bool. May be empty.
    dimensions : tuple of int
        The numbers of dimensions that are allowed.

    Returns
    -------
    numpy.ndarray
        Of the type it came in, not copied.

    Raises
    ------
    ValueError
        If the number of dimensions is not among `dimensions`, or an entry is negative, not finite
        or no whole number; the message names the first such entry.
    """
    array = np.asarray(spikes)
    real = array.dtype.kind in "biuf"
    if not (real and array.ndim in dimensions and _finite_and_not_negative(array)):
        array = require_nonnegative_array("spikes", array, dimensions)
    if array.dtype.kind == "f":
        _refuse_parts_of_spikes(array)
    return array


@takes_si(dt="s")
def firing_frequency(spikes, dt):
    """Rate of each neuron in each sample.

    Parameters
    ----------
    spikes : array_like, (steps, neurons) or (samples, steps, neurons)
        Spikes in each step.
    dt : float
        Length of a step, s.

    Returns
    -------
    numpy.ndarray, (neurons,) or (samples, neurons)
        Spikes / (steps dt), Hz; 0 for a silent neuron. Its mean over everything is the rate of the
        population, spikes per sample / neurons / duration.

    Raises
    ------
    ValueError
        If `spikes` are no spikes on a grid (see `require_gridded_spikes`) or hold no step, or `dt`
        is not positive.
    """
    spikes, dt = require_gridded_spikes(spikes), require_positive("dt", dt)
    steps = spikes.shape[-2]
    if not steps:
        raise ValueError(f"spikes must hold at least one step, got shape {spikes.shape}")
    counts = spikes.sum(axis=-2, dtype=float)
    return firing_rates(counts.ravel(), steps * dt).reshape(counts.shape)


@takes_si(dt="s")
def spike_trains_from_grid(spikes, dt):
    """Spike times of gridded spikes, for the statistics of recorded spikes.

    Parameters
    ----------
    spikes : array_like, (steps, neurons) or (samples, steps, neurons)
        Spikes in each step.
    dt : float
        Length of a step, s.

    Returns
    -------
    SpikeTrains
        Of the window [0, steps dt), with each spike at the beginning of its step; several spikes of
        a step share that time. Every neuron of every sample has a train of its own, in which no
        interval crosses from one sample to the next: train `sample * neurons + neuron`.

    Raises
    ------
    ValueError
        If `spikes` are no spikes on a grid (see `require_gridded_spikes`) or hold no sample or
        neuron, or `dt` is not above 1e-9 s, to which `SpikeTrains` knows the window's end.
    """
    spikes, dt = require_gridded_spikes(spikes), require_positive("dt", dt)
    if dt <= EDGE_TOLERANCE:
        raise ValueError(f"dt must be above {EDGE_TOLERANCE:g} s, got {dt!r}")
    samples = spikes if spikes.ndim == 3 else spikes[np.newaxis]
    n_samples, steps, neurons = samples.shape
    if not n_samples * neurons:
        raise ValueError(
            f"spikes must hold at least one sample and neuron, got shape {spikes.shape}"
        )
    sample, step, neuron = np.nonzero(samples)
    counts = samples[sample, step, neuron].astype(np.int64)
    return SpikeTrains(
        times=np.repeat(step, counts) * dt,
        indices=np.repeat(sample * neurons + neuron, counts),
        n_neurons=n_samples * neurons,
        start=0.0,
        stop=steps * dt,
    )


def _finite_and_not_negative(array):
    # A NaN is the extreme of whatever array holds it, and no comparison with it is true.
    return not array.size or (array.min() >= 0 and array.max() < np.inf)


def _refuse_parts_of_spikes(array):
    pieces = array.size // _CHECKED_AT_ONCE + 1
    if all((piece == np.rint(piece)).all() for piece in np.array_split(array, pieces)):
        return
    where = tuple(int(position) for position in np.argwhere(array != np.rint(array))[0])
    position = ", ".join(str(number) for number in where)
    raise ValueError(f"spikes must be whole numbers, got {array[where]} at [{position}]")
