"""The paper's claims, one line each, from a finished run's saved results.

python protocols/vaze_2022_meta_learning/claims.py RUN_DIR [RUN_DIR ...]

Beside the runs, ``other_seeds.jsonl`` (of other_seeds.py) and ``mean_field_solutions.jsonl`` are
read, if they are there.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
from mean_field_solutions import asynchronous_irregular

from bionet.errors import BionetError
from bionet.mean_field import PolynomialRule, excitatory_fixed_point
from bionet.plotting.measured import MEASURE_AGAIN, require
from bionet.plotting.rate_prediction import measured_moments
from bionet.runs.kinds import read_configuration
from bionet.runs.meta_learning import COEFFICIENTS, MetaLearning
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import (
    SpikeTrains,
    binned_spike_counts,
    golomb_chi,
    mean_isi_cv,
    mean_pairwise_correlation,
)

#: What `report` reads of the results; of ``largest_step`` it says nothing where that is missing.
NEEDED = ("rule", "initial_weights", "rates", "isi_cvs", "completed", "population_rate")
NEEDED += ("bin_width", "training", "weights_at_bounds", "synapse_moments")
NEEDED += ("spikes_t", "spikes_i", "spikes_run")

BLOCK = 10.0  # s; the rate is also judged in blocks, so that a drift does not average out


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run.

    Raises
    ------
    BionetError
        If it is no finished run of this protocol, or lacks an array.
    """
    kind, configuration = read_configuration(directory.config_path)
    if not isinstance(configuration, MetaLearning):
        raise BionetError(f"{directory.path}: a run of kind {kind.name}, not of meta_learning")
    results, source = directory.load_results(), str(directory.results_path)
    require(results, NEEDED, source, MEASURE_AGAIN)
    values = dict(zip(COEFFICIENTS, results["rule"].tolist(), strict=True))
    rule = PolynomialRule(
        **values, tau_pre=configuration.rule.tau_pre, tau_post=configuration.rule.tau_post
    )
    drift, k_factor = rule.alpha + rule.beta, rule.k_factor
    fixed_point = excitatory_fixed_point(rule)
    target = configuration.target_rate
    lines = [
        f"{directory.path}: target {target:g} Hz",
        "  rule: " + ", ".join(f"{name} = {value:+.5f}" for name, value in values.items()),
        f"  alpha + beta = {drift:+.5f} ({_claim(drift > 0, '> 0')}), "
        f"K = {k_factor:+.3e} s ({_claim(k_factor < 0, '< 0')}), "
        f"mean field predicts {fixed_point.rate:.2f} Hz",
    ]
    n_recorded = configuration.measurement.recorded_neurons
    for row, weight in enumerate(results["initial_weights"]):
        lines.append(
            f"  from w = {weight:g}: "
            + _simulation(results, row, target, rule, source)
            + _synchrony(results, row, n_recorded)
            + _steps(results, row)
        )
    return lines


def report_other_seeds(path: Path) -> list[str]:
    """Return the lines for a file of other_seeds.py."""
    lines = [f"{path}: the best rules under several seeds, population rate in 10 ms bins"]
    for line in path.read_text().splitlines():
        record = json.loads(line)
        relative = record["population_rate_std"] / record["rate"]
        lines.append(
            f"  {record['target_rate']:g} Hz from w = {record['initial_weight']:g}, "
            f"{record['method']}, seed {record['seed']}: rate {record['rate']:.2f} Hz, "
            f"ISI CV {record['isi_cv']:.2f}, std/mean {relative:.2f}, "
            f"pairwise correlation {record['pairwise_correlation']:.4f}, chi {record['chi']:.2f}, "
            f"{record['weights_at_bounds']:.1%} of the weights at a bound"
            + (
                f", longest step {record['largest_step']:.2f} of the way, beyond 1 in "
                f"{record['overshooting']:.0%} of the neurons"
                if "largest_step" in record
                else ""
            )
        )
    return lines


def report_mean_field_solutions(path: Path, target: float = 10.0) -> list[str]:
    """Return the lines for a file of mean_field_solutions.py."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    good = [record for record in records if asynchronous_irregular(record)]
    near = [record for record in good if abs(record["rate"] - target) < 1]
    failed = sorted({record["initial_weight"] for record in records if record not in good})
    return [
        f"{path}: {len(good)} of {len(records)} runs asynchronous and irregular, {len(near)} of "
        f"these within 1 Hz of {target:g} Hz; those that are not start from w = "
        + ", ".join(f"{weight:g}" for weight in failed)
    ]


def _simulation(
    results: dict[str, np.ndarray], row: int, target: float, rule: PolynomialRule, source: str
) -> str:
    bin_width = float(results["bin_width"])
    binned = results["population_rate"][row].astype(float)
    binned = binned[np.isfinite(binned)][round(float(results["training"]) / bin_width) :]
    if results["completed"][row] < 1:
        return f"stopped after {results['completed'][row]:.0%} of the time"
    rate, deviation = float(results["rates"][row].mean()), float(binned.std())
    per_block = round(BLOCK / bin_width)
    blocks = [
        binned[start : start + per_block].mean()
        for start in range(0, binned.size - per_block + 1, per_block)
    ]
    moments = measured_moments(results, row, rule, source)
    corrected = math.nan if moments is None else excitatory_fixed_point(rule, moments).rate
    independent = 1 / math.sqrt(len(results["rates"][row]) * rate * bin_width)
    cv = mean_isi_cv(results["isi_cvs"][row])
    at_bounds = float(results["weights_at_bounds"][row])
    text = (
        f"rate {rate:.2f} Hz ({_claim(abs(rate - target) < 1, 'within 1 Hz')}), "
        f"ISI CV {cv:.2f} ({_claim(cv > 0.7, '> 0.7')}), "
        f"std of the population rate {deviation:.2f} Hz "
        f"({_claim(deviation < rate / 2, 'below half the mean')}; {deviation / rate:.2f} of it, "
        f"independent neurons would have {independent:.3f}), "
        f"{at_bounds:.1%} of the weights at a bound ({_claim(at_bounds < 0.1, '< 10 %')})"
    )
    if blocks:
        text += f", {BLOCK:g} s blocks between {min(blocks):.2f} and {max(blocks):.2f} Hz"
    return f"{text}, corrected mean field {corrected:.2f} Hz"


def _synchrony(results: dict[str, np.ndarray], row: int, n_recorded: int) -> str:
    """Correlation and chi of the recorded neurons in the last second, in bins as above."""
    bin_width = float(results["bin_width"])
    if results["completed"][row] < 1:
        return ""
    own = results["spikes_run"] == row
    # the population rate lacks the last bin, at whose end it would have been recorded
    stop = bin_width * (np.isfinite(results["population_rate"][row]).sum() + 1)
    spikes = SpikeTrains(
        results["spikes_t"][own].astype(float),
        results["spikes_i"][own],
        n_recorded,
        stop - 1.0,
        stop,
    )
    counts = binned_spike_counts(spikes, bin_width)
    return (
        f", pairwise correlation {mean_pairwise_correlation(counts):.4f} and chi "
        f"{golomb_chi(counts):.2f} of {n_recorded} neurons in the last second (independent: 0, "
        f"{1 / math.sqrt(n_recorded):.2f})"
    )


def _steps(results: dict[str, np.ndarray], row: int) -> str:
    """Whether forward Euler's steps were short enough; results of before it was watched lack it."""
    if "largest_step" not in results:
        return ""
    largest = float(results["largest_step"][row])
    return f", longest step {largest:.2f} of the way ({_claim(largest < 1, 'below 1')})"


def _claim(holds: bool, claim: str) -> str:
    return f"{claim}: {'yes' if holds else 'NO'}"


def main(arguments: list[str] | None = None) -> int:
    """Print; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN_DIR")
    runs = parser.parse_args(arguments).runs
    try:
        for path in runs:
            print("\n".join(report(RunDirectory.open(path))))
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for folder in dict.fromkeys(path.parent for path in runs):
        for name, lines in (
            ("other_seeds.jsonl", report_other_seeds),
            ("mean_field_solutions.jsonl", report_mean_field_solutions),
        ):
            if (folder / name).is_file():
                print("\n".join(lines(folder / name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
