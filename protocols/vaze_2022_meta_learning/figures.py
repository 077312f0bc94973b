"""Figures that combine several runs: mean field against experiment, and two rules side by side.

Vaze, Confavreux and Vogels, "Meta-learning stabilizes excitatory-excitatory plasticity in spiking
neural networks". The figures of a single run are drawn by ``bionet figure DIR``; these need more::

    python figures.py RUN_DIR... --out DIR
    python figures.py --comparison two_rules.npz --out DIR

The first draws ``rate_prediction.png`` from finished runs at different target rates, the second
``rule_comparison.png`` from the arrays listed in `bionet.plotting.rule_comparison`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.plotting import FigureError, drawing
from bionet.plotting.rate_prediction import Prediction, predictions_of, rate_prediction
from bionet.plotting.rule_comparison import rule_comparison
from bionet.runs.kinds import read_configuration
from bionet.runs.meta_learning import MetaLearning
from bionet.runs.run_directory import RunDirectory


def predictions(path: Path) -> list[Prediction]:
    """Compare one finished run with mean field.

    Parameters
    ----------
    path : Path
        A run directory of kind ``meta_learning``.

    Returns
    -------
    list of Prediction
        One an initial weight.

    Raises
    ------
    BionetError
        If it is not such a directory, not finished, or damaged; names it.
    """
    directory = RunDirectory.open(path)
    kind, configuration = read_configuration(directory.config_path)
    if not isinstance(configuration, MetaLearning):
        raise FigureError(f"{path}: a run of kind {kind.name!r}; expected 'meta_learning'")
    return predictions_of(
        directory.load_results(),
        target_rate=configuration.target_rate,
        tau_pre=configuration.rule.tau_pre,
        tau_post=configuration.rule.tau_post,
        source=str(directory.results_path),
    )


def draw_rate_prediction(runs: Sequence[Path], out: Path) -> Path:
    """Draw predicted against measured rates of all runs; returns the file."""
    found = [prediction for path in runs for prediction in predictions(path)]
    drawn = out / "rate_prediction.png"
    with drawing(drawn, 6.2, 3.0) as figure:
        rate_prediction(figure, found)
    return drawn


def draw_rule_comparison(arrays: Path, out: Path) -> Path:
    """Draw two rules side by side; returns the file.

    Raises
    ------
    FigureError
        If the file is missing, damaged or lacks an array; names it.
    """
    try:
        with np.load(arrays, allow_pickle=False) as file:
            results = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise FigureError(f"{arrays}: there is no such file") from None
    except Exception as error:  # numpy raises many kinds for a file that is not an npz
        raise FigureError(f"{arrays}: cannot be read as npz ({error})") from error
    drawn = out / "rule_comparison.png"
    with drawing(drawn, 6.4, 3.6) as figure:
        rule_comparison(figure, results, source=str(arrays))
    return drawn


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what is asked for and print the files; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN_DIR", help="a finished run")
    parser.add_argument("--comparison", type=Path, metavar="NPZ", help="arrays of two rules")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the figures")
    asked = parser.parse_args(arguments)
    if not asked.runs and asked.comparison is None:
        parser.error("nothing to draw: give run directories, or --comparison NPZ")
    try:
        asked.out.mkdir(parents=True, exist_ok=True)
        if asked.runs:
            print(draw_rate_prediction(asked.runs, asked.out))
        if asked.comparison is not None:
            print(draw_rule_comparison(asked.comparison, asked.out))
    except (BionetError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
