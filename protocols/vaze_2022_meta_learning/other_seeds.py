"""The best rules of finished runs, measured under further seeds: which fates are one seed's.

Each simulation lasts as long as the run's own measurement, and its numbers are those of the time
beyond training. A seed draws connectivity and initial potentials. Writes one line a run, method of
integration, seed and initial weight to ``other_seeds.jsonl``; lines that are there already are kept
and not simulated again.

    python protocols/vaze_2022_meta_learning/other_seeds.py RUN_DIR... --seeds 2 3 4 --out DIR

with ``--weights 0.7 --method exponential_euler`` from these weights, integrated so.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.metalearning.plasticity_problem import OUTPUTS, activity_of
from bionet.runs.meta_learning import COEFFICIENTS, MetaLearning, compiled_network
from bionet.runs.plasticity_measurement import BIN_WIDTH
from bionet.runs.run_directory import RunDirectory
from bionet.statistics import (
    SpikeTrains,
    binned_spike_counts,
    fraction_at_bounds,
    golomb_chi,
    mean_pairwise_correlation,
)

WEIGHTS_AND_SPIKES = ("ee.w", "spikes.t", "spikes.i")
LARGEST_STEPS = ("exc.largest_step", "inh.largest_step")  # of forward Euler


def measured(configuration: MetaLearning, network, rule, weight: float, seed: int) -> dict:
    """Simulate a rule once and return its record; correlation and chi of the recorded neurons."""
    training, w_max = configuration.trials.training, configuration.rule.w_max
    inputs = {f"ee.{name}": value for name, value in rule.items()}
    outcome = network({**inputs, "ee.w_initial": weight, "exc.warmup_end": training}, seed)
    activity = activity_of(outcome, training, BIN_WIDTH)
    n_recorded = configuration.measurement.recorded_neurons
    spikes = SpikeTrains(
        outcome["spikes.t"],
        outcome["spikes.i"],
        n_recorded,
        training,
        max(outcome.stopped_at, training),
    )
    counts = binned_spike_counts(spikes, BIN_WIDTH)
    numbers = {
        "completed": activity.completed,
        "rate": activity.mean_rate,
        "isi_cv": activity.mean_isi_cv,
        "population_rate_std": activity.population_rate_std,
        "pairwise_correlation": mean_pairwise_correlation(counts),
        "chi": golomb_chi(counts),
        "weights_at_bounds": fraction_at_bounds(outcome["ee.w"], w_max),
    }
    if LARGEST_STEPS[0] in outcome.values:
        steps = np.concatenate([outcome[name] for name in LARGEST_STEPS])
        numbers |= {"largest_step": steps.max(), "overshooting": np.mean(steps > 1)}
    return {name: None if math.isnan(value) else float(value) for name, value in numbers.items()}


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; 2 after an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN_DIR", help="a finished run")
    parser.add_argument("--seeds", nargs="+", type=int, required=True)
    parser.add_argument(
        "--weights", nargs="+", type=float, help="initial weights; those of the run by default"
    )
    parser.add_argument("--method", default="euler", help="by which neurons are integrated")
    parser.add_argument("--out", type=Path, required=True, help="where to write")
    try:
        write_other_seeds(parser.parse_args(arguments))
    except BionetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def write_other_seeds(arguments: argparse.Namespace) -> None:
    """Simulate what the file lacks, and add it."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    log = arguments.out / "other_seeds.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    keys = ("target_rate", "method", "seed", "initial_weight")
    done = {tuple(json.loads(line)[key] for key in keys) for line in lines}
    for path in arguments.runs:
        directory = RunDirectory.open(path)
        configuration = directory.load_configuration(MetaLearning)
        rule = dict(zip(COEFFICIENTS, directory.load_results()["rule"].tolist(), strict=True))
        duration = configuration.trials.training + configuration.measurement.duration
        network = compiled_network(configuration, method=arguments.method).lasting(duration)
        watched = LARGEST_STEPS if arguments.method == "euler" else ()
        network = network.returning([*OUTPUTS, *WEIGHTS_AND_SPIKES, *watched])
        given = {"target_rate": configuration.target_rate, "method": arguments.method}
        for seed in arguments.seeds:
            for weight in arguments.weights or configuration.trials.initial_weights:
                job = given | {"seed": seed, "initial_weight": weight}
                if tuple(job.values()) in done:
                    continue
                record = job | measured(configuration, network, rule, weight, seed)
                with log.open("a") as file:
                    file.write(json.dumps(record) + "\n")
                print(json.dumps(record), flush=True)


if __name__ == "__main__":
    sys.exit(main())
