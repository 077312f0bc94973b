"""The paper's claims in numbers, from finished runs' saved results.

python protocols/kilgore_2024_ei_ratio/claims.py RUN_DIR [RUN_DIR ...]

Rates are hidden spikes a sample, neuron and its 0.1 s; before training they are the paper's axis
(for spoken digits the paper divides by 0.2 s). Accuracies are of all test images: the peak over
epochs where initial weights are swept, the mean of the last ten epochs where noise is. A network
succeeds with a peak above 50 %; with spoken digits, with a mean of the last 25 epochs above 30 %.
Dead classes are those of which the network at its peak tells less than 2 %. The excitatory part is
of all hidden spikes over the test images.

Van Rossum distances are medians over networks, with three tests of the kinds of pairs: Kruskal and
Wallis' for separate groups (the paper's), Friedman's (exact) and Wilcoxon's signed rank of I-I
against E-E for distances of the same networks. "-" stands where a test cannot judge: three single
distances would give Kruskal and Wallis' p = exp(-1) whatever they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.plotting.training_sweep import TrainingSweep
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import friedman, kruskal_wallis, signed_rank

LAST_EPOCHS = 10
GOAL = 0.8
DEAD = 0.02
#: Classes told well, and spikes a sample above which they are many.
WELL, MANY = 0.5, 300


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run."""
    results = directory.load_results()
    epochs = results["train_loss"].shape[1]
    lines = [f"{directory.path}: {len(results['ratio'])} networks, {epochs} epochs"]
    if len(np.unique(results["sigma_noise"])) > 1:
        return lines + _noise(results)
    return (
        lines
        + _initial_rates(results)
        + _excitatory_part(results)
        + _class_activity(results)
        + _distances(results)
    )


def _initial_rates(results) -> list[str]:
    rates = rates_of(results)
    lines = []
    for ratio in np.unique(results["ratio"]):
        for sigma in np.unique(results["sigma_init"]):
            ks = np.flatnonzero((results["ratio"] == ratio) & (results["sigma_init"] == sigma))
            accuracy = results["test_accuracy"][ks]
            first = [int(np.argmax(a >= GOAL)) if (a >= GOAL).any() else None for a in accuracy]
            peaks = results["class_accuracy"][ks, accuracy.argmax(axis=1)]
            lines.append(
                f"  {_ratio(ratio)}  sigma_init {sigma:<7g} rate {rates[ks, 0].mean():7.2f} -> "
                f"{rates[ks, -1].mean():6.2f} Hz   peak {_percent(accuracy.max(axis=1))}   last "
                f"{_percent(accuracy[:, -1])}   first epoch at 80 %: {_listed(first)}   dead "
                f"classes {_dead(results['class_names'], peaks)}"
            )
    return lines


def _excitatory_part(results) -> list[str]:
    """Return how the excitatory part of all hidden spikes and both kinds' numbers change."""
    spikes = results["class_spikes"].mean(axis=2)  # (M, epochs + 1, 2), a sample
    lines = []
    for k, (ratio, sigma) in enumerate(zip(results["ratio"], results["sigma_init"], strict=True)):
        if ratio == 1:
            continue
        part = [f"{100 * e / (e + i):.1f}" if e + i > 0 else "-" for e, i in spikes[k, [0, 1, -1]]]
        (e_before, i_before), (e_after, i_after) = spikes[k, [0, -1]]
        lines.append(
            f"  {_ratio(ratio)}  sigma_init {sigma:<7g} excitatory part of the spikes, before -> "
            f"after one epoch -> after all {' -> '.join(part)} %   spikes a sample: E "
            f"{e_before:.1f} -> {e_after:.1f}, I {i_before:.1f} -> {i_after:.1f}"
        )
    return lines


def _class_activity(results) -> list[str]:
    """Return which classes have the fewest and most spikes, and which with many are told well."""
    names, spikes = results["class_names"], results["class_spikes"].sum(axis=-1)
    accuracy = results["class_accuracy"][:, -1]
    lines = []
    for k, (ratio, sigma) in enumerate(zip(results["ratio"], results["sigma_init"], strict=True)):
        order = np.argsort(spikes[k, -1])
        ends = [
            f"{names[c]} {spikes[k, 0, c]:.0f} -> {spikes[k, -1, c]:.0f}" for c in order[[0, -1]]
        ]
        well = (spikes[k, -1] > MANY) & (accuracy[k] > WELL)
        told = [f"{names[c]} {spikes[k, -1, c]:.0f}, {100 * accuracy[k, c]:.0f} %" for c in order
                if well[c]]  # fmt: skip
        lines.append(
            f"  {_ratio(ratio)}  sigma_init {sigma:<7g} spikes a sample, fewest and most: "
            f"{', '.join(ends)}" + (f"   told with many: {'; '.join(told)}" if told else "")
        )
    many = spikes[:, -1] > MANY
    lines.append(
        f"  classes of more than {MANY} spikes a sample after training: {many.sum()}, told to more "
        f"than {100 * WELL:.0f} %: {(many & (accuracy > WELL)).sum()}; of fewer: {(~many).sum()}, "
        f"{(~many & (accuracy > WELL)).sum()}"
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
    inhibited = np.isfinite(results["distance_before"]).all(axis=1)
    groups_of = [(_ratio(r), results["ratio"] == r) for r in np.unique(results["ratio"])]
    if len(np.unique(results["ratio"][inhibited])) > 1:
        groups_of.append(("all", inhibited))
    for label, of_ratio in groups_of:
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
            accuracy, paired = _accuracy(results, chosen, name), values[inhibited[chosen]]
            lines.append(
                f"  {label:<6}  {name:<8} E-E/E-I/I-I {medians}   p: Kruskal-Wallis "
                f"{_p(kruskal_wallis(groups))}, Friedman {_p(friedman(paired))}, I-I against E-E "
                f"{_p(signed_rank(paired[:, 2], paired[:, 0]))} (greater in "
                f"{int((paired[:, 2] > paired[:, 0]).sum())} of {len(paired)})   E-E "
                f"{groups[0].min():.2f} to {groups[0].max():.2f}   "
                f"N {int(chosen.sum())}   mean accuracy {100 * accuracy:.1f} %"
            )
    return lines


def _p(test) -> str:
    return f"{test.p_value:.2g}" if np.isfinite(test.p_value) else "-"


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


def _dead(names, accuracies) -> str:
    """Return for each network how many classes it never tells, and which."""
    found = [[str(name) for name in names[of_one < DEAD]] for of_one in accuracies]
    return "; ".join(f"{len(one)} ({', '.join(one)})" if one else "0" for one in found)


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
