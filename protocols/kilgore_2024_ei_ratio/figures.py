"""The figures of several runs together, whose sweeps complete one another.

::

    python protocols/kilgore_2024_ei_ratio/figures.py RUN_DIR RUN_DIR... --out DIR

Each figure of ``bionet figure`` is drawn from the networks of all runs. They must have been trained
alike: everything but the sweep and the seed is compared. The example is that of the first run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.plotting import FigureError
from bionet.runs.kinds import read_configuration
from bionet.runs.run_directory import RunDirectory
from bionet.runs.surrogate_configuration import SurrogateTraining, SweepTable
from bionet.runs.surrogate_training_figures import draw_results

#: Arrays whose first axis is that of the networks.
OF_NETWORKS = (
    *("sigma_init", "ratio", "sigma_noise", "repeat", "train_loss", "train_accuracy"),
    *("test_accuracy", "class_accuracy", "class_spikes", "distance_before", "distance_after"),
    "weight_counts",
)


def joined(runs: Sequence[Path]) -> dict[str, np.ndarray]:
    """Return the arrays of all runs as those of one.

    Raises
    ------
    BionetError
        If one is no finished run of the kind, or was trained otherwise than the first.
    """
    results, first = [], None
    for path in runs:
        directory = RunDirectory.open(path)
        kind, configuration = read_configuration(directory.config_path)
        if not isinstance(configuration, SurrogateTraining):
            raise FigureError(f"{path}: a run of kind {kind.name!r}; expected 'surrogate_training'")
        alike = replace(
            configuration,
            sweep=SweepTable(),
            training=replace(configuration.training, seed=0, at_a_time=None),
            data=replace(configuration.data, folder=None),
        )
        first = first or alike
        if alike != first:
            raise FigureError(f"{path}: its networks were trained otherwise than {runs[0]}'s")
        results.append(directory.load_results())
    return results[0] | {
        name: np.concatenate([each[name] for each in results]) for name in OF_NETWORKS
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw and print the files' names; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parsed = parser.parse_args(arguments)
    try:
        arrays = joined(parsed.runs)
        drawn = draw_results(arrays, " and ".join(map(str, parsed.runs)), parsed.out)
    except (BionetError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for path in drawn:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
