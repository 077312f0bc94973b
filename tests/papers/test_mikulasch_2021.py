"""Mikulasch, Rudelt & Priesemann: dendritic balance learns efficient codes. Published claims.

The protocol's configurations, run as the command runs them: the quick one for three seeds, and,
slow, parts of the reduced ones. Digits need the real images.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bionet.plotting.fields import displayed
from bionet.runs import read_configuration
from bionet.runs.creation import create_run_directory
from bionet.runs.dendritic_balance import start
from bionet.statistics.receptive_fields import count_fields, field_kinds, pairwise_similarity
from bionet.stimuli import bar_fields

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "protocols/mikulasch_2021_dendritic_balance"
DIGITS = ROOT.parent / "shared/data/mnist"

# As the protocol asks: rates are held at the target within this part of it.
RATE_TOLERANCE = 0.05
# Losses of two schemes that are about equal, likewise.
LOSS_TOLERANCE = 0.10
# Part of the fields that must be of the kind claimed: one or two of 16 may be in between.
NEARLY_ALL = 0.9
# Mean cosine between the fields: 0.91 of SB and 0.42 of DB were measured; half way between them.
COLLAPSED = 0.67
# DB's loss as part of SB's, collapsed: 0.65 was measured.
MUCH_BELOW = 0.8


def run(tmp_path, configuration):
    """Run a configuration and return its results."""
    directory = create_run_directory(tmp_path / "run", "dendritic_balance", configuration, {})
    with directory.locked():
        start(configuration, directory, workers=2)
    return directory.load_results()


def shortened(name, **changes):
    """Return a configuration of the protocol with other seeds, images and so on, no recording."""
    _, configuration = read_configuration(PROTOCOL / f"{name}.toml")
    training = replace(configuration.training, shown_images=0, **changes)
    return replace(configuration, training=training)


def of_scheme(results, name, **values):
    """Return the numbers of a scheme's conditions."""
    chosen = results["scheme"] == name
    for key, value in values.items():
        chosen &= np.isclose(results[key], value)
    return np.flatnonzero(chosen)


def kinds(results, ks):
    side = int(results["shape"][0])
    fields = np.concatenate([results[f"F_{k}"] for k in ks]).reshape(-1, side, side)
    return count_fields(field_kinds(fields, bar_fields(side)))


def similarity(results, k):
    shape, channels = tuple(results["shape"].tolist()), int(results["channels"])
    return pairwise_similarity(displayed(results[f"F_{k}"], shape, channels))[1]


def assert_rates_are_held(results, ks):
    for k in ks:
        mean = results[f"rates_{k}"].mean()
        assert mean == pytest.approx(results["rho"][k], rel=RATE_TOLERANCE)


def assert_bars_against_crosses(results, **values):
    """DB's fields are single bars, SB's crosses, and DB's loss is the lower beyond the spread."""
    balanced, somatic = (of_scheme(results, name, **values) for name in ("analytic", "somatic"))
    found, collapsed = kinds(results, balanced), kinds(results, somatic)
    assert found["single bar"] >= NEARLY_ALL * sum(found.values())
    assert collapsed["cross"] >= NEARLY_ALL * sum(collapsed.values())
    assert results["loss"][balanced, -1].max() < results["loss"][somatic, -1].min()
    assert_rates_are_held(results, [*balanced, *somatic])


@pytest.mark.compiles
def test_small_bars(tmp_path):
    """Fig. 4 in small: p = 0.7, three seeds."""
    results = run(tmp_path, shortened("quick", seeds=(1, 2, 3)))
    assert_bars_against_crosses(results)


@pytest.mark.slow
@pytest.mark.compiles
def test_bars(tmp_path):
    """Fig. 4 at p = 0.5, 0.7 and 0.9, the paper's network and rates, 300 000 images."""
    configuration = shortened("bars_reduced", seeds=(1, 2))
    bars = replace(configuration.bars, p=(0.5, 0.7, 0.9))
    results = run(tmp_path, replace(configuration, bars=bars))
    for p in (0.5, 0.7):
        assert_bars_against_crosses(results, p=p)
    # where nearly all images are crosses, a quarter of DB's fields hold both bars, too
    balanced, somatic = (of_scheme(results, name, p=0.9) for name in ("analytic", "somatic"))
    assert kinds(results, balanced)["single bar"] > 0 == kinds(results, somatic)["single bar"]
    assert results["loss"][balanced, -1].max() < results["loss"][somatic, -1].min()


@pytest.mark.slow
@pytest.mark.compiles
def test_digits(tmp_path):
    """Fig. 3 and S2: SB within 10 % of DB."""
    results = run(tmp_path, of_real_digits("mnist", images=60_000, schemes=("analytic", "somatic")))
    (balanced,), (somatic,) = (of_scheme(results, name) for name in ("analytic", "somatic"))
    losses = results["loss"][:, -1]
    assert losses[somatic] == pytest.approx(losses[balanced], rel=LOSS_TOLERANCE)
    assert_rates_are_held(results, [balanced, somatic])


@pytest.mark.slow
@pytest.mark.compiles
def test_all_schemes(tmp_path):
    """S3: the local schemes reach the analytic one's loss; every scheme compiles and learns."""
    results = run(tmp_path, shortened("bars_schemes", seeds=(1,)))
    (analytic,) = of_scheme(results, "analytic")
    for name in ("simultaneous", "slow", "decay"):
        (local,) = of_scheme(results, name)
        assert results["loss"][local, -1] < (1 + LOSS_TOLERANCE) * results["loss"][analytic, -1]
        assert_rates_are_held(results, [local])


@pytest.mark.slow
@pytest.mark.compiles
def test_delays(tmp_path):
    """Fig. 6A: with 0.1 ms SB's fields differ, with 0.5 ms they are the same; DB's differ."""
    configuration = shortened("delays_reduced", images=12_000, seeds=(1,))
    layer = replace(configuration.layer, step=(0.0001, 0.0005))
    results = run(tmp_path, replace(configuration, layer=layer))
    for name, collapses in (("analytic", False), ("somatic", True)):
        short, long = (of_scheme(results, name, step=step)[0] for step in layer.step)
        assert similarity(results, short) < COLLAPSED
        assert (similarity(results, long) > COLLAPSED) == collapses


@pytest.mark.slow
@pytest.mark.compiles
def test_scenes(tmp_path):
    """Fig. 5: DB's loss is below SB's, by more where the neurons are fewer."""
    configuration = shortened("scenes_reduced", images=15_000, seeds=(1,))
    layer = replace(configuration.layer, n_coding=(40, 80))
    results = run(tmp_path, replace(configuration, layer=layer))
    few, many = (
        np.subtract(
            *(
                results["loss"][of_scheme(results, s, n_coding=n), -1]
                for s in ("somatic", "analytic")
            )
        )
        for n in layer.n_coding
    )
    assert few > many > 0


@pytest.mark.slow
@pytest.mark.compiles
def test_digits_with_a_delay(tmp_path):
    """Fig. 6B-D: with a delay of 3 ms most of SB's neurons learn the same, DB's do not."""
    results = run(tmp_path, of_real_digits("delays_mnist", images=160_000))
    (balanced,), (somatic,) = (of_scheme(results, name) for name in ("analytic", "somatic"))
    assert similarity(results, somatic) > COLLAPSED > similarity(results, balanced)
    assert results["loss"][balanced, -1] < MUCH_BELOW * results["loss"][somatic, -1]


def of_real_digits(name, *, images, schemes=None):
    if not DIGITS.is_dir():
        pytest.skip("the real MNIST images are not there")
    configuration = shortened(name, images=images)
    chosen = tuple(s for s in configuration.schemes if schemes is None or s.name in schemes)
    digits = replace(configuration.digits, folder=str(DIGITS))
    return replace(configuration, digits=digits, schemes=chosen)
