"""What receptive fields hold: which bars, and how much they resemble each other.

Of correlated bars (Mikulasch et al., Fig. 4) a good code has one bar a field; a code that has
collapsed has crosses of two partners. Under transmission delays (Fig. 6) it collapses further,
until all fields are the same, which their similarity shows for any kind of image.
"""

import numpy as np

from bionet.si import takes_si

# A bar is in a field if this part of its pixels ...
BAR_PIXELS = 0.75
# ... reaches this part of the mean over the strongest bar's pixels.
HALF_OF_STRONGEST = 0.5
# Below this cosine between a field and the bars found in it, something else is in it, too: noise of
# the bars' own strength leaves a bar of 8 of 64 pixels a cosine of 0.33, of half of it 0.58.
LEAST_RESEMBLANCE = 0.5
# Fields of a greater cosine count as the same.
ALIKE = 0.9

KINDS = ("single bar", "cross", "other")


@takes_si(fields="any")
def matched_bars(fields, bars):
    """Which bars a field holds: those of which nearly all pixels are about as strong as any bar's.

    A bar is in a field if three quarters of its pixels reach half of the mean over the pixels of
    the field's strongest bar. Neither one strong pixel nor a pixel shared with another bar decides.

    Parameters
    ----------
    fields : array_like, (N_z, height, width)
        Weights of N_z neurons, in any unit.
    bars : array_like, (B, height, width)
        Images of one bar each, such as `bionet.stimuli.bar_fields` returns; a bar's pixels are
        those above 0.

    Returns
    -------
    numpy.ndarray of bool, (N_z, B)
        A field without a positive weight on any bar holds none.

    Raises
    ------
    ValueError
        If a shape is wrong, a weight is not finite, or a bar has no pixel.
    """
    fields, bars = _require_fields(fields), np.asarray(bars) > 0
    if bars.ndim != 3 or bars.shape[1:] != fields.shape[1:]:
        raise ValueError(
            f"bars must be images of {fields.shape[1]} x {fields.shape[2]} pixels as the fields "
            f"are, got shape {bars.shape}"
        )
    n_pixels = bars.sum(axis=(1, 2))
    if not n_pixels.all():
        raise ValueError(f"every bar must have a pixel above 0, bar {np.argmin(n_pixels)} has none")
    strongest = (np.einsum("jhw,bhw->jb", fields, bars) / n_pixels).max(axis=1)
    high = fields >= HALF_OF_STRONGEST * strongest[:, np.newaxis, np.newaxis]
    filled = np.einsum("jhw,bhw->jb", high, bars, dtype=float)
    return (filled >= BAR_PIXELS * n_pixels) & (strongest > 0)[:, np.newaxis]


@takes_si(fields="any")
def field_kinds(fields, bars):
    """Classify fields: a single bar, a cross of two partners, or something else.

    Parameters
    ----------
    fields : array_like, (N_z, height, width)
    bars : array_like, (2 side, height, width)
        As for `matched_bars`; bars k and k + side are partners, as `bionet.stimuli.bar_fields`
        orders them.

    Returns
    -------
    numpy.ndarray of str, (N_z,)
        Of `KINDS`. A field also counts as other if it resembles the bars found in it little (a
        cosine below 0.5), that is, if they are not most of what is in it.

    Raises
    ------
    ValueError
        As `matched_bars` does, or if the number of bars is odd.
    """
    fields, bars = _require_fields(fields), np.asarray(bars) > 0
    matched = matched_bars(fields, bars)
    if len(bars) % 2:
        raise ValueError(f"bars must be pairs of partners, got {len(bars)}")
    number = matched.sum(axis=1)
    first, second = np.split(matched, 2, axis=1)
    partners = (first & second).any(axis=1)
    template = np.einsum("jb,bhw->jhw", matched, bars) > 0
    resembling = _cosines_of_rows(_flat(fields), _flat(template)) >= LEAST_RESEMBLANCE
    single, cross = (number == 1) & resembling, (number == 2) & partners & resembling
    return np.where(single, "single bar", np.where(cross, "cross", "other"))


def count_fields(kinds):
    """How many fields are of each kind.

    Parameters
    ----------
    kinds : array_like of str, (N_z,)
        As `field_kinds` returns them.

    Returns
    -------
    dict of str to int
        One entry for each of `KINDS`, in that order.

    Raises
    ------
    ValueError
        If there is another kind.
    """
    kinds = np.asarray(kinds)
    unknown = sorted(set(kinds.tolist()) - set(KINDS))
    if unknown:
        raise ValueError(f"kinds must be of {', '.join(KINDS)}, got {unknown[0]!r}")
    return {kind: int((kinds == kind).sum()) for kind in KINDS}


@takes_si(fields="any")
def pairwise_similarity(fields):
    """Cosine of the angle between the fields of every pair of neurons.

    Parameters
    ----------
    fields : array_like, (N_z, ...)
        Weights of N_z neurons.

    Returns
    -------
    similarity : numpy.ndarray, (N_z, N_z)
        In [-1, 1], 1 on the diagonal; NaN in the rows and columns of fields without any weight.
    mean : float
        Over all pairs of different neurons; near 1 if all have learned the same. Fields without any
        weight are left out; NaN if that leaves no pair.

    Raises
    ------
    ValueError
        If a weight is not finite, or there is no field.
    """
    flat = _flat(_require_fields(fields, dimensions=None))
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        unit = flat / np.where(length > 0, length, np.nan)
    similarity = np.clip(unit @ unit.T, -1, 1)
    pairs = similarity[np.triu_indices(len(flat), k=1)]
    pairs = pairs[np.isfinite(pairs)]
    return similarity, float(pairs.mean()) if pairs.size else float("nan")


@takes_si(fields="any")
def distinct_fields(fields, alike=ALIKE):
    """Count the fields that differ: those alike, directly or through others, count once.

    Parameters
    ----------
    fields : array_like, (N_z, ...)
        Weights of N_z neurons.
    alike : float
        Cosine above which two fields are alike.

    Returns
    -------
    int
        Fields without any weight are left out.

    Raises
    ------
    ValueError
        If a weight is not finite, or there is no field.
    """
    from scipy.sparse.csgraph import connected_components

    similarity, _ = pairwise_similarity(fields)
    learned = np.isfinite(np.diag(similarity))
    if not learned.any():
        return 0
    number, _ = connected_components(similarity[np.ix_(learned, learned)] > alike, directed=False)
    return int(number)


def _flat(fields):
    return fields.reshape(len(fields), -1)


def _cosines_of_rows(a, b):
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.einsum("jp,jp->j", a, b) / np.where(lengths > 0, lengths, 1)


def _require_fields(fields, dimensions=3):
    fields = np.asarray(fields, dtype=float)
    if dimensions not in (None, fields.ndim) or fields.ndim < 2 or not len(fields):
        raise ValueError(f"fields must be an image a neuron, got shape {fields.shape}")
    if not np.isfinite(fields).all():
        raise ValueError("fields must be finite, got NaN or an infinity")
    return fields
