"""Receptive fields, closed form and behaviour: bars, crosses, and fields that are all the same."""

import numpy as np
import pytest

from bionet.statistics import (
    count_fields,
    distinct_fields,
    field_kinds,
    matched_bars,
    pairwise_similarity,
)
from bionet.stimuli import bar_fields

SIDE = 8
BARS = bar_fields(SIDE)
CROSSES = np.maximum(BARS[:SIDE], BARS[SIDE:])
#: Standard deviation of the noise on fields of strength 1: no field of 32 is taken for another.
NOISE = 0.2
#: Fields of noise alone; about one in 5000 has a cosine of 0.5 with one of the bars.
N_NOISE = 100


def noisy(fields, seed=0, noise=NOISE):
    generator = np.random.default_rng(seed)
    return fields + noise * generator.standard_normal(fields.shape)


@pytest.mark.parametrize("strength", [1e-3, 1.0, 40.0])
def test_bars_are_found_in_noise_whatever_their_strength(strength):
    np.testing.assert_array_equal(matched_bars(strength * noisy(BARS), BARS), np.eye(2 * SIDE))
    expected = np.hstack([np.eye(SIDE)] * 2)
    np.testing.assert_array_equal(matched_bars(strength * noisy(CROSSES), BARS), expected)


def test_kinds_are_told_apart_in_noise():
    parallel = BARS[[0]] + BARS[[3]]
    foreign = np.maximum(BARS[[0]], BARS[[SIDE + 3]])  # a cross, but not of partners
    nothing = np.zeros((1, SIDE, SIDE))
    fields = np.concatenate([noisy(np.concatenate([BARS, CROSSES, parallel, foreign])), nothing])
    kinds = field_kinds(fields, BARS)
    assert kinds.tolist() == ["single bar"] * 16 + ["cross"] * 8 + ["other"] * 3
    assert count_fields(kinds) == {"single bar": 16, "cross": 8, "other": 3}


@pytest.mark.parametrize("side", [2, 3, 4])
def test_small_images_have_bars_too(side):
    bars = bar_fields(side)
    crosses = np.maximum(bars[:side], bars[side:])
    assert set(field_kinds(bars, bars)) == {"single bar"}
    assert set(field_kinds(crosses, bars)) == {"cross"}


@pytest.mark.parametrize(("share", "kind"), [(0.4, "single bar"), (0.6, "cross")])
def test_the_partner_counts_from_half_of_the_strength_on(share, kind):
    """As learned: the partner shines through, and the pixel that both share is weaker."""
    fields = np.maximum(BARS[:SIDE], share * BARS[SIDE:])
    fields[BARS[:SIDE] + BARS[SIDE:] == 2] = 0.75
    assert set(field_kinds(fields, BARS)) == {kind}


def test_one_strong_pixel_hides_no_bar():
    fields = BARS.copy()
    fields[:, 0, 0] = 3.0
    assert matched_bars(fields, BARS)[np.arange(16), np.arange(16)].all()


def test_noise_alone_is_no_bar():
    kinds = field_kinds(noisy(np.zeros((N_NOISE, SIDE, SIDE))), BARS)
    assert count_fields(kinds)["other"] == N_NOISE


def test_similarity_of_known_fields():
    similarity, mean = pairwise_similarity([[1.0, 0.0], [2.0, 0.0], [1.0, 1.0], [-1.0, 0.0]])
    half = np.sqrt(0.5)
    np.testing.assert_allclose(similarity[0], [1, 1, half, -1])
    np.testing.assert_allclose(np.diag(similarity), 1)
    assert mean == pytest.approx((1 + half - 1 + half - 1 - half) / 6)


def test_all_the_same_is_a_mean_of_one_and_bars_nearly_none():
    assert pairwise_similarity(np.tile(CROSSES[:1], (5, 1, 1)))[1] == pytest.approx(1)
    # 2 x 28 pairs of parallel bars share nothing, 64 that cross share one pixel of 8
    assert pairwise_similarity(BARS)[1] == pytest.approx(64 / 8 / 120)


def test_fields_without_a_weight_are_left_out():
    fields = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    similarity, mean = pairwise_similarity(fields)
    assert np.isnan(similarity[0]).all()
    assert mean == 1
    assert distinct_fields(fields) == 1
    assert np.isnan(pairwise_similarity(fields[:2])[1])
    assert distinct_fields(fields[:1]) == 0


def test_fields_alike_count_once():
    repeated = np.concatenate([BARS, BARS])
    assert distinct_fields(noisy(repeated, noise=0.05)) == 16
    angles = np.deg2rad([0, 20, 40])  # neighbours alike, the ends not
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert distinct_fields(chain) == 1
    assert distinct_fields(chain, alike=0.95) == 3


def test_wrong_fields_are_refused():
    with pytest.raises(ValueError, match=r"images of 8 x 8 pixels .* got shape \(4, 2, 2\)"):
        matched_bars(BARS, bar_fields(2))
    with pytest.raises(ValueError, match="fields must be finite"):
        matched_bars(np.full((1, SIDE, SIDE), np.nan), BARS)
    with pytest.raises(ValueError, match="an image a neuron"):
        pairwise_similarity(np.zeros((0, 4)))
    with pytest.raises(ValueError, match="bar 1 has none"):
        matched_bars(BARS, BARS * (np.arange(16) != 1)[:, None, None])
    with pytest.raises(ValueError, match="pairs of partners, got 15"):
        field_kinds(BARS, BARS[:-1])
    with pytest.raises(ValueError, match="got 'stripe'"):
        count_fields(["cross", "stripe"])
