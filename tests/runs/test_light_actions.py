"""Behaviour: what needs no simulation starts at once: Brian2, JAX, matplotlib stay unloaded."""

import subprocess
import sys
from pathlib import Path

import pytest
from other_process import PATIENCE

from bionet.runs import create_run_directory, read_configuration
from bionet.runs.kinds import KINDS

PROTOCOLS = Path(__file__).parents[2] / "protocols"
HEAVY = {"brian2", "jax", "matplotlib", "scipy", "sympy", "cma", "optax", "h5py"}

_LIGHT = f"""
import sys
from bionet.runs.command import main
statuses = []
for action in sys.argv[1:]:
    try:
        statuses.append(main(action.split("|")))
    except SystemExit as ended:
        statuses.append(ended.code)
print("heavy:", sorted({HEAVY} & set(sys.modules)), "statuses:", statuses)
"""


def light(*actions):
    """Run actions in one new process; return what was loaded and their exit statuses."""
    ran = subprocess.run(
        [sys.executable, "-c", _LIGHT, *("|".join(map(str, action)) for action in actions)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return ran.stdout.splitlines()[-1], ran


KINDS_WITH_A_PROTOCOL = {
    "dendritic_balance": "mikulasch_2021_dendritic_balance/quick",
    "ei_tuning": "sagtekin_2022_ei_tuning/quick",
    "meta_learning": "vaze_2022_meta_learning/quick",
    "simulation": "vogels_2011_inhibitory_plasticity/quick",
    "student_network": "braun_2020_teacher_student/layers_quick",
    "student_neuron": "braun_2020_teacher_student/quick",
    "surrogate_training": "kilgore_2024_ei_ratio/quick",
    "weight_transport": "akrout_2019_weight_transport/quick",
}


def test_every_kind_is_tried():
    assert set(KINDS_WITH_A_PROTOCOL) == set(KINDS) - {"toy"}


@pytest.mark.parametrize("kind", KINDS_WITH_A_PROTOCOL)
def test_status_and_resume_load_nothing_heavy(tmp_path, kind):
    """Of a run that has only begun, with an empty log or none, one that was edited, a finished."""
    config = PROTOCOLS / f"{KINDS_WITH_A_PROTOCOL[kind]}.toml"
    _, configuration = read_configuration(config)
    actions, expected = [["--help"]], [0]
    for name in ("begun", "empty", "edited", "finished"):
        path = tmp_path / name
        directory = create_run_directory(path, kind, configuration, {"command": "bionet run"})
        if name == "empty":
            directory.log_path.touch()
        if name == "edited":
            text = directory.config_path.read_text()
            changed = text.replace('precision = "double"', 'precision = "single"')
            changed = changed.replace('bias = "scaled"', 'bias = "unscaled"')
            changed = changed.replace("seed = 1", "seed = 2")
            assert changed != text
            directory.config_path.write_text(changed)
        if name == "finished":
            directory.save_results(arrays=[1.0])
            actions.append(["resume", path])
            expected.append(0)
        if name == "edited":
            actions.append(["resume", path])
            expected.append(2)
        actions.append(["status", path])
        expected.append(1 if name == "edited" else 0)
    told, ran = light(*actions)
    assert told == f"heavy: [] statuses: {expected}", ran.stdout + ran.stderr


def test_refusals_load_nothing_heavy(tmp_path):
    """A wrong unit, an absurd size, a missing file."""
    text = (PROTOCOLS / "vaze_2022_meta_learning/quick.toml").read_text()
    wrong, large = tmp_path / "wrong.toml", tmp_path / "large.toml"
    wrong.write_text(text.replace('"10 Hz"', '"10 mV"'))
    large.write_text(text.replace("n_exc = 1600", "n_exc = 10_000_000"))
    out = tmp_path / "run"
    told, ran = light(
        ["run", wrong, "--out", out],
        ["run", large, "--out", out],
        ["run", tmp_path / "absent.toml"],
    )
    assert told == "heavy: [] statuses: [2, 2, 2]", ran.stdout + ran.stderr
    assert not out.exists()
