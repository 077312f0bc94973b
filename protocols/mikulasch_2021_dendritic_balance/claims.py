"""The paper's claims in numbers, a line a condition, from finished runs' saved results.

python protocols/mikulasch_2021_dendritic_balance/claims.py RUN_DIR [RUN_DIR ...]

Loss is the median over seeds of the last test's, with its least and greatest, which say little of
how well a test of finitely many images measures it: behind them stands the range of the last third
of the tests (two at least), and under a run's lines how much the last two tests of a training
differ, over the root of 2, as a root mean square over all trainings of a scheme. Trainings of one
seed see the same images, so schemes are compared seed by seed. Rates are those of the last epoch's
learning, as parts of their target; fields are counted over all seeds; similarity is the mean cosine
between the fields of two neurons, near 1 if all learned the same, and fields with a cosine above
0.9 count as one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bionet.errors import BionetError
from bionet.plotting.fields import displayed
from bionet.runs.run_directory import RunDirectory
from bionet.statistics.receptive_fields import (
    count_fields,
    distinct_fields,
    field_kinds,
    pairwise_similarity,
)
from bionet.stimuli import bar_fields

SWEPT = ("p", "n_coding", "step", "Du_end")


def report(directory: RunDirectory) -> list[str]:
    """Return the lines for one run."""
    results = directory.load_results()
    bars = bool(np.isfinite(results["p"]).any())
    swept = [name for name in SWEPT if len(np.unique(results[name])) > 1]
    lines = [f"{directory.path}: {int(results['images'][-1])} images"]
    keys = [(*(results[name][k] for name in swept), results["scheme"][k]) for k in _all(results)]
    for key in sorted(set(keys)):
        ks = [k for k in _all(results) if keys[k] == key]
        place = ", ".join(f"{n} = {v:g}" for n, v in zip(swept, key, strict=False))
        lines.append(f"  {place or 'all':<12} {key[-1]:<12} {_numbers(results, ks, bars)}")
    return lines + _test_errors(results) + _compared(results, swept)


def _test_errors(results) -> list[str]:
    """Return how much the last two tests of a training differ, by scheme."""
    before, last = results["loss"][:, -2], results["loss"][:, -1]
    relative = np.sqrt(2) * (last - before) / (last + before)
    errors = [
        f"{scheme} {100 * np.sqrt((relative[results['scheme'] == scheme] ** 2).mean()):.1f} %"
        for scheme in np.unique(results["scheme"])
    ]
    return [f"  error of one test, from the last two: {', '.join(errors)}"]


def _compared(results, swept: list[str]) -> list[str]:
    """Return the other schemes' losses over the analytic one's, seed by seed."""
    found: dict[tuple, dict[str, list[np.ndarray]]] = {}
    last = -_last_tests(results)
    for k in _all(results):
        place = tuple(results[name][k] for name in swept)
        same = [
            j
            for j in _all(results)
            if results["scheme"][j] == "analytic"
            and results["seed"][j] == results["seed"][k]
            and tuple(results[name][j] for name in swept) == place
        ]
        if same and results["scheme"][k] != "analytic":
            ratios = results["loss"][k, last:] / results["loss"][same[0], last:] - 1
            found.setdefault(place, {}).setdefault(str(results["scheme"][k]), []).append(ratios)
    return [
        f"  {', '.join(f'{n} = {v:g}' for n, v in zip(swept, place, strict=True)) or 'all':<12} "
        f"{scheme} against analytic, seed by seed: "
        f"{', '.join(f'{100 * each[-1]:+.1f}' for each in ratios)} %   in the last {-last} tests "
        f"{100 * np.min(ratios):+.1f} to {100 * np.max(ratios):+.1f} %"
        for place, schemes in sorted(found.items())
        for scheme, ratios in sorted(schemes.items())
    ]


def _last_tests(results) -> int:
    return max(2, results["loss"].shape[1] // 3)


def _all(results) -> range:
    return range(len(results["scheme"]))


def _numbers(results, ks: list[int], bars: bool) -> str:
    final = results["loss"][ks, -1]
    late = results["loss"][ks, -_last_tests(results) :]
    ratios = np.concatenate([results[f"rates_{k}"] / results["rho"][k] for k in ks])
    text = (
        f"loss {np.median(final):.5f} ({final.min():.5f} to {final.max():.5f}; last tests "
        f"{late.min():.5f} to {late.max():.5f}), "
        f"rate/rho {ratios.mean():.3f} (single neurons {ratios.min():.2f} to {ratios.max():.2f})"
    )
    shape, channels = tuple(results["shape"].tolist()), int(results["channels"])
    fields = [displayed(results[f"F_{k}"], shape, channels) for k in ks]
    similarity = np.mean([pairwise_similarity(each)[1] for each in fields])
    distinct = sum(distinct_fields(each) for each in fields)
    number = sum(len(each) for each in fields)
    text += f", similarity {similarity:.3f}, {distinct} of {number} fields distinct"
    if bars:
        counts = count_fields(field_kinds(np.concatenate(fields), bar_fields(shape[0])))
        text += ", " + ", ".join(f"{kind} {number}" for kind, number in counts.items())
    return text


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
