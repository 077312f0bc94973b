"""The claims in numbers, from finished runs' saved results.

python protocols/braun_2020_teacher_student/claims.py RUN_DIR [RUN_DIR ...]

A student has recovered its teacher if every error |sum(theta - theta*)|/max(norm(theta*), 0.075)
stays below its tolerance in the last records (Braun & Vogels 2021); intervals are Wilson's, 95 %.
Distances are norm(w - w*)/norm(w*) at the end, coincidences are of a student's and its teacher's
spikes within one step of 1 ms, without learning. Shares of two rules are compared by Fisher's exact
test and, as their students have the same teachers, by McNemar's; distances by Wilcoxon's signed
rank, teacher by teacher.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from bionet.errors import BionetError
from bionet.runs.kinds import read_configuration
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import fisher_exact, friedman, signed_rank
from bionet.statistics.recovery import coincidence

#: A student this close to its teacher's weights is it in all but name.
CLOSE = 0.1
#: So many students that did not recover are listed one by one.
LISTED = 6


def neuron_report(directory: RunDirectory) -> list[str]:
    """Return the lines for a run of single neurons."""
    results = directory.load_results()
    hours = results["time"][-1] / 3600
    students = results["recovered"].shape[1]
    lines = [f"{directory.path}: {students} teachers, {hours:g} h, learned {_listed(results)}"]
    common = coincidence(*(results[f"evaluation_{n}"] for n in ("both", "student", "teacher")))
    distance = results["weight_distance"][-1]
    faster = results["evaluation_student"] / np.maximum(results["evaluation_teacher"], 1)
    for rule, name in enumerate(results["rules"]):
        low, middle, high = 100 * np.quantile(distance[rule], (0.25, 0.5, 0.75))
        lines.append(
            f"  {name:<16} recovered {share(results['recovered'][rule])}   weights "
            f"{share(results['weights_recovered'][rule])}   distance {middle:.1f} % "
            f"({low:.1f} to {high:.1f}), below {100 * CLOSE:.0f} % "
            f"{share(distance[rule] < CLOSE)}   coincidence {common[rule].mean():.3f} +- "
            f"{common[rule].std(ddof=1):.3f}, median {np.median(common[rule]):.3f}   rate over the "
            f"teacher's {np.median(faster[rule]):.2f}"
        )
        lines += _of_recovered(results, common, rule)
        lines += [_errors(results, rule)] if len(results["learned"]) > 1 else []
    return lines + _rules_compared(results)


def _rules_compared(results) -> list[str]:
    """Return every rule against Braun & Vogels', and the surrogates against the vanilla one."""
    rules = list(map(str, results["rules"]))
    pairs = [("braun_vogels", name) for name in rules if name != "braun_vogels"]
    pairs += [("vanilla", name) for name in rules if name.startswith("surrogate")]
    lines = []
    for first, second in pairs:
        a, b = rules.index(first), rules.index(second)
        left, right = (results["weight_distance"][-1, rule] for rule in (a, b))
        lines.append(
            f"  {first} against {second}: recovered "
            f"{compared_shares(results['recovered'][a], results['recovered'][b])}   distance "
            f"smaller in {int((left < right).sum())} of {left.size}, p "
            f"{signed_rank(left, right).p_value:.2g}"
        )
    return lines


def compared_shares(a, b) -> str:
    """Return two shares of the same teachers, such as ``3/20 and 0/20``, with both p values."""
    fisher, mcnemar = fisher_exact(a, b), friedman(np.stack([a, b], axis=1))
    return (
        f"{np.sum(a)}/{len(a)} and {np.sum(b)}/{len(b)}, Fisher p {fisher.p_value:.2g}, McNemar p "
        f"{mcnemar.p_value:.2g}"
    )


def _of_recovered(results, common, rule: int) -> list[str]:
    chosen, rate = results["recovered"][rule], results["teacher_rate"]
    if chosen.sum() < 2:
        return []
    line = (
        f"  {'':<16} recovered: coincidence {common[rule][chosen].mean():.3f} +- "
        f"{common[rule][chosen].std(ddof=1):.3f}, teachers from {rate[chosen].min():.1f} Hz on"
    )
    if 0 < (~chosen).sum() <= LISTED:
        left = ", ".join(
            f"{rate[k]:.1f} Hz {100 * results['weight_distance'][-1, rule, k]:.0f} %"
            for k in np.argsort(rate)
            if not chosen[k]
        )
        line += f"; not recovered (distance left): {left}"
    return [line]


def share(succeeded) -> str:
    """Return how many succeeded, such as ``18/20 (70 to 97 %)``."""
    count, number = int(np.sum(succeeded)), len(succeeded)
    interval = binomtest(count, number).proportion_ci(method="wilson")
    return f"{count}/{number} ({100 * interval.low:.0f} to {100 * interval.high:.0f} %)"


def _errors(results, rule: int) -> str:
    errors = [
        f"{name} {100 * np.median(results[f'error.{name}'][0, rule]):.0f} -> "
        f"{100 * np.median(results[f'error.{name}'][-1, rule]):.1f} %"
        for name in results["learned"]
        if name != "w"
    ]
    return f"  {'':<16} median errors, begin -> end: {', '.join(errors)}"


def _listed(results) -> str:
    return ", ".join(str(name) for name in results["learned"])


#: What reports on the runs of a kind.
REPORTS: dict[str, Callable[[RunDirectory], list[str]]] = {"student_neuron": neuron_report}


def report(path: Path) -> list[str]:
    """Return the lines for one run.

    Raises
    ------
    BionetError
        If it is no finished run of this protocol.
    """
    directory = RunDirectory.open(path)
    kind, _ = read_configuration(directory.config_path)
    if kind.name not in REPORTS:
        hint = " (two layers: claims_layers.py)" if kind.name == "student_network" else ""
        raise BionetError(f"{path}: a run of kind {kind.name}, not of {', '.join(REPORTS)}{hint}")
    return REPORTS[kind.name](directory)


def main(arguments: list[str] | None = None) -> int:
    """Print; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    try:
        for path in parser.parse_args(arguments).runs:
            print("\n".join(report(path)))
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
