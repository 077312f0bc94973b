"""Vaze, Confavreux and Vogels: the facts about the plasticity rule that need no long simulation.

Mean field in closed form, the drift of simulated weights against it (statistical), and what the
protocol's page says against what its claims.py prints of the saved results (behaviour).
"""

import importlib.util
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brian2 import Hz, Network, ms, mV, prefs, second
from hypothesis import given
from hypothesis import strategies as st

from bionet.devices import compile_network
from bionet.mean_field import PolynomialRule, excitatory_fixed_point
from bionet.metalearning import SearchLog, read_log
from bionet.models import CONDUCTANCE_LIF, POLYNOMIAL_PLASTICITY, NeuronModel
from bionet.runs.command import main as bionet

# A few products and one quotient of doubles.
ROUNDING_TOLERANCE = 1e-9

# Seeds are fixed; a mean beyond four of its standard errors is no chance.
STANDARD_ERRORS = 4

COEFFICIENTS = st.floats(-5, 5).filter(lambda x: abs(x) > 1e-3)
TIMES = st.floats(0.005, 0.1)


@given(COEFFICIENTS, COEFFICIENTS, COEFFICIENTS, COEFFICIENTS, TIMES, TIMES)
def test_fixed_point_and_stability(alpha, beta, kappa, gamma, tau_pre, tau_post):
    """nu* = -(alpha+beta)/K, K = kappa tau_post + gamma tau_pre; stable iff alpha+beta > 0."""
    rule = PolynomialRule(alpha, beta, kappa, gamma, tau_pre, tau_post)
    k = kappa * tau_post + gamma * tau_pre
    point = excitatory_fixed_point(rule)
    if (alpha + beta) * k < 0:
        assert point.rate == pytest.approx(-(alpha + beta) / k, rel=ROUNDING_TOLERANCE)
        assert point.stable == (alpha + beta > 0)
        # stable needs K < 0: weights grow below the fixed point and shrink above it
        below, above = (float(rule.drift(nu, nu)) for nu in (point.rate / 2, point.rate * 2))
        assert (below > 0 > above) == point.stable
    else:
        assert math.isnan(point.rate)
        assert not point.stable


def test_neuron_of_the_poster():
    """tau_m dv/dt = (V_r - v) + g_e (0 - v) + g_i (E_rev - v) + I_bg: constants as published."""
    constants = {
        "v_rest": -60 * mV,
        "v_reset": -60 * mV,
        "v_threshold": -50 * mV,
        "E_e": 0 * mV,
        "E_i": -80 * mV,
        "tau_m": 20 * ms,
        "tau_e": 5 * ms,
        "tau_i": 10 * ms,
    }
    assert dict(CONDUCTANCE_LIF.parameters) == constants
    assert CONDUCTANCE_LIF.refractory == 5 * ms
    assert CONDUCTANCE_LIF.method == "euler"


N, BLOCKS, RATE_PRE, RATE_POST = 20, 12, 30.0, 50.0
DURATION, W_START = 1.0, 10.0
RULE = {"alpha": 3e-2, "beta": -2e-2, "kappa": 4e-2, "gamma": -9e-2}

POISSON_NEURON = NeuronModel(
    equations="g : 1\nrate : Hz (shared, constant)", threshold="rand() < rate*dt", reset=""
)


def independent_blocks():
    """Connect Poisson neurons in blocks of N x N: weights of a block share neurons, blocks none."""
    rule = POLYNOMIAL_PLASTICITY
    source = rule.extend_source(POISSON_NEURON, "p").group(N * BLOCKS, name="source")
    target = rule.extend_target(POISSON_NEURON, "p").group(N * BLOCKS, name="target")
    source.rate, target.rate = RATE_PRE * Hz, RATE_POST * Hz
    source.p_tau_source, target.p_tau_target = 20 * ms, 15 * ms
    # their stationary means: no transient
    source.p_z_source, target.p_z_target = RATE_PRE * 0.020, RATE_POST * 0.015
    synapses = rule.synapses(source, target, name="p", target_variable="g", delay=0.1 * ms)
    synapses.connect(j=f"k for k in range((i//{N})*{N}, (i//{N})*{N} + {N})")
    for name, value in RULE.items():
        setattr(synapses, name, value)
    synapses.w_max = 2 * W_START
    synapses.w = W_START
    return Network(source, target, synapses)


def test_simulated_weights_drift_as_the_mean_field_says():
    """Statistical: <dw/dt> = alpha nu_pre + beta nu_post + K nu_pre nu_post."""
    before, prefs.codegen.target = prefs.codegen.target, "numpy"
    try:
        run = compile_network(
            independent_blocks, DURATION * second, device="runtime", outputs=["p.w", "p.i"]
        )
        outcome = run(seed=1)
    finally:
        prefs.codegen.target = before
    drifts = (outcome["p.w"] - W_START) / DURATION
    block = outcome["p.i"] // N
    means = np.bincount(block, drifts) / np.bincount(block)
    rule = PolynomialRule(**RULE, tau_pre=0.020, tau_post=0.015)
    expected = float(rule.drift(RATE_PRE, RATE_POST))
    standard_error = means.std(ddof=1) / math.sqrt(BLOCKS)
    # the sample can tell this drift from one that lacks any one of the four terms
    k_terms = np.array([RULE["kappa"] * 0.015, RULE["gamma"] * 0.020]) * RATE_PRE * RATE_POST
    terms = [RULE["alpha"] * RATE_PRE, RULE["beta"] * RATE_POST, *k_terms]
    assert 2 * STANDARD_ERRORS * standard_error < min(abs(term) for term in terms)
    assert abs(means.mean() - expected) < STANDARD_ERRORS * standard_error


PROTOCOL = Path(__file__).parents[2] / "protocols/vaze_2022_meta_learning"


def one_line(text):
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def printed():
    runs = sorted(map(str, PROTOCOL.glob("results/target_*hz")))
    command = [sys.executable, str(PROTOCOL / "claims.py"), *runs]
    return one_line(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(
    ("lines", "statement"),
    [
        (
            ["10 s blocks between 9.44 and 9.69 Hz", "10 s blocks between 9.57 and 9.73 Hz"],
            "10 s blocks between 9.44 and 9.73 Hz",
        ),
        (
            [
                "10 Hz from w = 0.3, euler, seed 2: rate 9.53 Hz",
                "10 Hz from w = 0.7, euler, seed 1: rate 9.66 Hz",
            ],
            "seeds 1 to 4: 9.53 to 9.66 Hz",
        ),
        (
            ["0.26 of it, independent neurons would have 0.036", "std/mean 0.29"],
            "these would deviate by 0.036 of the mean, not 0.26 to 0.29",
        ),
        (["corrected mean field 9.91 Hz"], "| 10.08 Hz | 9.91 Hz |"),
        (["corrected mean field 18.70 Hz"], "| 19.68 Hz | 18.70 Hz |"),
        (["corrected mean field 11.09 Hz"], "| 95.5 % | | 11.09 Hz |"),
        (
            ["corrected mean field 25.59 Hz", "corrected mean field 25.13 Hz"],
            "25.6 and 25.1 Hz for the measured 24.6 and 24.2 Hz of the bursts",
        ),
        (
            [
                "20 Hz from w = 0.7, euler, seed 1: rate 12.53 Hz",
                "20 Hz from w = 0.7, euler, seed 2: rate 19.02 Hz",
            ],
            "seed 1 stays at 12.5 Hz, clock-like; seeds 2, 3 and 4 reach 19.0 to 19.2 Hz",
        ),
        (
            ["longest step 2.59 of the way, beyond 1 in 80% of the neurons"],
            "up to 2.6 of the way, beyond 1 for four fifths of the neurons",
        ),
        (
            ["longest step 1.48 of the way, beyond 1 in 6% of the neurons"],
            "6 % of the neurons have met such a step in 68 s (up to 1.5 of the way)",
        ),
        (
            [
                "20 Hz from w = 0.7, exponential_euler, seed 1: rate 19.46 Hz",
                "20 Hz from w = 0.7, exponential_euler, seed 2: rate 19.27 Hz",
            ],
            "seeds 1 and 2 reach 19.5 and 19.3 Hz",
        ),
        (
            [
                "21 of 24 runs asynchronous and irregular, 14 of these within 1 Hz of 10 Hz; those "
                "that are not start from w = 0.7"
            ],
            "21 of 24 runs were asynchronous and irregular. 14 of these were within 1 Hz of 10 Hz",
        ),
    ],
)
def test_a_statement_of_the_page_rests_on_what_is_printed(printed, lines, statement):
    for line in lines:
        assert line in printed
    assert statement in one_line((PROTOCOL / "README.md").read_text())


@pytest.fixture
def script(monkeypatch):
    """Return the function that gives the ``main`` of a script of the protocol."""
    monkeypatch.syspath_prepend(str(PROTOCOL))  # claims.py reads another script

    def main_of(name):
        specification = importlib.util.spec_from_file_location(name, PROTOCOL / f"{name}.py")
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module.main

    return main_of


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("claims", []),
        ("other_seeds", ["--seeds", "2", "--out"]),
        ("mean_field_solutions", ["--out"]),
    ],
)
def test_what_is_no_run_directory_is_told_in_one_line(script, tmp_path, capsys, name, arguments):
    """Such as the shell's ``results/*`` names beside the runs."""
    beside = PROTOCOL / "results/mean_field_solutions.jsonl"
    arguments = [str(beside), *arguments, *([str(tmp_path)] if arguments else [])]
    assert script(name)(arguments) == 2
    said = capsys.readouterr().err
    assert said == f"error: {beside}: there is no such run directory\n"


@pytest.fixture
def run(tmp_path):
    return Path(shutil.copytree(PROTOCOL / "results/target_10hz", tmp_path / "target_10hz"))


def test_a_run_that_an_earlier_bionet_measured_is_told_what_it_lacks(script, run, capsys):
    with np.load(run / "results.npz") as file:
        arrays = {key: file[key] for key in file.files if key != "synapse_moments"}
    np.savez(run / "results.npz", **arrays)
    assert script("claims")([str(run)]) == 2
    said = capsys.readouterr().err
    assert f"{run}/results.npz: array missing: synapse_moments; if an earlier bionet" in said
    assert said.count("\n") == 1


def test_a_changed_digit_in_a_finished_runs_last_line_is_a_problem(run, capsys):
    log = run / "log.jsonl"
    SearchLog(log, read_log(log)[0]).close()  # gives its lines checksums
    assert bionet(["status", str(run)]) == 0
    assert "generation 16 of 16" in capsys.readouterr().out
    *lines, last = log.read_bytes().splitlines(keepends=True)
    start, digit, end = re.fullmatch(rb'(.*"loss": \d+\.)(\d)(.*)', last, re.DOTALL).groups()
    log.write_bytes(b"".join([*lines, start, b"%d" % ((int(digit) + 1) % 10), end]))
    assert bionet(["status", str(run)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"problem: {log}: line {len(lines) + 1} is damaged" in said
