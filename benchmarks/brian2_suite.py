"""Brian2's own test suite on bionet's C++ device: all of its tests for standalone devices.

The tests come with Brian2. Those that fail are tried on Brian2's own device, too.

    python benchmarks/brian2_suite.py                                # ten minutes, and a compiler
    python benchmarks/brian2_suite.py --only "refractory or delay"   # as pytest's -k
    python benchmarks/brian2_suite.py --part "several runs" --processes 2
    python benchmarks/brian2_suite.py --without rows,fusion --strict
    python benchmarks/brian2_suite.py --table benchmarks/brian2_suite.md
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

#: Marks that select the tests of each part; Brian2's own command chooses the same.
PARTS = {
    "one run": "standalone_compatible and not long and not multiple_runs and not gsl",
    "several runs": "standalone_compatible and not long and multiple_runs and not gsl",
    "standalone": "cpp_standalone and not openmp and not gsl",
    "long": "standalone_compatible and long and not gsl",
}
#: As in Brian2's own command, the long ones on demand only.
USUAL = ("one run", "several runs", "standalone")
PER_PART = {"several runs": ["--several-runs"]}
#: Tests that may fail or skip themselves, by the end of their name, and why.
ACCEPTED = {
    "test_both_equal": "two networks equal to rounding (1e-15): both are in one file, where g++'s "
    "-ffast-math sums in another order in one of two identical functions; passes with --strict",
    "test_delete_code_data": "looks for a file for each object, which bionet's device has not",
    "test_random_values_fixed_seed_numbers": "skipped on Brian2's own device, too",
}
NO_TESTS = 5  # pytest's exit status


def run_part(part: str, options: argparse.Namespace, device: str, only: str) -> list[dict]:
    """Return a record of each test of a part."""
    folder = Path(find_spec("brian2").submodule_search_locations[0])
    with tempfile.TemporaryDirectory() as work:
        records = Path(work, "records.jsonl")
        order = [sys.executable, "-m", "pytest", str(folder), "-p", "suite_on_device"]
        order += ["-p", "no:cacheprovider", "-c", str(folder / "tests" / "pytest.ini")]
        order += ["--confcutdir", str(folder), "-q", "-m", PARTS[part], *PER_PART.get(part, ())]
        order += ["--on-device", device, "--records", str(records), "--without", options.without]
        order += ["--strict-bits"] * options.strict
        order += ["-k", only] if only else []
        order += ["-n", str(options.processes)] if options.processes > 1 else []
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        # output of the tests goes to a file: it is thousands of lines
        place = Path(work, "place")
        place.mkdir()
        with open(Path(work, "printed"), "w+") as output:
            result = subprocess.run(
                order, env=environment, cwd=place, stdout=output, stderr=subprocess.STDOUT
            )
            output.seek(0)
            if result.returncode not in (0, 1, NO_TESTS):
                raise SystemExit(f"pytest failed ({shlex.join(order)}):\n{output.read()[-4000:]}")
        lines = records.read_text().splitlines() if records.exists() else []
    return [{"part": part, **json.loads(line)} for line in lines]


def joined_phases(records: Sequence[Mapping]) -> list[dict]:
    """Return one record for each test: the failed one, where its set-up or its end failed."""
    tests: dict[tuple, dict] = {}
    for record in records:
        key = record["part"], record["test"]
        if key not in tests or record["outcome"] == "failed":
            tests[key] = dict(record)
    return list(tests.values())


def names_of(records: Sequence[Mapping]) -> str:
    """Return pytest's expression for the tests of some records."""
    return " or ".join(sorted({r["test"].split("::")[-1].split("[")[0] for r in records}))


def accepted(record: Mapping) -> str:
    """Return why a test may fail; empty if it may not."""
    return next((why for name, why in ACCEPTED.items() if record["test"].endswith(name)), "")


def table(records: Sequence[Mapping], command: str, seconds: float) -> str:
    """Return the counts and what failed as a Markdown page."""
    compiler = shlex.split(os.environ.get("CXX", "")) or ["g++"]
    asked = subprocess.run([*compiler, "--version"], capture_output=True, text=True)
    software = [f"Brian2 {version('brian2')}", f"Python {platform.python_version()}"]
    software.append(asked.stdout.splitlines()[0])
    lines = [
        "# Brian2's own suite on bionet's C++ device",
        "",
        f"Written by `{command}` ({time.strftime('%Y-%m-%d')}; {', '.join(software)}; "
        f"{seconds / 60:.0f} minutes). Parts as `brian2.test` has them.",
        "",
        "| part | tests | passed | skipped | failed |",
        "|---|---|---|---|---|",
    ]
    for part in PARTS:
        found = Counter(r["outcome"] for r in records if r["part"] == part)
        if found:
            counts = (found.total(), *(found[o] for o in ("passed", "skipped", "failed")))
            lines.append(f"| {part} | {' | '.join(map(str, counts))} |")
    for outcome, title in (("failed", "Failed"), ("skipped", "Skipped by the suite itself")):
        rows = [_row(r) for r in records if r["outcome"] == outcome]
        if rows:
            lines += ["", f"## {title}", "", "| test | message | why |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def _row(record: Mapping) -> str:
    name = record["test"].split("brian2/")[-1]
    message = (record["message"].splitlines() or [""])[0][:200].replace("|", "\\|")
    why = record.get("why", "")
    return f"| `{name}` | {message} | {why} |"


def main() -> None:
    """Run the suite, tell what failed, and exit with 1 if something did that may not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, action="append", help="all but long by default")
    parser.add_argument("--only", default="", help="expression over names of tests")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--without", default="", help="optimisations that are off, with commas")
    parser.add_argument("--strict", action="store_true", help="Brian2's own bits")
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    parser.add_argument("--out", type=Path, help="file for a line of JSON a test")
    options = parser.parse_args()
    start = time.perf_counter()
    records = []
    for part in options.part or USUAL:
        found = joined_phases(run_part(part, options, "bionet", options.only))
        failed = [record for record in found if record["outcome"] == "failed"]
        if failed:
            peers = joined_phases(run_part(part, options, "cpp_standalone", names_of(failed)))
            peer = {record["test"]: record["outcome"] for record in peers}
            for record in failed:
                own = peer.get(record["test"]) == "failed"
                record["why"] = "fails on Brian2's own device, too" if own else accepted(record)
        for record in found:
            if record["outcome"] == "skipped":
                record["why"] = accepted(record)
        records += found
        counts = Counter(record["outcome"] for record in found)
        print(f"{part}: {', '.join(f'{n} {outcome}' for outcome, n in counts.items())}")
        for record in failed:
            print(f"  {record['test']}: {record['message'][:500]}\n    {record['why']}")
        sys.stdout.flush()
    if options.out:
        options.out.write_text("".join(json.dumps(record) + "\n" for record in records))
    if options.table:
        named = ["--out", str(options.out)] if options.out else []
        given = shlex.join(word for word in sys.argv[1:] if word not in named)
        command = f"python benchmarks/brian2_suite.py {given}"
        options.table.write_text(table(records, command, time.perf_counter() - start))
    if not records:
        raise SystemExit("no test was selected")
    sys.exit(any(r["outcome"] == "failed" and not r["why"] for r in records))


if __name__ == "__main__":
    main()
