"""The paper's claims in numbers, a line a condition, from finished runs' saved results.

python protocols/mikulasch_2021_dendritic_balance/claims.py RUN_DIR [RUN_DIR ...]

Loss is the median over seeds of the last test's, with its least and greatest; rates are those of
the last epoch's learning, as parts of their target; fields are counted over all seeds; similarity
is the mean cosine between the fields of two neurons, near 1 if all learned the same, and fields
with a cosine above 0.9 count as one.
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
    return lines


def _all(results) -> range:
    return range(len(results["scheme"]))


def _numbers(results, ks: list[int], bars: bool) -> str:
    final = results["loss"][ks, -1]
    ratios = np.concatenate([results[f"rates_{k}"] / results["rho"][k] for k in ks])
    text = (
        f"loss {np.median(final):.5f} ({final.min():.5f} to {final.max():.5f}), "
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
