"""Draw the gallery anew from the results that are saved under protocols/*/results/.

::

    python figures/make.py [--out DIR]

Nothing is simulated. Each run is drawn as ``bionet figure`` draws it, from a copy, so that saved
results stay as they are; a figure whose results are not there is left out and named.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bionet.errors import BionetError
from bionet.runs.kinds import read_configuration
from bionet.runs.run_directory import RunDirectory

HERE = Path(__file__).resolve().parent
PROTOCOLS = HERE.parent / "protocols"
VAZE = "vaze_2022_meta_learning"
MIKULASCH = "mikulasch_2021_dendritic_balance"
KILGORE = "kilgore_2024_ei_ratio"
BRAUN = "braun_2020_teacher_student"
SAGTEKIN = "sagtekin_2022_ei_tuning"
AKROUT = "akrout_2019_weight_transport"

#: Figure of the gallery: protocol, its saved run, and the run's figure.
OF_ONE_RUN = {
    "vaze_2022_network.png": (VAZE, "target_10hz", "network.png"),
    "vaze_2022_search.png": (VAZE, "target_10hz", "search.png"),
    "vaze_2022_rule_at_work.png": (VAZE, "target_10hz", "rule_at_work.png"),
    "vaze_2022_mean_field_plane.png": (VAZE, "target_10hz", "mean_field_plane.png"),
    "vogels_abbott_2005_network.png": ("vogels_abbott_2005_balanced_state", "coba", "network.png"),
    "vogels_2011_plasticity.png": ("vogels_2011_inhibitory_plasticity", "full", "plasticity.png"),
    "mikulasch_2021_digits_activity.png": (MIKULASCH, "mnist", "activity.png"),
    "mikulasch_2021_digits_fields.png": (MIKULASCH, "mnist", "fields.png"),
    "mikulasch_2021_digits_loss.png": (MIKULASCH, "mnist", "loss_curves.png"),
    "mikulasch_2021_bars_activity.png": (MIKULASCH, "bars_reduced", "activity.png"),
    "mikulasch_2021_bars_fields.png": (MIKULASCH, "bars_reduced", "fields.png"),
    "mikulasch_2021_bars_loss.png": (MIKULASCH, "bars_reduced", "loss_over_p.png"),
    "mikulasch_2021_schemes_fields.png": (MIKULASCH, "bars_schemes", "fields.png"),
    "mikulasch_2021_schemes_loss.png": (MIKULASCH, "bars_schemes", "loss_curves.png"),
    "mikulasch_2021_scenes_fields.png": (MIKULASCH, "scenes_reduced", "fields.png"),
    "mikulasch_2021_scenes_loss.png": (MIKULASCH, "scenes_reduced", "loss_over_n_coding.png"),
    "mikulasch_2021_delays_loss.png": (MIKULASCH, "delays_reduced", "loss_over_delay.png"),
    "mikulasch_2021_delays_activity.png": (MIKULASCH, "delays_mnist", "activity.png"),
    "mikulasch_2021_delays_fields.png": (MIKULASCH, "delays_mnist", "fields.png"),
    "mikulasch_2021_delays_digits_loss.png": (MIKULASCH, "delays_mnist", "loss_curves.png"),
    "braun_2020_neuron_lif.png": (BRAUN, "neuron_lif", "recovery.png"),
    "braun_2020_neuron_rf.png": (BRAUN, "neuron_rf", "recovery.png"),
    "braun_2020_neuron_lif_all.png": (BRAUN, "neuron_lif_all", "recovery.png"),
    "braun_2020_neuron_rf_all.png": (BRAUN, "neuron_rf_all", "recovery.png"),
    "braun_2020_neuron_lif_parameters.png": (BRAUN, "neuron_lif_all", "parameters.png"),
    "braun_2020_neuron_rf_parameters.png": (BRAUN, "neuron_rf_all", "parameters.png"),
    "kilgore_2024_noise_robustness.png": (KILGORE, "noise_reduced", "noise_robustness.png"),
    "sagtekin_2022_simple_neuron.png": (SAGTEKIN, "simple", "neuron.png"),
    "sagtekin_2022_simple_initial_weights.png": (SAGTEKIN, "simple", "initial_weights.png"),
    "sagtekin_2022_constraint.png": (SAGTEKIN, "constraint", "constraint.png"),
    "sagtekin_2022_novelty_neuron.png": (SAGTEKIN, "novelty", "neuron.png"),
    "sagtekin_2022_novelty_initial_weights.png": (SAGTEKIN, "novelty", "initial_weights.png"),
    "braun_2020_layers_weights.png": (BRAUN, "layers", "hidden_weights.png"),
    "braun_2020_layers_errors.png": (BRAUN, "layers", "errors.png"),
    "braun_2020_layers_success.png": (BRAUN, "layers", "success.png"),
    "braun_2020_layers_rf_errors.png": (BRAUN, "layers_rf", "errors.png"),
    "akrout_2019_rate_learning.png": (AKROUT, "mnist_reduced", "learning.png"),
    "akrout_2019_rate_angles.png": (AKROUT, "mnist_reduced", "angles.png"),
    "akrout_2019_spiking_learning.png": (AKROUT, "spiking", "learning.png"),
    "akrout_2019_spiking_angles.png": (AKROUT, "spiking", "angles.png"),
}
#: Figures of a formula, for which nothing was simulated.
OF_NO_RUN = ("mikulasch_2021_stdp_windows.png",)
#: Saved runs whose measured rates are compared with mean field.
TARGETS = ("target_3hz", "target_10hz", "target_20hz", "target_40hz")
#: Arrays of a rule that is stable in mean field only, and of a meta-learned one.
TWO_RULES = "two_rules.npz"
#: Saved runs whose sweeps complete one another.
RATES = ("rates_reduced", "rates_high", "rates_highest")
#: Figure of the gallery: the protocol and the figure of its script figures.py.
OF_SEVERAL_RUNS = {
    "vaze_2022_rate_prediction.png": (VAZE, "rate_prediction.png"),
    "vaze_2022_rule_comparison.png": (VAZE, "rule_comparison.png"),
    "kilgore_2024_accuracy_over_rate.png": (KILGORE, "accuracy_over_rate.png"),
    "kilgore_2024_learning_curves.png": (KILGORE, "learning_curves.png"),
    "kilgore_2024_class_activity.png": (KILGORE, "class_activity.png"),
    "kilgore_2024_example_networks.png": (KILGORE, "example_networks.png"),
    "kilgore_2024_pair_distances.png": (KILGORE, "pair_distances.png"),
}


def figures_of(run: Path, scratch: Path) -> dict[str, Path]:
    """Draw a saved run into a scratch directory.

    Parameters
    ----------
    run : Path
        Run directory, which is only read.
    scratch : Path
        An empty directory.

    Returns
    -------
    dict of str to Path
        The figures by their names.

    Raises
    ------
    BionetError
        If the run is damaged.
    """
    copy = RunDirectory(scratch / run.name)
    shutil.copytree(run, copy.path, ignore=shutil.ignore_patterns("figures", "*.lock"))
    copy.figures_path.mkdir()
    kind, _ = read_configuration(copy.config_path)
    return {path.name: path for path in kind.figures(copy)}


def combined_figures(protocols: Path, scratch: Path) -> dict[tuple[str, str], Path]:
    """Draw what combines several runs, as far as their results are there.

    Raises
    ------
    BionetError
        If a protocol's script says that something is wrong.
    """
    arguments = {
        VAZE: _finished(protocols / VAZE, TARGETS),
        KILGORE: _finished(protocols / KILGORE, RATES),
    }
    if (two_rules := protocols / VAZE / "results" / TWO_RULES).is_file():
        arguments[VAZE] += ["--comparison", str(two_rules)]
    drawn = {}
    for protocol, found in arguments.items():
        if not found:
            continue
        out = scratch / protocol
        script = PROTOCOLS / protocol / "figures.py"
        command = [sys.executable, str(script), *found, "--out", str(out)]
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode:
            raise BionetError(answer.stderr.strip())
        drawn |= {(protocol, path.name): path for path in out.glob("*.png")}
    return drawn


def stdp_windows(path: Path) -> Path:
    """Draw the windows of the pair rule, without and with an inhibitory spike (Fig. 2)."""
    from bionet.plotting import drawing
    from bionet.plotting.stdp_window import stdp_figure

    with drawing(path, width=6.5, height=3.2) as figure:
        stdp_figure(figure)
    return path


def make(protocols: Path, out: Path) -> tuple[list[Path], list[str]]:
    """Draw every figure of the gallery whose results are saved.

    Parameters
    ----------
    protocols : Path
        The folder ``protocols``.
    out : Path
        Where the gallery goes; made if it is not there.

    Returns
    -------
    drawn : list of Path
        The gallery's files.
    left_out : list of str
        Names of the figures whose results are not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    drawn, left_out = [], []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        available: dict[tuple[str, str], dict[str, Path]] = {}
        for protocol, name, _ in OF_ONE_RUN.values():
            run = protocols / protocol / "results" / name
            if (protocol, name) not in available and _is_finished(run):
                (scratch / protocol).mkdir(exist_ok=True)
                available[protocol, name] = figures_of(run, scratch / protocol)
        (scratch / "combined").mkdir()
        combined = combined_figures(protocols, scratch / "combined")
        sources = {
            **{
                figure: available.get((protocol, name), {}).get(of_run)
                for figure, (protocol, name, of_run) in OF_ONE_RUN.items()
            },
            **{figure: combined.get(found) for figure, found in OF_SEVERAL_RUNS.items()},
            **{figure: stdp_windows(scratch / figure) for figure in OF_NO_RUN},
        }
        for figure, source in sources.items():
            if source is None:
                left_out.append(figure)
            else:
                drawn.append(Path(shutil.copyfile(source, out / figure)))
    return drawn, left_out


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the gallery and say what was drawn; 1 if something was left out, 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, metavar="DIR", help="default: figures/")
    try:
        drawn, left_out = make(PROTOCOLS, parser.parse_args(arguments).out)
    except (BionetError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for path in drawn:
        print(path)
    for name in left_out:
        print(f"left out, its results are not saved: {name}", file=sys.stderr)
    return 1 if left_out else 0


def _finished(protocol: Path, names: Sequence[str]) -> list[str]:
    """Return those of a protocol's saved runs that are there."""
    runs = [protocol / "results" / name for name in names]
    return [str(run) for run in runs if _is_finished(run)]


def _is_finished(run: Path) -> bool:
    directory = RunDirectory(run)
    return directory.config_path.is_file() and directory.is_finished


if __name__ == "__main__":
    sys.exit(main())
