"""The claims on two layers in numbers, from finished runs' saved results.

python protocols/braun_2020_teacher_student/claims_layers.py RUN_DIR [RUN_DIR ...]

Errors are distances of hidden weights from the teacher's, hidden neurons in the best order, over
their value before learning; a student has recovered its teacher below the run's ``success``.
Medians over seeds with 95 % bootstrap intervals; shares with Wilson's. Every learning rate is
listed; the best of each rule is marked by *. Rules are compared seed by seed (Wilcoxon's signed
rank test) at their best learning rates, which were chosen by the same errors; shares with those of
the first rule at the same learning rate, by Fisher's exact test and, as teachers are the same, by
McNemar's. A hidden neuron of more than 30 Hz has run away. The largest input weight is in units of
one that brings a lone spike to threshold. Output weights count
as recovered within a relative distance of 0.1. Specialisation is the part of the difference between
the teacher's two hidden neurons that the student's have: 0 where both learned the same, 1 at the
teacher.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from bionet.errors import BionetError
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import fisher_exact, friedman, median_interval, signed_rank

#: Tolerance of Braun & Vogels 2021 on the weights of an LIF neuron, and in how many last records.
TOLERANCE, RECORDS = 0.1, 5
#: Rate of a hidden neuron that has run away, Hz; teachers' have at most half of it.
RUN_AWAY = 30


def layers_report(directory: RunDirectory) -> list[str]:
    """Return the lines for a run of two-layer students."""
    results = directory.load_results()
    seeds, success = results["error"].shape[1], float(results["success"])
    teacher = results["teacher_rates"]
    lines = [
        f"{directory.path}: {seeds} teachers, {results['updates'][-1]} updates; teachers' hidden "
        f"neurons {teacher[:, :-1].min():.1f} to {teacher[:, :-1].max():.1f} Hz, outputs "
        f"{teacher[:, -1].min():.1f} to {teacher[:, -1].max():.1f} Hz",
        f"  before learning: coincidence {_interval(results['untrained_coincidence'])}, van Rossum "
        f"{_interval(results['untrained_van_rossum'])}",
    ]
    for rule, name in enumerate(map(str, results["rules"])):
        for place, rate in enumerate(results["learning_rates"]):
            best = "*" if place == results["best"][rule] else " "
            error = results["error"][rule, :, place, -1]
            count = int((error < success).sum())
            low, high = binomtest(count, seeds).proportion_ci(method="wilson")
            summed = (results["sum_error"][rule, :, place, -RECORDS:] < TOLERANCE).all(axis=-1)
            lines.append(
                f" {best}{name:<16} rate {rate:<5g} error {_interval(error)}, smallest "
                f"{error.min():.2f}   recovered {count}/{seeds} ({100 * low:.0f} to "
                f"{100 * high:.0f} %), summed error below {TOLERANCE} {summed.sum()}/{seeds}   "
                f"coincidence {_interval(results['coincidence'][rule, :, place])}   van Rossum "
                f"{_interval(results['van_rossum'][rule, :, place])}   specialisation "
                f"{_interval(specialisation(results)[rule, :, place])}   output weights' distance "
                f"{np.median(results['output_distance'][rule, :, place, 0]):.2f} -> "
                f"{_interval(results['output_distance'][rule, :, place, -1])}, recovered too in "
                f"{_both(results, rule, place)}   hidden neurons above {RUN_AWAY} Hz in "
                f"{_run_away(results, rule, place)}, largest input weight "
                f"{_largest(results)[rule, :, place].max():.2f}"
            )
    return lines + _shares(results) + _compared(results)


def _run_away(results, rule: int, place: int) -> int:
    return int((results["rates"][rule, :, place, :-1] > RUN_AWAY).any(axis=-1).sum())


def _largest(results) -> np.ndarray:
    """Return the largest input weight of each student, (R, S, L)."""
    return np.abs(results["student_w"]).max(axis=(-2, -1)) / results["hidden_kappa"][None, :, None]


def _shares(results) -> list[str]:
    """Return how many recovered against the first rule, at each learning rate."""
    recovered, names = results["error"][..., -1] < float(results["success"]), results["rules"]
    lines = []
    for rule, name in enumerate(names[1:], 1):
        for place, rate in enumerate(results["learning_rates"]):
            a, b = recovered[rule, :, place], recovered[0, :, place]
            lines.append(
                f"  {name} against {names[0]}, rate {rate:g}: recovered {a.sum()} and {b.sum()}, "
                f"Fisher p {fisher_exact(a, b).p_value:.2g}, McNemar p "
                f"{friedman(np.stack([a, b], axis=1)).p_value:.2g}"
            )
    return lines


def _both(results, rule: int, place: int) -> int:
    """Return how many students recovered hidden weights and have output weights near, too."""
    hidden = results["error"][rule, :, place, -1] < float(results["success"])
    return int((hidden & (results["output_distance"][rule, :, place, -1] < TOLERANCE)).sum())


def specialisation(results) -> np.ndarray:
    """Return how far the first two hidden neurons differ as the teacher's do, (R, S, L)."""
    student = results["student_w"][..., 0] - results["student_w"][..., 1]
    teacher = (results["teacher_w"][..., 0] - results["teacher_w"][..., 1])[None, :, None]
    return (student * teacher).sum(axis=-1) / (teacher**2).sum(axis=-1)


def _compared(results) -> list[str]:
    """Return each rule against the one before it, seed by seed."""
    at_best = {
        str(name): results["error"][rule, :, results["best"][rule], -1]
        for rule, name in enumerate(results["rules"])
    }
    return [
        f"  {after} against {before}: median difference of errors "
        f"{np.median(at_best[after] - at_best[before]):+.3f}, smaller in "
        f"{int((at_best[after] < at_best[before]).sum())} of {at_best[after].size}, p "
        f"{signed_rank(at_best[after], at_best[before]).p_value:.2g}"
        for before, after in [*pairwise(at_best), (next(iter(at_best)), list(at_best)[-1])]
    ]


def _interval(values) -> str:
    found = median_interval(values)
    return f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})"


def main(arguments: list[str] | None = None) -> int:
    """Print; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR")
    try:
        for path in parser.parse_args(arguments).runs:
            print("\n".join(layers_report(RunDirectory.open(path))))
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
