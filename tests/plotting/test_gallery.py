"""The scripts that draw from several saved runs, behaviour: figures, left-outs, clear errors."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import comparison, write_run

ROOT = Path(__file__).resolve().parents[2]
VAZE = "vaze_2022_meta_learning"


def load(path):
    specification = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


combined = load(ROOT / "protocols" / VAZE / "figures.py")
gallery = load(ROOT / "figures" / "make.py")


@pytest.fixture(scope="module")
def protocols(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "protocols"
    saved = folder / VAZE / "results"
    write_run(saved / "target_10hz", target_rate=10.0)
    write_run(saved / "target_20hz", target_rate=20.0)
    write_run(saved / "target_3hz", finished=False)
    np.savez(saved / "two_rules.npz", **comparison())
    return folder


def test_both_combined_figures_are_drawn(protocols, tmp_path, capsys):
    saved = protocols / VAZE / "results"
    runs = [str(saved / "target_10hz"), str(saved / "target_20hz")]
    options = ["--comparison", str(saved / "two_rules.npz"), "--out", str(tmp_path / "new")]
    assert combined.main([*runs, *options]) == 0
    expected = [tmp_path / "new" / name for name in ("rate_prediction.png", "rule_comparison.png")]
    assert capsys.readouterr().out.split() == [str(path) for path in expected]
    assert all(path.is_file() for path in expected)


def test_each_run_is_compared_at_its_own_target(protocols):
    saved = protocols / VAZE / "results"
    found = combined.predictions(saved / "target_20hz")
    assert [p.target_rate for p in found] == [20.0, 20.0]
    assert found[0].predicted == pytest.approx(20.0, rel=1e-12)  # a float division apart


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "missing: there is no such run directory"),
        ([f"{VAZE}/results/target_3hz"], "has no results yet"),
        (["--comparison", "none.npz"], "none.npz: there is no such file"),
        (["--comparison", f"{VAZE}/results/target_10hz/log.jsonl"], "cannot be read as npz"),
    ],
)
def test_an_error_is_one_line_and_status_2(
    protocols, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(protocols)
    assert combined.main([*arguments, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_nothing_to_draw_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as refused:
        combined.main(["--out", str(tmp_path)])
    assert refused.value.code == 2
    assert "nothing to draw" in capsys.readouterr().err


def test_the_gallery_has_what_is_saved_and_names_what_is_not(protocols, tmp_path):
    run = protocols / VAZE / "results" / "target_10hz"
    before = sorted(path.name for path in run.iterdir())
    drawn, left_out = gallery.make(protocols, tmp_path / "gallery")
    from_runs = {**gallery.OF_ONE_RUN, **gallery.OF_SEVERAL_RUNS}
    saved = [name for name in from_runs if "vaze" in name]
    assert sorted(path.name for path in drawn) == sorted([*saved, *gallery.OF_NO_RUN])
    assert all(path.is_file() for path in drawn)
    assert left_out == [name for name in from_runs if name not in saved]
    assert sorted(path.name for path in run.iterdir()) == before


def test_a_damaged_result_is_named(protocols, tmp_path):
    shutil.copytree(protocols, tmp_path / "protocols")
    results = tmp_path / "protocols" / VAZE / "results" / "target_10hz" / "results.npz"
    results.write_bytes(results.read_bytes()[:1000])
    with pytest.raises(gallery.BionetError, match=r"results.npz: damaged"):
        gallery.make(tmp_path / "protocols", tmp_path / "gallery")


def test_the_index_names_every_figure_of_the_gallery():
    index = (ROOT / "figures" / "README.md").read_text()
    for name in (*gallery.OF_ONE_RUN, *gallery.OF_SEVERAL_RUNS, *gallery.OF_NO_RUN):
        assert f"]({name})" in index
