"""The poster's claims in numbers, from finished runs' saved results.

python protocols/sagtekin_2022_ei_tuning/claims.py RUN_DIR [RUN_DIR ...]

A neuron succeeds with 95 % (90 %) of the test samples right. Medians are over seeds, each the mean
of its neurons, with their 95 % bootstrap intervals in brackets. Of few seeds these are the least
and greatest, between which the median of all possible seeds lies with a probability of
1 - 2^(1 - n): 75 % for three, 94 % for five.

In the window that is read slow inhibition is still on its way, so that balanced weights do not read
1: what neurons have before training whose inhibitory charge was to equal the excitatory one is
printed as "equal weights", and the I/E charge after training over that.
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
#: Co-tuned in all but name.
CO_TUNED = 0.99


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run."""
    neurons = TunedNeurons.from_results(directory.load_results(), str(directory.results_path))
    task = "novelty" if neurons.is_novelty else "simple"
    lines = [
        f"{directory.path}: {task} task, tau_i {1e3 * neurons['tau_i']:g} ms, "
        f"{len(neurons['seed'])} neurons, {np.unique(neurons['seed']).size} seeds, "
        f"{neurons['train_loss'].shape[1]} epochs"
    ]
    for constraint in neurons.constraints:
        chosen = neurons["constraint"] == constraint
        lines.append(f"  constraint {constraint:g}: {_successes(neurons, chosen)}")
        lines.append(f"    {', '.join(_median(neurons, name, chosen) for name in MEASURED)}")
        lines.append(f"    {_balance(neurons, chosen)}")
    return lines + _by_initial_weights(neurons) + _co_tuning(neurons)


def _successes(neurons, chosen) -> str:
    accuracy = neurons["accuracy_after"][chosen]
    return (
        ", ".join(
            f"{(accuracy >= goal).sum()} of {accuracy.size} neurons at {100 * goal:.0f} %"
            for goal in (SUCCESS, NEARLY)
        )
        + f", best {100 * accuracy.max():.1f} %"
    )


def _balance(neurons, chosen) -> str:
    """Return how the charges' ratio and their correlation in time change by training."""
    before, after = (neurons[f"charge_ratio_{when}"][chosen] for when in ("before", "after"))
    fell = neurons["current_correlation_after"] < neurons["current_correlation_before"]
    equal = np.median(before / neurons["inhibition"][chosen])
    weights = np.stack([neurons[name][chosen] for name in ("excitation", "inhibition")], axis=1)
    places = [np.median(after[(weights == w).all(axis=1)]) for w in np.unique(weights, axis=0)]
    return (
        f"I/E charge before {before.min():.2f} to {before.max():.2f}, after, medians of initial "
        f"weights {min(places):.2f} to {max(places):.2f}; equal weights {equal:.2f}, after over "
        f"that {np.median(after) / equal:.2f}; correlation in time before "
        f"{np.median(neurons.of_seeds('current_correlation_before', chosen)):.2f}, it fell in "
        f"{fell[chosen].sum()} of {chosen.sum()}"
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
        ("in all", np.ones(accuracy.shape, bool)),
        (f"at {100 * SUCCESS:.0f} % or more", accuracy >= SUCCESS),
        (f"at {100 * NEARLY:.0f} % or more", accuracy >= NEARLY),
        (f"below {100 * NEARLY:.0f} %", accuracy < NEARLY),
    ):
        if chosen.any():
            low, middle, high = np.quantile(index[chosen], (0, 0.5, 1))
            lines.append(
                f"  co-tuning of the {chosen.sum()} neurons {name}: {low:+.2f} to {high:+.2f}, "
                f"median {middle:+.2f}; {(index[chosen] < 0).sum()} of them below 0, "
                f"{_of_co_tuned(accuracy[chosen], index[chosen] > CO_TUNED)}"
            )
    return lines


def _of_co_tuned(accuracy, co_tuned) -> str:
    words = [
        f"{name} {CO_TUNED} {which.sum()}"
        + (f" (accuracy {100 * accuracy[which].min():.0f} to {100 * accuracy[which].max():.0f} %)"
           if which.any() else "")
        for name, which in (("above", co_tuned), ("not above", ~co_tuned))
    ]  # fmt: skip
    return ", ".join(words)


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
