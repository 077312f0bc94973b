"""Configuration of kind ``meta_learning``, behaviour: what is refused, which loss it asks for."""

import math
from typing import get_type_hints

import pytest

from bionet.losses import vaze_loss
from bionet.runs.command import main
from bionet.runs.kinds import read_configuration
from bionet.runs.meta_learning_configuration import (
    LossTable,
    MeasurementTable,
    MetaLearning,
    NetworkTable,
    RuleTable,
    SearchTable,
    TrialsTable,
    loss_of,
)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('target_rate = "10 mV"', "target_rate"),
        ("[trials]\ninitial_weights = [2.0]", "initial_weights"),
        ("[serch]\ngenerations = 3", "serch"),
        ("[trials]\nrepeats = 0", "repeats"),
        ("[trials]\ninitial_weights = [0.3, inf]", "trials: initial_weights[1] must be finite"),
        ("seed = -1", "seed must not be negative; found -1"),
        ('target_rate = "100 Hz"', "target_rate must lie in (0.1 Hz, 100 Hz); found"),
        ('target_rate = "0.1 Hz"', "target_rate must lie in (0.1 Hz, 100 Hz); found"),
        ("[search]\npopulation_size = 3", "population_size must lie in [4, 100000]; found 3"),
        ("[search]\nsigma = 0", "sigma must lie in [1e-12, "),
        ("[search]\nsigma = -0.5", "sigma must lie in [1e-12, "),
        ("[search]\nsigma = inf", "sigma must be finite"),
        ("[search]\ntarget_loss = -inf", "target_loss must be finite"),
        ("[loss]\nisi_cv = -1.0", "loss: isi_cv must not be negative"),
        ("[loss]\nrate = inf", "loss: rate must be finite"),
        ("[loss]\nrate = 0\npopulation_rate_std = 0\nisi_cv = 0", "at least one of rate, "),
        ("[loss]\npenalty = 0", "loss: penalty must lie in"),
        ("[measurement]\nseed = -1", "measurement: seed must not be negative"),
        ("[measurement]\nseed = 4294967296", "measurement: seed must lie in"),
        ("[measurement]\nrecorded_neurons = 8001", "recorded_neurons must not exceed network.n_"),
        ("[network]\nw_ei = -0.3", "network: w_ei must not be negative"),
        ("[network]\nw_ie = -8", "network: w_ie must not be negative"),
        ("[network]\nw_ii = -8", "network: w_ii must not be negative"),
        ("[network]\nn_inh = 0", "network: n_inh must lie in [1, 10000000]; found 0"),
        ("[network]\nconnection_probability = 1.1", "connection_probability must lie in"),
        ("[rule]\nw_max = inf", "rule: w_max must be finite"),
        ("[rule]\nkappa_scale = 0", "rule: kappa_scale must lie in"),
    ],
)
def test_a_wrong_configuration_is_one_line_and_nothing_written(tmp_path, capsys, wrong, named):
    path = tmp_path / "wrong.toml"
    target = "" if "target_rate" in wrong else 'target_rate = "10 Hz"\n'
    path.write_text(f'kind = "meta_learning"\n{target}{wrong}\n')

    assert main(["run", str(path), "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert named in lines[0]
    assert not (tmp_path / "out").exists()


def test_weights_of_the_loss_are_those_of_the_configuration(tmp_path):
    path = tmp_path / "loss.toml"
    path.write_text(
        'kind = "meta_learning"\ntarget_rate = "20 Hz"\n[loss]\nisi_cv = 0.0\nrate_std = 0.5\n'
    )
    _, read = read_configuration(path)
    assert isinstance(read, MetaLearning)
    weights = {term.name: term.weight for term in loss_of(read).terms}
    assert weights == {
        "rate_error": 10 / 20**2,
        "population_rate_std": 1 / 20,
        "rate_std": 0.5,
    }


@pytest.mark.parametrize("target", [3.0, 40.0])
def test_the_loss_is_that_of_the_paper_unless_told_otherwise(target):
    assert loss_of(MetaLearning(target_rate=target)) == vaze_loss(target)


@pytest.mark.parametrize(
    "table", [NetworkTable, RuleTable, SearchTable, TrialsTable, LossTable, MeasurementTable]
)
def test_no_number_may_be_nan(table):
    """TOML can say ``nan``, and Python too: every float of every table is looked at."""
    hints = {name: str(hint) for name, hint in get_type_hints(table).items()}
    floats = [name for name, hint in hints.items() if "float" in hint]
    for name in floats:
        value = (math.nan,) if "tuple" in hints[name] else math.nan
        with pytest.raises(ValueError, match=rf"{name}(\[0\])? must be finite; found nan"):
            table(**{name: value})
    assert floats
