"""Reference implementation: the plastic network against plain NumPy, spike and weight by one."""

import numpy as np
import plastic_reference
import pytest
import small_networks

# Some hundred additions a weight, some thousand Euler steps a potential, in another order of
# operations than NumPy's (the compiler may reassociate): far above rounding, far below one update.
ROUNDING_TOLERANCE = 1e-9

POPULATIONS = {"e": small_networks.N_EXC, "i": small_networks.N_INH}

# Values of their own, so that no projection and no coefficient can pass for another.
EI_RULE = {
    "alpha": -0.003,
    "beta": 0.002,
    "kappa": -0.008,
    "gamma": 0.004,
    "tau_pre": 0.025,
    "tau_post": 0.011,
    "w_max": 0.07,
}
II_RULE = {
    "alpha": 0.004,
    "beta": -0.006,
    "kappa": 0.020,
    "gamma": -0.012,
    "tau_pre": 0.009,
    "tau_post": 0.017,
    "w_max": 0.16,
}


def ee_rule(**changed):
    values = small_networks.EE_RULE | {
        name: float(tau) for name, tau in small_networks.EE_TAUS.items()
    }
    return plastic_reference.Rule(
        **(values | {"w_min": 0.0, "w_max": small_networks.EE_BOUND} | changed)
    )


def ie_rule():
    eta, rate, tau = small_networks.IE_ETA, float(small_networks.IE_RATE), 0.02
    return plastic_reference.Rule(
        alpha=-2 * eta * rate * tau,
        beta=0.0,
        kappa=eta,
        gamma=eta,
        tau_pre=tau,
        tau_post=tau,
        w_min=0.0,
        w_max=0.2,
    )


@pytest.fixture(scope="module")
def expected(drive):
    return plastic_reference.simulate(
        v_exc=np.asarray(drive["exc.v"]),
        v_inh=np.asarray(drive["inh.v"]),
        background_exc=float(drive["exc.i_background"]),
        background_inh=float(drive["inh.i_background"]),
        weights=small_networks.WEIGHTS,
        rules={"ee": ee_rule(), "ie": ie_rule()},
        steps=round(small_networks.DURATION / plastic_reference.DT),
    )


@pytest.fixture(scope="module")
def drive_of_all(drive):
    """Return inputs under which all four projections learn and both populations fire."""
    rules = {"ei": EI_RULE, "ii": II_RULE}
    given = {f"{name}.{k}": v for name, rule in rules.items() for k, v in rule.items()}
    return drive | {"inh.i_background": 17e-3} | given


@pytest.fixture(scope="module")
def expected_of_all(drive_of_all):
    return plastic_reference.simulate(
        v_exc=np.asarray(drive_of_all["exc.v"]),
        v_inh=np.asarray(drive_of_all["inh.v"]),
        background_exc=float(drive_of_all["exc.i_background"]),
        background_inh=float(drive_of_all["inh.i_background"]),
        weights=small_networks.WEIGHTS,
        rules={
            "ee": ee_rule(),
            "ie": ie_rule(),
            "ei": plastic_reference.Rule(w_min=0.0, **EI_RULE),
            "ii": plastic_reference.Rule(w_min=0.0, **II_RULE),
        },
        steps=round(small_networks.DURATION / plastic_reference.DT),
    )


def recorded_spikes(outcome, monitor):
    steps = np.rint(outcome[f"{monitor}.t"] / plastic_reference.DT).astype(int)
    return sorted(zip(steps.tolist(), outcome[f"{monitor}.i"].tolist(), strict=True))


def dense(outcome, name):
    weights = np.zeros((POPULATIONS[name[0]], POPULATIONS[name[1]]))
    weights[outcome[f"{name}.i"], outcome[f"{name}.j"]] = outcome[f"{name}.w"]
    return weights


def test_reference_exercises_the_rule(expected):
    """The comparison below is worth something: spikes, weights at both bounds and between them."""
    off_diagonal = ~np.eye(small_networks.N_EXC, dtype=bool)
    ee = expected["ee"][off_diagonal]
    assert len(expected["exc"]) > 80
    assert len(expected["inh"]) > 10
    assert np.any(ee == small_networks.EE_BOUND)
    assert np.any((ee > 0) & (ee < small_networks.EE_BOUND))
    assert np.ptp(expected["ie"]) > 1e-3


def test_spike_for_spike(plastic, drive, expected):
    outcome = plastic(drive)
    assert recorded_spikes(outcome, "spikes") == sorted(expected["exc"])
    assert recorded_spikes(outcome, "inh_spikes") == sorted(expected["inh"])


def test_weight_for_weight(plastic, drive, expected):
    outcome = plastic(drive)
    for name in ("ee", "ie", "ei", "ii"):
        np.testing.assert_allclose(
            dense(outcome, name), expected[name], rtol=ROUNDING_TOLERANCE, atol=1e-12, err_msg=name
        )
    np.testing.assert_allclose(outcome["exc.v"], expected["v"], rtol=ROUNDING_TOLERANCE)


def test_reference_exercises_the_rules_of_all_projections(expected_of_all):
    ii = expected_of_all["ii"][~np.eye(small_networks.N_INH, dtype=bool)]
    assert len(expected_of_all["exc"]) > 80
    assert len(expected_of_all["inh"]) > 30
    for weights, rule in ((expected_of_all["ei"], EI_RULE), (ii, II_RULE)):
        assert np.any(weights == rule["w_max"])
        assert np.unique(weights[weights < rule["w_max"]]).size > 4


def test_all_projections_learn_spike_for_spike_and_weight_for_weight(
    plastic, drive_of_all, expected_of_all
):
    outcome = plastic(drive_of_all)
    assert recorded_spikes(outcome, "spikes") == sorted(expected_of_all["exc"])
    assert recorded_spikes(outcome, "inh_spikes") == sorted(expected_of_all["inh"])
    for name in ("ee", "ei", "ie", "ii"):
        np.testing.assert_allclose(
            dense(outcome, name),
            expected_of_all[name],
            rtol=ROUNDING_TOLERANCE,
            atol=1e-12,
            err_msg=name,
        )


def test_other_coefficients_without_a_rebuild(plastic, drive):
    """Every coefficient of the rule is an input: a rule far from the compiled defaults."""
    changed = {
        "alpha": -0.002,
        "beta": 0.001,
        "kappa": 0.006,
        "gamma": -0.004,
        "tau_pre": 0.030,
        "tau_post": 0.008,
        "w_max": 0.3,
    }
    outcome = plastic(
        drive
        | {"ee.w_initial": 0.1, "inh.i_background": 9e-3}
        | {f"ee.{k}": v for k, v in changed.items()}
    )
    expected = plastic_reference.simulate(
        v_exc=np.asarray(drive["exc.v"]),
        v_inh=np.asarray(drive["inh.v"]),
        background_exc=float(drive["exc.i_background"]),
        background_inh=9e-3,
        weights=small_networks.WEIGHTS | {"ee": 0.1},
        rules={"ee": ee_rule(**changed), "ie": ie_rule()},
        steps=round(small_networks.DURATION / plastic_reference.DT),
    )
    assert recorded_spikes(outcome, "spikes") == sorted(expected["exc"])
    np.testing.assert_allclose(
        dense(outcome, "ee"), expected["ee"], rtol=ROUNDING_TOLERANCE, atol=1e-12
    )


@pytest.mark.compiles
def test_devices_agree(plastic_on, drive):
    """Behaviour: where no random number is drawn C++ and runtime give the same of everything."""
    compiled, interpreted = (plastic_on(device)(drive) for device in ("cpp", "runtime"))
    assert compiled.values.keys() == interpreted.values.keys()
    for name in compiled.values:
        assert compiled[name].shape == interpreted[name].shape, name
        assert compiled[name].dtype == interpreted[name].dtype, name
        np.testing.assert_allclose(
            compiled[name], interpreted[name], rtol=ROUNDING_TOLERANCE, atol=1e-12, err_msg=name
        )
