"""What every benchmark prints: a table of medians and ranges, and one JSON line of the same."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["argument_parser", "digits", "publish", "ratios", "row", "spread"]

COMPARISONS = {">=": lambda value, goal: value >= goal, "<=": lambda value, goal: value <= goal}


def argument_parser(description: str, repeats: int) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=repeats, help="interleaved repeats")
    parser.add_argument("--out", type=Path, help="append the JSON line to this file")
    return parser


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and greatest of some repeats."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratios(slow: Sequence[float], fast: Sequence[float]) -> dict[str, float]:
    """Return the spread of how many times faster, each repeat against the one beside it in time."""
    return spread([s / f for s, f in zip(slow, fast, strict=True)])


def row(
    what: str,
    measured: Mapping[str, float],
    unit: str,
    goal: tuple[str, float] | None = None,
) -> dict:
    """Return one row of the table, printed.

    Parameters
    ----------
    what : str
        What was measured, and against which peer.
    measured : mapping
        As `spread` returns it.
    unit : str
    goal : tuple of str and float, optional
        What the median should be, such as ``(">=", 2.0)``.
    """
    result = {"what": what, **measured, "unit": unit}
    if goal:
        comparison, value = goal
        result["goal"] = f"{comparison} {value:g}"
        result["goal_met"] = COMPARISONS[comparison](measured["median"], value)
    print(_line(result), flush=True)
    return result


def digits(value: float) -> str:
    """Return a number with three digits, or all those before the point."""
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:.0f}"


def _line(result: Mapping) -> str:
    verdict = {True: "met", False: "MISSED", None: ""}[result.get("goal_met")]
    value = f"{digits(result['median'])} {result['unit']}"
    span = f"({digits(result['min'])} to {digits(result['max'])})"
    goal = result.get("goal", "")
    return f"  {result['what']:<58} {value:>10} {span:<18} {goal} {verdict}".rstrip()


def publish(
    name: str,
    options: argparse.Namespace,
    load: float,
    rows: list[dict],
    software: Mapping[str, str] | None = None,
) -> None:
    """Print a benchmark's JSON line and append it to ``--out``.

    Parameters
    ----------
    name : str
        The benchmark.
    options : argparse.Namespace
        Options that it ran with; paths among them are left out.
    load : float
        Load average of the machine before it began: what else was running.
    rows : list of dict
        As `row` returns them.
    software : mapping of str to str, optional
        Versions of what was measured, where that is not Brian2.
    """
    from bionet.runs.provenance import processor_name, source_commit, versions
    from bionet.runs.toolchain import find_cpp_compiler

    record = {
        "benchmark": name,
        "options": {k: v for k, v in vars(options).items() if not isinstance(v, Path | None)},
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "load_before": load,
        "compiler": find_cpp_compiler().version,
        "versions": versions(),
        **({"software": dict(software)} if software else {}),
        "commit": source_commit(),
        "rows": rows,
    }
    line = json.dumps(record)
    print(line)
    if options.out:
        with open(options.out, "a") as file:
            file.write(line + "\n")
