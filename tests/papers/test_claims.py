"""What the protocols' pages state is what their claims.py prints of the saved results. Behaviour.

A statement of a README and the printed line that it rests on stand side by side here, so that
neither can change alone.
"""

import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from bionet.runs.run_directory import RunDirectory

PROTOCOLS = Path(__file__).parents[2] / "protocols"
KILGORE, MIKULASCH = "kilgore_2024_ei_ratio", "mikulasch_2021_dendritic_balance"
SAGTEKIN, BRAUN = "sagtekin_2022_ei_tuning", "braun_2020_teacher_student"
AKROUT = "akrout_2019_weight_transport"


@cache
def printed(protocol, run, script="claims"):
    """Return the lines that a protocol's script prints of a saved run."""
    path = PROTOCOLS / protocol / f"{script}.py"
    specification = importlib.util.spec_from_file_location(f"{protocol}_{script}", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    directory = PROTOCOLS / protocol / "results" / run
    if script == "claims_layers":
        return module.layers_report(RunDirectory.open(directory))
    of_path = protocol == BRAUN
    return module.report(directory if of_path else RunDirectory.open(directory))


@cache
def page(protocol, name="README.md"):
    return one_line((PROTOCOLS / protocol / name).read_text())


def one_line(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("run", ["rates_high", "rates_highest", "rates_reduced", "ties"])
def test_a_single_network_has_no_p_value(run):
    """Three singletons give exp(-1) = 0.37 whatever they are."""
    lines = [line for line in printed(KILGORE, run) if "E-E/E-I/I-I" in line]
    single = [line for line in lines if re.search(r"\bN 1\b", line)]
    assert lines
    assert single or run == "rates_highest"
    for line in single:
        assert "Kruskal-Wallis -, Friedman -, I-I against E-E -" in line


def test_no_page_prints_the_p_value_of_three_singletons():
    for path in PROTOCOLS.glob("*/*.md"):
        assert "p 0.37, n 1" not in path.read_text()


#: Protocol, run, script, what is printed, and what the page says of it.
STATED = [
    (KILGORE, "ties", "claims", "dead classes 2 (sandal, sneaker)", "are two dead classes"),
    (
        *(KILGORE, "rates_high", "claims"),
        "sneaker 885, 68 %; sandal 903, 89 %; trouser 903, 59 %; dress 993, 55 %; ankle boot 1034, "
        "75 %; coat 1135, 99 %; T-shirt 1165, 68 %; bag 1168, 66 %",
        "eight classes of 885 to 1168 spikes to 55 to 99 %",
    ),
    (
        *(KILGORE, "rates_reduced", "claims"),
        "50:50 sigma_init 0.001 excitatory part of the spikes, before -> after one epoch -> after "
        "all 50.8 -> 61.5 -> 46.0 %",
        "from 50.8 to 61.5 % (0.001)",
    ),
    (
        *(KILGORE, "rates_reduced", "claims"),
        "all success E-E/E-I/I-I 0.781/1.012/1.078 p: Kruskal-Wallis 0.19, Friedman 0.062, I-I "
        "against E-E 0.024 (greater in 8 of 11)",
        "0.781 / 1.012 / 1.078 (0.19, 0.062, 0.024), n 11",
    ),
    (
        *(MIKULASCH, "bars_reduced", "claims"),
        "error of one test, from the last two: analytic 7.3 %, somatic 3.0 %",
        "by 7.3 % (DB) and 3.0 % (SB)",
    ),
    (
        *(MIKULASCH, "bars_reduced", "claims"),
        "p = 0.3 somatic against analytic, seed by seed: +13.7, +8.1, +9.3 %",
        "8 to 14 % (0.3)",
    ),
    (MIKULASCH, "mnist", "claims", "4 of 9 fields distinct", "only 4 of SB's 9 prototypes"),
    (
        *(MIKULASCH, "bars_schemes", "claims"),
        "single bar 5, cross 2, other 1",
        "5 bars of 8, two crosses and one mixture",
    ),
    (
        *(SAGTEKIN, "simple", "claims"),
        "the 200 neurons in all: -0.90 to -0.52",
        "All 200 are anti-tuned**, index -0.90 to -0.52",
    ),
    (
        *(SAGTEKIN, "novelty", "claims"),
        "I/E charge 0.694 [0.679, 0.724]",
        "The I/E charge is 0.69 [0.68, 0.72], against 0.63 [0.59, 0.70]",
    ),
    (
        *(SAGTEKIN, "simple_slow", "claims"),
        "I/E charge 0.632 [0.589, 0.702]",
        "against 0.63 [0.59, 0.70] of the *simple* task",
    ),
    (
        *(SAGTEKIN, "novelty", "claims"),
        "correlation in time before 0.24, it fell in 200 of 200",
        "from 0.24 to 0.19, in all 200 neurons",
    ),
    (
        *(BRAUN, "neuron_lif_all", "claims"),
        "recovered 3/20 and 0/20, Fisher p 0.23, McNemar p 0.25",
        "3/20 and 0/20 is not significant (leaky: Fisher p = 0.23, McNemar 0.25)",
    ),
    (
        *(BRAUN, "layers", "claims_layers"),
        "backpropagation against direct, rate 0.06: recovered 3 and 0, Fisher p 0.23",
        "not significantly more than 0 of 20** (Fisher p = 0.23 and 0.49",
    ),
    (
        *(BRAUN, "layers", "claims_layers"),
        "superspike against direct, rate 0.02: recovered 2 and 0, Fisher p 0.49",
        "not significantly more than 0 of 20** (Fisher p = 0.23 and 0.49",
    ),
    (
        *(BRAUN, "layers_rmaxprop", "claims_layers"),
        "hidden neurons above 30 Hz in 9, largest input weight 0.54",
        "hidden neurons run away in 9 of 20 students where they did in 11",
    ),
    (
        *(BRAUN, "layers_rf_rmaxprop", "claims_layers"),
        "hidden neurons above 30 Hz in 7, largest input weight 0.27",
        "of resonators in 7 where they did in 12",
    ),
    (AKROUT, "spiking", "claims", "92.05 % +- 0.27", "0.2 points (0.3 at 92 %)"),
]


@pytest.mark.parametrize(
    ("protocol", "run", "script", "line", "statement"),
    STATED,
    ids=[f"{protocol}-{run}-{k}" for k, (protocol, run, *_) in enumerate(STATED)],
)
def test_a_statement_rests_on_what_is_printed(protocol, run, script, line, statement):
    assert line in one_line(" ".join(printed(protocol, run, script)))
    assert statement in page(protocol, "layers.md" if script == "claims_layers" else "README.md")


def test_the_list_of_protocols_says_where_balanced_somata_do_better():
    """At p = 1, where a bar always comes with its partner: less loss in each of the three seeds."""
    lines = printed(MIKULASCH, "bars_reduced")
    assert any(
        "p = 1        somatic against analytic, seed by seed: -8.4, -5.7, -6.6 %" in line
        for line in lines
    )
    root = one_line((PROTOCOLS.parent / "README.md").read_text())
    assert "bars that come only in pairs they code 6 to 8 % better" in root
