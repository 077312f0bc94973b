"""Figures of several ``surrogate_training`` runs together, behaviour: joined, or refused."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_sweep import results

from bionet.errors import BionetError
from bionet.runs.configuration import to_toml
from bionet.runs.run_directory import RunDirectory
from bionet.runs.surrogate_configuration import SurrogateTraining, SweepTable, TrainingTable

SCRIPT = Path(__file__).resolve().parents[2] / "protocols/kilgore_2024_ei_ratio/figures.py"
specification = importlib.util.spec_from_file_location("kilgore_figures", SCRIPT)
script = importlib.util.module_from_spec(specification)
specification.loader.exec_module(script)

LOW, HIGH = (0.001, 0.002), (0.03,)


def write(path, widths, **changes):
    """Make a run directory with a configuration and invented results."""
    path.mkdir()
    directory = RunDirectory(path)
    asked = replace(SurrogateTraining(sweep=SweepTable(sigma_init=widths)), **changes)
    directory.config_path.write_text(to_toml("surrogate_training", asked))
    directory.save_results(**results(ratios=(0.5, 0.8), widths=widths, repeats=1, epochs=4))
    return path


def test_networks_of_all_runs_are_joined(tmp_path):
    runs = [write(tmp_path / "low", LOW), write(tmp_path / "high", HIGH)]
    arrays = script.joined(runs)
    parts = [RunDirectory(run).load_results() for run in runs]
    for name in script.OF_NETWORKS:
        np.testing.assert_array_equal(arrays[name], np.concatenate([p[name] for p in parts]))
    assert set(arrays["sigma_init"]) == {*LOW, *HIGH}
    np.testing.assert_array_equal(arrays["example_spikes"], parts[0]["example_spikes"])


def test_the_figures_are_drawn_and_named(tmp_path, capsys):
    runs = [str(write(tmp_path / "low", LOW)), str(write(tmp_path / "high", HIGH))]
    assert script.main([*runs, "--out", str(tmp_path / "new" / "folder")]) == 0
    drawn = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert tmp_path / "new" / "folder" / "accuracy_over_rate.png" in drawn
    assert all(path.is_file() for path in drawn)


@pytest.mark.parametrize("changes", [{"training": TrainingTable(learning_rate=0.1)}])
def test_networks_that_were_trained_otherwise_are_refused(tmp_path, changes):
    runs = [write(tmp_path / "low", LOW), write(tmp_path / "high", HIGH, **changes)]
    with pytest.raises(BionetError, match=r"high: its networks were trained otherwise than .*low"):
        script.joined(runs)


def test_another_seed_is_no_other_training(tmp_path):
    runs = [write(tmp_path / "a", LOW), write(tmp_path / "b", HIGH, training=TrainingTable(seed=2))]
    assert script.joined(runs)["ratio"].size == 2 * len((*LOW, *HIGH))


def test_a_run_that_is_not_there_is_one_line(tmp_path, capsys):
    assert script.main([str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert "there is no such run directory" in capsys.readouterr().err
