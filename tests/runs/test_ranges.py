"""Ranges of settings: closed form at their ends; behaviour on absurd values, by the command."""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated

import psutil
import pytest

from bionet.runs.command import main
from bionet.runs.configuration_checks import require_distinct
from bionet.runs.quantities import Unit
from bionet.runs.ranges import FilePath, Range, Seeds, require_allowed


@dataclass(frozen=True)
class Table:
    """A field of every sort."""

    rate: Annotated[float, Unit("Hz"), Range(0, 1e4, above=True, below=True)] = 1.0
    delay: Annotated[float, Unit("ms"), Range(0, 10)] = 0.0
    seeds: Seeds = (0,)
    bound: Annotated[float | None, Range(-1, 1)] = None
    folder: FilePath | None = None
    free: float = math.nan

    def __post_init__(self):
        require_allowed(self)


@pytest.mark.parametrize(
    "allowed",
    [
        {"rate": 5e-324},
        {"rate": math.nextafter(1e4, 0)},
        {"delay": 10.0},
        {"seeds": ()},
        {"seeds": (0, 2**32 - 1)},
        {"bound": -1.0},
        {"bound": 1.0},
        {"folder": "."},
        {"folder": "my images"},
    ],
)
def test_the_ends_lie_inside_or_not(allowed):
    Table(**allowed)


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ({"rate": 0.0}, "rate must be positive; found 0 Hz"),
        ({"rate": 1e4}, "rate must lie in (0 Hz, 10000 Hz); found 10000 Hz"),
        ({"rate": math.nan}, "rate must be finite; found nan"),
        ({"delay": -1e-4}, "delay must not be negative; found -0.1 ms"),
        ({"delay": 11.0}, "delay must lie in [0 ms, 10000 ms]; found 11000 ms"),
        ({"delay": math.inf}, "delay must be finite; found inf"),
        ({"seeds": (1, 2**32)}, "seeds[1] must lie in [0, 4294967295]; found 4294967296"),
        ({"seeds": (10**400,)}, "seeds[0] must lie in [0, 4294967295]; found 1000"),
        ({"bound": 2.0}, "bound must lie in [-1, 1]; found 2.0"),
        ({"folder": ""}, "folder must be a path, or be left out; found ''"),
        ({"folder": " "}, "folder must be a path, or be left out; found ' '"),
        ({"folder": "a\0b"}, "folder must be a path, or be left out; found 'a\\x00b'"),
    ],
)
def test_what_lies_outside_is_refused_in_its_unit(refused, said):
    with pytest.raises(ValueError) as error:
        Table(**refused)
    assert str(error.value).startswith(said)
    assert len(str(error.value)) < 150


@dataclass(frozen=True)
class Sweep:
    """Swept values, which may not stand twice."""

    seeds: Seeds = (1, 2)
    noise: tuple[float, ...] = (0.1, 0.2)

    def __post_init__(self):
        require_distinct(self, "seeds", "noise")


@pytest.mark.parametrize(
    ("twice", "said"),
    [
        ({"seeds": (1, 1)}, "seeds names a value twice"),
        ({"noise": (0.1, 0.1)}, "noise names a value twice"),
        (
            {"noise": (0.1, 0.1 + 1e-9)},
            "noise names a value twice (numbers must differ in their first 6 digits)",
        ),
    ],
)
def test_a_value_that_stands_twice_is_told_as_what_it_is(twice, said):
    with pytest.raises(ValueError) as error:
        Sweep(**twice)
    assert str(error.value) == said
    Sweep(seeds=(1234567, 1234568))


META, SIMULATION, ONE = "meta_learning", "simulation", 'target_rate = "10 Hz"\n'
WEIGHTS = "[conductances]\nee = 0.6\nei = 0.6\nie = 6.7\nii = 6.7\n"
ABSURD = [
    (META, f"{ONE}[network]\nn_exc = 1_000_000_000_000", "network: n_exc must lie in"),
    (META, f"{ONE}[network]\nn_exc = 10_000_000", "network.n_exc, network.n_inh and network.con"),
    (META, f"{ONE}[network]\nconnection_probability = 1e-300", "connection_probability must lie"),
    (META, f'{ONE}[network]\ndelay = "1e9 s"', "network: delay must lie in"),
    (
        META,
        f'{ONE}[network]\ndelay = "9 s"\n[trials]\ntraining = "1 s"',
        "network.delay must be",
    ),
    (META, f'{ONE}[trials]\ntraining = "1e300 s"', "trials: training must lie in"),
    (META, f'{ONE}[measurement]\nduration = "1e7 s"', "measurement.duration: need"),
    (META, f"{ONE}[search]\npopulation_size = {10**21}", "search: population_size must lie in"),
    (
        META,
        f"{ONE}[search]\ngenerations = {10**6}\npopulation_size = {10**5}",
        "search.gen",
    ),
    (META, f"{ONE}[trials]\nrepeats = {10**12}", "trials: repeats must lie in"),
    (META, 'target_rate = "1e9999999999999999999999 Hz"', "target_rate: the number is too large"),
    (META, 'target_rate = "1 Hz**1000000000000000000000"', "target_rate: 'Hz**1000000000000"),
    (META, f'{ONE}[rule]\ntau_pre = "1e-320 s"', "rule: tau_pre must lie in"),
    (META, f'{ONE}[rule]\ntau_pre = "0.04 ms"', "rule: tau_pre must lie in [0.1 ms, 10000000 ms]"),
    (META, f'{ONE}[rule]\ntau_post = "0.099 ms"', "rule: tau_post must lie in [0.1 ms, "),
    (META, f"{ONE}[rule]\nw_max = 200", "rule: w_max must lie in [1e-12, 199.0]; found 200"),
    (META, f"{ONE}[network]\nw_ie = 200", "network: w_ie must lie in [0, 199.0]; found 200"),
    (META, f"{ONE}[trials]\ninitial_weights = [200]", "trials: initial_weights[0] must lie in"),
    (META, f'{ONE}[network]\ndelay = "0.04 ms"', "network.delay must be 0 or at least half a ti"),
    (
        SIMULATION,
        f'{WEIGHTS}[network]\ndelay = "0.049 ms"',
        "network.delay must be 0 or at least h",
    ),
    (SIMULATION, f'{WEIGHTS}[plasticity]\ntau = "0.04 ms"', "plasticity: tau must lie in [0.1 ms"),
    (SIMULATION, f"{WEIGHTS}[plasticity]\nw_max = 200", "plasticity: w_max must lie in [1e-12, "),
    (SIMULATION, WEIGHTS.replace("6.7", "200"), "conductances: ie must lie in [0, 199.0]; found"),
    (META, 'target_rate = "١٠ Hz"', "target_rate: expected a number with a unit"),
    (SIMULATION, f'{WEIGHTS}[kick]\nrate = "10 kHz"', "kick: rate must lie in (0 Hz, 10000 Hz)"),
    (SIMULATION, f'{WEIGHTS}[simulation]\nduration = "1e6 s"', "simulation.duration: need"),
    (SIMULATION, f'{WEIGHTS}[network]\ndelay = "5 s"', "network.delay must be shorter than simul"),
    (
        SIMULATION,
        f'{WEIGHTS}[plasticity]\nweight_interval = "0.1 ms"\n[simulation]\nduration = "50000 s"',
        "plasticity.weight_interval: need",
    ),
    ("student_network", f"[training]\nseeds = {10**12}", "training: seeds must lie in"),
    ("student_neuron", f'seeds = {10**12}\n[learning]\nduration = "600 s"', "seeds must lie in"),
    ("ei_tuning", f"[sweep]\nseeds = {10**12}", "sweep: seeds must lie in"),
    (
        "ei_tuning",
        "[task]\nexcitatory = 10_000_000\ntrain = 1_000_000",
        "task.train, task",
    ),
    ("surrogate_training", '[data]\nfolder = ""', "data: folder must be a path, or be left out"),
    ("surrogate_training", f"[sweep]\nrepeats = {10**12}", "sweep: repeats must lie in"),
    ("weight_transport", "[network]\nhidden = [1_000_000, 1_000_000]", "network.hidden and train"),
    ("weight_transport", "[rules]\nlearning_rates = [0, 1, 1, 1, 1]", "rules: learning_rates[0]"),
]


@pytest.mark.parametrize(("kind", "text", "said"), ABSURD)
def test_absurd_values_are_one_line_and_nothing_is_written(
    tmp_path, capsys, monkeypatch, kind, text, said
):
    """Exit status 2 and the key; no directory that could not be resumed."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=64e9))
    config, out = tmp_path / "absurd.toml", tmp_path / "run"
    config.write_text(f'kind = "{kind}"\n{text}\n')
    assert main(["run", str(config), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == [config]
