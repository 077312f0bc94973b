"""Mikulasch, Rudelt & Priesemann: dendritic balance learns efficient codes. Published claims.

The protocol's configurations, run as the command runs them: the quick one for three seeds, and,
slow, parts of the reduced ones. Digits need the real images.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

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
# Cosine between fields that are the same up to noise.
IDENTICAL = 0.9


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
    return pairwise_similarity(results[f"F_{k}"])[1]


def assert_rates_are_held(results, ks):
    for k in ks:
        mean = results[f"rates_{k}"].mean()
        assert mean == pytest.approx(results["rho"][k], rel=RATE_TOLERANCE)


def assert_bars_against_crosses(results, **values):
    """DB's fields are single bars, SB's crosses, and DB's loss is the lower beyond the spread."""
    balanced, somatic = (of_scheme(results, name, **values) for name in ("analytic", "somatic"))
    found, collapsed = kinds(results, balanced), kinds(results, somatic)
    assert found["single bar"] >= 0.9 * sum(found.values())
    assert collapsed["cross"] >= 0.9 * sum(collapsed.values())
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
    configuration = shortened("bars_reduced", seeds=(1,))
    bars = replace(configuration.bars, p=(0.5, 0.7, 0.9))
    results = run(tmp_path, replace(configuration, bars=bars))
    for p in bars.p:
        balanced, somatic = (of_scheme(results, name, p=p) for name in ("analytic", "somatic"))
        assert results["loss"][balanced, -1] < results["loss"][somatic, -1]
    for p in (0.7, 0.9):
        assert_bars_against_crosses(results, p=p)


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
def test_digits_with_a_delay(tmp_path):
    """Fig. 6: with a delay of 3 ms most of SB's neurons learn the same, DB's do not."""
    results = run(tmp_path, of_real_digits("delays_mnist", images=160_000))
    (balanced,), (somatic,) = (of_scheme(results, name) for name in ("analytic", "somatic"))
    assert similarity(results, somatic) > IDENTICAL > similarity(results, balanced)
    assert results["loss"][balanced, -1] < 0.8 * results["loss"][somatic, -1]


def of_real_digits(name, *, images, schemes=None):
    if not DIGITS.is_dir():
        pytest.skip("the real MNIST images are not there")
    configuration = shortened(name, images=images)
    chosen = tuple(s for s in configuration.schemes if schemes is None or s.name in schemes)
    digits = replace(configuration.digits, folder=str(DIGITS))
    return replace(configuration, digits=digits, schemes=chosen)
