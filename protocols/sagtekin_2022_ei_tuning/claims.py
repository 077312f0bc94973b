"""The poster's claims in numbers, from finished runs' saved results.

python protocols/sagtekin_2022_ei_tuning/claims.py RUN_DIR [RUN_DIR ...]

A neuron succeeds with 95 % (90 %) of the test samples right. Medians are over seeds, each the mean
of its neurons, with their 95 % bootstrap intervals in brackets.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.plotting.tuned_neurons import TunedNeurons
from bionet.plotting.tuning_sweep import NEARLY, SUCCESS
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import median_interval

MEASURED = {
    "accuracy_after": ("accuracy", 100, "%"),
    "rate_after": ("rate", 1, "Hz"),
    "charge_ratio_after": ("I/E charge", 1, ""),
    "co_tuning_after": ("co-tuning", 1, ""),
    "current_correlation_after": ("E-I correlation in time", 1, ""),
}


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run."""
    neurons = TunedNeurons.from_results(directory.load_results(), str(directory.results_path))
    task = "novelty" if neurons.is_novelty else "simple"
    lines = [
        f"{directory.path}: {task} task, tau_i {1e3 * neurons['tau_i']:g} ms, "
        f"{len(neurons['seed'])} neurons, {neurons['train_loss'].shape[1]} epochs"
    ]
    for constraint in neurons.constraints:
        chosen = neurons["constraint"] == constraint
        lines.append(f"  constraint {constraint:g}: {_successes(neurons, chosen)}")
        lines.append(f"    {', '.join(_median(neurons, name, chosen) for name in MEASURED)}")
    return lines + _by_initial_weights(neurons) + _co_tuning(neurons)


def _successes(neurons, chosen) -> str:
    accuracy = neurons["accuracy_after"][chosen]
    return ", ".join(
        f"{(accuracy >= goal).sum()} of {accuracy.size} neurons at {100 * goal:.0f} %"
        for goal in (SUCCESS, NEARLY)
    )


def _median(neurons, name, chosen) -> str:
    label, factor, unit = MEASURED[name]
    found = median_interval(factor * neurons.of_seeds(name, chosen))
    return f"{label} {found.median:.3g} [{found.low:.3g}, {found.high:.3g}] {unit}".rstrip()


def _by_initial_weights(neurons) -> list[str]:
    excitation, inhibition = (np.unique(neurons[n]) for n in ("excitation", "inhibition"))
    if excitation.size * inhibition.size == 1:
        return []
    lines = ["  by initial weights (weakest constraint): successes, median accuracy, co-tuning"]
    for e in excitation:
        for i in inhibition:
            chosen = neurons.weakest & (neurons["excitation"] == e) & (neurons["inhibition"] == i)
            accuracy = neurons["accuracy_after"][chosen]
            lines.append(
                f"    E {1e3 * e:<5g} mV, I/E {i:<5g} {(accuracy >= SUCCESS).sum():3} of "
                f"{accuracy.size}   {100 * np.median(accuracy):5.1f} %   "
                f"{np.median(neurons['co_tuning_after'][chosen]):+.2f}   (untrained rate "
                f"{np.median(neurons['rate_before'][chosen]):.0f} Hz)"
            )
    return lines


def _co_tuning(neurons) -> list[str]:
    accuracy, index = (
        neurons[name][neurons.weakest] for name in ("accuracy_after", "co_tuning_after")
    )
    lines = []
    for name, chosen in (
        (f"at {100 * SUCCESS:.0f} % or more", accuracy >= SUCCESS),
        (f"at {100 * NEARLY:.0f} % or more", accuracy >= NEARLY),
        (f"below {100 * NEARLY:.0f} %", accuracy < NEARLY),
    ):
        if chosen.any():
            low, middle, high = np.quantile(index[chosen], (0, 0.5, 1))
            lines.append(
                f"  co-tuning of the {chosen.sum()} neurons {name}: {low:+.2f} to {high:+.2f}, "
                f"median {middle:+.2f}; {(index[chosen] < 0).sum()} of them below 0"
            )
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Print the claims of the runs named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN_DIR")
    for path in parser.parse_args(arguments).runs:
        try:
            print("\n".join(report(RunDirectory.open(path))))
        except BionetError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
