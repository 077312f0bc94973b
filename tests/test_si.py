"""Quantities given to losses, mean field and stimuli: numbers in SI, or refused (behaviour)."""

import dataclasses

import numpy as np
import pytest
from brian2 import Hz, Quantity, kgram, ms, mV, second

from bionet import losses, rate_moments, stimuli
from bionet.losses import BoundedStability, IsiCvError, PopulationRateStd, RateError, RateStd
from bionet.mean_field import PolynomialRule, inhibitory_fixed_point
from bionet.rate_moments import RateMoments
from bionet.si import takes_si
from bionet.stimuli import InputGroups

RULE = {"alpha": 1.0, "beta": 2.0, "kappa": -3.0, "gamma": 0.5, "tau_pre": 0.02, "tau_post": 0.03}
GROUPS = {
    "groups": 2,
    "excitatory": 3,
    "inhibitory": 1,
    "active": 50.0,
    "background": 1.0,
    "alone": 0.01,
    "window": 0.02,
    "dt": 0.001,
}
IMAGES = np.linspace(0, 1, 2 * 16 * 16).reshape(2, 16, 16)

#: What is called, its arguments in SI, and the units of those that have one.
CALLS = [
    (PolynomialRule, RULE, {"tau_pre": ms, "tau_post": ms}),
    (RateMoments, {"pre": 1.1, "post": 0.9, "product": 1.2}, {}),
    (
        PolynomialRule(**RULE).drift,
        {"nu_pre": 5.0, "nu_post": [1.0, 2.0]},
        dict.fromkeys(("nu_pre", "nu_post"), Hz),
    ),
    (
        lambda **given: inhibitory_fixed_point(PolynomialRule(**RULE), **given),
        {"nu_inh": 5.0},
        {"nu_inh": Hz},
    ),
    (
        RateMoments().modulated,
        {"population_rate": [1.0, 2.0], "bin_width": 0.01, "tau_pre": 0.02, "tau_post": 0.03},
        {"population_rate": Hz, "bin_width": ms, "tau_pre": ms, "tau_post": ms},
    ),
    (
        lambda **given: rate_moments.moments_over_synapses(
            pre=np.array([0, 1]), post=np.array([1, 1]), **given
        ),
        {"rates_pre": [1.0, 2.0], "rates_post": [1.0, 2.0]},
        dict.fromkeys(("rates_pre", "rates_post"), Hz),
    ),
    (losses.vaze_loss, {"target": 5.0, "penalty": 100.0}, {"target": Hz}),
    (losses.penalty_of_failure, {"completed": 0.5, "penalty": 100.0}, {}),
    (lambda **given: losses.Loss((IsiCvError(),), **given), {"penalty": 100.0}, {}),
    (RateError, {"target": 5.0}, {"target": Hz}),
    (
        BoundedStability,
        {"target": 5.0, "tau": 1.0, "start": 4.0},
        {"target": Hz, "tau": second, "start": Hz},
    ),
    (PopulationRateStd, {"weight": 1.0}, {}),
    (RateStd, {"weight": 1.0}, {}),
    (IsiCvError, {"target": 1.0}, {}),
    (
        InputGroups,
        GROUPS,
        {"active": Hz, "background": Hz, "alone": ms, "window": ms, "dt": ms},
    ),
    (stimuli.spike_latencies, {"images": IMAGES, "steps": 9, "tau": 5.0, "threshold": 0.2}, {}),
    (stimuli.spike_counts, {"latencies": np.array([1, 2]), "steps": 4}, {}),
    (stimuli.correlated_bars, {"side": 4, "p": 0.5}, {}),
    (stimuli.bar_fields, {"side": 4}, {}),
    (stimuli.dead_leaves, {"n_images": 1, "size": 8, "seed": 0, "r_min": 1.0, "r_max": 4.0}, {}),
    (stimuli.scenes, {"n_images": 1, "size": 8, "seed": 0, "r_min": 1.0}, {}),
    (stimuli.whitened, {"images": IMAGES, "cutoff": 0.4, "variance": 0.1}, {}),
    (stimuli.halved, {"images": IMAGES}, {}),
    (stimuli.image_bank, {"training": IMAGES, "test": IMAGES}, {}),
    (stimuli.scene_patches, {"scenes": IMAGES, "side": 4, "n_test_scenes": 1, "slope": 1.0}, {}),
    (stimuli.patch_rates, {"values": IMAGES, "slope": 1.0, "shift": 0.1}, {}),
]


def comparable(result):
    if dataclasses.is_dataclass(result):
        fields = [getattr(result, field.name) for field in dataclasses.fields(result)]
        return [part for field in fields for part in comparable(field)]
    if isinstance(result, (tuple, list)):
        return [part for item in result for part in comparable(item)]
    assert not isinstance(result, Quantity)
    return [result]


@pytest.mark.parametrize(("call", "arguments", "units"), [call for call in CALLS if call[2]])
def test_a_quantity_is_its_number_in_si(call, arguments, units):
    in_units = {
        name: np.asarray(arguments[name]) / float(unit) * unit for name, unit in units.items()
    }
    found = comparable(call(**(arguments | in_units)))
    for one, other in zip(found, comparable(call(**arguments)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "arguments", "name"),
    [
        (call, arguments, name)
        for call, arguments, _ in CALLS
        for name in arguments
        if not (call is PolynomialRule and not name.startswith("tau"))
    ],
)
def test_another_unit_is_refused_by_name(call, arguments, name):
    wrong = arguments | {name: np.asarray(arguments[name]) * kgram}
    with pytest.raises(ValueError, match=f"^{name} must be "):
        call(**wrong)


def test_coefficients_of_a_rule_have_one_unit():
    volts = RULE | {name: RULE[name] * mV for name in ("alpha", "beta", "kappa", "gamma")}
    assert PolynomialRule(**volts).alpha == pytest.approx(1e-3)
    with pytest.raises(ValueError, match="kappa must have the unit of alpha, got"):
        PolynomialRule(**volts | {"kappa": 1 * kgram})


def test_a_decorator_for_an_argument_that_is_not_there_is_a_mistake():
    with pytest.raises(TypeError, match="rate has no argument window"):

        @takes_si(window="s")
        def rate(count):
            return count


def test_every_public_function_of_the_stimuli_is_tried_or_asks_for_no_number():
    tried = {getattr(call, "__name__", "") for call, _, _ in CALLS}
    files_and_sets = {"mnist", "fashion_mnist", "load_scenes", "spiking_heidelberg_digits"}
    records = {"ImageSet", "SpikeEvents", "Stimulus", "StimulusError"}
    assert set(stimuli.__all__) == (tried & set(stimuli.__all__)) | files_and_sets | records
