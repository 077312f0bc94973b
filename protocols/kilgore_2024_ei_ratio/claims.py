"""The paper's claims in numbers, from finished runs' saved results.

python protocols/kilgore_2024_ei_ratio/claims.py RUN_DIR [RUN_DIR ...]

Rates are hidden spikes a sample, neuron and its 0.1 s; before training they are the paper's axis
(for spoken digits the paper divides by 0.2 s). Accuracies are of all test images: the peak over
epochs where initial weights are swept, the mean of the last ten epochs where noise is. A network
succeeds with a peak above 50 %; with spoken digits, with a mean of the last 25 epochs above 30 %.
Van Rossum distances are medians over networks, p of Kruskal and Wallis across the kinds of pairs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.plotting.training_sweep import TrainingSweep
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import kruskal_wallis

LAST_EPOCHS = 10
GOAL = 0.8


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run."""
    results = directory.load_results()
    epochs = results["train_loss"].shape[1]
    lines = [f"{directory.path}: {len(results['ratio'])} networks, {epochs} epochs"]
    if len(np.unique(results["sigma_noise"])) > 1:
        return lines + _noise(results)
    return lines + _initial_rates(results) + _distances(results)


def _initial_rates(results) -> list[str]:
    rates = rates_of(results)
    lines = []
    for ratio in np.unique(results["ratio"]):
        for sigma in np.unique(results["sigma_init"]):
            ks = np.flatnonzero((results["ratio"] == ratio) & (results["sigma_init"] == sigma))
            accuracy = results["test_accuracy"][ks]
            first = [int(np.argmax(a >= GOAL)) if (a >= GOAL).any() else None for a in accuracy]
            lines.append(
                f"  {_ratio(ratio)}  sigma_init {sigma:<7g} rate {rates[ks, 0].mean():7.2f} -> "
                f"{rates[ks, -1].mean():6.2f} Hz   peak {_percent(accuracy.max(axis=1))}   last "
                f"{_percent(accuracy[:, -1])}   first epoch at 80 %: {_listed(first)}"
            )
    return lines


def _noise(results) -> list[str]:
    lines = []
    last = results["test_accuracy"][:, 1:][:, -LAST_EPOCHS:].mean(axis=1)
    for ratio in np.unique(results["ratio"]):
        for noise in np.unique(results["sigma_noise"]):
            ks = (results["ratio"] == ratio) & (results["sigma_noise"] == noise)
            relative = noise / results["sigma_init"][ks][0]
            lines.append(
                f"  {_ratio(ratio)}  noise {noise:<7g} ({100 * relative:3.0f} % of sigma_init)   "
                f"mean of the last {min(LAST_EPOCHS, results['train_loss'].shape[1])} epochs "
                f"{_percent(last[ks])}"
            )
    return lines


def _distances(results) -> list[str]:
    sweep = TrainingSweep.from_results(results, "results")
    succeeded = sweep.succeeded
    lines = []
    for ratio in np.unique(results["ratio"]):
        of_ratio = results["ratio"] == ratio
        for name, array, chosen in (
            ("before", "distance_before", of_ratio),
            ("success", "distance_after", of_ratio & succeeded),
            ("failure", "distance_after", of_ratio & ~succeeded),
        ):
            values = results[array][chosen]
            groups = [column[np.isfinite(column)] for column in values.T]
            if not chosen.any() or not groups[0].size:
                continue
            medians = "/".join(f"{np.median(g):.3f}" if g.size else "-" for g in groups)
            p, accuracy = kruskal_wallis(groups).p_value, _accuracy(results, chosen, name)
            lines.append(
                f"  {_ratio(ratio)}  {name:<8} E-E/E-I/I-I {medians}   p {p:.2g}   "
                f"N {int(chosen.sum())}   mean accuracy {100 * accuracy:.1f} %"
            )
    return lines


def rates_of(results) -> np.ndarray:
    """Return the mean hidden rate before training and after each epoch, (M, E + 1), Hz."""
    spikes = results["class_spikes"].sum(axis=-1).mean(axis=-1)
    return spikes / results["n_hidden"] / results["duration"]


def _accuracy(results, chosen, name: str) -> float:
    accuracy = results["test_accuracy"][chosen]
    return float((accuracy[:, 0] if name == "before" else accuracy.max(axis=1)).mean())


def _ratio(excitatory: float) -> str:
    return f"{100 * excitatory:3.0f}:{100 - 100 * excitatory:<2.0f}"


def _percent(values) -> str:
    if len(values) == 1:
        return f"{100 * values[0]:5.2f} %"
    low, high = values.min(), values.max()
    return f"{100 * np.mean(values):5.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def _listed(values) -> str:
    return ", ".join("-" if value is None else str(value) for value in values)


def main(arguments: list[str] | None = None) -> int:
    """Print; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    try:
        for path in parser.parse_args(arguments).runs:
            print("\n".join(report(RunDirectory.open(path))))
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
