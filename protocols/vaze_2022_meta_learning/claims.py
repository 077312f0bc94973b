"""The paper's claims, one line each, from a finished run's saved results.

python protocols/vaze_2022_meta_learning/claims.py RUN_DIR [RUN_DIR ...]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bionet.mean_field import PolynomialRule, RateMoments, excitatory_fixed_point
from bionet.runs.meta_learning import COEFFICIENTS, MetaLearning
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import mean_isi_cv

BLOCK = 10.0  # s; the rate is also judged in blocks, so that a drift does not average out


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run."""
    configuration = directory.load_configuration(MetaLearning)
    results = directory.load_results()
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
    for row, weight in enumerate(results["initial_weights"]):
        lines.append(f"  from w = {weight:g}: " + _simulation(results, row, target, rule))
    return lines


def _simulation(
    results: dict[str, np.ndarray], row: int, target: float, rule: PolynomialRule
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
    moments = RateMoments(*results["moments"][row].tolist())
    corrected = excitatory_fixed_point(rule, moments).rate
    cv = mean_isi_cv(results["isi_cvs"][row])
    at_bounds = float(results["weights_at_bounds"][row])
    text = (
        f"rate {rate:.2f} Hz ({_claim(abs(rate - target) < 1, 'within 1 Hz')}), "
        f"ISI CV {cv:.2f} ({_claim(cv > 0.7, '> 0.7')}), "
        f"std of the population rate {deviation:.2f} Hz "
        f"({_claim(deviation < rate / 2, 'below half the mean')}), "
        f"{at_bounds:.1%} of the weights at a bound ({_claim(at_bounds < 0.1, '< 10 %')})"
    )
    if blocks:
        text += f", {BLOCK:g} s blocks between {min(blocks):.2f} and {max(blocks):.2f} Hz"
    return f"{text}, corrected mean field {corrected:.2f} Hz"


def _claim(holds: bool, claim: str) -> str:
    return f"{claim}: {'yes' if holds else 'NO'}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN_DIR")
    for path in parser.parse_args().runs:
        print("\n".join(report(RunDirectory.open(path))))


if __name__ == "__main__":
    main()
