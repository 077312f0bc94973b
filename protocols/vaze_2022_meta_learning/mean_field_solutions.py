"""Rules that mean field calls good, simulated: which of them are asynchronous and irregular.

Draws rules at random from the plane on which the plain mean field predicts the target rate and
stability (alpha + beta > 0, K < 0, nu* = -(alpha + beta)/K = target), simulates each from every
initial weight in the network of a finished run, and writes

* ``mean_field_solutions.jsonl``: one line a rule and initial weight;
* ``two_rules.npz``: the least asynchronous of them (row 0) beside the run's own best rule (row 1),
  from the largest initial weight, for figure (e).

    python protocols/vaze_2022_meta_learning/mean_field_solutions.py RUN_DIR --out DIR
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.metalearning.plasticity_problem import OUTPUTS, activity_of
from bionet.runs.meta_learning import COEFFICIENTS, MetaLearning, compiled_network
from bionet.runs.plasticity_measurement import BIN_WIDTH, arrays_of
from bionet.runs.run_directory import RunDirectory

TRAINING, SCORED = 15.0, 5.0  # s


def mean_field_rules(configuration: MetaLearning, n: int, seed: int) -> list[dict[str, float]]:
    """Draw rules on the constraint, their coefficients of the size that the search starts with."""
    rule, target = configuration.rule, configuration.target_rate
    random = np.random.default_rng(seed)
    rules = []
    while len(rules) < n:
        alpha, beta, kappa = random.normal(size=3) * (
            rule.alpha_scale,
            rule.beta_scale,
            rule.kappa_scale,
        )
        drift = alpha + beta
        if drift <= 0:
            continue
        gamma = (-drift / target - kappa * rule.tau_post) / rule.tau_pre  # nu* = target
        rules.append({"alpha": alpha, "beta": beta, "kappa": kappa, "gamma": gamma})
    return rules


def simulated(configuration: MetaLearning, network, rules, workers: int) -> list[dict]:
    """Simulate every rule from every initial weight; one record each."""
    compiled = network.lasting(TRAINING + SCORED).returning(OUTPUTS)

    def one(job):
        k, weight = job
        inputs = {f"ee.{name}": value for name, value in rules[k].items()}
        outcome = compiled({**inputs, "ee.w_initial": weight, "exc.warmup_end": TRAINING}, 1)
        activity = activity_of(outcome, TRAINING)
        return {
            "rule": rules[k],
            "number": k,
            "initial_weight": weight,
            "completed": activity.completed,
            "rate": activity.mean_rate,
            "isi_cv": _number_or_none(activity.mean_isi_cv),
            "population_rate_std": _number_or_none(activity.population_rate_std),
        }

    jobs = [(k, w) for k in range(len(rules)) for w in configuration.trials.initial_weights]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, jobs))


def two_rules(configuration: MetaLearning, network, mean_field, best, workers: int) -> dict:
    """Simulate two rules from the largest initial weight and return the arrays of figure (e)."""
    weight = max(configuration.trials.initial_weights)
    inputs = [
        {
            **{f"ee.{name}": rule[name] for name in COEFFICIENTS},
            "ee.w_initial": weight,
            "exc.warmup_end": TRAINING,
        }
        for rule in (mean_field, best)
    ]
    compiled = network.lasting(TRAINING + SCORED)
    with ThreadPoolExecutor(workers) as pool:
        outcomes = list(pool.map(lambda values: compiled(values, 1), inputs))
    arrays = arrays_of(outcomes, TRAINING, configuration.rule.w_max)
    return {
        "rule": np.array([[rule[name] for name in COEFFICIENTS] for rule in (mean_field, best)]),
        "tau_pre": configuration.rule.tau_pre,
        "tau_post": configuration.rule.tau_post,
        "bin_width": BIN_WIDTH,
        "training": TRAINING,
        **{name: np.asarray(array) for name, array in arrays.items() if name != "voltage"},
    }


def asynchronous_irregular(record: dict) -> bool:
    """Return whether the population rate deviates by less than half its mean, and the CV > 0.7."""
    return (
        record["completed"] == 1.0
        and record["isi_cv"] is not None
        and record["isi_cv"] > 0.7
        and record["population_rate_std"] < record["rate"] / 2
    )


def _number_or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a finished run directory")
    parser.add_argument("--out", type=Path, required=True, help="where to write")
    parser.add_argument("--rules", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    try:
        write_solutions(parser.parse_args(arguments))
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def write_solutions(arguments: argparse.Namespace) -> None:
    """Draw, simulate and write."""
    directory = RunDirectory.open(arguments.run)
    configuration = directory.load_configuration(MetaLearning)
    best = dict(zip(COEFFICIENTS, directory.load_results()["rule"], strict=True))
    network = compiled_network(configuration)
    rules = mean_field_rules(configuration, arguments.rules, arguments.seed)
    records = simulated(configuration, network, rules, arguments.workers)
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (arguments.out / "mean_field_solutions.jsonl").write_text(lines)
    good = sum(asynchronous_irregular(record) for record in records)
    print(f"{good} of {len(records)} simulations are asynchronous and irregular")
    heaviest = max(configuration.trials.initial_weights)
    finished = [r for r in records if r["completed"] == 1.0 and r["initial_weight"] == heaviest]
    worst = max(finished, key=lambda r: r["population_rate_std"] / max(r["rate"], 0.1))
    arrays = two_rules(configuration, network, worst["rule"], best, arguments.workers)
    np.savez_compressed(arguments.out / "two_rules.npz", **arrays)


if __name__ == "__main__":
    sys.exit(main())
