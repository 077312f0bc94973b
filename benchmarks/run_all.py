"""Run every benchmark one after the other and put what they measured into benchmarks/README.md.

    python benchmarks/run_all.py --floor FILE --floor-bars FILE

Also writes ``results.jsonl`` beside this file. Takes a quarter of an hour on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

__all__ = ["table"]

HERE = Path(__file__).parent
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def table(record: dict) -> str:
    """Return one benchmark's JSON record as a Markdown section."""
    lines = [
        f"### {record['benchmark']}",
        "",
        f"`{record['command']}`",
        "",
        f"{record['date']}, {record['processor']}, {record['cores']} cores, load before "
        f"{record['load_before']:.1f}; {record['compiler']}, Brian2 "
        f"{record['versions']['brian2']}, Python {record['versions']['python']}.",
        "",
        "| | median | range | goal |",
        "|---|---|---|---|",
    ]
    for row in record["rows"]:
        goal = ""
        if "goal" in row:
            goal = f"{row['goal']} {row['unit']}: {'met' if row['goal_met'] else '**missed**'}"
        span = f"{row['min']:.3g} to {row['max']:.3g}"
        lines.append(
            f"| {row['what'].strip()} | {row['median']:.3g} {row['unit']} | {span} | {goal} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run, collect, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--floor", type=Path, help="hand-written program of the plastic network")
    parser.add_argument("--floor-bars", type=Path, help="hand-written program of the bars task")
    parser.add_argument("--full", action="store_true", help="rebuild every candidate")
    options = parser.parse_args()
    results = HERE / "results.jsonl"
    results.unlink(missing_ok=True)
    runs = {
        "biological_second": _floor(options.floor),
        "second_call": [],
        "generation": ["--full"] if options.full else [],
        "dendritic_bars": _floor(options.floor_bars),
    }
    for name, arguments in runs.items():
        print(f"{name}:", flush=True)
        command = [sys.executable, HERE / f"{name}.py", "--out", results, *arguments]
        subprocess.run(command, check=True)
    records = []
    for line, arguments in zip(results.read_text().splitlines(), runs.values(), strict=True):
        record = json.loads(line)
        # the hand-written program lies wherever the user has it
        words = arguments if "--floor" not in arguments else ["--floor FILE"]
        script = f"python benchmarks/{record['benchmark']}.py"
        records.append(record | {"command": " ".join([script, *words])})
    _fill(HERE / "README.md", "\n\n".join(table(record) for record in records))


def _floor(source: Path | None) -> list[str]:
    return ["--floor", str(source.resolve())] if source else []


def _fill(readme: Path, tables: str) -> None:
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}")


if __name__ == "__main__":
    main()
